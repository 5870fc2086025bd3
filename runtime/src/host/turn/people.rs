//! What the shop's people are to be told of a turn: that they are needed, what the customer said meanwhile, and that the
//! flow has the conversation again. Pure.

use duka_engine::event::{Event, EventKind, Inbound};
use duka_engine::value::MediaType;
use smol_str::{SmolStr, format_smolstr};

use crate::files::SCHEME;
use crate::handoff::{FIRST_INDEX, Told};
use crate::host::notices::Notice;

/// Said to people who have the conversation of a customer who writes too fast.
const TOO_MANY: &str =
    "The customer writes faster than messages are taken. What comes within this minute is only in the log.";

/// Whether a person has the conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub before: bool,
    pub after: bool,
}

/// `name` and `note` are the customer's: what they are called, and what they wrote beside what the flow reads.
pub(super) fn told(
    change: Change,
    event: Option<&Event>,
    notices: &[Notice],
    (name, note): (&SmolStr, &SmolStr),
) -> Vec<Told> {
    let mut told = Vec::new();
    let kind = event.map(|event| &event.kind);
    if change.before
        && let Some(EventKind::Inbound(inbound)) = kind
    {
        told.push(match inbound {
            Inbound::Media(media) if media.source.starts_with(SCHEME) => Told::File {
                kind: kind_of(media.kind).into(),
                text: media.caption.clone(),
                name: name.clone(),
                source: media.source.clone(),
            },
            inbound => {
                let (kind, text) = words(inbound);
                Told::Message { kind: kind.into(), text, name: name.clone() }
            }
        });
    }
    if !note.is_empty() {
        told.push(match change.before {
            true => Told::Message { kind: "text".into(), text: note.clone(), name: name.clone() },
            false => Told::Alert { text: format_smolstr!("The customer wrote with the cart: {note}") },
        });
    }
    if let Some(EventKind::MessageFailed { effect, reason }) = kind
        && effect.index >= FIRST_INDEX
    {
        told.push(Told::NotDelivered { reason: reason.clone() });
    }
    let alerts = notices.iter().filter_map(|notice| {
        if let Notice::Alert { text } = notice { Some(Told::Alert { text: text.as_str().into() }) } else { None }
    });
    told.extend(alerts);
    if change.before && notices.contains(&Notice::TooMany) {
        told.push(Told::Alert { text: TOO_MANY.into() });
    }
    match (change.before, change.after) {
        (false, true) => {
            let mut topics = notices
                .iter()
                .filter_map(|notice| if let Notice::Handoff { topic } = notice { Some(topic.clone()) } else { None });
            told.push(Told::Opened { topic: topics.next_back().unwrap_or_default(), name: name.clone() });
        }
        (true, false) => {
            let note =
                if let Some(EventKind::HandoffClosed { note }) = kind { note.clone() } else { SmolStr::default() };
            told.push(Told::Closed { note });
        }
        (false, false) | (true, true) => {}
    }
    told
}

fn kind_of(kind: MediaType) -> &'static str {
    match kind {
        MediaType::Image => "image",
        MediaType::Video => "video",
        MediaType::Audio => "audio",
        MediaType::Document => "document",
        MediaType::Sticker => "sticker",
    }
}

/// What kind of message it is, and its words.
fn words(inbound: &Inbound) -> (&'static str, SmolStr) {
    match inbound {
        Inbound::Text(text) => ("text", text.clone()),
        Inbound::Tap(id) => ("tap", id.item.clone().unwrap_or_else(|| id.choice.clone())),
        Inbound::TemplateTap { button, .. } => ("tap", button.clone()),
        Inbound::Media(media) => ("media", media.caption.clone()),
        Inbound::Location { latitude, longitude, name, address } => {
            ("location", format_smolstr!("{latitude}, {longitude} {name} {address}"))
        }
        Inbound::Contact { name, phone } => ("contact", format_smolstr!("{name} {phone}")),
        Inbound::Form { fields, .. } => {
            let lines: Vec<String> = fields.iter().map(|(name, text)| format!("{name}: {text}")).collect();
            ("form", lines.join("\n").into())
        }
        Inbound::Cart { items } => ("cart", format_smolstr!("{}", items.len())),
        Inbound::Product { sku, text } => ("product", format_smolstr!("{sku} {text}")),
        Inbound::Other { kind } => ("other", kind.clone()),
    }
}
