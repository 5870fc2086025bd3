//! Analysis 7: from every waiting state the customer finds a way out with taps and words alone (D205), and a person
//! (D608). Also the depth of the way to paying (D216).

use duka_dsl::Diagnostic;

use super::Subject;
use super::path::Paths;
use crate::graph::{Cause, End};
use crate::hir::{Builtin, EventName, FlowId, Reaction, StateId, StepKind, Trigger};

/// Shops that sell need few taps from hello to paying (ruling 2).
const MOST_TAPS: usize = 9;

pub fn check(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let mut found = traps(subject, paths);
    found.extend(no_person(subject, paths));
    found.extend(deep_menu(subject, paths));
    found
}

/// The states from which the customer's own doing leads to a goal, by walking edges backwards.
fn leading_to(subject: &Subject<'_>, goal: impl Fn(StateId, &End) -> bool) -> Vec<bool> {
    let states = subject.graph.flow.states.len();
    let mut leads = vec![false; states];
    let mut before: Vec<Vec<StateId>> = vec![Vec::new(); states];
    let mut open = Vec::new();
    for edge in &subject.graph.edges {
        if !edge.cause.is_customer() && edge.cause != Cause::Always {
            continue;
        }
        if goal(edge.from.state, &edge.to) {
            open.push(edge.from.state);
        }
        if let End::State(node) = &edge.to
            && let Some(before) = before.get_mut(node.state.index())
        {
            before.push(edge.from.state);
        }
    }
    while let Some(state) = open.pop() {
        if let Some(leads) = leads.get_mut(state.index()).filter(|leads| !**leads) {
            *leads = true;
            open.extend(before.get(state.index()).into_iter().flatten());
        }
    }
    leads
}

fn traps(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let start = subject.graph.flow.start;
    let out = leading_to(subject, |_, end| match end {
        End::End | End::Return | End::Flow(_) | End::Visit(_) | End::Broken => true,
        End::State(node) => node.state == start,
        End::Again | End::Back | End::Stay => false,
    });
    let trapped = waiting(subject).filter(|state| !with_person(subject, *state)).filter(|state| {
        // A state that only time or events move on has nothing to tap by design: `pay` waits for the payment.
        let taps = subject.graph.out(*state).iter().any(|edge| edge.cause.is_customer() && edge.to != End::Again);
        taps && *state != start && !out[state.index()] && paths.reaches(*state)
    });
    let finding = |state: StateId| {
        let found = subject.graph.flow.states.get(state.index())?;
        let message = format!("From `{}` a customer can never reach the end, the menu or a person.", found.name);
        Some(
            Diagnostic::new(205, found.name_span, message)
                .help("Add a way out: a button to another state, or `hears menu -> …` in `anywhere`.")
                .conversation(paths.chat_to(subject, state))
                .cause("trap"),
        )
    };
    // They share one cause, so that only the first would be told.
    trapped.filter_map(finding).take(1).collect()
}

/// Whether a flow hands over to a person, itself or in a flow it visits.
pub fn hands_over(subject: &Subject<'_>, flow: FlowId, depth: u8) -> bool {
    let Some(found) = subject.shop.flows.get(flow.index()) else { return false };
    let reactions = found.states.iter().flat_map(|state| &state.reactions).chain(&found.anywhere);
    let steps = found.states.iter().flat_map(|state| &state.steps);
    steps.chain(reactions.flat_map(|reaction| &reaction.actions)).any(|step| match &step.kind {
        StepKind::Call(call) => subject
            .shop
            .operations
            .get(call.operation.index())
            .is_some_and(|operation| operation.builtin == Some(Builtin::HandoffOpen)),
        StepKind::Jump { dest, .. } => match dest.kind {
            crate::hir::DestKind::Visit { flow, .. } if depth > 0 => hands_over(subject, flow, depth - 1),
            _ => false,
        },
        StepKind::Say { .. }
        | StepKind::Ask { .. }
        | StepKind::Media { .. }
        | StepKind::List { .. }
        | StepKind::Footer { .. }
        | StepKind::Show(_)
        | StepKind::Alert { .. }
        | StepKind::Link { .. }
        | StepKind::Consent { .. }
        | StepKind::Set { .. }
        | StepKind::Send { .. } => false,
    })
}

fn no_person(subject: &Subject<'_>, paths: &Paths) -> Option<Diagnostic> {
    let flow = subject.graph.flow;
    let visited = subject.shop.flows.iter().flat_map(|flow| &flow.uses).any(|(used, _)| *used == subject.graph.flow_id);
    if visited {
        return None;
    }
    let persons: Vec<bool> = (0..subject.shop.flows.len())
        .map(|index| u16::try_from(index).is_ok_and(|index| hands_over(subject, FlowId(index), 2)))
        .collect();
    let own = persons.get(subject.graph.flow_id.index()).copied().unwrap_or(false);
    let to_person = |flow: FlowId| flow != subject.graph.flow_id && persons.get(flow.index()).copied().unwrap_or(false);
    let out = leading_to(subject, |_, end| match end {
        End::Visit(flow) | End::Flow(flow) => to_person(*flow),
        End::State(node) => own && opens_handoff(subject, node.state),
        End::End | End::Again | End::Back | End::Return | End::Stay | End::Broken => false,
    });
    let lost: Vec<StateId> = waiting(subject)
        .filter(|state| !out[state.index()] && paths.reaches(*state) && !with_person(subject, *state))
        .collect();
    let first = flow.states.get(lost.first()?.index())?;
    let names: Vec<&str> =
        lost.iter().filter_map(|state| flow.states.get(state.index())).map(|state| state.name.as_str()).collect();
    let shown = names.iter().take(6).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = if names.len() > 6 { ", …" } else { "" };
    let message = match names.len() {
        1 => format!("There is no way to reach a person from {shown}."),
        count => format!("There is no way to reach a person from these {count} states: {shown}{more}."),
    };
    Some(
        Diagnostic::new(608, first.name_span, message)
            .help("Add `hears human <-> std.handoff` to `anywhere`; WhatsApp asks for a way to a person.")
            .conversation(paths.chat_to(subject, *lost.first()?))
            .cause("no-person"),
    )
}

/// Whether a person has the conversation there: the state waits for them to give it back.
fn with_person(subject: &Subject<'_>, state: StateId) -> bool {
    let closed = |reaction: &Reaction| matches!(reaction.trigger, Trigger::On { event: EventName::HandoffClosed });
    subject.graph.flow.states.get(state.index()).is_some_and(|state| state.reactions.iter().any(closed))
}

fn opens_handoff(subject: &Subject<'_>, state: StateId) -> bool {
    let steps = subject.graph.flow.states.get(state.index()).map(|state| state.steps.as_slice()).unwrap_or(&[]);
    steps.iter().any(|step| match &step.kind {
        StepKind::Call(call) => subject
            .shop
            .operations
            .get(call.operation.index())
            .is_some_and(|operation| operation.builtin == Some(Builtin::HandoffOpen)),
        _ => false,
    })
}

fn deep_menu(subject: &Subject<'_>, paths: &Paths) -> Option<Diagnostic> {
    let flow = subject.graph.flow;
    let pays = |steps: &[crate::hir::Step]| {
        steps.iter().find_map(|step| match &step.kind {
            StepKind::Call(call) => {
                let operation = subject.shop.operations.get(call.operation.index())?;
                (operation.contract == "payments").then_some(step.span)
            }
            _ => None,
        })
    };
    let states = flow.states.iter().enumerate().filter_map(|(index, state)| {
        let id = StateId(u16::try_from(index).ok()?);
        let span = pays(&state.steps)?;
        let edges = paths.reaches(id).then(|| paths.edges_to(subject, id))?;
        let taps =
            edges.iter().filter_map(|edge| subject.graph.edges.get(*edge)).filter(|edge| edge.cause.is_customer());
        Some((taps.count(), id, span))
    });
    let (taps, state, span) = states.min()?;
    if taps <= MOST_TAPS {
        return None;
    }
    let message = format!("Deep menu: {taps} taps from hello to paying; shops that sell have 4 to {MOST_TAPS}.");
    Some(
        Diagnostic::new(216, span, message)
            .help("Show products earlier, or leave out questions that can be asked after paying.")
            .conversation(paths.chat_to(subject, state)),
    )
}

fn waiting<'a>(subject: &'a Subject<'_>) -> impl Iterator<Item = StateId> + use<'a> {
    let states = subject.graph.flow.states.iter().enumerate().filter(|(_, state)| state.is_waiting());
    states.filter_map(|(index, _)| u16::try_from(index).ok().map(StateId))
}
