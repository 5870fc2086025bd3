//! Ways out of a state: questions without an answer, circles, and arrows that mean nothing there (D204, D209-D212,
//! D214, D217).

use duka_dsl::{Diagnostic, Span};

use super::context::Context;
use super::expr;
use super::reach::{is_answer, reachable, state_id};
use crate::graph::{Cause, End, Graph};
use crate::hir::{
    DestKind, ExprKind, Flow, OperationKind, Reaction, SlotKind, State, StateId, Step, StepKind, Trigger,
};
use crate::types::Type;
use crate::walk::{self, Place};

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for graph in &context.graphs {
        let flow = graph.flow;
        for (index, state) in flow.states.iter().enumerate() {
            unanswerable(flow, state, found);
            circle(state_id(index), state, found);
            again_without_question(state, found);
            back_to_nothing(graph, state_id(index), state, found);
        }
        lost_results(context, flow, found);
        speaking_followers(flow, found);
        old_buttons(context, graph, found);
    }
}

fn unanswerable(flow: &Flow, state: &State, found: &mut Vec<Diagnostic>) {
    let Some(ask) = state.steps.iter().find(|step| matches!(step.kind, StepKind::Ask { .. })) else { return };
    let group = state.group.and_then(|group| flow.groups.get(group.index()));
    let mut own = state.reactions.iter().chain(group.into_iter().flat_map(|group| &group.reactions));
    if walk::waits(state) && !own.any(answers) {
        let message = format!("`{}` asks a question but offers no way to answer.", state.name);
        found.push(Diagnostic::new(204, ask.span, message).help("Add a `button`, a `row`, an `answer` or a `hears`."));
    }
}

fn answers(reaction: &Reaction) -> bool {
    match reaction.trigger {
        Trigger::Button { .. }
        | Trigger::Row { .. }
        | Trigger::Pick { .. }
        | Trigger::Answer { .. }
        | Trigger::Fill { .. }
        | Trigger::Hears { .. }
        | Trigger::On { .. }
        | Trigger::Else { .. } => true,
        Trigger::After { .. } | Trigger::Quiet { .. } | Trigger::Failed | Trigger::Lost => false,
    }
}

/// A state whose every choice leads straight back to it, and changes nothing.
fn circle(id: StateId, state: &State, found: &mut Vec<Diagnostic>) {
    let mut choices = state.reactions.iter().filter(|reaction| is_answer(reaction)).peekable();
    let returns = |reaction: &Reaction| {
        let back = reaction.dest().is_some_and(|dest| dest.kind == DestKind::Again || dest.kind == DestKind::State(id));
        back && reaction.actions.len() == 1 && walk::answered(reaction).is_none()
    };
    if choices.peek().is_some() && choices.all(returns) {
        let message = format!(
            "Every choice in `{}` leads back to it and changes nothing: customers will feel stuck.",
            state.name
        );
        found.push(Diagnostic::new(209, state.name_span, message).help("Add another way out, such as a person."));
    }
}

/// The prompt that `-> again` repeats: the question, else what was said with its link.
fn has_prompt(state: &State) -> bool {
    state.steps.iter().any(|step| matches!(step.kind, StepKind::Ask { .. } | StepKind::Say { .. }))
}

fn again_without_question(state: &State, found: &mut Vec<Diagnostic>) {
    let timed = |reaction: &Reaction| matches!(reaction.trigger, Trigger::Quiet { .. } | Trigger::After { .. });
    let own = state.reactions.iter().filter(|reaction| !timed(reaction)).flat_map(|reaction| &reaction.actions);
    if has_prompt(state) {
        return;
    }
    for dest in state.steps.iter().chain(own).filter_map(walk::jump).filter(|dest| dest.kind == DestKind::Again) {
        let message = format!("`-> again` in `{}`, which asks nothing.", state.name);
        found.push(Diagnostic::new(210, dest.span, message).help("Name a state, or add an `ask`."));
    }
}

fn back_to_nothing(graph: &Graph, id: StateId, state: &State, found: &mut Vec<Diagnostic>) {
    let lines = state.steps.iter().chain(state.reactions.iter().flat_map(|reaction| &reaction.actions));
    let backs: Vec<Span> =
        lines.filter_map(walk::jump).filter(|dest| dest.kind == DestKind::Back).map(|dest| dest.span).collect();
    if backs.is_empty() || asked_before(graph, id) {
        return;
    }
    for span in backs {
        let message = format!("`-> back` in `{}`, but no question comes before it.", state.name);
        found.push(Diagnostic::new(211, span, message).help("Name a state."));
    }
}

/// Whether some other waiting state can come just before a state.
fn asked_before(graph: &Graph, id: StateId) -> bool {
    let mut seen = vec![false; graph.flow.states.len()];
    let mut open = vec![id];
    while let Some(target) = open.pop() {
        let into = graph
            .edges
            .iter()
            .filter(|edge| edge.to == End::State(crate::graph::Node { flow: graph.flow_id, state: target }));
        for from in into.map(|edge| edge.from.state) {
            let waits = graph.flow.states.get(from.index()).is_some_and(walk::waits);
            if waits && from != id {
                return true;
            }
            if let Some(seen) = seen.get_mut(from.index())
                && !*seen
                && !waits
            {
                *seen = true;
                open.push(from);
            }
        }
    }
    false
}

/// A sub-flow that gives something, which is thrown away although a value of that kind is read later.
fn lost_results(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    for lines in walk::lines(flow) {
        for dest in lines.steps.iter().filter_map(walk::jump) {
            let DestKind::Visit { flow: visited, into: None, .. } = &dest.kind else { continue };
            let Some(other) = context.shop.flows.get(visited.index()) else { continue };
            let given = other.gives.and_then(|gives| other.slots.get(gives.index()));
            if let Some(given) = given
                && let Some(slot) = reads(flow, &given.ty)
            {
                let message = format!("`{}` gives {}, but nobody keeps it.", other.path, given.name);
                found.push(
                    Diagnostic::new(212, dest.span, message).help(format!("Write `<-> {} into {slot}`.", other.path)),
                );
            }
        }
    }
}

/// The name of a remembered value of a type that the flow reads.
fn reads<'a>(flow: &'a Flow, ty: &Type) -> Option<&'a str> {
    if !matches!(ty, Type::Record(_) | Type::Enum(_) | Type::List(_)) {
        return None;
    }
    let mut read = None;
    walk::expressions(flow, &mut |expr| {
        if let ExprKind::Slot(id) = &expr.kind
            && let Some(slot) = flow.slots.get(id.index())
            && slot.kind == SlotKind::Remembered
            && slot.ty == *ty
            && read.is_none()
        {
            read = Some(slot.name.as_str());
        }
    });
    read
}

fn speaking_followers(flow: &Flow, found: &mut Vec<Diagnostic>) {
    for lines in walk::lines(flow) {
        let Place::Follow(follow, _) = lines.place else { continue };
        let name = flow.follows.get(follow).map_or("", |follow| follow.name.as_str());
        for step in lines.steps.iter().filter(|step| talks(step)) {
            let message = format!("`follow {name}` can not ask or say anything: it runs beside the conversation.");
            found.push(
                Diagnostic::new(214, step.span, message).help("Use `send` with a template, which may have buttons."),
            );
        }
        if let Some(reaction) = lines.reaction
            && is_answer(reaction)
        {
            let message = format!("`follow {name}` can not offer choices: it runs beside the conversation.");
            found.push(Diagnostic::new(214, reaction.span, message).help("Put the buttons into a template."));
        }
    }
}

fn talks(step: &Step) -> bool {
    walk::speaks(step) && !matches!(step.kind, StepKind::Send { .. })
        || matches!(&step.kind, StepKind::Jump { dest, .. } if matches!(dest.kind, DestKind::Visit { .. }))
}

/// Choices that do something: tapped later, from higher up in the chat, they are not obeyed. One finding per flow.
fn old_buttons(context: &Context, graph: &Graph, found: &mut Vec<Diagnostic>) {
    let reachable = reachable(graph);
    let mut acting = Vec::new();
    for (index, state) in graph.flow.states.iter().enumerate() {
        let acts = |reaction: &&Reaction| {
            reaction.choice().is_some() && reaction.actions.iter().any(|step| commands(context, step))
        };
        if reachable.get(index).copied().unwrap_or(false) {
            acting.extend(state.reactions.iter().filter(acts).map(|reaction| (state, reaction)));
        }
    }
    let names: Vec<String> = acting
        .iter()
        .filter_map(|(state, reaction)| Some(format!("`{}.{}`", state.name, reaction.choice()?)))
        .collect();
    if let Some((_, first)) = acting.first()
        && graph.edges.iter().any(|edge| matches!(edge.cause, Cause::Choice(_)))
    {
        let message = format!("Old taps on {} are not obeyed: the current question is asked again.", names.join(", "));
        let help = "This is how it should be: these choices do something, and a customer may tap them a week later.";
        found.push(
            Diagnostic::new(217, graph.flow.span, message)
                .label(first.span, "a tap that is obeyed once")
                .help(help)
                .cause(format!("D217 {}", graph.flow.path)),
        );
    }
}

fn commands(context: &Context, step: &Step) -> bool {
    match &step.kind {
        StepKind::Call(call) => {
            let operation = context.shop.operations.get(call.operation.index());
            operation.is_some_and(|operation| operation.kind == OperationKind::Command)
        }
        StepKind::Consent { .. } | StepKind::Send { .. } => true,
        StepKind::Set { value, .. } => expr::any(value, &|inner| matches!(inner.kind, ExprKind::Arithmetic(..))),
        StepKind::Say { .. }
        | StepKind::Ask { .. }
        | StepKind::Media { .. }
        | StepKind::List { .. }
        | StepKind::Footer { .. }
        | StepKind::Show(_)
        | StepKind::Alert { .. }
        | StepKind::Link { .. }
        | StepKind::Jump { .. } => false,
    }
}
