//! Cycles without the customer: states that send each other round for ever (D206), or more steps than a turn allows (D207).

use duka_dsl::Diagnostic;
use duka_dsl::diagnostic::Speaker;
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use super::Subject;
use super::path::{Paths, turn};
use crate::graph::{Cause, End};
use crate::hir::{DestKind, Step, StepKind};

/// Eventless steps one turn may take (ruling 22).
const MOST_MICROSTEPS: usize = 64;

pub fn check(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let flow = subject.graph.flow;
    let mut unasked: DiGraph<(), bool> = DiGraph::new();
    let nodes: Vec<_> = flow.states.iter().map(|_| unasked.add_node(())).collect();
    for edge in &subject.graph.edges {
        if let (Cause::Always | Cause::CallError(_), End::State(to)) = (&edge.cause, edge.to)
            && !edge.actions.iter().any(visits)
            && let (Some(from), Some(to)) = (nodes.get(edge.from.state.index()), nodes.get(to.state.index()))
        {
            unasked.add_edge(*from, *to, edge.cause == Cause::Always && edge.guards.is_empty());
        }
    }
    let mut found = Vec::new();
    let mut looped = false;
    for component in tarjan_scc(&unasked) {
        let cyclic = component.len() > 1 || component.iter().any(|node| unasked.contains_edge(*node, *node));
        if !cyclic {
            continue;
        }
        looped = true;
        let mut members: Vec<usize> = component.iter().map(|node| node.index()).collect();
        members.sort_unstable();
        let surely = component.iter().all(|node| unasked.edges(*node).any(|edge| *edge.weight()));
        let names: Vec<String> =
            members.iter().filter_map(|at| flow.states.get(*at)).map(|state| format!("`{}`", state.name)).collect();
        let Some(first) = members.first().and_then(|at| Some((u16::try_from(*at).ok()?, flow.states.get(*at)?))) else {
            continue;
        };
        let who = match names.as_slice() {
            [one] => format!("{one} sends itself"),
            several => format!("{} send each other", several.join(" and ")),
        };
        let when = if surely { "" } else { " when their conditions hold or a call keeps failing" };
        let mut chat = paths.chat_to(subject, crate::hir::StateId(first.0));
        chat.push(turn(Speaker::World, format!("{who} round and round"), String::new()));
        found.push(
            Diagnostic::new(
                206,
                first.1.name_span,
                format!("{who} round for ever{when}, without asking the customer."),
            )
            .help("Break the circle: let one of them ask something, or end.")
            .conversation(chat)
            .cause(format!("loop:{}", first.1.name)),
        );
    }
    if !looped {
        found.extend(long_chain(subject));
    }
    found
}

/// A sub-flow that is surely run: it asks the customer.
fn visits(step: &Step) -> bool {
    match &step.kind {
        StepKind::Jump { guard: None, dest } => matches!(dest.kind, DestKind::Visit { .. }),
        _ => false,
    }
}

/// The longest run of jumps; the graph has no cycles here.
fn long_chain(subject: &Subject<'_>) -> Option<Diagnostic> {
    let states = subject.graph.flow.states.len();
    let mut length = vec![0usize; states];
    for _ in 0..=MOST_MICROSTEPS {
        let mut grew = false;
        for edge in
            subject.graph.edges.iter().filter(|edge| edge.cause == Cause::Always && !edge.actions.iter().any(visits))
        {
            if let End::State(to) = edge.to {
                let reached = length[edge.from.state.index()] + 1;
                if length[to.state.index()] < reached {
                    length[to.state.index()] = reached;
                    grew = true;
                }
            }
        }
        if !grew {
            break;
        }
    }
    let last = subject.graph.flow.states.get(length.iter().position(|length| *length > MOST_MICROSTEPS)?)?;
    let message =
        format!("More than {MOST_MICROSTEPS} steps can happen before the customer is asked, up to `{}`.", last.name);
    Some(Diagnostic::new(207, last.name_span, message).help("Ask something on the way, or join these states."))
}
