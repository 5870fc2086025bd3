//! The kinds of interactive messages, each with its limits (facts: the vendor's guide of interactive messages,
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages>, checked 2026-08-01).

use duka_engine::limits::WHATSAPP;
use duka_engine::limits::whatsapp::{
    BUTTON_ID, CARD_BODY, CARDS, CARDS_MIN, FORM_BUTTON_GUIDE, HEADER, LIST_BODY_GUIDE, PRODUCTS, ROW_ID, URL,
};
use serde_json::Value;

use super::fields::{array_in, object, one_of, only, optional, required, unique};
use super::{Checked, media, order, web_address};
use crate::dev_graph::refusal::Refusal;

pub fn check(content: &Value) -> Checked<()> {
    only(content, &["type", "header", "body", "footer", "action"])?;
    let kind = required(content, "type", 64, "interactive.type")?;
    optional_text(content, "footer", WHATSAPP.footer, "Footer text")?;
    frame(kind, content)?;
    action(kind, object(content, "action")?)
}

/// Header, body and footer.
fn frame(kind: &str, content: &Value) -> Checked<()> {
    let headers: &[&str] = match kind {
        "button" | "cta_url" | "flow" | "address_message" => &["text", "image", "video", "document"],
        "list" | "product_list" => &["text"],
        "order_details" => &["image"],
        _ => &[],
    };
    if kind == "product_list" {
        object(content, "header")?;
    }
    if !matches!(kind, "request_contact_info" | "call_permission_request" | "voice_call") {
        header(content, headers)?;
    }
    match kind {
        "list" => body(content, LIST_BODY_GUIDE),
        "product" => optional_text(content, "body", WHATSAPP.text_with_choices, "Body text"),
        "location_request_message" => {
            no_footer(content)?;
            body(content, WHATSAPP.text_with_choices)
        }
        _ => body(content, WHATSAPP.text_with_choices),
    }
}

fn action(kind: &str, action: &Value) -> Checked<()> {
    match kind {
        "button" => buttons(action),
        "list" => list(action),
        "cta_url" => link(action),
        "product" => {
            required(action, "catalog_id", 128, "catalog_id")?;
            required(action, "product_retailer_id", 256, "product_retailer_id").map(drop)
        }
        "product_list" => products(action),
        "carousel" => carousel(action),
        "flow" => flow(action),
        "location_request_message" => named(action, "send_location"),
        "address_message" => {
            named(action, "address_message")?;
            one_of(required(object(action, "parameters")?, "country", 2, "country")?, &["IN"], "country")
        }
        "catalog_message" | "request_contact_info" | "call_permission_request" | "voice_call" => named(action, kind),
        "order_details" => {
            named(action, "review_and_pay")?;
            order::details(object(action, "parameters")?)
        }
        "order_status" => {
            named(action, "review_order")?;
            order::status(object(action, "parameters")?)
        }
        other => Err(Refusal::new(100, format!("(#100) Param interactive['type']: {other} is not known."))),
    }
}

fn named(action: &Value, name: &str) -> Checked<()> {
    one_of(required(action, "name", 64, "action.name")?, &[name], "action.name")
}

fn body(content: &Value, most: usize) -> Checked<()> {
    required(object(content, "body")?, "text", most, "Body text").map(drop)
}

fn optional_text(content: &Value, key: &str, most: usize, what: &str) -> Checked<()> {
    match content.get(key) {
        None => Ok(()),
        Some(_) => required(object(content, key)?, "text", most, what).map(drop),
    }
}

fn no_footer(content: &Value) -> Checked<()> {
    match content.get("footer") {
        None => Ok(()),
        Some(_) => Err(Refusal::invalid("A footer is not allowed here.")),
    }
}

/// A header of one of these kinds, or none.
fn header(content: &Value, allowed: &[&str]) -> Checked<()> {
    if content.get("header").is_none() {
        return Ok(());
    }
    if allowed.is_empty() {
        return Err(Refusal::invalid("A header is not allowed here."));
    }
    let header = object(content, "header")?;
    let kind = required(header, "type", 16, "header.type")?;
    one_of(kind, allowed, "header.type")?;
    if kind == "text" {
        return required(header, "text", HEADER, "Header text").map(drop);
    }
    media(kind, object(header, kind)?)
}

fn buttons(action: &Value) -> Checked<()> {
    let buttons = array_in(action, "buttons", 1, WHATSAPP.buttons)?;
    let (mut ids, mut titles) = (Vec::new(), Vec::new());
    for button in buttons {
        one_of(required(button, "type", 16, "button.type")?, &["reply"], "button.type")?;
        let reply = object(button, "reply")?;
        let id = required(reply, "id", BUTTON_ID, "Button id")?;
        if id.trim() != id {
            return Err(Refusal::invalid("Button id must not begin or end with a space."));
        }
        ids.push(id);
        titles.push(required(reply, "title", WHATSAPP.button_title, "Button title")?);
    }
    unique(ids, "Button ids")?;
    unique(titles, "Button titles")
}

fn list(action: &Value) -> Checked<()> {
    required(action, "button", WHATSAPP.list_label, "Button label")?;
    let sections = array_in(action, "sections", 1, WHATSAPP.sections)?;
    let mut ids = Vec::new();
    for section in sections {
        let title = optional(section, "title", WHATSAPP.section_title, "Section title")?;
        if sections.len() > 1 && title.is_none() {
            return Err(Refusal::missing("section.title"));
        }
        for row in array_in(section, "rows", 1, WHATSAPP.rows)? {
            ids.push(required(row, "id", ROW_ID, "Row id")?);
            required(row, "title", WHATSAPP.row_title, "Row title")?;
            optional(row, "description", WHATSAPP.row_note, "Row description")?;
        }
    }
    if ids.len() > WHATSAPP.rows {
        return Err(Refusal::invalid(format!("Total row count exceed max allowed count: {}", WHATSAPP.rows)));
    }
    unique(ids, "Row ids")
}

fn link(action: &Value) -> Checked<()> {
    named(action, "cta_url")?;
    let parameters = object(action, "parameters")?;
    required(parameters, "display_text", WHATSAPP.link_title, "Display text")?;
    web_address(required(parameters, "url", URL, "URL")?)
}

fn products(action: &Value) -> Checked<()> {
    required(action, "catalog_id", 128, "catalog_id")?;
    let sections = array_in(action, "sections", 1, WHATSAPP.sections)?;
    let mut count = 0;
    for section in sections {
        let title = optional(section, "title", WHATSAPP.section_title, "Section title")?;
        if sections.len() > 1 && title.is_none() {
            return Err(Refusal::missing("section.title"));
        }
        let items = array_in(section, "product_items", 1, PRODUCTS)?;
        for item in items {
            required(item, "product_retailer_id", 256, "product_retailer_id")?;
        }
        count += items.len();
    }
    if count > PRODUCTS {
        return Err(Refusal::invalid(format!("Too many products. Max allowed is {PRODUCTS}.")));
    }
    Ok(())
}

fn carousel(action: &Value) -> Checked<()> {
    let cards = array_in(action, "cards", CARDS_MIN, CARDS)?;
    let (mut places, mut kinds, mut catalogues) = (Vec::new(), Vec::new(), Vec::new());
    for card in cards {
        let place = card.get("card_index").and_then(Value::as_u64).ok_or_else(|| Refusal::missing("card_index"))?;
        if place >= CARDS as u64 {
            return Err(Refusal::invalid("card_index is 0 to 9."));
        }
        places.push(place.to_string());
        kinds.push(required(card, "type", 32, "card.type")?);
        if let Some(text) = card.get("body") {
            let text = required(text, "text", CARD_BODY, "Card body text")?;
            if text.matches('\n').count() > 2 {
                return Err(Refusal::invalid("Card body text has at most 2 line breaks."));
            }
        }
        catalogues.extend(card_action(card)?);
    }
    if catalogues.iter().any(|catalogue| Some(catalogue) != catalogues.first()) {
        return Err(Refusal::invalid("All cards must be of one catalog."));
    }
    if kinds.iter().any(|kind| Some(kind) != kinds.first()) {
        return Err(Refusal::invalid("All cards must be of the same type."));
    }
    unique(places.iter().map(String::as_str), "card_index")
}

/// What a card opens, sends or shows; of a product its catalogue.
fn card_action(card: &Value) -> Checked<Option<&str>> {
    let action = object(card, "action")?;
    if card.get("type").and_then(Value::as_str) == Some("product") {
        required(action, "product_retailer_id", 256, "product_retailer_id")?;
        return required(action, "catalog_id", 128, "catalog_id").map(Some);
    }
    let header = object(card, "header")?;
    let kind = required(header, "type", 16, "card.header.type")?;
    one_of(kind, &["image", "video"], "card.header.type")?;
    web_address(required(object(header, kind)?, "link", URL, "card.header.link")?)?;
    if action.get("buttons").is_none() {
        return link(action).map(|()| None);
    }
    for button in array_in(action, "buttons", 1, WHATSAPP.buttons)? {
        one_of(required(button, "type", 16, "button.type")?, &["quick_reply"], "button.type")?;
        let reply = object(button, "quick_reply")?;
        required(reply, "id", BUTTON_ID, "Button id")?;
        required(reply, "title", WHATSAPP.button_title, "Button title")?;
    }
    Ok(None)
}

fn flow(action: &Value) -> Checked<()> {
    named(action, "flow")?;
    let parameters = object(action, "parameters")?;
    one_of(required(parameters, "flow_message_version", 4, "flow_message_version")?, &["3"], "flow_message_version")?;
    let id = optional(parameters, "flow_id", 64, "flow_id")?;
    let name = optional(parameters, "flow_name", 256, "flow_name")?;
    if id.is_some() == name.is_some() {
        return Err(Refusal::invalid("Exactly one of flow_id and flow_name is required."));
    }
    required(parameters, "flow_cta", FORM_BUTTON_GUIDE, "Flow CTA")?;
    if let Some(mode) = optional(parameters, "mode", 16, "mode")? {
        one_of(mode, &["draft", "published"], "mode")?;
    }
    let action = optional(parameters, "flow_action", 32, "flow_action")?.unwrap_or("navigate");
    one_of(action, &["navigate", "data_exchange"], "flow_action")?;
    match parameters.get("flow_action_payload") {
        Some(_) if action == "data_exchange" => {
            Err(Refusal::invalid("flow_action_payload is not allowed with data_exchange."))
        }
        Some(payload) => {
            if payload.get("data").and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
                return Err(Refusal::invalid("flow_action_payload.data must not be empty."));
            }
            required(payload, "screen", 80, "flow_action_payload.screen").map(drop)
        }
        None => Ok(()),
    }
}
