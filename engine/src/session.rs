//! The state of one conversation between two steps, and its versioned encoding. Holds no program.

mod encoding;
mod migrate;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

pub use encoding::DecodeError;
pub use migrate::{Migrated, Outcome, migrate};

use crate::effect::{CallId, EffectId};
use crate::event::Event;
use crate::hir::{FlowId, StateId, Target};
use crate::value::Value;

/// The version of the encoding. Older ones stay readable; a newer one is refused.
pub const SESSION_VERSION: u8 = 2;

/// Sixteen bytes of a hash over the program's canonical source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Revision(pub [u8; 16]);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The program that the indices below belong to.
    pub revision: Revision,
    /// The number of the next turn.
    pub turn: u64,
    /// Rises with each new life after `end`; old choices name the life that offered them.
    pub epoch: u32,
    /// BCP 47 tag; empty for the shop's first language.
    pub language: SmolStr,
    /// `whatsapp`, `messenger`, `web`, `console`.
    pub channel: SmolStr,
    /// Sub-flows, the innermost last. Empty: the conversation has not begun, or has ended.
    pub frames: Vec<Frame>,
    /// Values of `remember customer`, by [`crate::hir::CustomerSlotId`].
    pub customer_values: Vec<Value>,
    /// By [`crate::hir::ConsentId`].
    pub consents: Vec<ConsentState>,
    /// By flow and [`crate::hir::ExperimentId`]: the arm, once it was read.
    pub arms: Vec<(FlowId, u16, u16)>,
    /// Snapshots of `cart`, `customer` and `shop`, with the time they were read.
    pub cart: Snapshot,
    pub customer: Snapshot,
    pub shop: Snapshot,
    /// A key of the customer, for experiment arms; no phone number.
    pub customer_key: SmolStr,
    /// The customer's last message, ms since 1970; 0 before the first.
    pub last_inbound_ms: i64,
    pub busy: Option<Busy>,
    /// What happened while a call was under way, oldest first; at most [`crate::step::Limits::waiting`].
    pub waiting: Vec<Event>,
    /// What `event.` means while its turn's lines run.
    pub event: Vec<(SmolStr, Value)>,
    /// Answers of the `else` kind in a row.
    pub else_count: u32,
    /// Failures of calls since the customer's last message.
    pub failures: u8,
    pub handed_over: bool,
    /// The flow was changed and the conversation's place is gone: the next message takes `lost`.
    pub lost: bool,
    pub followers: Vec<Follower>,
    /// The wake-up that the host was last asked for.
    pub wake_at_ms: Option<i64>,
    pub form: Option<FormProgress>,
    /// The last `send` with an `else`, for when its message can not be delivered.
    pub sent: Option<Sent>,
    /// On which day, where the shop is, an order was last heard to be out for delivery: its number, and days since 1970.
    pub out_on: Vec<(SmolStr, i32)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub flow: FlowId,
    pub state: StateId,
    /// When the state was entered, ms since 1970.
    pub entered_ms: i64,
    /// By [`crate::hir::SlotId`].
    pub values: Vec<Value>,
    /// Earlier waiting states, the latest last; `-> back` takes it.
    pub history: Vec<StateId>,
    /// Which `after` reactions have fired since the state was entered: bits by position among its timed reactions.
    pub fired: u32,
    /// Which `quiet` reactions have fired since the customer's last message, in the same way.
    pub fired_quiet: u32,
    /// Which page of a long list is shown.
    pub page: u16,
    /// Where the caller takes what this flow gives: the frame, and the place in it.
    pub into: Option<(u8, Target)>,
    /// Where the caller goes on when this flow returns.
    pub resume: Resume,
}

/// How a suspended frame goes on when the flow above it returns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Resume {
    /// Ask again: queries and prompt (ruling 8).
    #[default]
    AskAgain,
    /// At the line after the `<->`.
    Line(Cursor),
    /// The conversation had not begun, or had ended: end again. No state of the frame was entered.
    End,
    /// In the middle of a form that is asked field by field: at the line, or by asking again from that field on.
    Form { line: Option<Cursor>, form: FormProgress },
}

impl Resume {
    /// The line where the frame goes on, if it is one.
    pub fn line_mut(&mut self) -> Option<&mut Cursor> {
        match self {
            Resume::Line(cursor) => Some(cursor),
            Resume::Form { line, .. } => line.as_mut(),
            Resume::AskAgain | Resume::End => None,
        }
    }
}

/// A line of a flow that is being run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The frame whose values the line reads, counted from the outermost; of no meaning in a follower.
    pub frame: u8,
    pub list: LineList,
    pub index: u16,
}

/// Which list of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineList {
    #[default]
    Entry,
    /// The actions of a reaction of the frame's state.
    State(u16),
    /// … of its group.
    Group(u16),
    /// … of `anywhere` of the frame's flow.
    Anywhere { reaction: u16 },
    /// … of a template's button.
    Template { template: u16, button: u16 },
    /// … of `follow` number `follow`.
    Follow { follow: u16, reaction: u16 },
}

/// A call is under way; the conversation waits for its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Busy {
    pub call: CallId,
    /// The line of the call.
    pub at: Cursor,
    /// When the error branch is taken without an answer, ms since 1970.
    pub deadline_ms: i64,
    pub why: BusyWhy,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BusyWhy {
    /// The line is being run.
    #[default]
    Line,
    /// A query is run again before the question is asked again.
    AskAgain,
    /// The bag is read before the line is run.
    Cart,
    /// The bag is read before the question is asked again.
    CartAskAgain,
}

/// A template that was sent by a line with an `else`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub effect: EffectId,
    pub flow: FlowId,
    pub state: StateId,
    pub at: Cursor,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub value: Value,
    pub read_at_ms: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentState {
    pub asked: bool,
    pub given: bool,
}

/// One order's own machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Follower {
    pub flow: FlowId,
    pub follow: u16,
    /// The order's number.
    pub key: SmolStr,
    /// One more than the rank of the highest status seen; 0: none yet.
    pub rank: u8,
    /// Whether the order has reached a status that ends it.
    pub ended: bool,
    /// The same for its payment, and which payment that is.
    pub payment_rank: u8,
    pub payment_key: SmolStr,
    pub values: Vec<Value>,
    pub event: Vec<(SmolStr, Value)>,
    pub busy: Option<Busy>,
    /// The last message it sent.
    pub sent: Option<EffectId>,
    /// Events that wait for the call under way: the reaction, and what the event brought.
    pub waiting: Vec<(u16, Vec<(SmolStr, Value)>)>,
}

/// A form that is being asked field by field: where the channel shows no form, or for what of one was not understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FormProgress {
    /// Those that have an answer.
    pub fields: Vec<(SmolStr, SmolStr)>,
}

impl FormProgress {
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }
}
