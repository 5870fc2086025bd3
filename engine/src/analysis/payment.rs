//! Analysis 2: whatever order {paid, failed, expired, tap, silence} come in once a pay link exists, no payment is lost
//! (D709), no paid order is asked to pay again (D710), and nothing is confirmed before money has come (D711).

use duka_dsl::Diagnostic;
use duka_dsl::diagnostic::Speaker;

use super::Subject;
use super::path::{Paths, edge_turn, says, turn};
use crate::graph::{Cause, End, effective_reactions};
use crate::hir::{EventName, Operation, OperationKind, StateId, Step, StepKind, Trigger};

pub fn check(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let mut found = early_confirmation(subject, paths);
    for (index, state) in subject.graph.flow.states.iter().enumerate() {
        let Some(id) = u16::try_from(index).ok().map(StateId) else { break };
        if calls(subject, &state.steps, is_link).is_some() {
            found.extend(after_link(subject, paths, id));
        }
    }
    found
}

/// The span of the first call of such an operation.
pub fn calls(subject: &Subject<'_>, steps: &[Step], which: fn(&Operation) -> bool) -> Option<duka_dsl::Span> {
    steps.iter().find_map(|step| match &step.kind {
        StepKind::Call(call) => {
            subject.shop.operations.get(call.operation.index()).filter(|operation| which(operation)).map(|_| step.span)
        }
        _ => None,
    })
}

pub fn is_link(operation: &Operation) -> bool {
    operation.contract == "payments" && operation.name == "link"
}

pub fn is_quote(operation: &Operation) -> bool {
    operation.contract == "orders" && matches!(operation.name.as_str(), "quote" | "again")
}

pub fn is_hold(operation: &Operation) -> bool {
    operation.contract == "orders" && operation.name == "hold"
}

fn handles_paid(subject: &Subject<'_>, state: StateId) -> bool {
    effective_reactions(subject.graph.flow, state).iter().any(|(_, _, reaction)| is_paid(&reaction.trigger))
}

fn is_paid(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::On { event: EventName::Payment(status) } if status == "paid")
}

fn after_link(subject: &Subject<'_>, paths: &Paths, link: StateId) -> Vec<Diagnostic> {
    let followed = subject.shop.flows.iter().flat_map(|flow| &flow.follows);
    let followed = followed.flat_map(|follow| &follow.reactions).any(|reaction| is_paid(&reaction.trigger));
    let mut found = Vec::new();
    let mut came_by: Vec<Option<usize>> = vec![None; subject.graph.flow.states.len()];
    let mut seen = vec![false; came_by.len()];
    let mut queue = std::collections::VecDeque::from([link]);
    if let Some(seen) = seen.get_mut(link.index()) {
        *seen = true;
    }
    while let Some(state) = queue.pop_front() {
        let Some(here) = subject.graph.flow.states.get(state.index()) else { continue };
        if here.is_waiting() && !handles_paid(subject, state) {
            if !followed {
                found.push(lost_payment(subject, paths, &came_by, link, state));
                return found;
            }
            if let Some(again) = pays_again(subject, state) {
                found.push(paid_twice(subject, paths, &came_by, link, state, again));
                return found;
            }
            continue;
        }
        for (index, edge) in subject.graph.numbered(state) {
            let End::State(to) = edge.to else { continue };
            let paid = matches!(&edge.cause, Cause::Event(EventName::Payment(status)) if status == "paid");
            let starts_over = calls(subject, edge.actions, is_quote).is_some()
                || subject
                    .graph
                    .flow
                    .states
                    .get(to.state.index())
                    .is_some_and(|to| calls(subject, &to.steps, is_quote).is_some());
            if !paid && !starts_over && !seen[to.state.index()] {
                seen[to.state.index()] = true;
                came_by[to.state.index()] = Some(index);
                queue.push_back(to.state);
            }
        }
    }
    found
}

/// A state with a pay link that taps alone reach, for the same order: no fresh quote on the way.
fn pays_again(subject: &Subject<'_>, from: StateId) -> Option<StateId> {
    let mut seen = vec![false; subject.graph.flow.states.len()];
    let mut queue = vec![from];
    while let Some(state) = queue.pop() {
        for edge in
            subject.graph.out(state).iter().filter(|edge| matches!(edge.cause, Cause::Choice(_) | Cause::Always))
        {
            let End::State(to) = edge.to else { continue };
            let Some(next) = subject.graph.flow.states.get(to.state.index()) else { continue };
            if calls(subject, &next.steps, is_quote).is_some() || std::mem::replace(&mut seen[to.state.index()], true) {
                continue;
            }
            if calls(subject, &next.steps, is_link).is_some() {
                return Some(to.state);
            }
            queue.push(to.state);
        }
    }
    None
}

fn chat(
    subject: &Subject<'_>,
    paths: &Paths,
    came_by: &[Option<usize>],
    link: StateId,
    state: StateId,
) -> Vec<duka_dsl::diagnostic::Turn> {
    let mut turns = paths.chat_to(subject, link);
    let mut edges = Vec::new();
    let mut at = state;
    while let Some(edge) = came_by.get(at.index()).copied().flatten().and_then(|index| subject.graph.edges.get(index)) {
        if edges.len() > came_by.len() || at == link {
            break;
        }
        edges.push(edge);
        at = edge.from.state;
    }
    for edge in edges.into_iter().rev() {
        turns.extend(edge_turn(subject, edge));
        if let End::State(node) = edge.to {
            turns.extend(says(subject.graph.flow, node.state));
        }
    }
    turns.push(turn(Speaker::World, "payment.paid arrives, late".to_string(), "event payment.paid".to_string()));
    turns
}

fn lost_payment(
    subject: &Subject<'_>,
    paths: &Paths,
    came_by: &[Option<usize>],
    link: StateId,
    state: StateId,
) -> Diagnostic {
    let found = subject.graph.flow.states.get(state.index());
    let (name, span) = found.map_or(("", subject.graph.flow.span), |state| (state.name.as_str(), state.name_span));
    let message = format!("A payment that arrives in `{name}` would be lost.");
    Diagnostic::new(709, span, message)
        .help("Add `follow order` with `on payment.paid` (or `use std.order_updates`), or `on payment.paid` in the group.")
        .conversation(chat(subject, paths, came_by, link, state))
        .cause("payment-lost")
}

fn paid_twice(
    subject: &Subject<'_>,
    paths: &Paths,
    came_by: &[Option<usize>],
    link: StateId,
    state: StateId,
    again: StateId,
) -> Diagnostic {
    let name_of = |state: StateId| subject.graph.flow.states.get(state.index()).map_or("", |state| state.name.as_str());
    let span = subject.graph.flow.states.get(state.index()).map_or(subject.graph.flow.span, |state| state.name_span);
    let mut turns = chat(subject, paths, came_by, link, state);
    turns.extend(says(subject.graph.flow, again));
    let message = format!(
        "An order already paid can be asked to pay again from `{}`: it leads to `{}` and does not hear `payment.paid`.",
        name_of(state),
        name_of(again)
    );
    Diagnostic::new(710, span, message)
        .help("Put the state into the group that has `on payment.paid`, or quote afresh before paying again.")
        .conversation(turns)
        .cause("paid-twice")
}

/// D711: `orders.confirm` anywhere but behind `payment.paid`.
fn early_confirmation(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let is_confirm = |operation: &Operation| {
        operation.contract == "orders" && operation.name == "confirm" && operation.kind == OperationKind::Command
    };
    let flow = subject.graph.flow;
    let finding = |span: duka_dsl::Span| {
        Diagnostic::new(711, span, "`orders.confirm` runs before money has arrived.")
            .help("Move it behind `on payment.paid`, best in `follow order`.")
            .cause("early-confirm")
    };
    // By state: whether money's arrival is all that leads there; none when nothing does.
    let mut only_paid: Vec<Option<bool>> = vec![None; flow.states.len()];
    for edge in &subject.graph.edges {
        if let End::State(node) = edge.to
            && let Some(only_paid) = only_paid.get_mut(node.state.index())
        {
            let paid = matches!(&edge.cause, Cause::Event(EventName::Payment(status)) if status == "paid");
            *only_paid = Some(paid && *only_paid != Some(false));
        }
    }
    let mut found = Vec::new();
    for (index, (state, only_paid)) in flow.states.iter().zip(only_paid).enumerate() {
        let Some(id) = u16::try_from(index).ok().map(StateId) else { break };
        if only_paid != Some(true)
            && let Some(span) = calls(subject, &state.steps, is_confirm)
        {
            found.push(finding(span).conversation(paths.chat_to(subject, id)));
        }
        let unpaid = state.reactions.iter().filter(|reaction| !is_paid(&reaction.trigger));
        found.extend(unpaid.filter_map(|reaction| calls(subject, &reaction.actions, is_confirm)).map(finding));
    }
    for reaction in flow.follows.iter().flat_map(|follow| &follow.reactions) {
        if !is_paid(&reaction.trigger) {
            found.extend(calls(subject, &reaction.actions, is_confirm).map(finding));
        }
    }
    found
}
