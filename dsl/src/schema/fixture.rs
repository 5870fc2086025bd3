//! The schema of a fixture: its parts; what is in them is the contracts' business.

use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use crate::config::fixture::PARTS;

pub(super) fn schema() -> Schema {
    let properties: Map<String, Value> = PARTS.iter().map(|part| ((*part).to_string(), part_schema(part))).collect();
    json_schema!({
        "title": "A shop's catalogue, orders and customer for tests (fixtures/*.yaml)",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn part_schema(part: &str) -> Value {
    match part {
        "customer" | "consent" | "cart" | "remember" | "answers" | "shop" => json!({ "type": "object" }),
        "now" | "language" => json!({ "type": "string" }),
        _ => json!({ "type": "array", "items": { "type": "object" } }),
    }
}
