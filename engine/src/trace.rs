//! What a step did, line by line: feeds coverage, "why was this sent", replay and the drawings. Says nothing of values.

use serde::{Deserialize, Serialize};

use crate::hir::{FlowId, StateId};
use crate::session::{Cursor, LineList};

/// The entries of one step, in the order in which they happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    pub entries: Vec<TraceEntry>,
}

/// `state` is the one whose lines run, or that was waiting when a reaction of its group, of `anywhere`, of a template or
/// of a follower ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TraceEntry {
    /// A state was entered.
    Entered { flow: FlowId, state: StateId },
    /// A reaction was taken.
    Reaction { flow: FlowId, state: StateId, list: LineList },
    /// A line ran (a message, call, set, …).
    Line { flow: FlowId, state: StateId, at: Cursor },
    /// A guard was asked.
    Guard { flow: FlowId, state: StateId, at: Cursor, holds: bool },
    /// A jump was taken.
    Jump { flow: FlowId, state: StateId, at: Cursor },
    /// A line's error branch was taken (its `else`, or `failed`).
    Error { flow: FlowId, state: StateId, at: Cursor },
    /// The engine did something of its own accord.
    Note { flow: FlowId, state: StateId, what: Note },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// The tap of an old choice was answered with the standard text, or followed.
    StaleTap,
    /// Nothing fitted what the customer sent.
    NotUnderstood,
    OptOut,
    /// An event was dropped: its rank is not higher than what is known.
    Outranked,
    /// The limit of eventless steps was reached.
    TooManySteps,
    /// The conversation is with a person and stays silent.
    HandedOver,
    /// The session had run out and began anew.
    Expired,
    /// A card number was written; it was taken out and nothing was done with the message.
    CardNumber,
}
