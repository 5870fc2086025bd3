//! The state of one conversation between two steps, and its versioned encoding. Holds no program.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::effect::CallId;
use crate::hir::{FlowId, StateId, Target};
use crate::value::Value;

/// The version of the encoding. Older ones stay readable; a newer one is refused.
pub const SESSION_VERSION: u8 = 1;

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
    /// What `event.` means while its turn's lines run.
    pub event: Vec<(SmolStr, Value)>,
    /// Answers of the `else` kind in a row.
    pub else_count: u32,
    pub handed_over: bool,
    pub followers: Vec<Follower>,
    /// The wake-up that the host was last asked for.
    pub wake_at_ms: Option<i64>,
    pub form: Option<FormProgress>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub flow: FlowId,
    pub state: StateId,
    /// When the state was entered, ms since 1970.
    pub entered_ms: i64,
    /// By [`crate::hir::SlotId`].
    pub values: Vec<Value>,
    /// When a query last filled the slot, ms since 1970, by slot; 0: never.
    pub read_at_ms: Vec<i64>,
    /// Earlier waiting states, the latest last; `-> back` takes it.
    pub history: Vec<StateId>,
    /// Which one-off timers of this state have fired: bits by position among its timed reactions.
    pub fired: u32,
    /// Where the caller takes what this flow gives.
    pub into: Option<Target>,
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
    /// The conversation had ended: end again.
    End,
}

/// A line of a flow that is being run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
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
    /// … of `anywhere` of the flow whose frame is this many below the top.
    Anywhere { depth: u8, reaction: u16 },
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
    /// Whether this is a re-run on resume, which says nothing but the prompt.
    pub resuming: bool,
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
    pub rank: u8,
    pub payment_rank: u8,
    pub values: Vec<Value>,
    pub busy: Option<Busy>,
    /// Events that wait for the call under way.
    pub waiting: Vec<(SmolStr, Value, Value)>,
}

/// A form that is being asked field by field, on a channel without forms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FormProgress {
    pub fields: Vec<(SmolStr, SmolStr)>,
}
