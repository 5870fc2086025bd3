//! A message that is more than WhatsApp takes as one, taken apart. Each part becomes a send of its own, so each is sent,
//! counted and settled by itself; choices stay with the last.

use duka_engine::limits::WHATSAPP;
use duka_engine::outbound::{Choices, Message};
use duka_engine::value::MediaType;

use super::fit::{pieces, units};

/// Whether WhatsApp takes the message as it is.
pub fn is_one(message: &Message) -> bool {
    let detached = message.header.as_ref().is_some_and(|media| stands_alone(message, media.kind));
    !detached && units(&message.text) <= room(message, message.header.is_some())
}

/// The parts of a message, in order; nearly always the one that it is.
pub fn parts(message: &Message) -> Vec<Message> {
    if is_one(message) {
        return vec![message.clone()];
    }
    let detached = message.header.as_ref().filter(|media| stands_alone(message, media.kind));
    let last = room(message, message.header.is_some() && detached.is_none());
    let bare = || Message { key: message.key.clone(), language: message.language.clone(), ..Message::default() };
    let mut all = Vec::new();
    let mut rest = message.clone();
    if detached.is_some() {
        all.push(Message { header: rest.header.take(), ..bare() });
    }
    let texts = pieces(&message.text, WHATSAPP.text, last);
    let (end, before) = texts.split_last().map_or(("", &[][..]), |(end, before)| (*end, before));
    all.extend(before.iter().map(|text| Message { text: (*text).to_string(), ..bare() }));
    rest.text = end.to_string();
    if !rest.text.is_empty() || !rest.footer.is_empty() || rest.choices != Choices::None {
        all.push(rest);
    }
    // The quote stands above the first part.
    let answers = all.iter_mut().find_map(|part| part.answers.take());
    if let Some(first) = all.first_mut() {
        first.answers = answers;
    }
    all
}

/// Whether a file cannot go along with the words and choices of its message.
fn stands_alone(message: &Message, kind: MediaType) -> bool {
    let takes_words = !matches!(kind, MediaType::Audio | MediaType::Sticker);
    match &message.choices {
        Choices::None if takes_words => units(&message.text) > room(message, true),
        Choices::None => !message.text.is_empty(),
        Choices::Buttons(buttons) => !takes_words || buttons.len() > WHATSAPP.buttons,
        Choices::Link { .. } => !takes_words,
        // The header of a list is text; forms and questions for a place have none to rely on.
        Choices::List { .. }
        | Choices::Form { .. }
        | Choices::Location
        | Choices::Products { .. }
        | Choices::Contact
        | Choices::Cards { .. }
        | Choices::Product { .. }
        | Choices::Catalogue { .. }
        | Choices::Place { .. }
        | Choices::Order { .. }
        | Choices::Emoji => true,
    }
}

/// Units for the words of the last part.
fn room(message: &Message, captioned: bool) -> usize {
    let footer = if message.footer.is_empty() { 0 } else { units(&message.footer) + 4 };
    match &message.choices {
        Choices::None if captioned => WHATSAPP.caption.saturating_sub(footer),
        Choices::None => WHATSAPP.text.saturating_sub(footer),
        Choices::Buttons(_)
        | Choices::List { .. }
        | Choices::Link { .. }
        | Choices::Form { .. }
        | Choices::Location
        | Choices::Products { .. }
        | Choices::Contact
        | Choices::Cards { .. }
        | Choices::Product { .. }
        | Choices::Catalogue { .. }
        | Choices::Place { .. }
        | Choices::Order { .. }
        | Choices::Emoji => WHATSAPP.text_with_choices,
    }
}
