//! The shop's people: what they are told of conversations that were handed over to them, in order and signed, and what
//! they say. Decides nothing of a conversation; that is the turn's.

mod chatwoot;
mod poster;
mod sign;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use crate::id::{ConversationId, ShopScope};
use crate::store::{self, NewPost, Tx};

pub use self::chatwoot::{Said, key_of_conversation};
pub use self::poster::Poster;
pub use self::sign::{SIGNATURE_HEADER, is_signed, key_of, signature};

/// How long a program of people may take, from the request to the last byte of its answer.
const ANSWER: Duration = Duration::from_secs(15);

/// Effects of a turn are counted from 0; what people send, from here.
pub const FIRST_INDEX: u16 = 32_768;

/// What the words of people are called, as those of a flow have names.
pub const BY_PEOPLE: &str = "handoff.reply";

/// Forgets where a conversation is in the program of people, together with the conversation.
///
/// # Errors
/// The store.
pub async fn forget(tx: &mut Tx, shop: ShopScope, conversation: ConversationId) -> store::Result<()> {
    let key = chatwoot::key_of_place(&format!("{:016x}", conversation.0));
    if let Some(place) = tx.meta_get(shop, &key).await?.as_deref().and_then(chatwoot::Place::decode) {
        tx.meta_remove(shop, &key_of_conversation(place.conversation)).await?;
        tx.meta_remove(shop, &key).await?;
    }
    Ok(())
}

/// One thing that people are told, as the queue keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Telling {
    /// Of the turn it came from.
    pub turn: u64,
    /// Among those of its turn.
    pub index: u16,
    pub at_ms: i64,
    pub told: Told,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Told {
    /// The conversation is theirs.
    Opened { topic: SmolStr, name: SmolStr },
    /// The customer said something meanwhile.
    Message { kind: SmolStr, text: SmolStr, name: SmolStr },
    /// Something that they said did not reach the customer.
    NotDelivered { reason: SmolStr },
    /// The flow has the conversation again.
    Closed { note: SmolStr },
    /// The flow's own words to the staff.
    Alert { text: SmolStr },
    /// The customer sent a file meanwhile: of what kind, the words under it, and where it is kept.
    File { kind: SmolStr, text: SmolStr, name: SmolStr, source: SmolStr },
}

/// Duka's own words to the shop's people about a conversation, beside those of its turns.
pub fn alert(shop: ShopScope, conversation: ConversationId, (at_ms, index): (i64, u16), text: SmolStr) -> NewPost {
    let telling = Telling { turn: at_ms.unsigned_abs(), index, at_ms, told: Told::Alert { text } };
    let body = postcard::to_stdvec(&telling).unwrap_or_default();
    NewPost { shop, conversation, not_before_ms: at_ms, body }
}

/// A telling with what its receiver needs to know.
#[derive(Clone, Debug)]
pub struct Letter {
    pub telling: Telling,
    /// Equal at every repetition.
    pub id: String,
    pub shop: SmolStr,
    /// In hex, as the API shows it.
    pub conversation: String,
    /// The customer's number without `+`; empty: not known.
    pub phone: SmolStr,
}

impl Letter {
    /// The body of the webhook.
    pub fn json(&self) -> Json {
        let Letter { telling, id, shop, conversation, phone } = self;
        let (event, mut body, name) = match &telling.told {
            Told::File { text, name, .. } => ("message", json!({ "kind": "media", "text": text }), name.as_str()),
            Told::Opened { topic, name } => ("opened", json!({ "topic": topic }), name.as_str()),
            Told::Message { kind, text, name } => ("message", json!({ "kind": kind, "text": text }), name.as_str()),
            Told::NotDelivered { reason } => ("not_delivered", json!({ "reason": reason }), ""),
            Told::Closed { note } => ("closed", json!({ "note": note }), ""),
            Told::Alert { text } => ("alert", json!({ "text": text }), ""),
        };
        if let Some(fields) = body.as_object_mut() {
            fields.insert("id".into(), id.as_str().into());
            fields.insert("event".into(), event.into());
            fields.insert("shop".into(), shop.as_str().into());
            fields.insert("conversation".into(), conversation.as_str().into());
            fields.insert("at_ms".into(), telling.at_ms.into());
            fields.insert("customer".into(), json!({ "name": name, "phone": phone }));
        }
        body
    }
}
