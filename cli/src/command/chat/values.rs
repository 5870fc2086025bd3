//! `/state` and `/why`: where the conversation is, what it remembers, what just ran.

use std::fmt::Write;

use duka_engine::hir::Flow;
use duka_engine::program::Program;
use duka_engine::simulate::Simulator;
use duka_engine::trace::TraceEntry;
use duka_engine::types::Type;
use duka_engine::value::Value;

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
                let shown = cut(&written(program, value, &slot.ty));
                let _ = writeln!(out, "  {}.{} = {shown}", flow.path, slot.name);
            }
        }
    }
    for (slot, value) in program.shop.customer_slots.iter().zip(&simulator.session.customer_values) {
        if *value != Value::None {
            let _ = writeln!(out, "  customer.{} = {}", slot.name, cut(&written(program, value, &slot.ty)));
        }
    }
    for (consent, state) in program.shop.consents.iter().zip(&simulator.session.consents) {
        if state.asked {
            let _ = writeln!(out, "  consent.{} = {}", consent.name, if state.given { "given" } else { "refused" });
        }
    }
    out
}

/// The states, reactions and guards of the last step.
pub fn why(program: &Program, simulator: &Simulator) -> String {
    let mut out = String::new();
    let name = |flow: &Flow, state: usize| flow.states.get(state).map_or("", |state| state.name.as_str()).to_string();
    let Some(trace) = simulator.traces.last() else { return "  Nothing has run yet.\n".to_string() };
    for entry in &trace.entries {
        let (flow, state, what) = match entry {
            TraceEntry::Entered { flow, state } => (flow, state, "entered".to_string()),
            TraceEntry::Reaction { flow, state, list } => (flow, state, format!("reaction {list:?}")),
            TraceEntry::Line { flow, state, at } => (flow, state, format!("line {} of {:?}", at.index + 1, at.list)),
            TraceEntry::Guard { flow, state, at, holds } => {
                let verdict = if *holds { "holds" } else { "does not hold" };
                (flow, state, format!("the condition of line {} of {:?} {verdict}", at.index + 1, at.list))
            }
            TraceEntry::Jump { flow, state, at } => {
                (flow, state, format!("jump in line {} of {:?}", at.index + 1, at.list))
            }
            TraceEntry::Error { flow, state, at } => {
                (flow, state, format!("error branch of line {} of {:?}", at.index + 1, at.list))
            }
            TraceEntry::Note { flow, state, what } => (flow, state, format!("{what:?}")),
        };
        if let Some(flow) = program.shop.flows.get(flow.index()) {
            let _ = writeln!(out, "  {}.{}: {what}", flow.path, name(flow, state.index()));
        }
    }
    out
}

fn written(program: &Program, value: &Value, ty: &Type) -> String {
    match (value, ty) {
        (Value::Record(fields), Type::Record(record)) => {
            let record = program.shop.records.get(usize::from(record.0));
            let declared = record.map(|record| record.fields.as_slice()).unwrap_or(&[]);
            let fields = declared.iter().zip(fields.iter()).filter(|(_, value)| **value != Value::None);
            let fields: Vec<String> = fields
                .map(|(field, value)| format!("{}: {}", field.name, written(program, value, &field.ty)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        (Value::List(items), Type::List(of)) => {
            let items: Vec<String> = items.iter().map(|item| written(program, item, of)).collect();
            format!("[{}]", items.join(", "))
        }
        (value, _) => plain(value),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::None => "none".to_string(),
        Value::YesNo(yes) => if *yes { "yes" } else { "no" }.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Money(money) => {
            let exponent = money.currency.exponent();
            let unit = 10_i64.pow(exponent.min(6));
            let (major, minor) = (money.minor / unit, (money.minor % unit).abs());
            let minor = if minor == 0 { String::new() } else { format!(".{minor:0width$}", width = exponent as usize) };
            format!("{} {major}{minor}", money.currency.code())
        }
        Value::Text(text) => text.to_string(),
        Value::Date(days) => format!("day {days}"),
        Value::Time(minutes) => format!("{:02}:{:02}", minutes / 60, minutes % 60),
        Value::Moment(ms) => format!("{ms} ms"),
        Value::Duration(ms) => format!("{} minutes", ms / 60_000),
        Value::Media(media) => media.source.to_string(),
        Value::List(items) => format!("{} items", items.len()),
        Value::Record(fields) => format!("{} fields", fields.len()),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LETTERS {
        return text.to_string();
    }
    let kept: String = text.chars().take(LETTERS).collect();
    format!("{kept}…")
}
