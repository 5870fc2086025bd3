//! The schema of an adapter contract.

use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::{KEEP, NAME, named_values, object};
use crate::config::contract::{COMMAND, QUERY, TOP};

const TYPE: &str = "^([a-z][a-z0-9_]*|list of [a-z][a-z0-9_]*|one of [a-z][a-z0-9_]*(, *[a-z][a-z0-9_]*)*)\\??$";

pub(super) fn schema() -> Schema {
    let properties: Map<String, Value> = TOP.iter().map(|key| ((*key).to_string(), top(key))).collect();
    json_schema!({
        "title": "What a shop's backend answers (*.contract.yaml)",
        "type": "object",
        "properties": properties,
        "required": ["adapter"],
        "additionalProperties": false,
    })
}

fn a_type() -> Value {
    json!({ "type": "string", "pattern": TYPE, "examples": ["money", "image?", "list of order"] })
}

fn top(key: &str) -> Value {
    match key {
        "adapter" => json!({ "type": "string", "pattern": NAME }),
        "records" => named_values(named_values(a_type())),
        "queries" => named_values(operation(QUERY)),
        "commands" => named_values(operation(COMMAND)),
        _ => {
            let name = json!({ "type": "string", "pattern": NAME });
            let end = json!({ "type": "array", "items": name });
            json!({
                "type": "array",
                "description": "From the first to the last; \"end: a, b\" for those that nothing follows.",
                "items": { "anyOf": [
                    name,
                    { "type": "string", "pattern": "^end: [a-z0-9_, ]+$" },
                    { "type": "object", "properties": { "end": end }, "required": ["end"], "additionalProperties": false },
                ] },
            })
        }
    }
}

fn operation(keys: &[&str]) -> Value {
    let of = |key: &str| match key {
        "takes" => json!({ "type": "array", "items": a_type() }),
        "gives" => a_type(),
        "retry" => json!({ "type": "integer", "minimum": 0 }),
        "fails" => json!({ "type": "array", "items": { "type": "string", "pattern": NAME } }),
        "repeatable" => json!({ "type": "boolean" }),
        _ => json!({ "type": "string", "pattern": KEEP, "examples": ["10 seconds"] }),
    };
    object(keys.iter().map(|key| ((*key).to_string(), of(key))).collect(), &[])
}
