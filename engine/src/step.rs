//! One event in, one new session out, with what is to be done (language.md 2.2).
//!
//! Total and deterministic to the byte: no event and no session makes it fail, and nothing is read but its arguments.
//! It sends nothing and asks nobody: that is what the effects are for.

mod answer;
mod call;
mod choices;
mod follow;
mod form;
mod go;
mod inbound;
mod machine;
mod news;
mod run;
mod say;
mod select;
mod send;
mod show;
mod stale;
mod timers;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::effect::Effect;
use crate::event::Event;
use crate::hir::{FlowId, FormId, StateId};
use crate::program::Program;
use crate::session::Session;
use crate::trace::Trace;
use crate::value::Value;

pub use follow::order_number;
pub(crate) use follow::{NOT_FOUND, TO_FETCH};
pub(crate) use follow::{TERMINAL, order_rank};
use machine::Machine;
pub(crate) use send::written;

/// What one event led to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub session: Session,
    /// In the order in which they are to be done.
    pub effects: Vec<Effect>,
    pub trace: Trace,
}

/// Which forms of a program are published where its customers are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Forms {
    All,
    #[default]
    None,
    These(Arc<BTreeSet<(FlowId, FormId)>>),
}

impl Forms {
    fn has(&self, flow: FlowId, form: FormId) -> bool {
        match self {
            Forms::All => true,
            Forms::None => false,
            Forms::These(known) => known.contains(&(flow, form)),
        }
    }
}

/// The bounds of a step and of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Jumps without an event between them.
    pub microsteps: u32,
    /// Flows that interrupt each other; one more ends the oldest.
    pub interruptions: usize,
    /// Rows of one list; a longer one has pages.
    pub rows: usize,
    /// Events that wait for a call under way.
    pub waiting: usize,
    /// States that `-> back` remembers.
    pub history: usize,
    /// Orders that a session follows.
    pub followers: usize,
    /// Failures of calls without a message of the customer between them.
    pub failures: u8,
    /// Which forms are shown as forms on channels that have them. The others are asked field by field.
    pub forms: Forms,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            microsteps: 64,
            interruptions: 3,
            rows: 10,
            waiting: 32,
            history: 8,
            followers: 8,
            failures: 8,
            forms: Forms::All,
        }
    }
}

/// Takes one event.
pub fn step(program: &Program, session: Session, event: &Event, limits: &Limits) -> Step {
    let mut machine = Machine::new(program, session, event.at_ms, limits);
    machine.event(&event.kind);
    machine.finish()
}

/// Begins at a state of a flow with remembered values, by [`crate::hir::SlotId`], as if the customer had come there.
/// Missing values have their defaults. For conversation tests.
pub fn begin_at(
    program: &Program,
    session: Session,
    flow: FlowId,
    state: StateId,
    values: Vec<Value>,
    now_ms: i64,
) -> Step {
    let limits = Limits::default();
    let mut machine = Machine::new(program, session, now_ms, &limits);
    machine.begin_at(flow, state, values);
    machine.finish()
}
