//! The lines that run: what is said, what is called, where it goes.

use duka_dsl::ast::{self, StepKind as Ast};
use duka_dsl::{Diagnostic, Name, Span};
use smol_str::SmolStr;

use crate::hir::{Call, Dest, Expr, ExprKind, Shown, SlotKind, Step, StepKind, Target, TemplateId};
use crate::types::{RecordId, Type};
use crate::value::Value;

use super::body::Body;
use super::operations::Resolved;
use super::places::Wanted;
use super::scope::Place;

impl<'a> Body<'a> {
    /// The lines of a state or reaction. `owner` begins the keys of their texts; results of calls are added to `place`.
    pub fn steps(&mut self, owner: &str, steps: &[ast::Step], place: &mut Place) -> Vec<Step> {
        let mut lowered = Vec::with_capacity(steps.len());
        for step in steps {
            match self.step(owner, step, place) {
                Some(kind) => lowered.push(Step { kind, span: step.span }),
                None => lowered.extend(self.instead(step, place)),
            }
        }
        lowered
    }

    fn step(&mut self, owner: &str, step: &ast::Step, place: &mut Place) -> Option<StepKind> {
        let key = |part: &str| format!("{owner}.{part}");
        Some(match &step.kind {
            Ast::Say { name, guard, text, quotes } => {
                let guard = self.guard(guard.as_ref(), place);
                let word = if *quotes { "reply" } else { "say" };
                StepKind::Say { text: self.text(key(named(name, word)), text, place), guard, quotes: *quotes }
            }
            Ast::Ask { name, guard, text } => {
                let guard = self.guard(guard.as_ref(), place);
                StepKind::Ask { text: self.text(key(named(name, "ask")), text, place), guard }
            }
            Ast::Media { kind, guard, source } => StepKind::Media {
                kind: *kind,
                guard: self.guard(guard.as_ref(), place),
                source: self.media(source, place),
            },
            Ast::List(label) => StepKind::List { label: self.line(key("list"), label, place), cards: false },
            Ast::Cards(label) => StepKind::List { label: self.line(key("cards"), label, place), cards: true },
            Ast::Show(value) => StepKind::Show(self.shown(value, place)),
            Ast::Emoji(text) => StepKind::Show(Shown::Emoji(self.segments(text, place, None))),
            Ast::Footer(text) => StepKind::Footer { text: self.line(key("footer"), text, place) },
            Ast::Alert(text) => StepKind::Alert { text: self.line(key("alert"), text, place) },
            Ast::Link { name, guard, title, url } => StepKind::Link {
                name: name.value.clone(),
                guard: self.guard(guard.as_ref(), place),
                title: self.line(key(&name.value), title, place),
                url: self.segments(url, place, None),
            },
            Ast::Call { into, operation, within, otherwise } => {
                return self.call(Some(into), operation, within.as_ref(), otherwise.as_ref(), place);
            }
            Ast::Do { operation, within, otherwise } => {
                return self.call(None, operation, within.as_ref(), otherwise.as_ref(), place);
            }
            Ast::Set { name, value } => {
                let value = self.value(value, place);
                let slot = self.set_target(name, &value, place);
                StepKind::Set { slot, value }
            }
            Ast::Send { template, otherwise } => {
                let on_error = self.dest_of(otherwise.as_ref(), place);
                StepKind::Send { template: self.template_named(template)?, on_error }
            }
            Ast::If { condition, dest } => {
                let guard = Some(self.condition(condition, place));
                StepKind::Jump { guard, dest: self.dest(dest, place) }
            }
            Ast::Jump(dest) => StepKind::Jump { guard: None, dest: self.dest(dest, place) },
        })
    }

    /// `show VALUE`: the type of the value says what is shown.
    fn shown(&mut self, value: &ast::Expr, place: &Place) -> Shown {
        if value.source == "catalogue" {
            return Shown::Catalogue;
        }
        let value = self.value(value, place);
        let known = &self.shop.known;
        let is = |record: Option<RecordId>| record.is_some_and(|record| value.ty == Type::Record(record));
        if is(known.product) {
            return Shown::Product(value);
        }
        if is(known.location) {
            return Shown::Place(value);
        }
        if is(known.order) {
            return Shown::Order(value);
        }
        if value.ty != Type::Unknown {
            let message = "This can not be shown: it is neither a product, nor a place, nor an order.";
            let help = "Write `show item`, `show catalogue`, or put its words into a `say:`.";
            self.findings.push(Diagnostic::new(406, value.span, message).help(help));
        }
        Shown::Other(value)
    }

    /// `set x = …`: what is remembered, and `none` only for what may be empty.
    fn set_target(&mut self, name: &Name, value: &Expr, place: &Place) -> Target {
        let (target, wanted) = self.place_of(name, &value.ty, place);
        if let (ExprKind::Constant(Value::Text(text)), Type::Enum(members)) = (&value.kind, &wanted) {
            self.member(name, text, members, value.span);
        } else if !self.suits(value, &wanted) {
            self.expect(&value.ty, &wanted, name);
        }
        if value.ty == Type::None && !self.may_be_empty(target) {
            let message = format!("`{}` can not be none: it is not optional.", name.value);
            let help = format!("Write `optional` behind its type under `remember`, or give `{}` a value.", name.value);
            self.findings.push(Diagnostic::new(406, name.span, message).help(help));
        }
        target
    }

    /// D406: a written text is one of the possible values.
    fn member(&mut self, name: &Name, text: &SmolStr, members: &[SmolStr], span: Span) {
        if members.contains(text) {
            return;
        }
        let message = format!("`{}` is one of {}; it can not be `{text}`.", name.value, members.join(", "));
        let found = Diagnostic::new(406, span, message);
        let near = duka_dsl::diagnostic::nearest(text, members.iter().map(SmolStr::as_str));
        self.findings.push(match near {
            Some(near) => found.help(format!("Did you mean `\"{near}\"`?")).fix(
                format!("write `\"{near}\"`"),
                span,
                format!("\"{near}\""),
            ),
            None => found.help("Write one of them, in quotes, or add it to the type under `remember`."),
        });
    }

    fn may_be_empty(&self, target: Target) -> bool {
        let unknown = |ty: &Type| *ty == Type::Unknown;
        match target {
            Target::Slot(slot) => {
                let slots = self.slots.borrow();
                slots.get(slot.index()).is_none_or(|slot| {
                    slot.optional || unknown(&slot.ty) || matches!(slot.kind, SlotKind::Action | SlotKind::Local(_))
                })
            }
            Target::Customer(slot) => {
                let slot = self.shop.customer_slots.get(slot.index());
                slot.is_none_or(|slot| slot.optional || unknown(&slot.ty))
            }
        }
    }

    fn call(
        &mut self,
        into: Option<&Name>,
        operation: &ast::Expr,
        within: Option<&ast::Time>,
        otherwise: Option<&ast::Dest>,
        place: &mut Place,
    ) -> Option<StepKind> {
        let resolved = self.operation(operation, place);
        let within = within.map(|time| self.time(time));
        let on_error: Option<Dest> = self.dest_of(otherwise, place);
        match resolved {
            Some(Resolved::Operation { operation, arguments, gives }) => {
                let into = into.map(|name| {
                    let ty = gives.unwrap_or_else(|| {
                        self.gives_nothing(name, operation);
                        Type::Unknown
                    });
                    self.result(name, ty, place)
                });
                Some(StepKind::Call(Call { into, operation, arguments, within, on_error }))
            }
            Some(Resolved::Consent { consent, given, span }) => {
                if let Some(name) = into {
                    self.findings.push(consent_gives_nothing(name, span));
                    self.result(name, Type::Unknown, place);
                }
                Some(StepKind::Consent { consent, given })
            }
            None => {
                if let Some(name) = into {
                    self.result(name, Type::Unknown, place);
                }
                None
            }
        }
    }

    /// What stands for a call whose operation is unknown: it may give its result, and may fail. So the lines that follow
    /// are not blamed for it.
    fn instead(&mut self, step: &ast::Step, place: &Place) -> Vec<Step> {
        let unknown = Expr { kind: ExprKind::Constant(Value::None), ty: Type::Unknown, span: step.span };
        let (into, otherwise) = match &step.kind {
            Ast::Call { into, otherwise, .. } => (Some(into), otherwise),
            Ast::Do { otherwise, .. } | Ast::Send { otherwise, .. } => (None, otherwise),
            Ast::Say { .. }
            | Ast::Ask { .. }
            | Ast::Media { .. }
            | Ast::List(_)
            | Ast::Cards(_)
            | Ast::Show(_)
            | Ast::Emoji(_)
            | Ast::Footer(_)
            | Ast::Alert(_)
            | Ast::Link { .. }
            | Ast::Set { .. }
            | Ast::If { .. }
            | Ast::Jump(_) => return Vec::new(),
        };
        let told = self.findings.len();
        let mut kinds = Vec::new();
        if let Some(dest) = self.dest_of(otherwise.as_ref(), place) {
            kinds.push(StepKind::Jump { guard: Some(unknown.clone()), dest });
        }
        if let Some(name) = into {
            let slot = self.target(name, &Type::Unknown, place);
            kinds.push(StepKind::Set { slot, value: unknown });
        }
        // The line itself has told what is wrong with these names.
        self.findings.truncate(told);
        kinds.into_iter().map(|kind| Step { kind, span: step.span }).collect()
    }

    fn gives_nothing(&mut self, name: &Name, operation: crate::hir::OperationId) {
        let path = self.shop.operations.get(operation.index()).map(|operation| operation.path()).unwrap_or_default();
        let message = format!("`{path}` gives nothing back, so `{}` would stay empty.", name.value);
        self.findings.push(Diagnostic::new(406, name.span, message).help(format!("Write `do {path}(…)`.")));
    }

    /// Where the result of a call goes: what is remembered under that name, else a place of the state or reaction.
    fn result(&mut self, name: &Name, ty: Type, place: &mut Place) -> Target {
        if let Some((target, wanted)) = self.remembered(name) {
            self.expect(&ty, &wanted, name);
            return target;
        }
        if let Some(slot) = place.local(name.as_str())
            && self.slots.borrow().get(slot.index()).is_some_and(|known| known.ty == ty && known.kind != SlotKind::Each)
        {
            return Target::Slot(slot);
        }
        let kind = place.state.map_or(SlotKind::Action, SlotKind::Local);
        let slot = self.place_for(&name.value, ty, kind, name.span);
        place.locals.push((name.value.clone(), slot));
        Target::Slot(slot)
    }

    /// D106: a template of this flow.
    pub fn template_named(&mut self, name: &Name) -> Option<TemplateId> {
        let wanted = Wanted {
            code: 106,
            noun: "template",
            says: Some(format!("`send {}`: there is no such template.", name.value)),
            help: format!("Write `template {} utility` with its `body:`.", name.value),
        };
        self.find(&self.declared.templates, name, wanted)
    }
}

fn named<'n>(name: &'n Option<Name>, otherwise: &'n str) -> &'n str {
    name.as_ref().map_or(otherwise, |name| name.value.as_str())
}

fn consent_gives_nothing(name: &Name, span: Span) -> Diagnostic {
    let help = "Write `do` instead; read it later with `consent.NAME.given`.";
    let message: SmolStr = format!("Consent gives nothing back, so `{}` would stay empty.", name.value).into();
    Diagnostic::new(406, span, message).help(help)
}
