//! `/state` and `/why`: where the conversation is, what it remembers, what just ran.

use std::fmt::Write;

use duka_dsl::Span;
use duka_dsl::span::LineIndex;
use duka_engine::program::Program;
use duka_engine::session::Cursor;
use duka_engine::shown::shown as shown_value;
use duka_engine::simulate::Simulator;
use duka_engine::trace::{Note, Trace, TraceEntry};
use duka_engine::value::Value;
use duka_engine::walk;

use crate::load::Shop;
use crate::terminal::{self, paint};

/// Longer values are cut.
const LETTERS: usize = 100;

/// The stack of flows, and the values that are set.
pub fn state(program: &Program, simulator: &Simulator) -> String {
    let mut out = format!("  state  {}\n", paint(terminal::STRONG, simulator.state_name()));
    for frame in &simulator.session.frames {
        let Some(flow) = program.shop.flows.get(frame.flow.index()) else { continue };
        for (slot, value) in flow.slots.iter().zip(&frame.values) {
            if *value != Value::None {
                let shown = cut(&shown_value(&program.shop, value, &slot.ty));
                let _ = writeln!(out, "  {}.{} = {shown}", flow.path, slot.name);
            }
        }
    }
    for (slot, value) in program.shop.customer_slots.iter().zip(&simulator.session.customer_values) {
        if *value != Value::None {
            let _ = writeln!(out, "  customer.{} = {}", slot.name, cut(&shown_value(&program.shop, value, &slot.ty)));
        }
    }
    for (consent, state) in program.shop.consents.iter().zip(&simulator.session.consents) {
        if state.asked {
            let _ = writeln!(out, "  consent.{} = {}", consent.name, if state.given { "given" } else { "refused" });
        }
    }
    out
}

/// The states, reactions and guards of some steps, each with the line that says so.
pub fn why(shop: &Shop, program: &Program, steps: &[Trace]) -> String {
    if steps.is_empty() {
        return "  Nothing has run yet.\n".to_string();
    }
    let mut out = String::new();
    for entry in steps.iter().flat_map(|step| &step.entries) {
        let (flow, state, at, what) = match *entry {
            TraceEntry::Entered { flow, state } => (flow, state, At::Nowhere, "entered"),
            TraceEntry::Reaction { flow, state, list } => {
                (flow, state, At::Guard(Cursor { frame: 0, list, index: 0 }), "this is what happened")
            }
            TraceEntry::Line { flow, state, at } => (flow, state, At::Line(at), "ran"),
            TraceEntry::Guard { flow, state, at, holds } => {
                (flow, state, At::Guard(at), if holds { "holds" } else { "does not hold" })
            }
            TraceEntry::Jump { flow, state, at } => (flow, state, At::Line(at), "goes on"),
            TraceEntry::Error { flow, state, at } => (flow, state, At::Line(at), "failed"),
            TraceEntry::Note { flow, state, what } => (flow, state, At::Nowhere, note(what)),
        };
        let Some(flow) = program.shop.flows.get(flow.index()) else { continue };
        let name = flow.states.get(state.index()).map_or("", |state| state.name.as_str());
        let span = match at {
            At::Nowhere => None,
            At::Line(at) => walk::line_span(flow, state, at),
            At::Guard(at) => walk::guard_span(flow, state, at),
        };
        let line = span.map(|span| shown(shop, span));
        let _ = writeln!(out, "  {}.{name}: {}{what}", flow.path, line.unwrap_or_default());
    }
    out
}

/// The line that an entry of the trace is about.
enum At {
    Nowhere,
    Line(Cursor),
    /// The reaction, or the entry line, with the condition.
    Guard(Cursor),
}

/// Such as: line 172, `button checkout: Check out -> checkout`:
fn shown(shop: &Shop, span: Span) -> String {
    let text = shop.text_of(span.file);
    let (line, _) = LineIndex::new(text).line_column(text, span.start as usize);
    let written = text.get(span.range()).and_then(|text| text.lines().next()).unwrap_or("");
    format!("line {line}, `{}`: ", cut(written.trim()))
}

fn note(note: Note) -> &'static str {
    match note {
        Note::StaleTap => "an old choice was tapped",
        Note::NotUnderstood => "nothing fitted",
        Note::OptOut => "no more marketing",
        Note::Outranked => "older than what is known",
        Note::TooManySteps => "the flow went round without asking",
        Note::HandedOver => "a person has the conversation",
        Note::Expired => "the conversation had run out and began anew",
        Note::CardNumber => "a card number was written; it was not kept",
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LETTERS {
        return text.to_string();
    }
    let kept: String = text.chars().take(LETTERS).collect();
    format!("{kept}…")
}
