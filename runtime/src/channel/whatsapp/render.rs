//! Messages as the flow means them, written for WhatsApp: what the channel has not becomes what comes closest
//! (language.md 2.17), and nothing is longer than the channel takes. Sends nothing.

mod choices;
pub mod fit;
mod parts;
mod shown;
mod template;

use std::borrow::Cow;

use duka_engine::limits::WHATSAPP;
use duka_engine::outbound::{Choices, Message, Outbound};
use duka_engine::value::{Media, MediaType};
use thiserror::Error;

pub use parts::{is_one, parts};
pub use shown::{bill_reference, read_mark};

use super::CHANNEL;
use super::flows::published::Published;
use super::keys::ShopKeys;
use super::wire::send::{Content, File, Location, Quoted, Send};
use crate::id::ConversationId;
use crate::payments::chat::Chat;
use crate::store::{Identity, IdentityKind, TemplateRow};

/// To whom a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver<'a> {
    /// Digits of an international number.
    Phone(&'a str),
    /// A business-scoped user id, or its parent.
    User(&'a str),
}

impl<'a> Receiver<'a> {
    /// The way in which a customer is reached: by number if one is known, which every kind of message takes.
    pub fn of(identities: &'a [Identity]) -> Option<Receiver<'a>> {
        let known = |kind: IdentityKind| {
            identities.iter().rfind(|it| it.channel == CHANNEL && it.kind == kind).map(|it| it.value.as_str())
        };
        let user = || known(IdentityKind::User).or_else(|| known(IdentityKind::ParentUser)).map(Receiver::User);
        known(IdentityKind::Phone).map(Receiver::Phone).or_else(user)
    }
}

/// What of a shop its messages need.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub keys: &'a ShopKeys,
    /// The forms that are published, as Flows that can be sent now.
    pub forms: &'a [Published],
    /// Whose thread it goes to: the token of a form names it.
    pub conversation: ConversationId,
    /// The catalogue that products are shown from, where items to pick are its products and a cart is understood.
    pub catalogue: Option<&'a str>,
    /// What the vendor calls the order of this message: for a bill a new name, for its status that of its last bill.
    pub bill: Option<&'a str>,
    /// Who takes the money for a bill inside the chat; none: its link leads out.
    pub chat: Option<&'a Chat>,
    /// The Pix code of the bill; none: its link leads out.
    pub code: Option<&'a str>,
    pub now_ms: i64,
    /// The template as the vendor has it, if it was pulled.
    pub template: Option<&'a TemplateRow>,
}

/// One message on its way.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    pub to: &'a Receiver<'a>,
    /// The opaque id of the send; empty: none.
    pub opaque: &'a str,
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum RenderError {
    #[error("nothing is left to be sent")]
    Empty,
    /// The template cannot be filled with what the flow gives.
    #[error("template {name}: {why}")]
    Template { name: String, why: String },
    #[error("{0} does not fit what the channel takes")]
    Unfit(&'static str),
}

/// The body of a send. A message that [`parts`] would take apart is cut instead.
pub fn body(outbound: &Outbound, letter: Letter<'_>, setting: Setting<'_>) -> Result<Vec<u8>, RenderError> {
    Ok(match outbound {
        Outbound::Message(message) => {
            let answers = message.answers.as_deref().filter(|answers| !answers.is_empty());
            written(message_content(message, letter.to, setting)?, letter, answers)
        }
        Outbound::Template(template) => written(Content::Template(template::content(template, setting)?), letter, None),
    })
}

fn written(content: Content<'_>, letter: Letter<'_>, answers: Option<&str>) -> Vec<u8> {
    let (to, recipient) = match letter.to {
        Receiver::Phone(digits) => (Some(format!("+{digits}")), None),
        Receiver::User(id) => (None, Some(*id)),
    };
    // Reactions name their message themselves.
    let quoted = answers.filter(|_| !matches!(content, Content::Reaction { .. }));
    let send = Send {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        to,
        recipient,
        content,
        context: quoted.map(|message_id| Quoted { message_id }),
        biz_opaque_callback_data: Some(letter.opaque).filter(|opaque| !opaque.is_empty()),
    };
    serde_json::to_vec(&send).unwrap_or_default()
}

fn message_content<'a>(
    message: &'a Message,
    to: &Receiver<'_>,
    setting: Setting<'a>,
) -> Result<Content<'a>, RenderError> {
    match &message.choices {
        Choices::Place { latitude, longitude, name, address } => {
            return Ok(Content::Location(Location { latitude, longitude, name, address }));
        }
        Choices::Emoji => {
            let message_id = message.answers.as_deref().filter(|id| !id.is_empty());
            let message_id = message_id.ok_or(RenderError::Unfit("a sign on no message"))?;
            return Ok(Content::Reaction { message_id, emoji: &message.text });
        }
        _ => {}
    }
    if let Some(interactive) = choices::interactive(message, to, setting) {
        return Ok(Content::Interactive(interactive));
    }
    let words = match &message.choices {
        Choices::Form { fields, .. } => choices::form_in_words(&with_footer(message), fields),
        Choices::None
        | Choices::Buttons(_)
        | Choices::List { .. }
        | Choices::Link { .. }
        | Choices::Location
        | Choices::Products { .. }
        | Choices::Contact
        | Choices::Cards { .. }
        | Choices::Product { .. }
        | Choices::Catalogue { .. }
        | Choices::Place { .. }
        | Choices::Order { .. }
        | Choices::Emoji => with_footer(message),
    };
    match message.header.as_deref() {
        Some(media) => {
            let takes_words = !matches!(media.kind, MediaType::Audio | MediaType::Sticker);
            let caption =
                if takes_words && !words.is_empty() { Some(owned_cut(words, WHATSAPP.caption)) } else { None };
            Ok(Content::Media { kind: media_name(media.kind), file: File { caption, ..file(media) } })
        }
        None if words.trim().is_empty() => Err(RenderError::Empty),
        None => {
            let body = owned_cut(words, WHATSAPP.text);
            Ok(Content::Text { preview_url: body.contains("https://") || body.contains("http://"), body })
        }
    }
}

/// Texts and captions have no footer of their own: it becomes the last line.
fn with_footer(message: &Message) -> Cow<'_, str> {
    if message.footer.is_empty() {
        return Cow::Borrowed(&message.text);
    }
    Cow::Owned(format!("{}\n\n_{}_", message.text, message.footer).trim_start().to_string())
}

fn is_link(source: &str) -> bool {
    source.starts_with("https://") || source.starts_with("http://")
}

fn owned_cut(words: Cow<'_, str>, most: usize) -> Cow<'_, str> {
    match words {
        Cow::Borrowed(words) => fit::cut(words, most),
        Cow::Owned(words) => Cow::Owned(fit::cut(&words, most).into_owned()),
    }
}

fn media_name(kind: MediaType) -> &'static str {
    match kind {
        MediaType::Image => "image",
        MediaType::Video => "video",
        MediaType::Audio => "audio",
        MediaType::Document => "document",
        MediaType::Sticker => "sticker",
    }
}

/// A file by address, or by the id that it has at the vendor, with what it is called behind `#`.
fn file(media: &Media) -> File<'_> {
    let source = media.source.as_str();
    let is_link = is_link(source);
    let (path, name) = source.split_once('#').map_or((source, None), |(path, name)| (path, Some(name)));
    let (id, link) = if is_link { (None, Some(source)) } else { (Some(path), None) };
    let in_link = || path.split('?').next().and_then(|path| path.rsplit('/').next()).filter(|name| name.contains('.'));
    let name = if is_link { in_link() } else { name };
    let filename = name.filter(|_| media.kind == MediaType::Document).map(|name| Cow::Owned(name.replace("%20", " ")));
    File { id, link, caption: None, filename }
}
