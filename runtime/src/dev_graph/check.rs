//! Is a send of a shape that the Graph API takes? Types, required fields, lengths. Knows nothing of accounts or windows.
//!
//! Lengths are counted in code points: more than what people see as letters, and the vendor documents neither.

mod fields;
mod interactive;
mod order;
mod template;

use duka_engine::limits::WHATSAPP;
use serde_json::Value;

use super::refusal::Refusal;
use fields::{array, number, object, one_of, only, optional, required};

pub(super) type Checked<T> = Result<T, Refusal>;

/// A body of `/messages` that is well formed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Request<'a> {
    /// Mark as read, perhaps with a typing indicator.
    Read {
        message_id: &'a str,
    },
    Message(Outgoing<'a>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outgoing<'a> {
    pub to: Recipient<'a>,
    /// `text`, `interactive`, `template`, …
    pub kind: &'a str,
    /// The object under `kind`; `contacts` is an array.
    pub content: &'a Value,
    pub opaque: &'a str,
    /// The message that this one answers.
    pub context: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Recipient<'a> {
    /// As it was given, for `contacts[].input`.
    pub input: &'a str,
    /// A business-scoped user id, not a phone.
    pub is_user_id: bool,
}

impl Recipient<'_> {
    /// Digits of the phone, or the user id unchanged.
    pub fn key(self) -> smol_str::SmolStr {
        if self.is_user_id {
            return self.input.into();
        }
        self.input.chars().filter(char::is_ascii_digit).collect()
    }
}

const COMMON: [&str; 9] = [
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "context",
    "biz_opaque_callback_data",
    "recipient_identity_key_hash",
    "message_activity_sharing",
];

const KINDS: [&str; 11] = [
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
];

const OPAQUE_MAX: usize = 512;
/// The guide says 257, the vendor's OpenAPI file 5.
const CONTACTS_MAX: usize = 257;

pub(super) fn request(body: &Value) -> Checked<Request<'_>> {
    if required(body, "messaging_product", 32, "messaging_product")? != "whatsapp" {
        return Err(Refusal::new(100, "(#100) Param messaging_product must be one of {whatsapp}"));
    }
    if body.get("status").is_some() {
        return read(body);
    }
    if let Some(recipient_type) = optional(body, "recipient_type", 32, "recipient_type")? {
        one_of(recipient_type, &["individual", "group"], "recipient_type")?;
    }
    let to = recipient(body)?;
    let kind = optional(body, "type", 32, "type")?.unwrap_or("text");
    let Some(kind) = KINDS.into_iter().find(|known| *known == kind) else {
        return Err(Refusal::new(131051, format!("Message type {kind} is not supported.")));
    };
    let mut allowed = COMMON.to_vec();
    allowed.push(kind);
    only(body, &allowed)?;
    let content = body.get(kind).ok_or_else(|| Refusal::missing(kind))?;
    content_of(kind, content)?;
    let opaque = optional(body, "biz_opaque_callback_data", OPAQUE_MAX, "biz_opaque_callback_data")?.unwrap_or("");
    let context = match body.get("context") {
        None => "",
        Some(context) => required(context, "message_id", 512, "context.message_id")?,
    };
    if kind == "reaction" && !context.is_empty() {
        return Err(Refusal::invalid("A reaction can not have a context."));
    }
    Ok(Request::Message(Outgoing { to, kind, content, opaque, context }))
}

fn read(body: &Value) -> Checked<Request<'_>> {
    only(body, &["messaging_product", "status", "message_id", "typing_indicator"])?;
    one_of(required(body, "status", 16, "status")?, &["read"], "status")?;
    if body.get("typing_indicator").is_some() {
        let typing = object(body, "typing_indicator")?;
        one_of(required(typing, "type", 16, "typing_indicator.type")?, &["text"], "typing_indicator.type")?;
    }
    Ok(Request::Read { message_id: required(body, "message_id", 512, "message_id")? })
}

/// `to` wins over `recipient`.
fn recipient(body: &Value) -> Checked<Recipient<'_>> {
    if let Some(to) = optional(body, "to", 64, "to")? {
        let digits = to.chars().filter(char::is_ascii_digit).count();
        let is_phone = to.chars().all(|letter| letter.is_ascii_digit() || "+ -()".contains(letter));
        if !is_phone || !(5..=17).contains(&digits) {
            return Err(Refusal::new(100, "(#100) Param to must be a valid phone number."));
        }
        return Ok(Recipient { input: to, is_user_id: false });
    }
    let Some(user) = optional(body, "recipient", 160, "recipient")? else {
        return Err(Refusal::missing("to"));
    };
    let (country, rest) = user.split_once('.').unwrap_or(("", ""));
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    let is_country = country.len() == 2 && country.bytes().all(|letter| letter.is_ascii_uppercase());
    let is_id = (1..=128).contains(&rest.len()) && rest.bytes().all(|letter| letter.is_ascii_alphanumeric());
    if is_country && is_id {
        Ok(Recipient { input: user, is_user_id: true })
    } else {
        Err(Refusal::invalid("recipient is not a business-scoped user id."))
    }
}

fn content_of(kind: &str, content: &Value) -> Checked<()> {
    match kind {
        "text" => text(content),
        "image" | "video" | "audio" | "document" | "sticker" => media(kind, content),
        "location" => location(content),
        "contacts" => contacts(content),
        "reaction" => {
            required(content, "message_id", 512, "reaction.message_id")?;
            fields::optional_or_empty(content, "emoji", 16, "emoji").map(drop)
        }
        "interactive" => interactive::check(content),
        "template" => template::check(content),
        other => Err(Refusal::new(131051, format!("Message type {other} is not supported."))),
    }
}

fn text(content: &Value) -> Checked<()> {
    only(content, &["body", "preview_url"])?;
    let body = content.get("body").and_then(Value::as_str).ok_or_else(|| Refusal::missing("text.body"))?;
    if body.is_empty() {
        return Err(Refusal::new(100, "(#100) The parameter text['body'] is required."));
    }
    if body.chars().count() > WHATSAPP.text {
        return Err(Refusal::new(100, "(#100) Param text['body'] must be at most 4096 characters long."));
    }
    Ok(())
}

/// A file: exactly one of `id` and `link`, and what its kind allows beside it.
pub(super) fn media(kind: &str, content: &Value) -> Checked<()> {
    let allowed: &[&str] = match kind {
        "document" => &["id", "link", "caption", "filename"],
        "audio" => &["id", "link", "voice"],
        "sticker" => &["id", "link"],
        _ => &["id", "link", "caption"],
    };
    only(content, allowed)?;
    let id = optional(content, "id", 256, "id")?;
    let link = optional(content, "link", 2000, "link")?;
    match (id, link) {
        (Some(_), Some(_)) => return Err(Refusal::invalid(format!("{kind}: exactly one of id and link is allowed."))),
        (None, None) => return Err(Refusal::missing(&format!("{kind}.id or {kind}.link"))),
        (None, Some(link)) => web_address(link)?,
        (Some(_), None) => {}
    }
    optional(content, "caption", WHATSAPP.caption, "Caption")?;
    optional(content, "filename", 240, "Filename").map(drop)
}

pub(super) fn web_address(link: &str) -> Checked<()> {
    let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !link.contains(char::is_whitespace) => Ok(()),
        Some(_) | None => Err(Refusal::invalid(format!("{link} is not a valid URL."))),
    }
}

pub(super) fn location(content: &Value) -> Checked<()> {
    only(content, &["latitude", "longitude", "name", "address"])?;
    for (name, most) in [("latitude", 90.0), ("longitude", 180.0)] {
        let value = number(content, name)?;
        if !(-most..=most).contains(&value) {
            return Err(Refusal::invalid(format!("{name} is out of range.")));
        }
    }
    optional(content, "name", 1000, "Location name")?;
    optional(content, "address", 1000, "Location address").map(drop)
}

fn contacts(content: &Value) -> Checked<()> {
    let cards = array(content, 1, CONTACTS_MAX, "contacts")?;
    for card in cards {
        let name = object(card, "name")?;
        required(name, "formatted_name", 1000, "contacts.name.formatted_name")?;
        let parts = ["first_name", "last_name", "middle_name", "suffix", "prefix"];
        if !parts.iter().any(|part| name.get(part).is_some()) {
            return Err(Refusal::invalid("A contact's name needs one more part than formatted_name."));
        }
    }
    Ok(())
}
