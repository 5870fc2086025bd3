//! What customers do, and what is told about them: messages, taps, carts, forms; moves to another number or user id;
//! the owner's own answers; marketing wanted or not.

use std::sync::Arc;

use duka_engine::card;
use duka_engine::event::{CartItem, Inbound};
use duka_engine::value::{Media, MediaType};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::identity::Ids;
use super::{Act, FileRef, Meaning, Reader, ms};
use crate::channel::whatsapp::wire::{
    Card, Contact, FormReply, Interactive, Location, MediaObject, Message, Order, Preference, Reply, System, Word,
};
use crate::channel::whatsapp::{clean, reply_id};
use crate::store::{Identity, IdentityKind};

/// Fields of a form and items of a cart that are read.
const MOST: usize = 100;

impl Reader<'_> {
    pub(super) fn message(self, contacts: &[Contact<'_>], message: &Message<'_>) -> Meaning {
        let Some(id) = message.id.given() else { return Meaning::Unreadable { why: "message without id" } };
        if message.group_id.given().is_some() {
            return Meaning::Unknown { what: "group message".into() };
        }
        if let Some(system) = message.system.as_ref().filter(|_| message.kind.as_str() == "system") {
            return self.moved(message, system);
        }
        let ids = Ids { user: &message.from_user_id, parent: &message.from_parent_user_id, phone: &message.from };
        let (who, name) = self.who(contacts, ids);
        if who.is_empty() {
            return Meaning::Unreadable { why: "message without sender" };
        }
        let inbound = self.inbound(message, &name);
        let inbound = card::redacted(&inbound).unwrap_or(inbound);
        let (note, file) = (message.order.as_ref().map(|order| note(&order.text)).unwrap_or_default(), file(message));
        // A card number that stands where no flow looks is answered all the same, and nothing else is done with the message.
        let is_beside = note == card::PLACEHOLDER || file.as_ref().is_some_and(|file| file.name == card::PLACEHOLDER);
        let (inbound, note) =
            if is_beside { (Inbound::Text(card::PLACEHOLDER.into()), SmolStr::default()) } else { (inbound, note) };
        Meaning::Act(Act {
            who,
            id: id.into(),
            at_ms: ms(&message.timestamp),
            opens_window: !matches!(message.kind.as_str(), "edit" | "revoke"),
            from_ad: message.referral.as_ref().is_some_and(|referral| referral.source_type.as_str() == "ad"),
            note,
            answers: message.context.as_ref().and_then(|it| it.id.given()).unwrap_or_default().into(),
            file,
            shared: self.shared(message),
            inbound,
            name,
        })
    }

    fn inbound(self, message: &Message<'_>, name: &str) -> Inbound {
        let kind = message.kind.as_str();
        let read = match kind {
            "text" => text(message),
            "image" => media(MediaType::Image, message.image.as_ref()),
            "video" => media(MediaType::Video, message.video.as_ref()),
            "audio" => media(MediaType::Audio, message.audio.as_ref()),
            "document" => media(MediaType::Document, message.document.as_ref()),
            "location" => message.location.as_ref().and_then(location),
            "contacts" => {
                message.contacts.as_ref().and_then(|cards| cards.first()).and_then(|card| contact(card, name))
            }
            "button" => message.button.as_ref().and_then(|tap| self.tap(&tap.payload, &tap.text)),
            "interactive" => message.interactive.as_ref().and_then(|reply| self.interactive(reply)),
            "order" => message.order.as_ref().and_then(cart),
            _ => None,
        };
        let inner = inner_kind(message);
        read.unwrap_or_else(|| Inbound::Other { kind: clean::line(inner.unwrap_or(kind)).into() })
    }

    /// A tap with an id that this shop made; any other counts as its title, typed.
    fn tap(self, id: &Word<'_>, title: &Word<'_>) -> Option<Inbound> {
        match reply_id::decode(id.as_str(), self.keys) {
            Some(id) => Some(Inbound::Tap(id)),
            None => words(title.as_str()),
        }
    }

    fn interactive(self, reply: &Interactive<'_>) -> Option<Inbound> {
        let tapped = |tap: &Reply<'_>| self.tap(&tap.id, &tap.title);
        match reply.kind.as_str() {
            "button_reply" => reply.button_reply.as_ref().and_then(tapped),
            "list_reply" => reply.list_reply.as_ref().and_then(tapped),
            "nfm_reply" => reply.nfm_reply.as_ref().and_then(|filled| self.form(filled)),
            "product" => reply.product.as_ref().and_then(|product| asked(product.product_retailer_id.as_str(), "")),
            _ => None,
        }
    }

    /// A form that was filled in; one whose token this shop did not make is of no form, as an old one is.
    fn form(self, reply: &FormReply<'_>) -> Option<Inbound> {
        let answers: Map<String, Value> = serde_json::from_str(reply.response_json.as_str()).ok()?;
        if reply.name.as_str() == "address_message" {
            let values = answers.get("values").and_then(Value::as_object)?;
            return Some(Inbound::Form { form: "address_message".into(), fields: filled(values), id: None });
        }
        let token = answers.get("flow_token").and_then(Value::as_str);
        Some(match token.and_then(|token| reply_id::form_of(token, self.keys)) {
            Some(token) => {
                Inbound::Form { form: token.id.choice.clone(), fields: filled(&answers), id: Some(token.id) }
            }
            None => Inbound::Form { form: SmolStr::default(), fields: Vec::new(), id: None },
        })
    }

    /// The customer's own number, given when it was asked for.
    fn shared(self, message: &Message<'_>) -> Option<Identity> {
        let card = message.contacts.as_ref()?.iter().find(|card| card.origin.as_str() == "contact_request")?;
        card.phones.iter().find_map(|phone| self.identity(IdentityKind::Phone, phone.wa_id.as_str()))
    }

    fn moved(self, message: &Message<'_>, system: &System<'_>) -> Meaning {
        let moves = ["user_changed_number", "customer_changed_number", "user_changed_user_id"];
        match system.kind.as_str() {
            kind if moves.contains(&kind) => {}
            kind @ ("customer_identity_changed" | "user_identity_changed") => {
                return Meaning::Kept { what: kind.into() };
            }
            kind => return Meaning::Unknown { what: format!("system {}", clean::line(kind)).into() },
        }
        let number = if system.wa_id.given().is_some() { &system.wa_id } else { &system.new_wa_id };
        let to = self.known([
            (IdentityKind::User, &system.user_id),
            (IdentityKind::ParentUser, &system.parent_user_id),
            (IdentityKind::Phone, number),
        ]);
        let mut from = self.known([
            (IdentityKind::User, &system.previous_user_id),
            (IdentityKind::User, &message.from_user_id),
            (IdentityKind::ParentUser, &system.previous_parent_user_id),
            (IdentityKind::Phone, &message.from),
        ]);
        from.dedup();
        // A move of the user id alone keeps the phone, and a number may be told as if it had been the new one before.
        from.retain(|old| to.iter().any(|new| new.kind == old.kind) && !to.contains(old));
        if to.is_empty() || from.is_empty() {
            return Meaning::Kept { what: clean::line(system.kind.as_str()).into() };
        }
        Meaning::Moved { from, to, id: message.id.as_str().into(), at_ms: ms(&message.timestamp) }
    }

    fn known<const N: usize>(self, ids: [(IdentityKind, &Word<'_>); N]) -> Vec<Identity> {
        ids.into_iter().filter_map(|(kind, value)| self.identity(kind, value.as_str())).collect()
    }

    pub(super) fn echo(self, contacts: &[Contact<'_>], echo: &Message<'_>) -> Meaning {
        let ids = Ids { user: &echo.to_user_id, parent: &echo.to_parent_user_id, phone: &echo.to };
        let (who, _) = self.who(contacts, ids);
        match echo.id.given() {
            Some(id) if !who.is_empty() => Meaning::OwnerReplied { who, id: id.into(), at_ms: ms(&echo.timestamp) },
            Some(_) | None => Meaning::Unreadable { why: "echo without receiver" },
        }
    }

    pub(super) fn preference(self, preference: &Preference<'_>) -> Meaning {
        let who = self.known([(IdentityKind::User, &preference.user_id), (IdentityKind::Phone, &preference.wa_id)]);
        let marketing = match (preference.category.as_str(), preference.value.as_str()) {
            ("marketing_messages", "stop") => false,
            ("marketing_messages", "resume" | "signup") => true,
            (_, _) => return Meaning::Kept { what: "preference".into() },
        };
        if who.is_empty() {
            return Meaning::Unreadable { why: "preference without customer" };
        }
        Meaning::Preference { who, marketing, at_ms: ms(&preference.timestamp) }
    }
}

/// What kind of thing it was that could not be read.
fn inner_kind<'a>(message: &'a Message<'_>) -> Option<&'a str> {
    let failed = message.errors.as_ref().and_then(|errors| errors.first());
    match failed.map(|error| error.code.as_str()) {
        Some("131052") => Some("media_failed"),
        Some("131060") => Some("unavailable"),
        Some(_) | None => {
            let unsupported = message.unsupported.as_ref().and_then(|it| it.kind.given());
            unsupported.or_else(|| message.interactive.as_ref().and_then(|it| it.kind.given()))
        }
    }
}

fn words(raw: &str) -> Option<Inbound> {
    let words = clean::text(raw);
    (!words.trim().is_empty()).then(|| Inbound::Text(words.into()))
}

fn text(message: &Message<'_>) -> Option<Inbound> {
    let body = message.text.as_ref()?.body.as_str();
    let product = message.context.as_ref().and_then(|context| context.referred_product.as_ref());
    match product.and_then(|product| product.product_retailer_id.given()) {
        Some(sku) => asked(sku, body),
        None => words(body),
    }
}

fn asked(sku: &str, text: &str) -> Option<Inbound> {
    let sku = clean::line(sku);
    (!sku.is_empty()).then(|| Inbound::Product { sku: sku.into(), text: clean::text(text).into() })
}

fn media(kind: MediaType, object: Option<&MediaObject<'_>>) -> Option<Inbound> {
    let object = object.filter(|object| object.id.given().is_some())?;
    let media = Media {
        kind,
        source: clean::line(object.id.as_str()).into(),
        mime: clean::line(object.mime_type.as_str()).into(),
        caption: clean::text(object.caption.as_str()).into(),
    };
    Some(Inbound::Media(Arc::new(media)))
}

fn file(message: &Message<'_>) -> Option<FileRef> {
    let objects = [&message.image, &message.video, &message.audio, &message.document, &message.sticker];
    let object = objects.into_iter().find_map(Option::as_ref).filter(|object| object.id.given().is_some())?;
    Some(FileRef {
        id: clean::line(object.id.as_str()).into(),
        url: object.url.as_str().to_string(),
        mime: clean::line(object.mime_type.as_str()).into(),
        sha256: clean::line(object.sha256.as_str()).into(),
        name: card::without(&clean::line(object.filename.as_str())).into(),
    })
}

fn location(at: &Location<'_>) -> Option<Inbound> {
    let degrees = |word: &Word<'_>, most: f64| -> Option<SmolStr> {
        let number: f64 = word.as_str().trim().parse().ok()?;
        (number.abs() <= most).then(|| word.as_str().trim().into())
    };
    Some(Inbound::Location {
        latitude: degrees(&at.latitude, 90.0)?,
        longitude: degrees(&at.longitude, 180.0)?,
        name: clean::line(at.name.as_str()).into(),
        address: clean::line(at.address.as_str()).into(),
    })
}

/// The first number of a card; a number shared on request has no name but the customer's own.
fn contact(card: &Card<'_>, own: &str) -> Option<Inbound> {
    let number = |phone: &crate::channel::whatsapp::wire::CardPhone<'_>| -> Option<SmolStr> {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        match (phone.phone.given(), phone.wa_id.given()) {
            (Some(shown), _) if shown.starts_with('+') => Some(format!("+{}", digits(shown)).into()),
            (_, Some(id)) => Some(format!("+{}", digits(id)).into()),
            (Some(shown), None) => Some(clean::line(shown).into()),
            (None, None) => None,
        }
    };
    let phone = card.phones.iter().find_map(number)?;
    let parts = [&card.name.first_name, &card.name.last_name].map(|part| part.as_str()).join(" ");
    let name = clean::line(card.name.formatted_name.given().unwrap_or(&parts));
    let name = if name.is_empty() { own.into() } else { name.into() };
    Some(Inbound::Contact { name, phone })
}

fn cart(order: &Order<'_>) -> Option<Inbound> {
    let items = order.product_items.iter().take(MOST).filter_map(|item| {
        let sku = clean::line(item.product_retailer_id.as_str());
        let quantity = item.quantity.integer().and_then(|quantity| u32::try_from(quantity).ok())?;
        (!sku.is_empty() && quantity > 0).then(|| CartItem { sku: sku.into(), quantity })
    });
    let items: Vec<CartItem> = items.collect();
    (!items.is_empty()).then_some(Inbound::Cart { items })
}

/// Words for people, without numbers of cards.
fn note(text: &Word<'_>) -> SmolStr {
    card::without(clean::text(text.as_str()).trim()).into()
}

/// The answers of a form as texts, in the order in which they came.
pub fn filled(answers: &Map<String, Value>) -> Vec<(SmolStr, SmolStr)> {
    let written = |value: &Value| -> Option<SmolStr> {
        Some(match value {
            Value::String(text) => clean::text(text).into(),
            Value::Number(number) => number.to_string().into(),
            Value::Bool(yes) => SmolStr::new_static(if *yes { "yes" } else { "no" }),
            Value::Array(items) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                clean::text(&items.join(", ")).into()
            }
            Value::Null | Value::Object(_) => return None,
        })
    };
    let ours = answers.iter().filter(|(name, _)| *name != "flow_token").take(MOST);
    ours.filter_map(|(name, value)| Some((clean::line(name).into(), written(value)?))).collect()
}
