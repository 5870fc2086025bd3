//! A webhook's body into its elements, each still as it came: one that is bad spoils no other. Knows the envelope and
//! nothing of what the elements mean.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

use super::clean;
use super::wire::{Contact, Word};

/// The body is no webhook of this channel at all.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the body is not a webhook of WhatsApp")]
pub struct NotAWebhook;

/// What an element is, by its place in the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// `messages[]`: what a customer sent.
    Message,
    /// `statuses[]`: what became of a send.
    Status,
    /// `errors[]` beside messages: trouble of the number or the account.
    Error,
    /// `message_echoes[]`: what the owner wrote on the phone.
    Echo,
    /// `user_preferences[]`: marketing wanted or not.
    Preference,
    /// `history[]` and `state_sync[]`: what was on the phone before.
    Past,
    /// The whole `value` of any other field: the account, templates, numbers.
    Account,
    /// Something in the envelope that could not be taken apart.
    Unreadable,
}

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Place::Message => "message",
            Place::Status => "status",
            Place::Error => "error",
            Place::Echo => "echo",
            Place::Preference => "preference",
            Place::Past => "past",
            Place::Account => "account",
            Place::Unreadable => "envelope",
        }
    }
}

/// One element with what of its envelope is needed to read it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Element<'a> {
    pub place: Place,
    /// The subscribed field: `messages`, `message_template_status_update`, …
    #[serde(borrow)]
    pub field: Cow<'a, str>,
    /// The id of the WhatsApp Business Account (of the portfolio, in some account events).
    #[serde(borrow)]
    pub account: Cow<'a, str>,
    /// `phone_number_id`: whose customers these are. `None` for most account events.
    #[serde(borrow)]
    pub number: Option<Cow<'a, str>>,
    /// When the vendor made an account event, in seconds since 1970.
    pub time: Option<i64>,
    /// What is told of the customers of this change.
    #[serde(borrow)]
    pub contacts: Arc<[Contact<'a>]>,
    #[serde(borrow)]
    pub raw: &'a RawValue,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    object: Word<'a>,
    #[serde(borrow, default)]
    entry: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default)]
    id: Word<'a>,
    #[serde(borrow, default)]
    time: Word<'a>,
    #[serde(borrow, default)]
    changes: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow, default)]
    field: Word<'a>,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// The lists of a value. Each is cut into raw elements; a list that is none is unreadable by itself.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Value<'a> {
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    contacts: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    statuses: Option<&'a RawValue>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
    #[serde(borrow)]
    message_echoes: Option<&'a RawValue>,
    #[serde(borrow)]
    user_preferences: Option<&'a RawValue>,
    #[serde(borrow)]
    history: Option<&'a RawValue>,
    #[serde(borrow)]
    state_sync: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    phone_number_id: Word<'a>,
}

/// A body as text; bytes that are no UTF-8 become `\u{fffd}`, so that they spoil only the text they stand in.
pub fn text(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body)
}

/// The elements of a body, in the order in which they stand there: entries, changes, and in a change messages first.
/// The signature was checked before.
pub fn split(body: &str) -> Result<Vec<Element<'_>>, NotAWebhook> {
    let envelope: Envelope<'_> = serde_json::from_str(body).map_err(|_| NotAWebhook)?;
    if envelope.object.as_str() != "whatsapp_business_account" {
        return Err(NotAWebhook);
    }
    let mut elements = Vec::new();
    for raw in envelope.entry {
        match serde_json::from_str::<Entry<'_>>(raw.get()) {
            Ok(entry) => entry_into(&entry, &mut elements),
            Err(_) => elements.push(unreadable("", raw)),
        }
    }
    Ok(elements)
}

fn entry_into<'a>(entry: &Entry<'a>, elements: &mut Vec<Element<'a>>) {
    for raw in &entry.changes {
        let Ok(change) = serde_json::from_str::<Change<'a>>(raw.get()) else {
            elements.push(unreadable(entry.id.as_str(), raw));
            continue;
        };
        let whole = Element {
            place: Place::Account,
            field: change.field.0.clone(),
            account: entry.id.0.clone(),
            number: None,
            time: entry.time.integer(),
            contacts: [].into(),
            raw: change.value,
        };
        match serde_json::from_str::<Value<'a>>(change.value.get()) {
            Ok(value) => value_into(whole, &value, elements),
            Err(_) => elements.push(Element { place: Place::Unreadable, ..whole }),
        }
    }
}

fn value_into<'a>(whole: Element<'a>, value: &Value<'a>, elements: &mut Vec<Element<'a>>) {
    let metadata: Metadata<'a> =
        value.metadata.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let whole = Element {
        number: Some(metadata.phone_number_id.0).filter(|number| !number.is_empty()),
        contacts: value.contacts.map(|raw| contacts(raw.get())).unwrap_or_default(),
        ..whole
    };
    let before = elements.len();
    let lists = [
        (Place::Message, value.messages),
        (Place::Status, value.statuses),
        (Place::Error, value.errors),
        (Place::Echo, value.message_echoes),
        (Place::Preference, value.user_preferences),
        (Place::Past, value.history),
        (Place::Past, value.state_sync),
    ];
    for (place, list) in lists {
        let Some(list) = list.filter(|list| belongs(place, &whole.field, list)) else { continue };
        match serde_json::from_str::<Vec<&'a RawValue>>(list.get()) {
            Ok(items) => {
                elements.extend(items.into_iter().map(|raw| Element { place, raw, ..whole.clone() }));
            }
            Err(_) => elements.push(Element { place: Place::Unreadable, raw: list, ..whole.clone() }),
        }
    }
    // A change of messages without any is no event; every other change is one by itself.
    if elements.len() == before && whole.field != "messages" {
        elements.push(whole);
    }
}

/// Errors of a Flow stand in the event of the Flow itself; they are no trouble of the number.
fn belongs(place: Place, field: &str, list: &RawValue) -> bool {
    list.get() != "null" && (place != Place::Error || matches!(field, "messages" | "history" | ""))
}

/// The contacts that can be read; a bad one is left out, since a message names its sender itself.
fn contacts(raw: &str) -> Arc<[Contact<'_>]> {
    let items: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
    items.into_iter().filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect()
}

fn unreadable<'a>(account: &str, raw: &'a RawValue) -> Element<'a> {
    Element {
        place: Place::Unreadable,
        field: Cow::Borrowed(""),
        account: account.to_string().into(),
        number: None,
        time: None,
        contacts: [].into(),
        raw,
    }
}

impl Element<'_> {
    /// All that is needed to read the element again later with [`kept`]; a text with a card number in it is not kept.
    pub fn keep(&self) -> Vec<u8> {
        let safe = clean::without_cards(self.raw.get());
        let raw = safe.as_deref().unwrap_or(self.raw);
        let text = raw.get();
        let named = |word: &Word<'_>| word.given().is_some_and(|word| text.contains(word));
        let speaks_of = |contact: &&Contact<'_>| named(&contact.wa_id) || named(&contact.user_id);
        let contacts: Vec<Contact<'_>> = self.contacts.iter().filter(speaks_of).cloned().collect();
        serde_json::to_vec(&Element { contacts: contacts.into(), raw, ..self.clone() }).unwrap_or_default()
    }
}

/// An element that was kept.
pub fn kept(bytes: &[u8]) -> Result<Element<'_>, NotAWebhook> {
    serde_json::from_slice(bytes).map_err(|_| NotAWebhook)
}
