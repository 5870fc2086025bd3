//! The shape of a template send. Whether the template exists, and takes these values, is [`crate::dev_graph::template`]'s.

use duka_engine::limits::WHATSAPP;
use serde_json::Value;

use super::fields::{array_in, object, one_of, only, required};
use super::{Checked, location, media};
use crate::dev_graph::refusal::Refusal;

const SUB_TYPES: [&str; 9] = [
    "url",
    "quick_reply",
    "copy_code",
    "catalog",
    "mpm",
    "flow",
    "order_details",
    "voice_call",
    "request_contact_info",
];

pub fn check(content: &Value) -> Checked<()> {
    only(content, &["name", "language", "components"])?;
    let most = WHATSAPP.template.as_ref().map_or(512, |limits| limits.name);
    required(content, "name", most, "Template name")?;
    required(object(content, "language")?, "code", 16, "language.code")?;
    if content.get("components").is_none() {
        return Ok(());
    }
    for component in array_in(content, "components", 0, 20)? {
        component_of(component)?;
    }
    Ok(())
}

fn component_of(component: &Value) -> Checked<()> {
    let kind = required(component, "type", 32, "component.type")?.to_ascii_lowercase();
    one_of(
        &kind,
        &["header", "body", "button", "carousel", "limited_time_offer", "order_status"],
        "template['components']['type']",
    )?;
    if kind == "carousel" {
        for card in array_in(component, "cards", 1, 10)? {
            for part in array_in(card, "components", 0, 20)? {
                component_of(part)?;
            }
        }
        return Ok(());
    }
    if kind == "button" {
        let sub_type = required(component, "sub_type", 32, "sub_type")?.to_ascii_lowercase();
        one_of(&sub_type, &SUB_TYPES, "sub_type")?;
        let index = component.get("index").ok_or_else(|| Refusal::missing("index"))?;
        let read = index.as_u64().or_else(|| index.as_str().and_then(|text| text.parse().ok()));
        if read.is_none_or(|index| index >= 10) {
            return Err(Refusal::invalid("Button index is 0 to 9."));
        }
    }
    for parameter in array_in(component, "parameters", 0, 100)? {
        parameter_of(parameter)?;
    }
    Ok(())
}

fn parameter_of(parameter: &Value) -> Checked<()> {
    let kind = required(parameter, "type", 32, "parameter.type")?;
    match kind {
        "text" => value(required(parameter, "text", 4096, "Parameter text")?),
        "payload" => required(parameter, "payload", 256, "Button payload").map(drop),
        "coupon_code" => required(parameter, "coupon_code", 20, "Coupon code").map(drop),
        "image" | "video" | "document" => media(kind, object(parameter, kind)?),
        "location" => location(object(parameter, "location")?),
        "currency" | "date_time" => {
            required(object(parameter, kind)?, "fallback_value", 1024, "fallback_value").map(drop)
        }
        "action" | "limited_time_offer" | "order_status" | "product" => object(parameter, kind).map(drop),
        "ttl_minutes" => Ok(()),
        other => Err(Refusal::new(132012, format!("Parameter of unknown type {other}"))),
    }
}

/// A parameter's text is one line without runs of spaces.
fn value(text: &str) -> Checked<()> {
    if text.contains(['\n', '\r', '\t']) || text.contains("     ") {
        return Err(Refusal::new(
            132012,
            "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
        ));
    }
    Ok(())
}
