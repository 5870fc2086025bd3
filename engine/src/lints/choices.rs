//! How many choices a question has and of which kinds (D501, D505-D508, D510, D511, D811).

use std::collections::BTreeMap;

use duka_dsl::Diagnostic;

use super::context::Context;
use super::fit::{letters, literal};
use super::solver::Solver;
use crate::hir::{Expr, ExprKind, Flow, Operation, Reaction, State, Step, StepKind, Target, TextId, Trigger};
use crate::types::{RecordId, Type};
use crate::walk;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        for state in &flow.states {
            let question = Question::new(flow, state);
            question.too_many(context, found);
            question.mixed(found);
            question.without_label(found);
            question.same_titles(context, found);
            question.link_and_choices(found);
            paging(context, flow, state, found);
        }
    }
}

/// A state and the choices it offers.
struct Question<'a> {
    flow: &'a Flow,
    state: &'a State,
    buttons: Vec<&'a Reaction>,
    rows: Vec<&'a Reaction>,
    picks: Vec<&'a Reaction>,
}

impl<'a> Question<'a> {
    fn new(flow: &'a Flow, state: &'a State) -> Question<'a> {
        let group = state.group.and_then(|group| flow.groups.get(group.index()));
        let all = || state.reactions.iter().chain(group.into_iter().flat_map(|group| &group.reactions));
        let of = |wanted: fn(&Trigger) -> bool| all().filter(|reaction| wanted(&reaction.trigger)).collect();
        Question {
            flow,
            state,
            buttons: of(|trigger| matches!(trigger, Trigger::Button { .. })),
            rows: of(|trigger| matches!(trigger, Trigger::Row { .. })),
            picks: of(|trigger| matches!(trigger, Trigger::Pick { .. })),
        }
    }

    /// The most of these choices that can be offered at once.
    fn at_once(&self, context: &Context, choices: &[&Reaction]) -> usize {
        let guards: Vec<&Expr> = choices.iter().filter_map(|reaction| reaction.guard.as_ref()).collect();
        let always = choices.len() - guards.len();
        if guards.len() < 2 {
            return choices.len();
        }
        let solver = Solver::new(context.shop, self.flow);
        let Some(cases) = solver.cases(&guards) else { return always };
        let held = |case| guards.iter().filter(|guard| solver.holds(guard, case)).count();
        always + cases.iter().map(held).max().unwrap_or(0)
    }

    fn too_many(&self, context: &Context, found: &mut Vec<Diagnostic>) {
        let (most, channel) = context.tightest(|channel| channel.buttons);
        let count = self.at_once(context, &self.buttons);
        if let Some(extra) = self.buttons.get(most)
            && count > most
        {
            let message = format!("{count} buttons; {channel} shows {most}.");
            let help = "Make it a list: a `list:` line, and `row` for each `button`.";
            found.push(Diagnostic::new(501, extra.span, message).help(help));
        }
        let (most, channel) = context.tightest(|channel| channel.rows);
        let count = self.at_once(context, &self.rows);
        if let Some(extra) = self.rows.get(most)
            && count > most
        {
            let message = format!("{count} rows; {channel} shows {most}.");
            found.push(
                Diagnostic::new(505, extra.span, message)
                    .help("Use `pick` from a list, which pages itself, or split the question."),
            );
        }
    }

    fn mixed(&self, found: &mut Vec<Diagnostic>) {
        if let (Some(button), Some(row)) = (self.buttons.first(), self.rows.first().or(self.picks.first())) {
            let message = format!("`{}` has buttons and a list in one question.", self.state.name);
            let diagnostic = Diagnostic::new(507, button.span, message).label(row.span, "the list");
            found.push(diagnostic.help("Use rows only, or buttons only."));
        }
    }

    fn without_label(&self, found: &mut Vec<Diagnostic>) {
        let labelled = self.state.steps.iter().any(|step| matches!(step.kind, StepKind::List { .. }));
        let first = self
            .state
            .reactions
            .iter()
            .find(|reaction| matches!(reaction.trigger, Trigger::Row { .. } | Trigger::Pick { .. }));
        if let (Some(first), false) = (first, labelled || !self.buttons.is_empty()) {
            let message = "A list needs the words on the button that opens it.";
            found.push(Diagnostic::new(508, first.span, message).help("Add a line such as `list: See products`."));
        }
    }

    fn same_titles(&self, context: &Context, found: &mut Vec<Diagnostic>) {
        for (language, name) in context.shop.languages.iter().enumerate() {
            let mut seen: BTreeMap<String, &Reaction> = BTreeMap::new();
            for reaction in self.buttons.iter().chain(&self.rows) {
                let Some(title) = fixed_title(self.flow, reaction, language) else { continue };
                let guarded = reaction.guard.is_some();
                match seen.get(&title.to_lowercase()) {
                    Some(first) if !(guarded && first.guard.is_some()) => {
                        let of = if language > 0 {
                            format!(" in {}", super::translations::language_name(name))
                        } else {
                            String::new()
                        };
                        let message = format!("Two choices have the same title{of}: \"{title}\".");
                        let diagnostic = Diagnostic::new(510, reaction.span, message).label(first.span, "the first");
                        found.push(diagnostic.help("Reword one: the channel refuses the message."));
                    }
                    Some(_) => {}
                    None => {
                        seen.insert(title.to_lowercase(), reaction);
                    }
                }
            }
            self.alike(context, language, found);
        }
    }

    /// Titles that are cut and then look the same.
    fn alike(&self, context: &Context, language: usize, found: &mut Vec<Diagnostic>) {
        let (most, channel) = context.tightest(|channel| channel.row_title);
        let mut seen: BTreeMap<String, &Reaction> = BTreeMap::new();
        for reaction in &self.rows {
            let Some(title) = fixed_title(self.flow, reaction, language).filter(|title| letters(title) > most) else {
                continue;
            };
            let start: String = title.chars().take(most.saturating_sub(1)).collect();
            if let Some(first) = seen.insert(start.to_lowercase(), reaction) {
                let message = format!("These titles start alike, and {channel} cuts both to \"{start}…\".");
                let diagnostic = Diagnostic::new(811, reaction.span, message).label(first.span, "the other");
                found.push(diagnostic.help("Put what differs first."));
            }
        }
        for pick in &self.picks {
            self.picked_alike(context, pick, most, channel, found);
        }
    }

    /// Items of the shop's own data whose names are cut alike.
    fn picked_alike(
        &self,
        context: &Context,
        pick: &Reaction,
        most: usize,
        channel: &str,
        found: &mut Vec<Diagnostic>,
    ) {
        let Trigger::Pick { title, .. } = &pick.trigger else { return };
        let mut read = None;
        walk::in_text(self.flow, *title, &mut |inner| read = read.or(super::expr::field_of(context.shop, inner)));
        let Some((record, field)) = read else { return };
        let values = context.settings.facts.values.get(&(record.to_string(), field.to_string()));
        let mut seen: BTreeMap<String, &String> = BTreeMap::new();
        for value in values.into_iter().flatten().filter(|value| letters(value) > most) {
            let start: String = value.chars().take(most.saturating_sub(1)).collect();
            if let Some(first) = seen.insert(start, value)
                && first != value
            {
                let message = format!("{channel} cuts \"{first}\" and \"{value}\" alike.");
                found.push(Diagnostic::new(811, pick.span, message).help("Put what differs first in their names."));
                return;
            }
        }
    }

    fn link_and_choices(&self, found: &mut Vec<Diagnostic>) {
        let choices = !self.buttons.is_empty() || !self.rows.is_empty() || !self.picks.is_empty();
        let mut above = None;
        for step in &self.state.steps {
            if is_text(step) {
                above = Some(step);
            }
            let asked = above.is_some_and(|text| matches!(text.kind, StepKind::Ask { .. }));
            if matches!(step.kind, StepKind::Link { .. }) && asked && choices {
                let message = "A link and choices in one message.";
                found.push(
                    Diagnostic::new(511, step.span, message)
                        .help("Give the link a `say:` of its own, above the question."),
                );
            }
        }
    }
}

fn is_text(step: &Step) -> bool {
    matches!(step.kind, StepKind::Say { .. } | StepKind::Ask { .. })
}

/// The title of a choice in a language, when no live value is in it.
fn fixed_title(flow: &Flow, reaction: &Reaction, language: usize) -> Option<String> {
    let (Trigger::Button { title, .. } | Trigger::Row { title, .. }) = &reaction.trigger else { return None };
    let TextId(_) = *title;
    let block = flow.texts.get(title.index())?.languages.get(language)?.as_ref()?;
    let mut live = false;
    walk::in_block(block, &mut |_| live = true);
    (!live).then(|| literal(block))
}

/// A `pick` that the shop's own data fill beyond one page.
fn paging(context: &Context, flow: &Flow, state: &State, found: &mut Vec<Diagnostic>) {
    let (most, channel) = context.tightest(|channel| channel.rows);
    let rows = state.reactions.iter().filter(|reaction| matches!(reaction.trigger, Trigger::Row { .. })).count();
    for pick in &state.reactions {
        let Trigger::Pick { list, .. } = &pick.trigger else { continue };
        let Some((record, count)) = all_of(context, flow, state, list) else { continue };
        if count + rows > most {
            let message = format!("There are {count} of `{record}` to pick from: customers will page with More.");
            let help = format!("{channel} shows {most} rows at once. Filter the list, or accept the pages.");
            found.push(Diagnostic::new(506, pick.span, message).help(help));
        }
    }
}

/// How many records a list has in the shop's own data, when it is all there are: a call without arguments.
fn all_of<'a>(context: &'a Context, flow: &Flow, state: &State, list: &Expr) -> Option<(&'a str, usize)> {
    let ExprKind::Slot(slot) = &list.kind else { return None };
    let Type::List(item) = &flow.slots.get(slot.index())?.ty else { return None };
    let Type::Record(RecordId(record)) = **item else { return None };
    let all = |step: &Step| {
        let StepKind::Call(call) = &step.kind else { return false };
        let operation = context.shop.operations.get(call.operation.index());
        call.into == Some(Target::Slot(*slot)) && operation.is_some_and(gives_all)
    };
    let record = context.shop.records.get(usize::from(record))?.name.as_str();
    let count = context.settings.facts.counts.get(record)?;
    state.steps.iter().any(all).then_some((record, *count))
}

fn gives_all(operation: &Operation) -> bool {
    operation.takes.is_empty() && matches!(operation.name.as_str(), "categories" | "zones" | "services")
}
