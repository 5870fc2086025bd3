//! What the body of an answer says. Nothing is guessed: a success without a message id, or a failure without the vendor's
//! code, tells nothing.

use serde::Deserialize;

use crate::channel::whatsapp::classify::{Accepted, Answer, Refused};
use crate::channel::whatsapp::clean;
use crate::channel::whatsapp::wire::{ErrorObject, Word};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Taken<'a> {
    #[serde(borrow)]
    messages: Vec<TakenMessage<'a>>,
    #[serde(borrow)]
    contacts: Vec<TakenContact<'a>>,
    success: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TakenMessage<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    message_status: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TakenContact<'a> {
    #[serde(borrow)]
    wa_id: Word<'a>,
    #[serde(borrow)]
    user_id: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure<'a> {
    #[serde(borrow)]
    error: Option<ErrorObject<'a>>,
}

/// Reads an answer by its HTTP status and body.
pub fn read(http: u16, retry_after_ms: Option<i64>, body: &[u8]) -> Answer {
    if (200..300).contains(&http) {
        return accepted(body);
    }
    match refused(http, retry_after_ms, body) {
        Some(refused) => Answer::Refused(refused),
        None => Answer::Unknown { why: "a failure without a code" },
    }
}

fn accepted(body: &[u8]) -> Answer {
    let Ok(taken) = serde_json::from_slice::<Taken<'_>>(body) else {
        return Answer::Unknown { why: "a success that cannot be read" };
    };
    let message = taken.messages.first();
    let id = message.and_then(|message| message.id.given());
    if id.is_none() && !taken.success {
        return Answer::Unknown { why: "a success without a message" };
    }
    let contact = taken.contacts.first();
    Answer::Accepted(Accepted {
        id: id.unwrap_or_default().into(),
        status: message.map_or("", |message| message.message_status.as_str()).into(),
        wa_id: contact.map_or("", |contact| contact.wa_id.as_str()).into(),
        user_id: contact.map_or("", |contact| contact.user_id.as_str()).into(),
    })
}

/// The vendor's error in a body; `None` if there is none.
pub(super) fn refused(http: u16, retry_after_ms: Option<i64>, body: &[u8]) -> Option<Refused> {
    let error = serde_json::from_slice::<Failure<'_>>(body).ok()?.error?;
    let told = [&error.error_data.details, &error.message, &error.title];
    Some(Refused {
        http,
        code: error.code.integer().and_then(|code| code.try_into().ok())?,
        detail: clean::line(told.into_iter().find_map(Word::given).unwrap_or_default()),
        trace: error.fbtrace_id.as_str().into(),
        retry_after_ms,
    })
}
