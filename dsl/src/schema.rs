//! JSON Schemas of the YAML files, made from the tables that the readers go by, for editors that complete and check.
//!
//! A schema knows the shape of a file; what its names mean is for `duka check`.

mod contract;
mod fixture;
mod flow;
mod shop;

use schemars::{Schema, json_schema};
use serde_json::Value;

/// The name and schema of every kind of YAML file.
pub fn all() -> Vec<(&'static str, Value)> {
    let schemas = [
        ("flow", flow::schema()),
        ("shop", shop::schema()),
        ("contract", contract::schema()),
        ("fixture", fixture::schema()),
    ];
    schemas.into_iter().map(|(name, schema)| (name, dialect(schema).to_value())).collect()
}

/// The schema of one kind of file: `flow`, `shop`, `contract` or `fixture`.
pub fn named(name: &str) -> Option<Value> {
    all().into_iter().find(|(known, _)| *known == name).map(|(_, schema)| schema)
}

fn dialect(schema: Schema) -> Schema {
    let mut whole = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
    });
    for (key, value) in schema.to_value().as_object().into_iter().flatten() {
        whole.insert(key.clone(), value.clone());
    }
    whole
}

fn one_of(words: &[&str]) -> Value {
    serde_json::json!({ "enum": words })
}

/// An object with these properties and no others.
fn object(properties: serde_json::Map<String, Value>, required: &[&str]) -> Value {
    serde_json::json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// An object whose keys are names.
fn named_values(value: Value) -> Value {
    serde_json::json!({ "type": "object", "propertyNames": { "pattern": NAME }, "additionalProperties": value })
}

const NAME: &str = "^[a-z][a-z0-9_]*$";
const PATH: &str = "^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$";
const KEEP: &str = "^[0-9]{1,6} (second|minute|hour|day|week|month|year)s?$";
