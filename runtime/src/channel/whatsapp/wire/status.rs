//! `statuses[]` and error objects, which look the same wherever they stand.

use serde::Deserialize;

use super::Word;
use super::word::or_default;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Status<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub status: Word<'a>,
    #[serde(borrow)]
    pub timestamp: Word<'a>,
    /// `payment`; absent for messages.
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
    #[serde(borrow)]
    pub recipient_id: Word<'a>,
    #[serde(borrow)]
    pub recipient_user_id: Word<'a>,
    #[serde(borrow)]
    pub recipient_parent_user_id: Word<'a>,
    /// `group`
    #[serde(borrow)]
    pub recipient_type: Word<'a>,
    #[serde(borrow)]
    pub recipient_participant_id: Word<'a>,
    #[serde(borrow)]
    pub recipient_participant_user_id: Word<'a>,
    #[serde(borrow)]
    pub biz_opaque_callback_data: Word<'a>,
    #[serde(borrow)]
    pub conversation: Option<Conversation<'a>>,
    #[serde(borrow)]
    pub pricing: Option<Pricing<'a>>,
    #[serde(borrow)]
    pub payment: Option<Payment<'a>>,
    #[serde(borrow)]
    pub errors: Option<Vec<ErrorObject<'a>>>,
}

/// Only sent inside a free entry point since v24.0.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Conversation<'a> {
    #[serde(borrow)]
    pub expiration_timestamp: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pricing<'a> {
    /// `regular`, `free_customer_service`, `free_entry_point`; absent before July 2025.
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
    #[serde(borrow)]
    pub category: Word<'a>,
}

/// A payment inside the chat (India).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Payment<'a> {
    #[serde(borrow)]
    pub reference_id: Word<'a>,
    #[serde(borrow)]
    pub currency: Word<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub amount: Amount<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub transaction: Transaction<'a>,
}

/// `value` divided by `offset` is the amount.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Amount<'a> {
    #[serde(borrow)]
    pub value: Word<'a>,
    #[serde(borrow)]
    pub offset: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Transaction<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub status: Word<'a>,
}

/// Of a status, a message, a value or an answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ErrorObject<'a> {
    #[serde(borrow)]
    pub code: Word<'a>,
    #[serde(borrow)]
    pub title: Word<'a>,
    #[serde(borrow)]
    pub message: Word<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub error_data: ErrorDetails<'a>,
    #[serde(borrow)]
    pub fbtrace_id: Word<'a>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ErrorDetails<'a> {
    #[serde(borrow)]
    pub details: Word<'a>,
}
