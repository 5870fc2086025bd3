//! What happens when the customer goes quiet (D601, D603, D620). Whether free text would leave after the window has
//! closed is an analysis of the whole flow.

use duka_dsl::Diagnostic;

use super::context::Context;
use super::reach::reachable;
use crate::graph::{Cause, End, Graph, Owner, effective_reactions};
use crate::hir::{Reaction, StateId, Trigger};
use crate::walk::{self, small};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for graph in &context.graphs {
        unanswered(context, graph, found);
        edge_of_window(graph, found);
        longest_silence(graph, found);
    }
}

fn is_quiet(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::Quiet { .. })
}

/// Waiting states where a day of silence has no answer. One finding per flow: the cause is one missing line.
fn unanswered(context: &Context, graph: &Graph, found: &mut Vec<Diagnostic>) {
    if context.outer(graph.flow_id, &is_quiet) {
        return;
    }
    let flow = graph.flow;
    let reachable = reachable(graph);
    let open = flow.states.iter().enumerate().filter(|(index, state)| {
        let reactions = effective_reactions(flow, StateId(small(*index)));
        let answered = reactions.iter().any(|(_, _, reaction)| ends_silence(graph, reaction));
        reachable.get(*index).copied().unwrap_or(true) && state.is_waiting() && walk::waits(state) && !answered
    });
    let names: Vec<_> = open.map(|(_, state)| state).collect();
    let Some(first) = names.first() else { return };
    let more = match names.len() {
        1 => String::new(),
        2 => format!(", and in `{}`", names.last().map_or("", |state| state.name.as_str())),
        count => format!(", and in {} other states", count - 1),
    };
    let message = format!("What if the customer goes quiet for a day in `{}`{more}?", first.name);
    let mut diagnostic = Diagnostic::new(601, first.name_span, message);
    for state in names.iter().skip(1).take(4) {
        diagnostic = diagnostic.label(state.name_span, "and here");
    }
    found.push(diagnostic.help("Add `quiet 23 hours -> end` to `anywhere`."));
}

/// Whether a reaction says what silence leads to: `quiet`, or an `after` of at most a day that always happens.
fn ends_silence(graph: &Graph, reaction: &Reaction) -> bool {
    match reaction.trigger {
        Trigger::Quiet { .. } => true,
        Trigger::After { time } => {
            time.ms(graph.flow) <= DAY_MS && reaction.guard.is_none() && reaction.dest().is_some()
        }
        Trigger::Button { .. }
        | Trigger::Row { .. }
        | Trigger::Pick { .. }
        | Trigger::Answer { .. }
        | Trigger::Fill { .. }
        | Trigger::Hears { .. }
        | Trigger::On { .. }
        | Trigger::Else { .. }
        | Trigger::Failed
        | Trigger::Lost => false,
    }
}

fn edge_of_window(graph: &Graph, found: &mut Vec<Diagnostic>) {
    for (_, reaction) in walk::reactions(graph.flow) {
        if let Trigger::Quiet { time } = reaction.trigger
            && time.ms(graph.flow) == DAY_MS
        {
            let message = "`quiet 24 hours` is exactly the edge of the service window.";
            let help = "Write `quiet 23 hours` to stay inside it, or `quiet 26 hours` and a template.";
            found.push(Diagnostic::new(603, reaction.span, message).help(help));
        }
    }
}

/// The longest time since the customer's last message with which each state can be entered, as far as `quiet` and
/// `after` tell; events of the world may come later still. One finding per flow that has any longer than the window.
fn longest_silence(graph: &Graph, found: &mut Vec<Diagnostic>) {
    let flow = graph.flow;
    let mut longest = vec![0i64; flow.states.len()];
    // Each round can only carry the times one edge further; a circle that grows is cut at 30 days.
    for _ in 0..flow.states.len().min(64) {
        let mut changed = false;
        for edge in &graph.edges {
            let End::State(node) = edge.to else { continue };
            let before = longest.get(edge.from.state.index()).copied().unwrap_or(0);
            let reached = match &edge.cause {
                Cause::Quiet(ms) => before.max(*ms),
                Cause::After(ms) => before.saturating_add(*ms),
                Cause::Always | Cause::CallError(_) | Cause::SendError(_) => before,
                Cause::Choice(_)
                | Cause::Answer
                | Cause::Fill
                | Cause::Hears(_)
                | Cause::Event(_)
                | Cause::Else(_)
                | Cause::Template(..)
                | Cause::Lost => 0,
            };
            let reached = if edge.line.owner == Owner::Entry { before.max(reached) } else { reached };
            if let Some(known) = longest.get_mut(node.state.index())
                && reached.min(30 * DAY_MS) > *known
            {
                *known = reached.min(30 * DAY_MS);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let beyond: Vec<String> = flow
        .states
        .iter()
        .zip(&longest)
        .filter(|(_, ms)| **ms >= DAY_MS)
        .map(|(state, ms)| format!("`{}` {} hours", state.name, ms / HOUR_MS))
        .collect();
    if !beyond.is_empty() {
        let message = format!("Longest silence on entry, where it is a day or more: {}.", beyond.join(", "));
        found.push(
            Diagnostic::new(620, flow.span, message)
                .help("Only templates can be sent there.")
                .cause(format!("D620 {}", flow.path)),
        );
    }
}
