//! The way out to a channel, as the outbox sees it: one request, one answer, whatever lies between. Retries nothing.

use std::future::Future;

use duka_engine::outbound::{Message, TemplateMessage};
use smol_str::SmolStr;

use crate::id::{ConversationId, SendId, ShopScope};
use crate::store::{Identity, Lane, TemplateRow};

/// One attempt to put one message into a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct SendRequest {
    pub shop: ShopScope,
    /// The business number to send from, whose token belongs to it (TM27).
    pub number: SmolStr,
    pub conversation: ConversationId,
    /// Goes along as opaque data, so that a status can name it.
    pub send: SendId,
    /// From 1.
    pub attempt: u32,
    pub form: Form,
    pub lane: Lane,
    /// All that the customer is known by.
    pub identities: Vec<Identity>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Only inside the window.
    Message(Message),
    /// With what is known of it in the language that it goes in; `None`: nothing is.
    Template(TemplateMessage, Option<Box<TemplateRow>>),
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum SendAnswer {
    /// The provider's message id.
    Accepted { provider_id: SmolStr },
    /// Taken as well, and kept back until the provider has seen how customers like the template: its statuses come late, or it
    /// fails by one.
    Held { provider_id: SmolStr },
    /// The provider's code, and what to do about it.
    Refused { error: i32, advice: Advice },
    /// No byte has left: no connection, no name, no handshake.
    NotSent,
    /// Bytes have left, and no answer that says what became of them was read.
    Unknown,
    /// This message has no form on this channel, or the customer no address: one of [`super::codes`].
    Unsendable { error: i32 },
}

/// How far a refusal reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// This customer, from this number.
    Customer,
    Number,
    /// All numbers of the shop.
    Shop,
    /// All shops of the same app.
    App,
}

/// What a refusal asks for; the channel knows its vendor's codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The same later, with growing pauses of at least so many ms, until it was refused so often in all.
    Retry { most: u32, at_least_ms: i64 },
    /// The same when whom it concerns may send again: after pauses that begin with `ms`, grow, and are never shorter than
    /// `at_least_ms`. With `alert`, people are told of it.
    Wait { whom: Whom, ms: i64, at_least_ms: i64, alert: bool },
    /// Nothing for whom it concerns until somebody acts: token, account, registration. The message is kept.
    Stop { whom: Whom },
    /// No marketing from this number for some hours; this message is not sent.
    PauseMarketing,
    /// The window is closed: as a template, if the message has one.
    WindowClosed,
    /// The template is paused, disabled or unknown.
    TemplateRefused { disabled: bool },
    /// The form can not be shown now: it is asked field by field.
    FormRefused { form: SmolStr },
    /// Never again this message.
    Fail,
}

/// Sends. Ends within the deadline that its maker was given; whatever takes longer is [`SendAnswer::Unknown`].
pub trait Transport: Send + Sync {
    fn send(&self, request: SendRequest) -> impl Future<Output = SendAnswer> + Send;
}

impl<T: Transport> Transport for std::sync::Arc<T> {
    fn send(&self, request: SendRequest) -> impl Future<Output = SendAnswer> + Send {
        T::send(self, request)
    }
}
