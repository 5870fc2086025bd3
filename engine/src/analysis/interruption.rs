//! Analysis 5: an interruption comes back, asks again, loses nothing and repeats no command (D213, D215, D717).

use duka_dsl::Diagnostic;
use duka_dsl::diagnostic::{Speaker, Turn};

use super::Subject;
use super::path::{Paths, edge_turn, turn};
use crate::graph::{Cause, Edge, End};
use crate::hir::{OperationKind, StateId, StepKind};

pub fn check(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let mut found = leaves_for_good(subject, paths);
    found.extend(lost_forms(subject, paths));
    found.extend(repeated_commands(subject, paths));
    found
}

/// D213: a sub-flow that goes elsewhere forgets what the customer was doing.
fn leaves_for_good(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let visited = subject.shop.flows.iter().flat_map(|flow| &flow.uses).any(|(flow, _)| *flow == subject.graph.flow_id);
    if !visited {
        return Vec::new();
    }
    let leaving = subject.graph.edges.iter().filter(|edge| match edge.to {
        End::Flow(_) => true,
        End::End => edge.cause.is_customer() && !matches!(edge.cause, Cause::Hears(_)),
        End::State(_) | End::Visit(_) | End::Again | End::Back | End::Return | End::Stay | End::Broken => false,
    });
    let finding = |edge: &Edge<'_>| {
        let message = "This sub-flow leaves with `->`: customers will not come back to what they were doing.";
        Diagnostic::new(213, edge.span, message)
            .help("Use `-> return`, unless leaving is meant.")
            .conversation(chat_over(subject, paths, edge, "what was interrupted is forgotten"))
    };
    leaving.map(finding).collect()
}

/// The conversation that leads over an edge, and what is wrong with it then.
fn chat_over(subject: &Subject<'_>, paths: &Paths, edge: &Edge<'_>, end: &str) -> Vec<Turn> {
    let mut chat = paths.chat_to(subject, edge.from.state);
    chat.extend(edge_turn(subject, edge));
    chat.push(turn(Speaker::World, end.to_string(), String::new()));
    chat
}

/// D215: a form that nobody keeps is lost when a word interrupts it.
fn lost_forms(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let flow = subject.graph.flow;
    let mut found = Vec::new();
    for (index, state) in flow.states.iter().enumerate() {
        let Some(id) = u16::try_from(index).ok().map(StateId) else { break };
        let form = state
            .reactions
            .iter()
            .find(|reaction| matches!(reaction.trigger, crate::hir::Trigger::Fill { into: None, .. }));
        let word = subject.graph.out(id).iter().find_map(|edge| match (&edge.cause, edge.to) {
            (Cause::Hears(words), End::Visit(_)) => Some((edge, flow.words.get(words.index())?)),
            _ => None,
        });
        if let (Some(form), Some((edge, word))) = (form, word) {
            let message = format!(
                "Interrupting `{}` with `{}` loses what the customer typed in the form.",
                state.name, word.name
            );
            found.push(
                Diagnostic::new(215, form.span, message)
                    .help("Keep it: `fill FORM into NAME`, with NAME in `remember`.")
                    .conversation(chat_over(subject, paths, edge, "what was typed in the form is gone")),
            );
        }
    }
    found
}

/// D717: a command that is not repeatable, in a state that can be entered a second time.
fn repeated_commands(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let flow = subject.graph.flow;
    let mut found = Vec::new();
    for (index, state) in flow.states.iter().enumerate() {
        let Some(id) = u16::try_from(index).ok().map(StateId) else { break };
        for step in &state.steps {
            let StepKind::Call(call) = &step.kind else { continue };
            let Some(operation) = subject.shop.operations.get(call.operation.index()) else { continue };
            let once = operation.kind == OperationKind::Command && !operation.repeatable && operation.builtin.is_none();
            if once && paths.reaches(id) && returns_to(subject, id) {
                let path = operation.path();
                let message = format!(
                    "`{path}` may run twice: `{}` can be entered again, and `{path}` is not marked repeatable.",
                    state.name
                );
                found.push(
                    Diagnostic::new(717, step.span, message)
                        .help(format!(
                            "Mark it `repeatable` in the `{}` contract if that is harmless, or move it.",
                            operation.contract
                        ))
                        .conversation(paths.chat_to(subject, id))
                        .cause(format!("repeated:{path}")),
                );
            }
        }
    }
    found
}

/// Whether a way leads from the state back into it.
fn returns_to(subject: &Subject<'_>, state: StateId) -> bool {
    let mut seen = vec![false; subject.graph.flow.states.len()];
    let mut queue = vec![state];
    while let Some(at) = queue.pop() {
        for edge in subject.graph.out(at) {
            if let End::State(to) = edge.to {
                if to.state == state {
                    return true;
                }
                if !std::mem::replace(&mut seen[to.state.index()], true) {
                    queue.push(to.state);
                }
            }
        }
    }
    false
}
