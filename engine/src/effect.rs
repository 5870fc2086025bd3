//! What a step wants done (language.md 2.9, ruling 25). The engine acts only through these; the host performs them.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::hir::OperationId;
use crate::outbound::Outbound;
use crate::value::Value;

/// One effect with its place in the conversation: (turn, index) with the shop and conversation is its idempotency key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    pub id: EffectId,
    pub kind: EffectKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId {
    pub turn: u64,
    pub index: u16,
}

/// The effect that started a call; its result comes back under the same id.
pub type CallId = EffectId;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "most effects are messages, and effects are moved once")]
pub enum EffectKind {
    /// Put a message into the thread.
    Send(Outbound),
    /// Ask the shop's systems; may be repeated. The answer is an [`crate::event::EventKind::Result`].
    Query(CallRequest),
    /// Make the shop's systems do something, once. The answer is an event as well.
    Command(CallRequest),
    /// Wake the conversation at this time (ms since 1970), instead of at any earlier asked time; `None`: not at all.
    Timer { wake_at_ms: Option<i64> },
    /// Consent was given or withdrawn, to be written with its proof.
    Consent { name: SmolStr, given: bool },
    /// Hand the conversation to a person.
    Handoff { topic: SmolStr },
    /// Tell the shop's staff.
    Alert { text: String },
    /// Something worth keeping that is no message: a dropped event, a skipped send, a stale tap.
    Record { what: SmolStr, detail: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRequest {
    pub operation: OperationId,
    /// `orders.hold`
    pub name: SmolStr,
    /// By the operation's parameters; a missing optional is [`Value::None`].
    pub arguments: Vec<Value>,
    /// Milliseconds until the host must answer.
    pub within_ms: i64,
    /// The order this call belongs to, when it comes from `follow order`.
    pub follower: Option<SmolStr>,
    /// The tag of the language that the customer is spoken to in; empty in what was written before it was kept.
    pub language: SmolStr,
}
