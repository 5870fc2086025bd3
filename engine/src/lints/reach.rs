//! States that nothing leads to and lines that never run (D201, D208), and what leads nowhere (D202).

use duka_dsl::Diagnostic;

use super::context::Context;
use crate::graph::{End, Graph};
use crate::hir::{DestKind, Flow, Reaction, State, StateId, Step, StepKind, Trigger};
use crate::walk::{self, small, speaks};

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for graph in &context.graphs {
        unreachable_states(graph, found);
        for lines in walk::lines(graph.flow) {
            dead_lines(lines.steps, found);
        }
        for state in &graph.flow.states {
            dead_choices(state, found);
            dead_end(graph.flow, state, found);
            empty_choices(state, found);
        }
    }
}

/// Whether each state of a flow can be entered: from the start, `anywhere`, or a template.
pub(super) fn reachable(graph: &Graph) -> Vec<bool> {
    let anywhere = graph.flow.anywhere.iter().flat_map(|reaction| &reaction.actions).filter_map(jumps_to);
    graph.reachable(std::iter::once(graph.flow.start).chain(anywhere))
}

fn jumps_to(step: &Step) -> Option<StateId> {
    step.dest().and_then(|dest| state_of(&dest.kind))
}

fn state_of(dest: &DestKind) -> Option<StateId> {
    if let DestKind::State(state) = dest { Some(*state) } else { None }
}

/// One finding for each place where arrows are missing: what can not be reached only because of that is told with it.
fn unreachable_states(graph: &Graph, found: &mut Vec<Diagnostic>) {
    let mut lost: Vec<bool> = reachable(graph).into_iter().map(|reached| !reached).collect();
    let mut led_to = vec![false; lost.len()];
    for edge in &graph.edges {
        if let End::State(node) = edge.to
            && node.state != edge.from.state
            && lost.get(edge.from.state.index()).is_some_and(|lost| *lost)
        {
            led_to[node.state.index()] = true;
        }
    }
    // First those that nothing at all leads to; what is left then are circles.
    for circles in [false, true] {
        for (index, state) in graph.flow.states.iter().enumerate() {
            if !lost[index] || led_to[index] != circles {
                continue;
            }
            let behind: Vec<&str> = take(graph, state_id(index), &mut lost);
            let message = match behind.as_slice() {
                [] => format!("Nothing leads to `{}`.", state.name),
                behind => format!("Nothing leads to `{}`, nor to what is behind it: {}.", state.name, names(behind)),
            };
            found.push(Diagnostic::new(201, state.name_span, message).help("Add an arrow to it, or delete it."));
        }
    }
}

/// Takes a lost state and the lost states behind it out of `lost`; the names of those behind it.
fn take<'a>(graph: &Graph<'a>, first: StateId, lost: &mut [bool]) -> Vec<&'a str> {
    let mut behind = Vec::new();
    let mut queue = vec![first];
    while let Some(state) = queue.pop() {
        match lost.get_mut(state.index()) {
            Some(lost) if *lost => *lost = false,
            Some(_) | None => continue,
        }
        if state != first {
            behind.extend(graph.flow.states.get(state.index()));
        }
        queue.extend(graph.out(state).iter().filter_map(|edge| edge.to.state()));
    }
    behind.sort_by_key(|state| state.span);
    behind.into_iter().map(|state: &State| state.name.as_str()).collect()
}

/// The first names, and how many more there are.
pub(super) fn names(names: &[&str]) -> String {
    const MOST: usize = 8;
    let shown = names.iter().take(MOST).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Lines below an arrow that always leads on.
fn dead_lines(steps: &[Step], found: &mut Vec<Diagnostic>) {
    let Some(exit) = walk::exit(steps) else { return };
    if let (Some(jump), Some(dead)) = (steps.get(exit), steps.get(exit + 1)) {
        let diagnostic = Diagnostic::new(208, dead.span, "This line can never run: the jump above always happens.");
        found.push(diagnostic.label(jump.span, "always leads on").help("Delete the line, or move it above the arrow."));
    }
}

/// Choices of a state that never waits.
fn dead_choices(state: &State, found: &mut Vec<Diagnostic>) {
    let jump = walk::exit(&state.steps).and_then(|exit| state.steps.get(exit));
    let choice = state.reactions.iter().find(|reaction| is_answer(reaction));
    if let (Some(jump), Some(choice)) = (jump, choice) {
        let message = "Nobody can ever choose this: the jump above always happens.";
        let diagnostic = Diagnostic::new(208, choice.span, message).label(jump.span, "always leads on");
        found.push(diagnostic.help("Delete the arrow, or give it a condition."));
    }
}

/// Whether a reaction is something the customer does in answer to this state.
pub(super) fn is_answer(reaction: &Reaction) -> bool {
    reaction.choice().is_some() || matches!(reaction.trigger, Trigger::Answer { .. } | Trigger::Fill { .. })
}

fn dead_end(flow: &Flow, state: &State, found: &mut Vec<Diagnostic>) {
    let asks = state.steps.iter().any(|step| matches!(step.kind, StepKind::Ask { .. }));
    let group = state.group.and_then(|group| flow.groups.get(group.index()));
    let helped = group.is_some_and(|group| group.reactions.iter().any(goes_on));
    if asks || !state.reactions.is_empty() || !walk::waits(state) || helped {
        return;
    }
    let does = if state.steps.iter().any(speaks) { "says something" } else { "does something" };
    let message = format!("`{}` {does} and then nothing happens.", state.name);
    let help = "Add an arrow, such as `-> end`, or choices for the customer.";
    found.push(Diagnostic::new(202, state.name_span, message).help(help));
}

/// Whether a reaction of a group carries its states on: anything but silence and failures.
fn goes_on(reaction: &Reaction) -> bool {
    match reaction.trigger {
        Trigger::Quiet { .. } | Trigger::Failed | Trigger::Lost => false,
        Trigger::Button { .. }
        | Trigger::Row { .. }
        | Trigger::Pick { .. }
        | Trigger::Answer { .. }
        | Trigger::Fill { .. }
        | Trigger::Hears { .. }
        | Trigger::On { .. }
        | Trigger::After { .. }
        | Trigger::Else { .. } => true,
    }
}

/// A choice without any line: the customer taps it and nothing happens.
fn empty_choices(state: &State, found: &mut Vec<Diagnostic>) {
    for reaction in state.reactions.iter().filter(|reaction| is_answer(reaction) && reaction.actions.is_empty()) {
        let what = match reaction.choice() {
            Some(name) => format!("A customer chooses `{name}` and then nothing happens."),
            None => "A customer answers and then nothing happens.".to_string(),
        };
        found.push(Diagnostic::new(202, reaction.span, what).help("Add an arrow, such as `-> end`."));
    }
}

/// A state's id by its position.
pub(super) fn state_id(index: usize) -> StateId {
    StateId(small(index))
}
