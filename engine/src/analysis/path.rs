//! The shortest conversation to a state, as lines of a chat that a conversation test can replay.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use duka_dsl::ast::{Duration, Unit};
use duka_dsl::diagnostic::{Speaker, Turn};

use super::Subject;
use crate::graph::{Cause, Edge, End};
use crate::hir::{EventName, Flow, Segment, StateId, Step, StepKind, TextId, TextPiece, Trigger};

/// The cheapest way to every state of a flow from its start: few taps first, then time, events and failures.
pub struct Paths {
    /// By state, the edge that led there and what it cost.
    came_by: Vec<Option<usize>>,
    cost: Vec<Option<u32>>,
}

impl Paths {
    pub(crate) fn from_start(subject: &Subject<'_>) -> Paths {
        Paths::from(subject, subject.graph.flow.start)
    }

    pub(crate) fn from(subject: &Subject<'_>, start: StateId) -> Paths {
        let states = subject.graph.flow.states.len();
        let mut paths = Paths { came_by: vec![None; states], cost: vec![None; states] };
        let mut queue = BinaryHeap::from([(Reverse(0), Reverse(start), None)]);
        while let Some((Reverse(cost), Reverse(state), edge)) = queue.pop() {
            match paths.cost.get_mut(state.index()) {
                Some(known) if known.is_none() => *known = Some(cost),
                Some(_) | None => continue,
            }
            paths.came_by[state.index()] = edge;
            for (index, edge) in subject.graph.numbered(state) {
                if let End::State(node) = edge.to {
                    queue.push((Reverse(cost + weight(&edge.cause)), Reverse(node.state), Some(index)));
                }
            }
        }
        paths
    }

    /// Whether anything leads there.
    pub fn reaches(&self, state: StateId) -> bool {
        self.cost.get(state.index()).is_some_and(Option::is_some)
    }

    /// The edges to a state, in order.
    pub(crate) fn edges_to(&self, subject: &Subject<'_>, state: StateId) -> Vec<usize> {
        let mut edges = Vec::new();
        let mut at = state;
        while let Some(Some(edge)) = self.came_by.get(at.index()) {
            edges.push(*edge);
            match subject.graph.edges.get(*edge) {
                Some(edge) if edges.len() <= self.came_by.len() => at = edge.from.state,
                Some(_) | None => break,
            }
        }
        edges.reverse();
        edges
    }

    /// The conversation that leads to a state, its own words included.
    pub(crate) fn chat_to(&self, subject: &Subject<'_>, state: StateId) -> Vec<Turn> {
        let flow = subject.graph.flow;
        let edges = self.edges_to(subject, state);
        let mut turns = vec![turn(Speaker::Customer, "\"hi\"".to_string(), "customer: hi".to_string())];
        turns.extend(says(flow, edges.first().map_or(state, |_| flow.start)));
        for edge in edges.into_iter().filter_map(|edge| subject.graph.edges.get(edge)) {
            turns.extend(edge_turn(subject, edge));
            if let End::State(node) = edge.to {
                turns.extend(says(flow, node.state));
            }
        }
        turns
    }
}

fn weight(cause: &Cause) -> u32 {
    match cause {
        Cause::Always => 1,
        Cause::Choice(_) | Cause::Answer | Cause::Fill => 10,
        Cause::Hears(_) | Cause::Template(..) | Cause::Else(_) => 15,
        Cause::After(_) | Cause::Quiet(_) => 30,
        Cause::Event(_) => 40,
        Cause::CallError(_) | Cause::SendError(_) | Cause::Lost => 60,
    }
}

/// What happens on an edge, as one line; nothing for a jump.
pub(crate) fn edge_turn(subject: &Subject<'_>, edge: &Edge<'_>) -> Option<Turn> {
    let flow = subject.graph.flow;
    Some(match &edge.cause {
        Cause::Always | Cause::Lost => return None,
        Cause::Choice(name) => {
            let title = choice_title(flow, edge.from.state, name).unwrap_or_else(|| name.to_string());
            turn(Speaker::Customer, format!("taps [{title}]"), format!("tap {name}"))
        }
        Cause::Answer => turn(Speaker::Customer, "answers".to_string(), "customer: 1".to_string()),
        Cause::Fill => turn(Speaker::Customer, "fills in the form".to_string(), "fill".to_string()),
        Cause::Hears(words) => {
            let phrase = flow.words.get(words.index()).and_then(|words| words.phrases.first()?.first().cloned());
            let phrase = phrase.unwrap_or_default();
            turn(Speaker::Customer, format!("says \"{phrase}\""), format!("customer: {phrase}"))
        }
        Cause::Event(EventName::CartSent) => {
            turn(Speaker::Customer, "sends a cart".to_string(), "customer sends cart".to_string())
        }
        Cause::Event(event) => {
            let name = event_name(event);
            turn(Speaker::World, format!("{name} arrives"), format!("event {name}"))
        }
        Cause::After(ms) => turn(Speaker::World, format!("{} pass", duration(*ms)), format!("wait {}", duration(*ms))),
        Cause::Quiet(ms) => {
            turn(Speaker::Customer, format!("is quiet for {}", duration(*ms)), format!("wait {}", duration(*ms)))
        }
        Cause::Else(_) => turn(Speaker::Customer, "says something else".to_string(), "customer: hmm".to_string()),
        Cause::CallError(operation) => {
            let name =
                subject.shop.operations.get(operation.index()).map(crate::hir::Operation::path).unwrap_or_default();
            turn(Speaker::World, format!("{name} fails"), format!("given {name} fails"))
        }
        Cause::SendError(template) => {
            let name = flow.templates.get(template.index()).map(|template| template.name.as_str()).unwrap_or_default();
            turn(Speaker::World, format!("the template {name} can not be sent"), String::new())
        }
        Cause::Template(_, button) => {
            turn(Speaker::Customer, format!("taps [{button}] of a template"), format!("tap {button}"))
        }
    })
}

/// What a state says on entry: its first words and the titles of its choices.
pub(crate) fn says(flow: &Flow, state: StateId) -> Option<Turn> {
    let found = flow.states.get(state.index())?;
    let words = found.steps.iter().find_map(|step| step_words(flow, step))?;
    let titles = found.reactions.iter().filter_map(|reaction| Some(format!(" [{}]", preview(flow, reaction.title()?))));
    let text = format!("{}: \"{words}\"{}", found.name, titles.collect::<String>());
    Some(turn(Speaker::Shop, text, String::new()))
}

/// The words a line sends, live values as `…`.
pub(crate) fn step_words(flow: &Flow, step: &Step) -> Option<String> {
    match &step.kind {
        StepKind::Say { text, .. } | StepKind::Ask { text, .. } => Some(preview(flow, *text)),
        StepKind::Link { title, .. } => Some(format!("[{}]", preview(flow, *title))),
        StepKind::Media { .. } => Some("(a picture)".to_string()),
        StepKind::Send { template, .. } => {
            let template = flow.templates.get(template.index())?;
            Some(format!("(template {}) {}", template.name, preview(flow, template.body)))
        }
        StepKind::List { .. }
        | StepKind::Footer { .. }
        | StepKind::Show(_)
        | StepKind::Alert { .. }
        | StepKind::Call(_)
        | StepKind::Consent { .. }
        | StepKind::Set { .. }
        | StepKind::Jump { .. } => None,
    }
}

/// A text of the first language in one short line.
pub(crate) fn preview(flow: &Flow, text: TextId) -> String {
    const MOST_LETTERS: usize = 60;
    let Some(block) = flow.texts.get(text.index()).and_then(|entry| entry.languages.first()?.as_ref()) else {
        return String::new();
    };
    let mut words = String::new();
    for piece in &block.pieces {
        if !words.is_empty() {
            words.push_str(" / ");
        }
        match piece {
            TextPiece::Line(segments) | TextPiece::Each { line: segments, .. } => {
                for segment in segments {
                    match segment {
                        Segment::Literal(literal) => words.push_str(literal),
                        Segment::Value { .. } | Segment::Phrase { .. } | Segment::Parameter => words.push('…'),
                    }
                }
            }
        }
    }
    match words.char_indices().nth(MOST_LETTERS) {
        Some((cut, _)) => format!("{}…", words[..cut].trim_end()),
        None => words,
    }
}

fn choice_title(flow: &Flow, state: StateId, name: &str) -> Option<String> {
    let reactions = &flow.states.get(state.index())?.reactions;
    // The title of a pick is that of each item.
    let mut fixed = reactions.iter().filter(|reaction| !matches!(reaction.trigger, Trigger::Pick { .. }));
    fixed
        .find(|reaction| reaction.choice().is_some_and(|known| known == name))
        .and_then(|reaction| Some(preview(flow, reaction.title()?)))
}

/// `payment.paid`
pub fn event_name(event: &EventName) -> String {
    match event {
        EventName::CartSent => "cart.sent".to_string(),
        EventName::ProductAsked => "product.asked".to_string(),
        EventName::Payment(status) => format!("payment.{status}"),
        EventName::Order(status) => format!("order.{status}"),
        EventName::WindowClosing => "window.closing".to_string(),
        EventName::HandoffClosed => "handoff.closed".to_string(),
        EventName::MessageFailed => "message.failed".to_string(),
    }
}

pub(crate) fn turn(speaker: Speaker, text: String, line: String) -> Turn {
    Turn { speaker, text, line }
}

/// `26 hours` of milliseconds, in the largest unit that divides it.
pub(crate) fn duration(ms: i64) -> String {
    let units = [Unit::Day, Unit::Hour, Unit::Minute, Unit::Second];
    let unit_ms = |unit: Unit| Duration { amount: 1, unit }.ms();
    let fits = units.into_iter().find(|unit| ms % unit_ms(*unit) == 0).unwrap_or(Unit::Second);
    let unit = if fits == Unit::Day && ms < 3 * unit_ms(Unit::Day) { Unit::Hour } else { fits };
    Duration { amount: u32::try_from(ms / unit_ms(unit)).unwrap_or(u32::MAX), unit }.to_string()
}
