//! JSON Schemas (draft 2020-12) of the files that are written in YAML, from the tables that their readers go by, so that
//! editors complete and check them without a plug-in.

use serde_json::{Map, Value as Json, json};

use crate::config::{contract, shop};
use crate::yaml::keys::{self, Field, Item, Kind};

/// Every schema by its name (`flow`, `shop`, `contract`), as it is published in `schemas/NAME.schema.json`.
pub fn all() -> Vec<(&'static str, Json)> {
    vec![("flow", flow()), ("shop", shop_file()), ("contract", contract_file())]
}

fn document(title: &str, required: &[&str], properties: Map<String, Json>) -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn object(properties: impl IntoIterator<Item = (String, Json)>, required: &[&str]) -> Json {
    let properties: Map<String, Json> = properties.into_iter().collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

fn map_of(value: Json) -> Json {
    json!({ "type": "object", "additionalProperties": value })
}

fn list_of(value: Json) -> Json {
    json!({ "type": "array", "items": value })
}

fn text() -> Json {
    json!({ "type": ["string", "number", "boolean", "null"] })
}

fn name() -> Json {
    json!({ "type": "string", "pattern": "^[a-z][a-z0-9_]*$" })
}

fn keyed(keys: &[&str], of: impl Fn(&str) -> Json) -> Map<String, Json> {
    keys.iter().map(|key| ((*key).to_string(), of(key))).collect()
}

fn visit() -> Json {
    let long = object(
        keys::VISIT.iter().map(|key| ((*key).to_string(), if *key == "with" { list_of(name()) } else { text() })),
        &["flow"],
    );
    json!({ "anyOf": [text(), long] })
}

fn lines() -> Json {
    let each = object([("each".to_string(), object(keyed(keys::EACH, |_| text()), keys::EACH))], &["each"]);
    json!({ "anyOf": [text(), list_of(json!({ "anyOf": [text(), each] }))] })
}

fn kind(kind: Kind) -> Json {
    match kind {
        Kind::Text | Kind::Expr | Kind::Time | Kind::Path | Kind::Atom => text(),
        Kind::Name => json!({ "type": ["string", "boolean", "null"] }),
        Kind::Lines => lines(),
        Kind::Names => list_of(name()),
        Kind::Count => json!({ "type": "integer", "minimum": 1 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Dest => json!({ "anyOf": [text(), object(fields(keys::DEST), &[])] }),
        Kind::Assign => {
            json!({ "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": text() })
        }
        Kind::Visit => visit(),
    }
}

fn fields(fields: &[Field]) -> Map<String, Json> {
    fields.iter().map(|field| (field.name.to_string(), kind(field.kind))).collect()
}

/// One item of a list of lines: `- button: { … }`, with the lines below it under `then`.
fn item(item: &Item) -> Json {
    let mut properties = fields(item.fields);
    if item.reacts {
        for (key, value) in fields(keys::DEST) {
            properties.entry(key).or_insert(value);
        }
    }
    let required: Vec<&str> = item.fields.iter().filter(|field| field.needed).map(|field| field.name).collect();
    let long = object(properties, &required);
    let value = match item.short {
        Some(short) => json!({ "anyOf": [kind(short), long] }),
        None => long,
    };
    let mut whole = Map::from_iter([(item.key.to_string(), value)]);
    if item.reacts {
        whole.insert("then".to_string(), json!({ "$ref": "#/$defs/steps" }));
    }
    let mut schema = object(whole, &[item.key]);
    schema["description"] = json!(item.usage);
    schema
}

/// `- to: bag`, `- { if: …, to: bag }`, `- visit: std.handoff`
fn jump() -> Json {
    let mut properties = fields(keys::DEST);
    properties.insert("if".to_string(), text());
    object(properties, &[])
}

fn flow() -> Json {
    let steps = json!({ "$ref": "#/$defs/steps" });
    let states = map_of(json!({
        "anyOf": [steps, object([
            ("was".to_string(), json!({ "anyOf": [name(), list_of(name())] })),
            ("steps".to_string(), steps.clone()),
        ], &[])]
    }));
    let properties = keyed(keys::TOP, |key| match key {
        "duka" => json!({ "type": "integer", "minimum": 1 }),
        "languages" | "use" => list_of(text()),
        "takes" | "rules" | "consent" => map_of(text()),
        "remember" | "remember_customer" => {
            let long = object(
                keyed(keys::MEMORY, |key| if key == "optional" { json!({ "type": "boolean" }) } else { text() }),
                &["type"],
            );
            map_of(json!({ "anyOf": [text(), long] }))
        }
        "words" | "experiments" => map_of(list_of(text())),
        "phrases" => map_of(object(keyed(&[&["param"], keys::PLURALS].concat(), |_| text()), &["param"])),
        "forms" => {
            let field = object(
                keyed(keys::FORM_FIELD, |key| if key == "optional" { json!({ "type": "boolean" }) } else { text() }),
                &["name", "type", "label"],
            );
            map_of(object(keyed(keys::FORM, |key| if key == "fields" { list_of(field.clone()) } else { text() }), &[]))
        }
        "anywhere" => steps.clone(),
        "states" => states.clone(),
        "groups" => {
            let of = |key: &str| if key == "states" { states.clone() } else { steps.clone() };
            map_of(json!({ "anyOf": [object(keyed(keys::GROUP, of), &[]), { "type": "null" }] }))
        }
        "follow" => map_of(steps.clone()),
        "templates" => map_of(object(
            keyed(keys::TEMPLATE, |key| match key {
                "category" => json!({ "enum": ["marketing", "utility", "authentication"] }),
                "samples" => map_of(text()),
                "steps" => steps.clone(),
                "body" => lines(),
                _ => text(),
            }),
            &["category"],
        )),
        _ => text(),
    });
    let mut schema = document("A flow of Duka in its YAML form", &["duka", "flow"], properties);
    let items: Vec<Json> = keys::ITEMS.iter().map(item).chain([jump()]).collect();
    schema["$defs"] = json!({ "steps": list_of(json!({ "anyOf": items })) });
    schema
}

fn shop_file() -> Json {
    let names =
        |keys: Vec<&str>, value: Json| object(keys.into_iter().map(|key| (key.to_string(), value.clone())), &[]);
    let severities: Vec<&str> = shop::SEVERITIES.iter().map(|(name, _)| *name).collect();
    let sections = json!({ "anyOf": [list_of(text()), map_of(json!({ "type": ["string", "object", "null"] }))] });
    let properties = keyed(shop::TOP, |key| match key {
        "languages" => list_of(text()),
        "hours" => {
            let days = shop::DAYS.iter().map(|(name, _)| *name).collect();
            names(days, json!({ "anyOf": [text(), list_of(text())] }))
        }
        "rounding" => json!({ "enum": shop::ROUNDINGS.iter().map(|(name, _)| *name).collect::<Vec<_>>() }),
        "channels" | "adapters" => sections.clone(),
        "payments" => json!({ "type": ["object", "array", "string"] }),
        "retention" => names(shop::RETENTION.to_vec(), text()),
        "delivery" => {
            map_of(object(keyed(shop::ZONE, |key| if key == "towns" { list_of(text()) } else { text() }), &[]))
        }
        "longest" => map_of(json!({ "type": "integer", "minimum": 1 })),
        "rules" => map_of(json!({ "enum": severities })),
        _ => text(),
    });
    document("The profile of a shop: shop.yaml", &["name"], properties)
}

fn contract_file() -> Json {
    let operation = |keys: &[&str]| {
        let of = |key: &str| match key {
            "takes" | "fails" => list_of(text()),
            "retry" => json!({ "type": "integer", "minimum": 0 }),
            "repeatable" => json!({ "type": "boolean" }),
            _ => text(),
        };
        map_of(json!({ "anyOf": [object(keyed(keys, of), &[]), { "type": "null" }] }))
    };
    let properties = keyed(contract::TOP, |key| match key {
        "records" => map_of(map_of(text())),
        "queries" => operation(contract::QUERY),
        "commands" => operation(contract::COMMAND),
        "statuses" => list_of(text()),
        _ => text(),
    });
    document("What an adapter answers: a contract", &["adapter"], properties)
}
