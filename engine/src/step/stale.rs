//! Taps that do not belong to the current question: old messages, and the buttons of templates, which are never old
//! (language.md 2.5, ruling 9).

use super::choices::KeyField;
use super::machine::{Machine, Place, Scope};
use crate::event::ReplyId;
use crate::hir::{DestKind, Expr, FlowId, OperationKind, Reaction, State, StateId, StepKind, Trigger};
use crate::session::LineList;
use crate::trace::{Note, TraceEntry};
use crate::types::Type;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// Follows an old tap when nothing can go wrong by it; otherwise says that it is old, and asks again.
    pub fn stale_tap(&mut self, id: &ReplyId) -> Option<Place> {
        match self.safe_target(id) {
            Some((frame, target)) => {
                self.note(Note::StaleTap);
                self.session.else_count = 0;
                self.session.frames.truncate(frame + 1);
                self.enter(target)
            }
            None => self.earlier_message(),
        }
    }

    fn safe_target(&mut self, id: &ReplyId) -> Option<(usize, StateId)> {
        let frame = self.session.frames.iter().rposition(|frame| {
            self.program.shop.flows.get(frame.flow.index()).is_some_and(|flow| flow.path == id.flow)
        })?;
        let (flow_id, flow) = self.flow_of(Scope::Frame(frame));
        let index = self.program.index.flow(flow_id)?;
        let state = index.state_named(&id.state)?;
        let reactions = &flow?.states.get(state.index())?.reactions;
        let reaction = reactions.iter().find(|reaction| reaction.choice() == Some(&id.choice))?;
        let target = pure_target(reaction)?;
        let scope = Scope::Frame(frame);
        let list = LineList::State(u16::MAX);
        if let Some(guard) = &reaction.guard
            && !self.holds(Place { scope, list, index: 0 }, guard)
        {
            return None;
        }
        let picked = match (&reaction.trigger, &id.item) {
            (Trigger::Pick { into, list, .. }, Some(key)) => Some((*into, self.item_of(scope, list, key)?)),
            (Trigger::Pick { .. }, None) => return None,
            (_, _) => None,
        };
        if !self.only_asks(flow?.states.get(target.index())?) {
            return None;
        }
        let before = picked.as_ref().and_then(|(into, _)| self.value_at(scope, *into).cloned());
        let into = picked.as_ref().map(|(into, _)| *into);
        if let Some((into, value)) = picked {
            self.set(scope, into, value);
        }
        if self.knows_enough(frame, flow_id, target) {
            return Some((frame, target));
        }
        if let (Some(into), Some(before)) = (into, before) {
            self.set(scope, into, before);
        }
        None
    }

    /// Whether a state only asks on entry: it has a question, and no line that changes or sends anything.
    fn only_asks(&self, state: &State) -> bool {
        let harmless = state.steps.iter().all(|step| match &step.kind {
            StepKind::Set { .. } | StepKind::Send { .. } | StepKind::Consent { .. } | StepKind::Alert { .. } => false,
            StepKind::Call(call) => {
                let operation = self.program.shop.operations.get(call.operation.index());
                operation.is_some_and(|operation| operation.kind == OperationKind::Query)
            }
            StepKind::Say { .. }
            | StepKind::Ask { .. }
            | StepKind::Media { .. }
            | StepKind::List { .. }
            | StepKind::Footer { .. }
            | StepKind::Show(_)
            | StepKind::Link { .. }
            | StepKind::Jump { .. } => true,
        });
        harmless && state.steps.iter().any(|step| matches!(step.kind, StepKind::Ask { .. }))
    }

    /// Whether all values that a state reads on entry are there: an old tap comes from nowhere.
    fn knows_enough(&self, frame: usize, flow: FlowId, state: StateId) -> bool {
        let needs = self.program.index.flow(flow).map(|flow| flow.needs(state)).unwrap_or(&[]);
        let Some(frame) = self.session.frames.get(frame) else { return false };
        needs.iter().all(|slot| frame.values.get(slot.index()).is_some_and(|value| *value != Value::None))
    }

    /// The item of a list with a key.
    pub fn item_of(&self, scope: Scope, list: &Expr, key: &str) -> Option<Value> {
        let Value::List(items) = self.value_of(scope, list)? else { return None };
        let Type::List(item) = &list.ty else { return None };
        KeyField::of_record(self.program, item).find(&items, key)
    }

    /// A tap on a button of a template. It acts in its own flow; what the conversation is about is interrupted by it.
    pub fn template_tap(&mut self, template: &str, button: &str) -> Option<Place> {
        let wanted = |flow: FlowId| {
            let flow = self.program.shop.flows.get(flow.index())?;
            let template_at = flow.templates.iter().position(|known| known.name == template)?;
            let named = |reaction: &Reaction| reaction.choice().is_some_and(|name| name == button);
            let at = flow.templates.get(template_at)?.buttons.iter().position(named)?;
            Some(LineList::Template { template: u16::try_from(template_at).ok()?, button: u16::try_from(at).ok()? })
        };
        let open = self.session.frames.iter().enumerate().rev();
        let open = open.filter_map(|(at, frame)| wanted(frame.flow).map(|list| (at, list))).next();
        let (frame, list) = match open {
            Some(found) => found,
            None => {
                let flows = (0..self.program.shop.flows.len()).filter_map(|at| u16::try_from(at).ok().map(FlowId));
                let elsewhere = flows.filter_map(|flow| wanted(flow).map(|list| (flow, list))).next();
                let Some((flow, list)) = elsewhere else { return self.not_understood() };
                self.suspend(None);
                self.push_frame(flow);
                self.limit_interruptions();
                (self.top(), list)
            }
        };
        self.session.else_count = 0;
        let place = Place { scope: Scope::Frame(frame), list, index: 0 };
        let (flow, state) = self.traced(place);
        self.trace.entries.push(TraceEntry::Reaction { flow, state, list });
        Some(place)
    }
}

/// Where a choice leads that does nothing else.
fn pure_target(reaction: &Reaction) -> Option<StateId> {
    match (reaction.actions.as_slice(), reaction.dest().map(|dest| &dest.kind)) {
        ([_], Some(DestKind::State(state))) => Some(*state),
        (_, _) => None,
    }
}
