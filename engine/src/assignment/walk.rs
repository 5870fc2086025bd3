//! One pass over the lines of a flow: the ways from state to state with the facts they add and remove, and the reads.

use std::collections::BTreeMap;

use duka_dsl::Span;
use smol_str::SmolStr;

use crate::graph::{Cause, Owner, effective_reactions};
use crate::hir::{
    Call, Dest, DestKind, EventName, Expr, ExprKind, Flow, FlowId, Guard, OperationId, Reaction, Shop, Shown, SlotId,
    SlotKind, StateId, Step, StepKind, Target, TemplateId, Trigger,
};
use crate::types::Type;
use crate::value::Value;

use super::facts::{Bits, Facts, Key, Keys, Root, place};
use super::is_local;

/// A way to a state.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// `None`: from outside the states, as a conversation that has just begun.
    pub from: Option<StateId>,
    pub to: StateId,
    pub cause: Cause,
    added: Bits,
    removed: Bits,
}

impl Way {
    /// What is known behind the way, of what was known before it.
    pub fn after(&self, facts: &Bits) -> Bits {
        facts.with(&self.removed, &self.added)
    }

    /// Keeps of `known` what is known behind the way too; whether anything was lost.
    pub fn meets(&self, known: &mut Bits, facts: &Bits) -> bool {
        known.intersect(|index| facts.word_with(&self.removed, &self.added, index))
    }

    /// Whether the way gives a place its value, or takes it; `None`: neither.
    pub fn changes(&self, number: usize) -> Option<bool> {
        if self.added.contains(number) {
            Some(true)
        } else if self.removed.contains(number) {
            Some(false)
        } else {
            None
        }
    }
}

/// A read of something that may have no value.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    pub key: Key,
    pub name: SmolStr,
    pub span: Span,
    pub optional: bool,
    pub state: Option<StateId>,
}

/// A walk over one flow.
pub(super) struct Walk<'a> {
    pub shop: &'a Shop,
    pub flow: &'a Flow,
    /// By flow, whether it gives its value whenever it returns.
    sure: &'a [bool],
    pub keys: Keys,
    pub ways: Vec<Way>,
    pub missing: Vec<Missing>,
    /// Whether every `-> return` so far has the value that the flow gives.
    pub gives_surely: bool,
    /// The state whose lines are walked.
    pub at: Option<StateId>,
    /// The `failed` of that state, its group or `anywhere`.
    failed: Option<&'a Reaction>,
    /// By state, where its `answers.STATE` is kept.
    answers: BTreeMap<StateId, SlotId>,
    /// The ways are known: now the reads count.
    reporting: bool,
}

/// Everything that some event carries.
pub(super) const EVENT_FIELDS: [&str; 7] = ["items", "sku", "text", "payment", "order", "note", "reason"];

/// Whether lines fall through to what follows.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    GoesOn,
    Left,
}

impl<'a> Walk<'a> {
    pub fn new(shop: &'a Shop, flow: &'a Flow, sure: &'a [bool], keys: Keys) -> Walk<'a> {
        let slots = flow.slots.iter().enumerate();
        let answers = slots.filter_map(|(index, slot)| match slot.kind {
            SlotKind::Answer(state) => Some((state, SlotId(u16::try_from(index).ok()?))),
            SlotKind::Remembered
            | SlotKind::Customer
            | SlotKind::Local(_)
            | SlotKind::Action
            | SlotKind::Followed
            | SlotKind::Each => None,
        });
        Walk {
            shop,
            flow,
            sure,
            keys,
            ways: Vec::new(),
            missing: Vec::new(),
            gives_surely: true,
            at: None,
            failed: None,
            answers: answers.collect(),
            reporting: false,
        }
    }

    /// The ways are known: from now on the reads count.
    pub fn begin_report(&mut self) {
        self.reporting = true;
        self.missing.clear();
        self.gives_surely = true;
    }

    /// Walks a state that is entered with the facts `base`.
    pub fn state(&mut self, id: StateId, base: Option<&Bits>) {
        let flow = self.flow;
        let Some(state) = flow.states.get(id.index()) else { return };
        self.at = Some(id);
        let reactions = effective_reactions(flow, id);
        let failed = reactions.iter().find(|(_, _, reaction)| matches!(reaction.trigger, Trigger::Failed));
        self.failed = failed.map(|(_, _, reaction)| *reaction);
        let mut facts = Facts::new(base);
        let then = self.lines(&state.steps, &mut facts, &Cause::Always);
        if then == Then::Left {
            return;
        }
        if self.reporting {
            self.choices(&state.reactions, &facts);
        }
        for passing in self.keys.passing() {
            facts.remove(passing);
        }
        // What a reaction that stays takes away is missing for the next one.
        let before = (self.ways.len(), self.missing.len(), self.gives_surely);
        let mut lost = false;
        for (owner, _, reaction) in &reactions {
            if let Some(after) = self.reaction(*owner, reaction, &facts) {
                lost |= facts.lose(&after);
            }
        }
        if lost {
            self.ways.truncate(before.0);
            self.missing.truncate(before.1);
            self.gives_surely = before.2;
            for (owner, _, reaction) in &reactions {
                self.reaction(*owner, reaction, &facts);
            }
        }
    }

    /// Walks what can begin outside the states: `anywhere` after the end, buttons of templates, and `follow`.
    pub fn loose(&mut self, initial: &Bits) {
        let flow = self.flow;
        (self.at, self.failed) = (None, None);
        let facts = Facts::new(Some(initial));
        for reaction in &flow.anywhere {
            match reaction.trigger {
                Trigger::Hears { .. } | Trigger::On { .. } => {
                    self.reaction(Owner::Anywhere, reaction, &facts);
                }
                Trigger::Lost => {
                    self.lines_of(reaction, &mut facts.clone(), &Cause::Lost);
                }
                Trigger::Button { .. }
                | Trigger::Row { .. }
                | Trigger::Pick { .. }
                | Trigger::Answer { .. }
                | Trigger::Fill { .. }
                | Trigger::After { .. }
                | Trigger::Quiet { .. }
                | Trigger::Else { .. }
                | Trigger::Failed => {}
            }
        }
        for (index, template) in flow.templates.iter().enumerate() {
            let id = TemplateId(u16::try_from(index).unwrap_or(u16::MAX));
            for button in &template.buttons {
                let cause = Cause::Template(id, button.choice().cloned().unwrap_or_default());
                self.lines_of(button, &mut facts.clone(), &cause);
            }
        }
        for follow in &flow.follows {
            for reaction in &follow.reactions {
                self.followed(reaction, &facts);
            }
        }
    }

    /// One reaction of `follow order`: the order is known, and the payment in events about payments.
    fn followed(&mut self, reaction: &Reaction, facts: &Facts<'_>) {
        let mut facts = facts.clone();
        let mut cause = Cause::Always;
        let mut known = vec!["order"];
        if let Trigger::On { event } = &reaction.trigger {
            self.event(event, &mut facts);
            cause = Cause::Event(event.clone());
            if matches!(event, EventName::Payment(_)) {
                known.push("payment");
            }
        }
        for (index, slot) in self.flow.slots.iter().enumerate() {
            if known.contains(&slot.name.as_str()) && !is_local(slot.kind) {
                let number = self.keys.root(Root::Slot(u16::try_from(index).unwrap_or(u16::MAX)));
                facts.add(number);
            }
        }
        if let Some(guard) = &reaction.guard {
            self.read(guard, &facts);
            self.learn(guard, true, &mut facts);
        }
        self.lines_of(reaction, &mut facts, &cause);
    }

    /// What the offered choices read when the question is asked.
    fn choices(&mut self, reactions: &[Reaction], facts: &Facts<'_>) {
        for reaction in reactions {
            let mut facts = facts.clone();
            if let Some(guard) = &reaction.guard {
                self.read(guard, &facts);
                self.learn(guard, true, &mut facts);
            }
            match &reaction.trigger {
                Trigger::Button { title, .. } => self.text(*title, &facts),
                Trigger::Row { title, note, .. } => {
                    self.text(*title, &facts);
                    note.iter().for_each(|note| self.text(*note, &facts));
                }
                Trigger::Pick { into, list, title, note, .. } => {
                    self.read(list, &facts);
                    self.fill(*into, &mut facts);
                    self.text(*title, &facts);
                    note.iter().for_each(|note| self.text(*note, &facts));
                }
                Trigger::Answer { range, .. } => {
                    for bound in range.iter().flat_map(|(from, to)| [from, to]) {
                        self.read(bound, &facts);
                    }
                }
                Trigger::Fill { .. }
                | Trigger::Hears { .. }
                | Trigger::On { .. }
                | Trigger::After { .. }
                | Trigger::Quiet { .. }
                | Trigger::Else { .. }
                | Trigger::Failed
                | Trigger::Lost => {}
            }
            reaction.section.iter().for_each(|section| self.text(*section, &facts));
        }
    }

    /// What is known after a reaction that stays; `None` when it leads away, or is no reaction to an event.
    fn reaction<'b>(&mut self, owner: Owner, reaction: &Reaction, facts: &Facts<'b>) -> Option<Facts<'b>> {
        let mut facts = facts.clone();
        let cause = match &reaction.trigger {
            Trigger::Button { name, .. } | Trigger::Row { name, .. } => {
                self.answered(&mut facts);
                Cause::Choice(name.clone())
            }
            Trigger::Pick { name, into, .. } => {
                self.fill(*into, &mut facts);
                self.answered(&mut facts);
                Cause::Choice(name.clone())
            }
            Trigger::Answer { into, .. } => {
                self.fill(*into, &mut facts);
                self.answered(&mut facts);
                Cause::Answer
            }
            Trigger::Fill { into, .. } => {
                into.iter().for_each(|into| self.fill(*into, &mut facts));
                self.answered(&mut facts);
                Cause::Fill
            }
            Trigger::Hears { words } => {
                self.carries(&["text"], &mut facts);
                Cause::Hears(*words)
            }
            Trigger::On { event } => {
                self.event(event, &mut facts);
                Cause::Event(event.clone())
            }
            Trigger::After { time } => Cause::After(time.ms(self.flow)),
            Trigger::Quiet { time } => Cause::Quiet(time.ms(self.flow)),
            Trigger::Else { times, text } => {
                text.iter().for_each(|text| self.text(*text, &facts));
                Cause::Else(*times)
            }
            // Taken by the calls that fail, and by a change of the flow.
            Trigger::Failed | Trigger::Lost => return None,
        };
        if owner != Owner::State
            && let Some(guard) = &reaction.guard
        {
            self.read(guard, &facts);
        }
        if let Some(guard) = &reaction.guard {
            self.learn(guard, true, &mut facts);
        }
        let then = self.lines_of(reaction, &mut facts, &cause);
        (then == Then::GoesOn).then_some(facts)
    }

    fn lines_of(&mut self, reaction: &Reaction, facts: &mut Facts<'_>, cause: &Cause) -> Then {
        self.lines(&reaction.actions, facts, cause)
    }

    fn lines(&mut self, steps: &[Step], facts: &mut Facts<'_>, cause: &Cause) -> Then {
        let mut guard_above: Option<&Expr> = None;
        for step in steps {
            match &step.kind {
                StepKind::Say { text, guard, .. } | StepKind::Ask { text, guard } => {
                    let inner = self.guarded(guard.as_ref(), &mut guard_above, facts);
                    self.text(*text, &inner);
                }
                StepKind::Media { guard, source, .. } => {
                    let inner = self.guarded(guard.as_ref(), &mut guard_above, facts);
                    self.segments(source, &inner);
                }
                StepKind::Link { guard, title, url, .. } => {
                    let inner = self.guarded(guard.as_ref(), &mut guard_above, facts);
                    self.text(*title, &inner);
                    self.segments(url, &inner);
                }
                StepKind::List { label: text, .. } | StepKind::Footer { text } | StepKind::Alert { text } => {
                    self.text(*text, facts);
                }
                StepKind::Show(Shown::Emoji(sign)) => self.segments(sign, facts),
                StepKind::Show(shown) => shown.value().into_iter().for_each(|value| self.read(value, facts)),
                StepKind::Call(call) => self.call(call, facts),
                StepKind::Consent { .. } => {}
                StepKind::Set { slot, value } => self.set(*slot, value, facts),
                StepKind::Send { template, on_error } => self.send(*template, on_error.as_ref(), facts),
                StepKind::Jump { guard: Some(guard), dest } => {
                    self.read(guard, facts);
                    let mut taken = facts.clone();
                    self.learn(guard, true, &mut taken);
                    self.go(dest, &mut taken, cause);
                    if !matches!(dest.kind, DestKind::Visit { .. }) {
                        self.learn(guard, false, facts);
                    } else {
                        facts.lose(&taken);
                    }
                }
                StepKind::Jump { guard: None, dest } => {
                    if self.go(dest, facts, cause) == Then::Left {
                        return Then::Left;
                    }
                }
            }
        }
        Then::GoesOn
    }

    /// The facts under a line's condition, which is read.
    fn guarded<'s, 'b>(
        &mut self,
        guard: Option<&'s Guard>,
        above: &mut Option<&'s Expr>,
        facts: &Facts<'b>,
    ) -> Facts<'b> {
        let mut inner = facts.clone();
        match guard {
            Some(Guard::If(condition)) => {
                self.read(condition, facts);
                self.learn(condition, true, &mut inner);
                *above = Some(condition);
            }
            Some(Guard::Else) => {
                if let Some(condition) = above {
                    self.learn(condition, false, &mut inner);
                }
            }
            None => *above = None,
        }
        inner
    }

    fn go(&mut self, dest: &Dest, facts: &mut Facts<'_>, cause: &Cause) -> Then {
        match &dest.kind {
            DestKind::State(state) => self.way(*state, facts, cause),
            DestKind::Visit { flow, with, into } => {
                for target in with {
                    self.handed(*target, dest.span, facts);
                }
                if let Some(into) = into {
                    self.taken_back(*flow, *into, facts);
                }
                return Then::GoesOn;
            }
            DestKind::Return => {
                let gives = self.flow.gives;
                if let (Some(gives), false) = (gives, facts.is_collecting()) {
                    let number = self.keys.root(Root::Slot(gives.0));
                    self.gives_surely &= facts.has(number);
                }
            }
            DestKind::Again => return Then::GoesOn,
            DestKind::Flow(_) | DestKind::End | DestKind::Back | DestKind::Broken => {}
        }
        Then::Left
    }

    fn way(&mut self, to: StateId, facts: &Facts<'_>, cause: &Cause) {
        if self.reporting {
            return;
        }
        let (added, removed) = (facts.added.clone(), facts.removed.clone());
        self.ways.push(Way { from: self.at, to, cause: cause.clone(), added, removed });
    }

    fn handed(&mut self, target: Target, span: Span, facts: &Facts<'_>) {
        let kind = match target {
            Target::Slot(slot) => ExprKind::Slot(slot),
            Target::Customer(slot) => ExprKind::Customer(slot),
        };
        self.read(&Expr { kind, ty: Type::Unknown, span }, facts);
    }

    fn taken_back(&mut self, flow: FlowId, into: Target, facts: &mut Facts<'_>) {
        self.fill(into, facts);
        if self.sure.get(flow.index()) == Some(&false) {
            let number = self.number_of(into);
            facts.remove(number);
        }
    }

    fn call(&mut self, call: &Call, facts: &mut Facts<'_>) {
        let operation = self.shop.operations.get(call.operation.index());
        for (index, argument) in call.arguments.iter().enumerate() {
            let optional =
                operation.and_then(|operation| operation.takes.get(index)).is_some_and(|takes| takes.optional);
            self.read_as(argument, facts, optional);
        }
        let cause = Cause::CallError(call.operation);
        if let Some(dest) = &call.on_error {
            self.go(dest, &mut facts.clone(), &cause);
        }
        if call.on_error.is_none() || operation.is_some_and(|operation| !operation.fails.is_empty()) {
            self.failed(call.operation, facts);
        }
        if let Some(into) = call.into {
            self.fill(into, facts);
        }
    }

    /// The nearest `failed`, taken by a call without an answer of its own.
    fn failed(&mut self, operation: OperationId, facts: &Facts<'_>) {
        if let Some(reaction) = self.failed {
            self.lines_of(reaction, &mut facts.clone(), &Cause::CallError(operation));
        }
    }

    fn send(&mut self, template: TemplateId, on_error: Option<&Dest>, facts: &Facts<'_>) {
        let flow = self.flow;
        if let Some(found) = flow.templates.get(template.index()) {
            self.text(found.body, facts);
            found.footer.iter().for_each(|footer| self.text(*footer, facts));
            found.image.iter().for_each(|image| self.segments(image, facts));
            found.links.iter().for_each(|link| self.segments(&link.url, facts));
        }
        if let Some(dest) = on_error {
            self.go(dest, &mut facts.clone(), &Cause::SendError(template));
        }
    }

    fn set(&mut self, target: Target, value: &Expr, facts: &mut Facts<'_>) {
        let optional = match target {
            Target::Slot(slot) => self.flow.slots.get(slot.index()).is_some_and(|slot| slot.optional),
            Target::Customer(slot) => self.shop.customer_slots.get(slot.index()).is_some_and(|slot| slot.optional),
        };
        self.read_as(value, facts, optional);
        let none = value.ty == Type::None && matches!(value.kind, ExprKind::Constant(Value::None));
        let empty = none || (optional && self.may_be_empty(value, facts));
        self.fill(target, facts);
        if empty {
            let number = self.number_of(target);
            facts.remove(number);
        }
    }

    /// Whether a value is optional and was not tested on the way within these lines.
    fn may_be_empty(&self, value: &Expr, facts: &Facts<'_>) -> bool {
        let tested =
            place(value).and_then(|key| self.keys.known(&key)).is_some_and(|number| facts.added.contains(number));
        self.is_optional(value) && !tested
    }

    /// The place gets a new value; what was known about its fields is gone.
    fn fill(&mut self, target: Target, facts: &mut Facts<'_>) {
        if let Target::Slot(id) = target
            && self.flow.slots.get(id.index()).is_some_and(|slot| is_local(slot.kind))
        {
            facts.add_local(id);
        } else {
            let number = self.number_of(target);
            facts.add(number);
        }
        let root = root_of(target);
        for below in self.keys.below(&root) {
            facts.remove(below);
        }
    }

    fn number_of(&mut self, target: Target) -> usize {
        self.keys.root(root_of(target))
    }

    /// `answers.STATE` of this state has a value now.
    fn answered(&mut self, facts: &mut Facts<'_>) {
        let Some(state) = self.at else { return };
        if let Some(slot) = self.answers.get(&state).copied() {
            self.fill(Target::Slot(slot), facts);
        }
    }

    fn event(&mut self, event: &EventName, facts: &mut Facts<'_>) {
        let fields: &[&str] = match event {
            EventName::CartSent => &["items"],
            EventName::ProductAsked => &["sku", "text"],
            EventName::Payment(_) => &["payment", "order"],
            EventName::Order(_) => &["order"],
            EventName::WindowClosing => &[],
            EventName::HandoffClosed => &["note"],
            EventName::MessageFailed => &["reason"],
        };
        self.carries(fields, facts);
    }

    fn carries(&mut self, fields: &[&'static str], facts: &mut Facts<'_>) {
        for field in fields {
            let number = self.keys.root(Root::Event(SmolStr::new_static(field)));
            facts.add(number);
        }
    }
}

fn root_of(target: Target) -> Root {
    match target {
        Target::Slot(slot) => Root::Slot(slot.0),
        Target::Customer(slot) => Root::Customer(slot.0),
    }
}
