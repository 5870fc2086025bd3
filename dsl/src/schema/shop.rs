//! The schema of `shop.yaml`.

use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::{KEEP, NAME, named_values, object, one_of};
use crate::config::channel::{READ_MARKS, WHATSAPP};
use crate::config::shop::{BRAND, CHANNELS, DAYS, RETENTION, ROUNDINGS, SEVERITIES, TOP, UNWANTED, ZONE};

const LENGTH: &str = "^[0-9]+ ?(ms|seconds?|minutes?|hours?|days?)$";
const HOURS: &str = "^([01]?[0-9]|2[0-4]):[0-5][0-9] to ([01]?[0-9]|2[0-4]):[0-5][0-9]$";

pub(super) fn schema() -> Schema {
    let properties: Map<String, Value> = TOP.iter().map(|key| ((*key).to_string(), top(key))).collect();
    json_schema!({
        "title": "A shop (shop.yaml)",
        "type": "object",
        "properties": properties,
        "required": ["name", "currency", "languages"],
        "additionalProperties": false,
    })
}

fn words<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(word, _)| *word).collect()
}

fn top(key: &str) -> Value {
    let text = json!({ "type": "string", "minLength": 1 });
    let hours = json!({ "type": "string", "pattern": HOURS, "examples": ["09:00 to 18:00"] });
    match key {
        "main" => json!({ "type": "string", "pattern": NAME, "description": "The flow that answers a new customer." }),
        "country" => json!({ "type": "string", "pattern": "^[A-Z]{2}$" }),
        "currency" => json!({ "type": "string", "pattern": "^[A-Z]{3}$" }),
        "languages" => json!({ "type": "array", "items": text, "minItems": 1 }),
        "phone" => json!({
            "type": "string",
            "pattern": "^\\+[0-9 ()-]{8,24}$",
            "description": "What customers read as {shop.phone}: with the code of its country.",
            "examples": ["+254 700 000 009"],
        }),
        "address" => json!({
            "type": "string",
            "minLength": 1,
            "description": "What customers read as {shop.address}.",
        }),
        "website" | "privacy" => json!({
            "type": "string",
            "pattern": "^https://[^\\s/?#]+\\.[^\\s]+$",
            "description": format!("A page that customers can open, as {{shop.{key}}}."),
        }),
        "quiet_hours" => hours,
        "hours" => week(&hours),
        "closed" => json!({
            "type": "array",
            "items": { "type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$", "examples": ["2026-12-25"] },
            "description": "Days on which the shop is closed, whatever its hours say.",
        }),
        "rounding" => {
            let mut ways = one_of(&words(ROUNDINGS));
            ways["description"] = json!("How parts of the smallest coin are rounded; half_up unless said.");
            ways
        }
        "channels" => {
            let of = |name: &str| if name == "whatsapp" { whatsapp() } else { section() };
            let each = CHANNELS.iter().map(|name| ((*name).to_string(), of(name))).collect();
            json!({ "anyOf": [{ "type": "array", "items": one_of(&CHANNELS) }, object(each, &[])] })
        }
        "adapters" => named_values(section()),
        "payments" => payments(),
        "brand" => {
            let colour = json!({ "type": "string", "pattern": "^#[0-9a-fA-F]{6}$", "examples": ["#0a7d4f"] });
            object(BRAND.iter().map(|name| ((*name).to_string(), colour.clone())).collect(), &[])
        }
        "retention" => {
            let keep = json!({ "type": "string", "pattern": KEEP, "examples": ["90 days"] });
            object(RETENTION.iter().map(|kept| ((*kept).to_string(), keep.clone())).collect(), &[])
        }
        "delivery" => named_values(zone()),
        "longest" => json!({
            "type": "object",
            "description": "The most letters a value of the catalogue has: product.name: 40.",
            "additionalProperties": { "type": "integer", "minimum": 0 },
        }),
        "rules" => json!({
            "type": "object",
            "description": "How severe a rule is in this shop, by its code or name.",
            "additionalProperties": one_of(&words(SEVERITIES)),
        }),
        _ => text,
    }
}

/// What all providers have; the rest is each one's own, and judged by D719 and D720.
fn payments() -> Value {
    let mut unwanted = one_of(&UNWANTED);
    unwanted["description"] = json!(
        "Money that nobody is to keep, for an order that is paid or cancelled: people are told and decide, or it goes back by itself."
    );
    json!({
        "type": "object",
        "properties": {
            "provider": { "type": "string", "pattern": NAME, "description": "Who takes the money: stripe, tap, razorpay, paystack, mpesa, demo." },
            "methods": { "type": "array", "items": { "type": "string", "pattern": NAME } },
            "link_for": {
                "type": "string",
                "pattern": LENGTH,
                "description": "How long a pay link can be paid; 30 minutes unless said.",
                "examples": ["30 minutes"],
            },
            "unwanted": unwanted,
            "old": {
                "type": "object",
                "description": "The provider before this one, with its settings: payments that were begun there are still asked about.",
                "properties": { "provider": { "type": "string", "pattern": NAME } },
                "required": ["provider"],
            },
        },
    })
}

fn week(hours: &Value) -> Value {
    let open = json!({ "anyOf": [hours, { "const": "closed" }, { "type": "array", "items": hours }] });
    let days = DAYS.iter().map(|(day, _)| ((*day).to_string(), open.clone())).collect();
    let mut week = object(days, &[]);
    week["description"] = json!("When the shop is open, in its own time: {shop.is_open}, {shop.hours_text}.");
    week
}

/// A channel's or an adapter's settings; `demo` stands for `{ kind: demo }`.
fn section() -> Value {
    json!({ "anyOf": [
        { "type": "string", "pattern": NAME },
        { "type": "object", "properties": {
            "kind": { "type": "string", "pattern": NAME },
            "contract": { "type": "string", "description": "The contract's file." },
        } },
    ] })
}

/// The numbers that a shop is live on; nothing below it means that the shop only is to be there one day.
fn whatsapp() -> Value {
    let id = json!({ "type": ["string", "integer"], "pattern": "^[0-9]{1,32}$" });
    let secret = json!({ "type": "string", "pattern": "^(env|file):.+$", "examples": ["env:WHATSAPP_TOKEN"] });
    let of = |key: &str| match key {
        "phone_number_id" => json!({
            "description": "Meta's id of the business number, or of several.",
            "anyOf": [id, { "type": "array", "items": id, "minItems": 1 }],
        }),
        "waba_id" | "portfolio_id" | "catalogue" => id.clone(),
        "pay_in_chat" => json!({ "type": "boolean" }),
        "read_marks" => one_of(&words(READ_MARKS)),
        _ => secret.clone(),
    };
    let live = object(WHATSAPP.iter().map(|key| ((*key).to_string(), of(key))).collect(), &["phone_number_id"]);
    json!({ "anyOf": [{ "type": "null" }, live] })
}

fn zone() -> Value {
    let of = |key: &str| match key {
        "towns" => json!({ "type": "array", "items": { "type": "string" } }),
        _ => json!({ "type": "string" }),
    };
    object(ZONE.iter().map(|key| ((*key).to_string(), of(key))).collect(), &[])
}
