//! What can happen while a state waits: choices, answers, words, events, time.

use duka_dsl::ast::{self, Trigger as Ast};
use duka_dsl::{Diagnostic, Name};
use smol_str::SmolStr;

use crate::expression::fits;
use crate::hir::{EventName, Expr, FormId, Reaction, Target, Trigger, WordsId};
use crate::types::Type;

use super::body::Body;
use super::events::{self, Events};
use super::names::UNKNOWN_NAME;
use super::places::Wanted;
use super::scope::Place;

impl<'a> Body<'a> {
    /// The reactions of a state, group, `anywhere` or `follow`; `owner` begins the keys of their texts.
    pub fn reactions(&mut self, owner: &str, reactions: &[ast::Reaction], place: &Place) -> Vec<Reaction> {
        let mut lowered = Vec::with_capacity(reactions.len());
        let mut section: Option<(&ast::Text, crate::hir::TextId)> = None;
        for reaction in reactions {
            // One `section:` line holds for several rows: it is one text.
            section = match &reaction.section {
                Some(text) => match section {
                    Some((known, id)) if known.span == text.span => Some((known, id)),
                    Some(_) | None => Some((text, self.line(format!("{owner}.section"), text, place))),
                },
                None => None,
            };
            if let Some(mut one) = self.reaction(owner, reaction, place) {
                one.section = section.map(|(_, id)| id);
                lowered.push(one);
            }
        }
        lowered
    }

    pub fn reaction(&mut self, owner: &str, reaction: &ast::Reaction, place: &Place) -> Option<Reaction> {
        let mut place = place.after(Events::None);
        let trigger = self.trigger(owner, reaction, &place);
        match &trigger {
            Some(Trigger::On { event }) => place.events = Events::One(event.clone()),
            Some(Trigger::Hears { .. }) => place.events = Events::Said,
            Some(_) | None => {}
        }
        let guard = match &reaction.guard {
            Some(ast::Guard::If(condition)) => Some(self.condition(condition, &place)),
            Some(ast::Guard::Else(_)) | None => None,
        };
        let owner = format!("{owner}.{}", part(&reaction.trigger));
        let actions = self.steps(&owner, &reaction.actions, &mut place);
        let (inline_dest, span) = (reaction.inline_dest, reaction.span);
        Some(Reaction { trigger: trigger?, guard, actions, section: None, inline_dest, span })
    }

    fn trigger(&mut self, owner: &str, reaction: &ast::Reaction, place: &Place) -> Option<Trigger> {
        let key = |part: &str| format!("{owner}.{part}");
        Some(match &reaction.trigger {
            Ast::Button { name, title } => {
                Trigger::Button { name: name.value.clone(), title: self.line(key(&name.value), title, place) }
            }
            Ast::Row { name, title, note } => Trigger::Row {
                name: name.value.clone(),
                title: self.line(key(&name.value), title, place),
                note: note.as_ref().map(|note| self.line(key(&format!("{}.note", name.value)), note, place)),
            },
            Ast::Pick { name, list, title, note } => self.pick(owner, name, list, (title, note.as_ref()), place),
            Ast::Answer { name, range } => self.answer(name, range.as_ref(), place),
            Ast::Fill { form, into } => self.fill(form, into.as_ref(), place)?,
            Ast::Hears { words } => Trigger::Hears { words: self.words_named(words)? },
            Ast::On { event } => Trigger::On { event: self.event(event)? },
            Ast::After { time } => Trigger::After { time: self.time(time) },
            Ast::Quiet { time } => Trigger::Quiet { time: self.time(time) },
            Ast::Else { times, text } => {
                let part = times.map_or("else".to_string(), |times| format!("else_{times}"));
                Trigger::Else { times: *times, text: text.as_ref().map(|text| self.line(key(&part), text, place)) }
            }
            Ast::Failed => Trigger::Failed,
            Ast::Lost => Trigger::Lost,
        })
    }

    /// D409: `pick` offers the items of a list.
    fn pick(
        &mut self,
        owner: &str,
        name: &Name,
        list: &ast::Expr,
        (title, note): (&ast::Text, Option<&ast::Text>),
        place: &Place,
    ) -> Trigger {
        let list = self.value(list, place);
        let item = self.item_type(&list, "pick");
        let help = format!("Write it under `remember`: it holds {}.", self.describe(&item));
        let (target, wanted) = self.remembered_or_meant(name, &item, &help);
        self.expect(&item, &wanted, name);
        let inner = match target {
            Target::Slot(slot) => place.with(&name.value, slot),
            Target::Customer(_) => place.clone(),
        };
        let base = format!("{owner}.{}", name.value);
        let title = self.line(base.clone(), title, &inner);
        let note = note.map(|note| self.line(format!("{base}.note"), note, &inner));
        Trigger::Pick { name: name.value.clone(), into: target, list, title, note }
    }

    /// The type of a list's items.
    pub fn item_type(&mut self, list: &Expr, word: &str) -> Type {
        match &list.ty {
            Type::List(item) => (**item).clone(),
            Type::Unknown => Type::Unknown,
            other => {
                let source = self.declared.source.text.get(list.span.range()).unwrap_or("This");
                let message = format!("`{source}` is {}, and `{word}` needs a list.", self.describe(other));
                let help = "Use a name that holds a list, for example the result of a `call`.";
                self.findings.push(Diagnostic::new(409, list.span, message).help(help));
                Type::Unknown
            }
        }
    }

    /// D405: what customers can type or send.
    fn answer(&mut self, name: &Name, range: Option<&(ast::Atom, ast::Atom)>, place: &Place) -> Trigger {
        let help = "Write it under `remember`, with the type of the answer.";
        let (into, ty) = self.remembered_or_meant(name, &Type::Unknown, help);
        if !self.can_be_answered(&ty) {
            let message = format!("`answer {}`: customers can not type {}.", name.value, self.describe(&ty));
            let help = "Offer the possible values with `pick`, ask with `fill`, or remember another type.";
            self.findings.push(Diagnostic::new(405, name.span, message).help(help));
        }
        let range = range.map(|(from, to)| {
            let from = self.bound(from, &ty, name, place);
            (from, self.bound(to, &ty, name, place))
        });
        Trigger::Answer { name: name.value.clone(), into, range }
    }

    fn bound(&mut self, atom: &ast::Atom, ty: &Type, name: &Name, place: &Place) -> Expr {
        let bound = self.atom(atom, place);
        let ordered = matches!(ty, Type::Number | Type::Money | Type::Date | Type::Time | Type::Unknown);
        if !ordered || !fits(&bound.ty, ty) {
            let wanted = if ordered { self.describe(ty) } else { "a number".to_string() };
            let given = if ordered { self.describe(&bound.ty) } else { self.describe(ty) };
            let message = format!("The range of `{}` needs {wanted}, and this is {given}.", name.value);
            let help = "`from` and `to` take numbers, or names of the answer's own type.";
            let found = Diagnostic::new(405, bound.span, message).help(help);
            self.findings.push(found.cause(format!("range of {} at {}", name.value, name.span.start)));
        }
        bound
    }

    fn can_be_answered(&self, ty: &Type) -> bool {
        match ty {
            Type::Text
            | Type::Number
            | Type::YesNo
            | Type::Money
            | Type::Date
            | Type::Time
            | Type::Phone
            | Type::Email
            | Type::Language
            | Type::Town
            | Type::Image
            | Type::Video
            | Type::Document
            | Type::Voice
            | Type::Enum(_)
            | Type::Unknown => true,
            Type::Record(id) => Some(*id) == self.shop.known.location,
            Type::Moment | Type::Duration | Type::List(_) | Type::None => false,
        }
    }

    fn fill(&mut self, form: &Name, into: Option<&Name>, place: &Place) -> Option<Trigger> {
        let help = format!("Write `form {}` with its fields.", form.value);
        let wanted = Wanted { code: UNKNOWN_NAME, noun: "form", says: None, help };
        let found: Option<FormId> = self.find(&self.declared.forms, form, wanted);
        let record = found.and_then(|id| self.declared.form_records.get(id.index()).copied());
        let into = into.map(|name| self.target(name, &record.map_or(Type::Unknown, Type::Record), place));
        self.used.borrow_mut().forms.extend(found);
        found.map(|form| Trigger::Fill { form, into })
    }

    /// D105: a set of words of this flow.
    fn words_named(&mut self, name: &Name) -> Option<WordsId> {
        let wanted = Wanted {
            code: 105,
            noun: "words",
            says: Some(format!("`hears {}`: there are no words called that.", name.value)),
            help: format!("Add `{}: …` to `words`.", name.value),
        };
        let found = self.find(&self.declared.words, name, wanted);
        self.used.borrow_mut().words.extend(found);
        found
    }

    fn event(&mut self, path: &ast::Path) -> Option<EventName> {
        match events::event_name(path, self.shop) {
            Ok(event) => Some(event),
            Err(found) => {
                self.findings.push(*found);
                None
            }
        }
    }
}

/// What stands for a reaction in the keys of the texts below it.
fn part(trigger: &Ast) -> SmolStr {
    match trigger {
        Ast::Button { name, .. } | Ast::Row { name, .. } | Ast::Pick { name, .. } | Ast::Answer { name, .. } => {
            name.value.clone()
        }
        Ast::Fill { form, .. } => form.value.clone(),
        Ast::Hears { words } => words.value.clone(),
        Ast::On { event } => event.segments.iter().map(|name| name.as_str()).collect::<Vec<_>>().join("_").into(),
        Ast::After { .. } => SmolStr::new_static("after"),
        Ast::Quiet { .. } => SmolStr::new_static("quiet"),
        Ast::Else { .. } => SmolStr::new_static("else"),
        Ast::Failed => SmolStr::new_static("failed"),
        Ast::Lost => SmolStr::new_static("lost"),
    }
}
