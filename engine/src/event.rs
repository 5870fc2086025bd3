//! What can happen to a conversation (language.md 2.3). Events carry their time; the engine has no clock.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::effect::{CallId, EffectId};
use crate::value::{Media, Value};

/// One event, at a time in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub at_ms: i64,
    pub kind: EventKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EventKind {
    /// The customer wrote, tapped or sent something. Opens the service window.
    Inbound(Inbound),
    /// A query or command that an earlier step asked for has ended.
    Result { call: CallId, outcome: Outcome },
    /// The wake-up an earlier step asked for, or any later time: due timers fire, earliest first.
    Wake,
    /// A payment moved: `paid`, `failed`, `expired`, `refunded`. `order` and `payment` are typed by the contract.
    Payment { status: SmolStr, key: SmolStr, order: Value, payment: Value },
    /// An order moved to `status`; `key` is its number.
    Order { status: SmolStr, key: SmolStr, order: Value },
    /// A person gave the conversation back.
    HandoffClosed { note: SmolStr },
    /// A person took the conversation over without being asked (an owner's reply from the phone).
    HandoffOpened,
    /// A message of ours was not delivered. Of a form that can not be shown now ([`FORM_UNAVAILABLE`]) nothing is told: it is
    /// asked field by field.
    MessageFailed { effect: EffectId, reason: SmolStr },
}

/// The reason of a message that failed because the channel does not show its form now.
pub const FORM_UNAVAILABLE: &str = "form_unavailable";

/// What the customer did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Inbound {
    Text(SmolStr),
    /// A tap on a button, row or item that was sent before.
    Tap(ReplyId),
    /// A tap on a button of a template; never stale.
    TemplateTap {
        template: SmolStr,
        button: SmolStr,
    },
    Media(Arc<Media>),
    Location {
        latitude: SmolStr,
        longitude: SmolStr,
        name: SmolStr,
        address: SmolStr,
    },
    Contact {
        name: SmolStr,
        phone: SmolStr,
    },
    /// A form was filled in: field name and text as typed. `id` is what it was sent as, where the channel tells.
    Form {
        form: SmolStr,
        fields: Vec<(SmolStr, SmolStr)>,
        id: Option<ReplyId>,
    },
    /// A WhatsApp cart. Its shown prices are not here: they are never trusted.
    Cart {
        items: Vec<CartItem>,
    },
    /// A question about a product of the catalogue.
    Product {
        sku: SmolStr,
        text: SmolStr,
    },
    /// A kind of message that Duka does not read (sticker, reaction, poll).
    Other {
        kind: SmolStr,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartItem {
    pub sku: SmolStr,
    pub quantity: u32,
}

/// What a choice on the wire stands for. The channel adds a MAC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReplyId {
    pub flow: SmolStr,
    pub state: SmolStr,
    pub choice: SmolStr,
    /// The key of the picked item.
    pub item: Option<SmolStr>,
    /// The first bytes of the program's revision.
    pub revision: u32,
    /// Which life of the session offered it.
    pub epoch: u32,
}

/// How a query or command ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// What it gives, typed by the contract ([`crate::contract::decode`]).
    Given(Value),
    /// The backend refused; `code` is one of the contract's `fails`, or any other refusal.
    Refused { code: SmolStr },
    /// Down, wrong or not understood.
    Failed { reason: SmolStr },
    /// No answer within the deadline, and it is a query, or known not to have been done.
    TimedOut,
    /// A command whose fate is not known yet; the runtime settles it before anything repeats it.
    Unknown,
}
