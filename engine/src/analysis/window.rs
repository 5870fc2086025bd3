//! Analysis 1: the longest silence at every message. Free text more than a window after the customer's last message
//! would be refused (D602); a `quiet` that waits past the window for nothing says nothing (D604).

use duka_dsl::Diagnostic;
use duka_dsl::diagnostic::Speaker;

use super::Subject;
use super::path::{Paths, duration, edge_turn, says, step_words, turn};
use crate::graph::{Cause, Edge, End};
use crate::hir::{StateId, Step, StepKind};

/// The service window with a margin of 5 minutes for late webhooks (WhatsApp: 24 hours from the last message).
const WINDOW_MS: i64 = (24 * 60 - 5) * 60_000;

/// Longer silences are all the same.
const CAP_MS: i64 = 60 * 86_400_000;

/// How long the customer may have been silent when a state is entered, and the edge that makes it the longest.
#[derive(Clone, Copy, Debug)]
struct Age {
    low: i64,
    high: i64,
    by: Option<usize>,
}

pub fn check(subject: &Subject<'_>, paths: &Paths) -> Vec<Diagnostic> {
    let ages = silences(subject);
    let mut found = Vec::new();
    for (index, age) in ages.iter().enumerate() {
        let (Some(age), Ok(state)) = (age, u16::try_from(index)) else { continue };
        let state = StateId(state);
        if age.high > WINDOW_MS
            && let Some(step) = subject.graph.flow.states.get(index).and_then(|state| free_text(&state.steps))
        {
            found.push(late_text(subject, paths, &ages, state, step, *age));
        }
        for edge in subject.graph.out(state) {
            let silence = match edge.cause {
                Cause::Quiet(ms) if ms > age.low => ms,
                Cause::After(ms) => age.high.saturating_add(ms).min(CAP_MS),
                _ if edge.cause.is_customer() => continue,
                _ => age.high,
            };
            if silence > WINDOW_MS
                && let Some(step) = free_text(edge.actions)
            {
                let late = Age { low: silence, high: silence, by: age.by };
                found.push(late_text(subject, paths, &ages, state, step, late));
            }
            found.extend(nothing_sent(subject, edge));
        }
    }
    found
}

fn silences(subject: &Subject<'_>) -> Vec<Option<Age>> {
    let mut ages: Vec<Option<Age>> = vec![None; subject.graph.flow.states.len()];
    let mut queue = Vec::new();
    let enter = |ages: &mut Vec<Option<Age>>, queue: &mut Vec<StateId>, state: StateId, new: Age| {
        let Some(slot) = ages.get_mut(state.index()) else { return };
        let merged = match *slot {
            None => new,
            Some(old) if new.high > old.high => Age { low: old.low.min(new.low), ..new },
            Some(old) => Age { low: old.low.min(new.low), ..old },
        };
        if slot.is_none_or(|old| (old.low, old.high) != (merged.low, merged.high)) {
            *slot = Some(merged);
            queue.push(state);
        }
    };
    let fresh = Age { low: 0, high: 0, by: None };
    enter(&mut ages, &mut queue, subject.graph.flow.start, fresh);
    for (_, button) in subject.graph.template_targets() {
        if let Some(crate::hir::DestKind::State(state)) = button.dest().map(|dest| &dest.kind) {
            enter(&mut ages, &mut queue, *state, fresh);
        }
    }
    // Every round raises an age towards one of few values; the bound only guards against a mistake here.
    let mut rounds = subject.graph.edges.len().saturating_mul(64) + 64;
    while let (Some(state), true) = (queue.pop(), rounds > 0) {
        rounds -= 1;
        let Some(Some(age)) = ages.get(state.index()).copied() else { continue };
        let leaves_at = |age: i64| leaving_quiets(subject, state).filter(|ms| *ms > age).min().unwrap_or(CAP_MS);
        let waiting = subject.graph.flow.states.get(state.index()).is_some_and(crate::hir::State::is_waiting);
        // Anything else that happens while the state waits happens before its `quiet` does.
        let leaves_first = leaves_at(age.low);
        let longest = if waiting { (leaves_at(age.high) - 1).max(age.high) } else { age.high };
        for (index, edge) in subject.graph.numbered(state) {
            let End::State(to) = edge.to else { continue };
            let (low, high) = match edge.cause {
                Cause::Quiet(ms) if ms > age.low => (ms, ms),
                Cause::Quiet(_) => continue,
                Cause::After(ms) if age.low.saturating_add(ms) > leaves_first => continue,
                Cause::After(ms) => (age.low.saturating_add(ms), age.high.saturating_add(ms).min(longest)),
                // Moving to another revision happens when the customer writes again.
                Cause::Lost => continue,
                Cause::Always | Cause::CallError(_) | Cause::SendError(_) => (age.low, age.high),
                Cause::Event(_) if !edge.cause.is_customer() => (age.low, longest),
                Cause::Choice(_)
                | Cause::Answer
                | Cause::Fill
                | Cause::Hears(_)
                | Cause::Event(_)
                | Cause::Else(_)
                | Cause::Template(..) => (0, 0),
            };
            let by = if high == 0 { None } else { Some(index) };
            enter(&mut ages, &mut queue, to.state, Age { low: low.min(CAP_MS), high: high.min(CAP_MS), by });
        }
    }
    ages
}

/// The unguarded `quiet`s that take the conversation elsewhere.
fn leaving_quiets<'a>(subject: &'a Subject<'_>, state: StateId) -> impl Iterator<Item = i64> + use<'a> {
    subject.graph.out(state).iter().filter_map(|edge| match (&edge.cause, edge.to) {
        (Cause::Quiet(ms), End::State(_) | End::End | End::Return | End::Flow(_)) if edge.guards.is_empty() => {
            Some(*ms)
        }
        _ => None,
    })
}

/// The first line that needs an open window, unless the conversation has surely gone elsewhere before it.
fn free_text(steps: &[Step]) -> Option<&Step> {
    steps.iter().find(|step| {
        matches!(
            step.kind,
            StepKind::Say { .. }
                | StepKind::Ask { .. }
                | StepKind::Media { .. }
                | StepKind::Link { .. }
                | StepKind::Show(_)
        )
    })
}

fn late_text(
    subject: &Subject<'_>,
    paths: &Paths,
    ages: &[Option<Age>],
    state: StateId,
    step: &Step,
    age: Age,
) -> Diagnostic {
    let flow = subject.graph.flow;
    let silence = duration(age.high - age.high % 60_000);
    let mut edges = Vec::new();
    let mut at = age;
    while let Some(index) = at.by {
        let Some(edge) = subject.graph.edges.get(index) else { break };
        if edges.len() > ages.len() {
            break;
        }
        edges.push(index);
        match ages.get(edge.from.state.index()) {
            Some(Some(before)) if before.high < at.high || before.by != at.by => at = *before,
            Some(_) | None => break,
        }
    }
    edges.reverse();
    let first = edges.first().and_then(|index| subject.graph.edges.get(*index)).map_or(state, |edge| edge.from.state);
    let mut chat = paths.chat_to(subject, first);
    for edge in edges.iter().filter_map(|index| subject.graph.edges.get(*index)) {
        chat.extend(edge_turn(subject, edge));
        if let End::State(node) = edge.to
            && node.state != state
        {
            chat.extend(says(flow, node.state));
        }
    }
    let name = flow.states.get(state.index()).map_or("", |state| state.name.as_str());
    let words = step_words(flow, step).unwrap_or_default();
    let late = duration((age.high - WINDOW_MS - 5 * 60_000).max(60_000));
    chat.push(turn(Speaker::Shop, format!("{name}: \"{words}\"  <- the window closed {late} ago"), String::new()));
    let message = format!(
        "Free text may be sent {silence} after the customer's last message. WhatsApp will refuse it: the window is 24 hours."
    );
    Diagnostic::new(602, step.span, message)
        .help("Move these words into a template and use `send`, or act before the window closes (`quiet 23 hours`).")
        .conversation(chat)
        .cause(format!("late-text:{name}"))
}

/// D604: a long silence leads to a state that has nothing to say.
fn nothing_sent(subject: &Subject<'_>, edge: &Edge<'_>) -> Option<Diagnostic> {
    let Cause::Quiet(ms) = edge.cause else { return None };
    let End::State(node) = edge.to else { return None };
    if ms <= WINDOW_MS {
        return None;
    }
    let state = subject.graph.flow.states.get(node.state.index())?;
    let says_something = |steps: &[Step]| {
        steps.iter().any(|step| matches!(step.kind, StepKind::Send { .. } | StepKind::Call(_)))
            || free_text(steps).is_some()
    };
    if says_something(&state.steps) || says_something(edge.actions) || !state.is_waiting() {
        return None;
    }
    let message = format!("`quiet {} -> {}`, but `{}` has no template.", duration(ms), state.name, state.name);
    Some(
        Diagnostic::new(604, edge.span, message)
            .help("After 24 hours only a template reaches the customer: add `send …`, or end with `-> end`.")
            .cause(format!("no-template:{}", state.name)),
    )
}
