//! Words with something to choose: reply buttons, lists, a link, a form, a question for a place, products.

use std::borrow::Cow;
use std::fmt::Write;

use duka_engine::event::ReplyId;
use duka_engine::limits::{WHATSAPP, whatsapp};
use duka_engine::locale::{Standard, standard};
use duka_engine::outbound::{Choice, Choices, FormField, Message, Section};
use duka_engine::value::MediaType;

use super::fit::{cut, title, units};
use super::{Receiver, Setting, file, media_name, shown};
use crate::channel::whatsapp::flows;
use crate::channel::whatsapp::flows::published::Published;
use crate::channel::whatsapp::reply_id::{self, FormToken};
use crate::channel::whatsapp::wire::send::{
    Action, Button, Form, FormPayload, Header, Interactive, Parameters, ProductItem, Products, Row, Rows, Words,
};

/// A message with choices. Files that cannot be a header are left out: they went ahead as a part of their own.
/// `None`: there are none, or they can only be told in words.
pub(super) fn interactive<'a>(
    message: &'a Message,
    to: &Receiver<'_>,
    setting: Setting<'a>,
) -> Option<Interactive<'a>> {
    Some(match &message.choices {
        Choices::Buttons(buttons) if buttons.len() <= WHATSAPP.buttons => {
            let used = &mut Vec::new();
            let buttons = buttons.iter().enumerate().map(|(at, choice)| Button {
                id: id(choice, at, setting),
                title: unlike(&choice.title, WHATSAPP.button_title, used),
            });
            framed(message, "button", Action::Buttons { buttons: buttons.collect() }, "")
        }
        Choices::Buttons(buttons) => {
            let label = Cow::Borrowed(standard(&message.language, Standard::List));
            list(message, label, &[(Cow::Borrowed(""), buttons)], setting)
        }
        Choices::List { label, sections } => rows(message, label, sections, setting),
        Choices::Products { label, sections } => {
            let products = setting.catalogue.and_then(|id| products(message, id, label, sections));
            products.unwrap_or_else(|| rows(message, label, sections, setting))
        }
        Choices::Link { title: words, url, .. } => link(message, words, url),
        Choices::Form { id, form, title: words, submit, fields } => {
            let published = setting.forms.iter().find(|known| known.shape.shows(form, fields))?;
            self::form(message, id, published, (words, submit), fields, setting)
        }
        Choices::Location => {
            let action = Action::Named { name: "send_location", parameters: None };
            framed(message, "location_request_message", action, "")
        }
        // Whose number is known is not asked to share it.
        Choices::Contact => match to {
            Receiver::User(_) => {
                let action = Action::Named { name: "request_contact_info", parameters: None };
                framed(message, "request_contact_info", action, "")
            }
            Receiver::Phone(_) => return None,
        },
        Choices::Cards { label, rows, pictures, from_catalogue } => {
            match shown::cards(label, rows, pictures, *from_catalogue, setting) {
                Some(action) => framed(message, "carousel", action, ""),
                None => list(message, Cow::Borrowed(label), &[(Cow::Borrowed(""), rows)], setting),
            }
        }
        Choices::Product { sku, .. } => {
            let action = Action::Product { catalog_id: setting.catalogue?, product_retailer_id: sku };
            framed(message, "product", action, "")
        }
        Choices::Catalogue { .. } => {
            setting.catalogue?;
            let action = Action::Named { name: "catalog_message", parameters: None };
            framed(message, "catalog_message", action, "")
        }
        Choices::Order { order, pay: None } => framed(message, "order_status", shown::status(order, setting)?, ""),
        Choices::Order { order, pay: Some((_, words, url)) } => match shown::bill(order, url, setting) {
            Some(action) => framed(message, "order_details", action, ""),
            None => link(message, words, url),
        },
        Choices::Place { .. } | Choices::Emoji | Choices::None => return None,
    })
}

fn link<'a>(message: &'a Message, words: &'a str, url: &'a str) -> Interactive<'a> {
    let parameters = Parameters::Link { display_text: title(words, WHATSAPP.link_title), url };
    framed(message, "cta_url", Action::Named { name: "cta_url", parameters: Some(parameters) }, "")
}

/// A form that no Flow was published for: what is asked, line by line.
pub(super) fn form_in_words<'a>(words: &str, fields: &[FormField]) -> Cow<'a, str> {
    let mut out = words.to_string();
    for field in fields {
        let _ = write!(out, "\n• {}", field.label);
    }
    Cow::Owned(out)
}

/// Header, body, footer and action. `more` is added to the words.
fn framed<'a>(message: &'a Message, kind: &'static str, action: Action<'a>, more: &str) -> Interactive<'a> {
    let (heads, foots) = match kind {
        "location_request_message" | "request_contact_info" | "carousel" => (false, false),
        "product" | "catalog_message" | "order_details" | "order_status" => (false, true),
        _ => (true, true),
    };
    let media = message.header.as_deref().filter(|it| {
        let shown = matches!(it.kind, MediaType::Image | MediaType::Video | MediaType::Document);
        shown && matches!(kind, "button" | "cta_url")
    });
    let (bold, text) = match headline(&message.text) {
        Some((bold, text)) if media.is_none() && heads => (Some(bold), text),
        Some(_) | None => (None, message.text.as_str()),
    };
    let header = match media {
        Some(media) => Some(Header::Media { kind: media_name(media.kind), file: file(media) }),
        None => bold.map(|bold| Header::Text(Cow::Borrowed(bold))),
    };
    let footer = Some(message.footer.as_str()).filter(|footer| !footer.is_empty() && foots);
    Interactive {
        kind,
        header,
        // Of these only a product can stand without words.
        body: (kind != "product" || !text.trim().is_empty()).then(|| Words { text: body(text, more) }),
        footer: footer.map(|footer| Words { text: title(footer, WHATSAPP.footer) }),
        action,
    }
}

/// A first line that is bold as a whole is the header, where the rest can stand without it.
fn headline(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let bold = first.trim().strip_prefix('*')?.strip_suffix('*')?;
    let fits = !bold.is_empty() && !bold.contains(['*', '_', '~', '`']) && units(bold) <= whatsapp::HEADER;
    (fits && !rest.trim().is_empty()).then(|| (bold, rest.trim_start()))
}

/// The body may not be empty.
fn body<'a>(text: &'a str, more: &str) -> Cow<'a, str> {
    if !more.is_empty() {
        let whole = format!("{}{more}", cut(text, WHATSAPP.text_with_choices.saturating_sub(units(more))));
        return Cow::Owned(cut(whole.trim(), WHATSAPP.text_with_choices).into_owned());
    }
    if text.trim().is_empty() { Cow::Borrowed("…") } else { cut(text, WHATSAPP.text_with_choices) }
}

fn rows<'a>(message: &'a Message, label: &'a str, sections: &'a [Section], setting: Setting<'a>) -> Interactive<'a> {
    let sections: Vec<_> = sections.iter().map(|it| (Cow::Borrowed(it.title.as_str()), &it.rows)).collect();
    list(message, Cow::Borrowed(label), &sections, setting)
}

fn list<'a>(
    message: &'a Message,
    label: Cow<'a, str>,
    sections: &[(Cow<'a, str>, &'a Vec<Choice>)],
    setting: Setting<'a>,
) -> Interactive<'a> {
    let used = &mut Vec::new();
    let mut left = WHATSAPP.rows;
    let mut at = 0;
    let mut more = String::new();
    let mut shown: Vec<Rows<'a>> = Vec::with_capacity(sections.len());
    let several = sections.iter().filter(|(_, rows)| !rows.is_empty()).count() > 1;
    for (words, rows) in sections.iter().filter(|(_, rows)| !rows.is_empty()) {
        let fits = if shown.len() < WHATSAPP.sections { rows.len().min(left) } else { 0 };
        let (now, later) = rows.split_at(fits);
        left -= fits;
        let rows: Vec<Row<'a>> = now
            .iter()
            .map(|choice| {
                at += 1;
                row(choice, at, setting, used)
            })
            .collect();
        // What the list has no room for is typed: its number counts as a tap.
        for choice in later {
            at += 1;
            let _ = write!(more, "\n{at}. {}", choice.title);
        }
        if !rows.is_empty() {
            let words =
                if several { title_of(words, WHATSAPP.section_title) } else { cut_of(words, WHATSAPP.section_title) };
            shown.push(Rows { title: words, rows });
        }
    }
    let button = title_of(&label, WHATSAPP.list_label);
    framed(message, "list", Action::List { button, sections: shown }, &more)
}

fn row<'a>(choice: &'a Choice, at: usize, setting: Setting<'a>, used: &mut Vec<String>) -> Row<'a> {
    let wire = id(choice, at, setting);
    let wire = if used.contains(&wire) { reply_id::by_title(at) } else { wire };
    used.push(wire.clone());
    let note = choice.note.trim();
    let description = if note.is_empty() { Cow::Borrowed("") } else { title(note, WHATSAPP.row_note) };
    Row { id: wire, title: title(&choice.title, WHATSAPP.row_title), description }
}

fn title_of<'a>(words: &Cow<'a, str>, most: usize) -> Cow<'a, str> {
    match words {
        Cow::Borrowed(words) => title(words, most),
        Cow::Owned(words) => Cow::Owned(title(words, most).into_owned()),
    }
}

fn cut_of<'a>(words: &Cow<'a, str>, most: usize) -> Cow<'a, str> {
    if words.trim().is_empty() { Cow::Borrowed("") } else { title_of(words, most) }
}

pub(super) fn id(choice: &Choice, at: usize, setting: Setting<'_>) -> String {
    reply_id::encode(&choice.id, setting.keys).unwrap_or_else(|| reply_id::by_title(at))
}

/// A title that no other button of the message has: the vendor refuses two of a kind.
fn unlike<'a>(words: &'a str, most: usize, used: &mut Vec<String>) -> Cow<'a, str> {
    let mut found = title(words, most);
    let mut number = 2;
    while used.iter().any(|known| *known == found) {
        found = Cow::Owned(format!("{} {number}", title(words, most - 2)));
        number += 1;
    }
    used.push(found.to_string());
    found
}

/// Products of the catalogue: one alone, or several under the question's bold first line, else the list's label. `None`:
/// more than one message shows, or a row that is no product.
fn products<'a>(
    message: &'a Message,
    catalogue: &'a str,
    label: &'a str,
    sections: &'a [Section],
) -> Option<Interactive<'a>> {
    let count: usize = sections.iter().map(|section| section.rows.len()).sum();
    if !(1..=whatsapp::PRODUCTS).contains(&count) || sections.len() > whatsapp::PRODUCT_SECTIONS {
        return None;
    }
    let mut shown = Vec::with_capacity(sections.len());
    let words = headline(&message.text).map_or(label, |(bold, _)| bold);
    for section in sections.iter().filter(|section| !section.rows.is_empty()) {
        let skus = section.rows.iter().map(|row| row.id.item.as_deref());
        let items: Option<Vec<_>> = skus.map(|sku| sku.map(|sku| ProductItem { product_retailer_id: sku })).collect();
        let of_section = if section.title.trim().is_empty() { words } else { &section.title };
        shown.push(Products { title: title(of_section, WHATSAPP.section_title), product_items: items? });
    }
    if let ([only], 1) = (shown.as_slice(), count)
        && let [item] = only.product_items.as_slice()
    {
        let action = Action::Product { catalog_id: catalogue, product_retailer_id: item.product_retailer_id };
        return Some(framed(message, "product", action, ""));
    }
    let action = Action::Products { catalog_id: catalogue, sections: shown };
    let mut framed = framed(message, "product_list", action, "");
    framed.header.get_or_insert_with(|| Header::Text(title(label, whatsapp::HEADER)));
    Some(framed)
}

fn form<'a>(
    message: &'a Message,
    id: &ReplyId,
    published: &'a Published,
    (words, submit): (&'a str, &'a str),
    fields: &'a [FormField],
    setting: Setting<'a>,
) -> Interactive<'a> {
    let token = FormToken { conversation: setting.conversation, id: id.clone() };
    let parameters = Parameters::Form(Form {
        flow_message_version: whatsapp::form::MESSAGE_VERSION,
        flow_token: reply_id::form_token(&token, setting.keys),
        flow_id: &published.id,
        flow_cta: title(words, whatsapp::FORM_BUTTON),
        flow_action: "navigate",
        flow_action_payload: FormPayload {
            screen: flows::json::SCREEN,
            data: flows::json::data(&published.shape, (words, submit), fields, &message.language),
        },
    });
    framed(message, "flow", Action::Named { name: "flow", parameters: Some(parameters) }, "")
}
