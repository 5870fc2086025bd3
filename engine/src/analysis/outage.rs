//! Analysis 8: what goes silent when one template is paused (D618), and reminders that pile up (D615).

use duka_dsl::Diagnostic;
use duka_dsl::diagnostic::Speaker;

use super::Subject;
use super::path::{Paths, duration, event_name, turn};
use crate::graph::{Cause, End};
use crate::hir::{StateId, Step, StepKind, Trigger};

/// More reminders than this to a customer who says nothing annoy.
const MOST_REMINDERS: usize = 2;

pub fn check(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let mut found = single_templates(subject);
    found.extend(piling_reminders(subject, paths));
    found
}

fn single_templates(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let flow = subject.graph.flow;
    let mut found = Vec::new();
    for follow in &flow.follows {
        let caught = follow.reactions.iter().any(|reaction| matches!(reaction.trigger, Trigger::Failed));
        for reaction in &follow.reactions {
            let Trigger::On { event } = &reaction.trigger else { continue };
            let sends: Vec<&Step> =
                reaction.actions.iter().filter(|step| matches!(step.kind, StepKind::Send { .. })).collect();
            if let [step] = sends.as_slice()
                && let StepKind::Send { template, on_error: None, .. } = &step.kind
                && !caught
            {
                let event = event_name(event);
                let template = flow.templates.get(template.index()).map_or("", |template| &template.name);
                let message = format!("Only one template stands between you and silence for `{event}`.");
                let world = |text: String, line: String| turn(Speaker::World, text, line);
                found.push(
                    Diagnostic::new(618, step.span, message)
                        .help("Send a second template after it, or add `failed` with an `alert:` to the staff.")
                        .conversation(vec![
                            world(format!("{event} arrives"), format!("event {event}")),
                            world(format!("the template {template} is paused: nothing is sent"), String::new()),
                        ])
                        .cause(format!("one-template:{event}")),
                );
            }
        }
    }
    found
}

fn piling_reminders(subject: &Subject<'_>, paths: &Paths) -> Option<Diagnostic> {
    let flow = subject.graph.flow;
    let sends = |steps: &[Step]| steps.iter().filter(|step| matches!(step.kind, StepKind::Send { .. })).count();
    let mut worst: Option<(usize, i64, StateId)> = None;
    for (index, _) in flow.states.iter().enumerate() {
        let start = StateId(u16::try_from(index).ok()?);
        let mut seen = vec![false; flow.states.len()];
        let (mut at, mut count, mut last_ms) = (start, 0, 0);
        while !std::mem::replace(seen.get_mut(at.index())?, true) {
            let next = subject.graph.out(at).iter().find_map(|edge| match (&edge.cause, edge.to) {
                (Cause::Quiet(ms) | Cause::After(ms), End::State(node)) => Some((*ms, node.state, sends(edge.actions))),
                _ => None,
            });
            let Some((ms, state, on_way)) = next else { break };
            count += on_way + flow.states.get(state.index()).map_or(0, |state| sends(&state.steps));
            (at, last_ms) = (state, ms.max(last_ms));
        }
        if count > MOST_REMINDERS && worst.is_none_or(|(most, _, _)| count > most) {
            worst = Some((count, last_ms, start));
        }
    }
    let (count, ms, state) = worst?;
    let span = flow.states.get(state.index())?.name_span;
    Some(
        Diagnostic::new(615, span, format!("Up to {count} reminders in {} to the same silent customer.", duration(ms)))
            .help("Keep one or two: end with `quiet … -> end` after the first.")
            .conversation(paths.chat_to(subject, state)),
    )
}
