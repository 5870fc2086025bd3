//! The schema of a flow in its YAML form.

use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::{KEEP, NAME, PATH, named_values, object, one_of};
use crate::yaml::keys::{self, Field, ITEMS, Item, Kind};

pub(super) fn schema() -> Schema {
    json_schema!({
        "title": "A Duka flow in its YAML form (*.duka.yaml)",
        "type": "object",
        "properties": top(),
        "required": ["duka", "flow", "start"],
        "additionalProperties": false,
        "$defs": definitions(),
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn top() -> Map<String, Value> {
    let mut properties = Map::new();
    for key in keys::TOP {
        properties.insert((*key).to_string(), top_key(key));
    }
    properties
}

fn top_key(key: &str) -> Value {
    match key {
        "duka" => json!({ "const": crate::ownership::VERSION, "description": "The version of the language." }),
        "flow" | "start" | "gives" => reference("name"),
        "languages" => list(json!({ "type": "string", "pattern": "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$" })),
        "currency" => json!({ "type": "string", "pattern": "^[A-Z]{3}$" }),
        "timezone" => json!({ "type": "string", "examples": ["Africa/Nairobi"] }),
        "takes" => named_values(reference("type")),
        "use" => list(reference("path")),
        "rules" => named_values(reference("constant")),
        "remember" | "remember_customer" => named_values(reference("memory")),
        "words" => named_values(list(reference("word"))),
        "consent" => named_values(reference("text")),
        "phrases" => named_values(phrase()),
        "forms" => named_values(form()),
        "experiments" => named_values(list(reference("name"))),
        "anywhere" => list(reference("reaction")),
        "states" => named_values(reference("state")),
        "groups" => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[a-z][a-z0-9_]*$|^none [0-9]+$" },
            "additionalProperties": group(),
        }),
        "follow" => named_values(list(reference("reaction"))),
        _ => named_values(template()),
    }
}

fn definitions() -> Map<String, Value> {
    let mut all = Map::new();
    let mut define = |name: &str, value: Value| all.insert(name.to_string(), value);
    define("name", json!({ "type": "string", "pattern": NAME }));
    define("path", json!({ "type": "string", "pattern": PATH }));
    define(
        "text",
        json!({ "type": "string", "minLength": 1, "description": "What a customer reads, in double quotes." }),
    );
    define("expr", json!({ "type": "string", "minLength": 1, "description": "An expression, in double quotes." }));
    define(
        "time",
        json!({ "type": "string", "pattern": "^[0-9]{1,6} (second|minute|hour|day|week)s?$|^[a-z][a-z0-9_]*$" }),
    );
    define(
        "type",
        json!({
            "type": "string",
            "pattern": "^[a-z][a-z0-9_]*$|^list of [a-z][a-z0-9_]*$|^one of [a-z][a-z0-9_]*(, *[a-z][a-z0-9_]*)*$",
        }),
    );
    define("constant", json!({ "type": ["string", "number", "boolean"] }));
    define("word", json!({ "type": "string", "pattern": "^[^,،]+$" }));
    define("memory", json!({ "anyOf": [reference("type"), memory()] }));
    define(
        "each",
        object(
            map([(
                "each",
                object(
                    map([("item", reference("name")), ("in", reference("expr")), ("line", reference("text"))]),
                    keys::EACH,
                ),
            )]),
            &["each"],
        ),
    );
    let line = json!({ "anyOf": [{ "type": "string" }, reference("each")] });
    define("lines", list(line));
    define(
        "visit",
        json!({ "anyOf": [reference("path"), object(map([
        ("flow", reference("path")), ("with", list(reference("name"))), ("into", reference("name")),
    ]), &["flow"])] }),
    );
    define("dest", json!({ "anyOf": [reference("path"), jump(false)] }));
    define("jump", jump(true));
    define(
        "state",
        json!({ "anyOf": [list(reference("item")), object(map([
        ("was", list(reference("name"))), ("steps", list(reference("item"))),
    ]), &["steps"])] }),
    );
    for item in ITEMS {
        define(item.key, whole_item(item));
    }
    let those = |wanted: fn(&Item) -> bool| -> Vec<Value> {
        ITEMS.iter().filter(|item| wanted(item)).map(|item| reference(item.key)).collect()
    };
    let reactions = those(|item| item.reacts);
    let mut steps = those(|item| !item.reacts && item.key != "section");
    steps.push(reference("jump"));
    let mut items = steps.clone();
    items.push(reference("section"));
    items.extend(reactions.iter().cloned());
    define("reaction", json!({ "anyOf": reactions }));
    define("step", json!({ "anyOf": steps }));
    define("item", json!({ "anyOf": items }));
    all
}

fn map<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
}

fn jump(condition: bool) -> Value {
    let mut properties = Map::new();
    if condition {
        properties.insert("if".to_string(), reference("expr"));
    }
    properties.extend(fields(keys::DEST));
    let mut jump = object(properties, &[]);
    jump["anyOf"] = json!([{ "required": ["to"] }, { "required": ["visit"] }]);
    jump
}

fn fields(fields: &[Field]) -> Map<String, Value> {
    fields.iter().map(|field| (field.name.to_string(), kind(field.kind))).collect()
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Text => reference("text"),
        Kind::Lines => reference("lines"),
        Kind::Name => reference("name"),
        Kind::Names => list(reference("name")),
        Kind::Path => reference("path"),
        Kind::Expr => reference("expr"),
        Kind::Time => reference("time"),
        Kind::Count => json!({ "type": "integer", "minimum": 1 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Atom => json!({ "type": ["string", "integer"] }),
        Kind::Dest => reference("dest"),
        Kind::Visit => reference("visit"),
        Kind::Assign => json!({
            "type": "object",
            "propertyNames": { "pattern": NAME },
            "additionalProperties": { "type": ["string", "integer", "boolean"] },
            "minProperties": 1,
            "maxProperties": 1,
        }),
    }
}

/// `- key: value`, with `then:` where it reacts.
fn whole_item(item: &Item) -> Value {
    let mut own = fields(item.fields);
    if item.reacts {
        for (name, value) in fields(keys::DEST) {
            own.entry(name).or_insert(value);
        }
    }
    let needed: Vec<&str> = item.fields.iter().filter(|field| field.needed).map(|field| field.name).collect();
    let long = (!own.is_empty()).then(|| object(own, &needed));
    let value = match (item.short, long) {
        (Some(Kind::Lines), Some(long)) => json!({ "anyOf": [reference("text"), reference("lines"), long] }),
        (Some(short), Some(long)) => json!({ "anyOf": [kind(short), long] }),
        (Some(short), None) => kind(short),
        (None, Some(long)) => long,
        (None, None) => json!({ "type": "object" }),
    };
    let mut properties = map([(item.key, value)]);
    if item.reacts {
        properties.insert("then".to_string(), list(reference("step")));
    }
    let mut whole = object(properties, &[item.key]);
    whole["examples"] = json!([item.usage]);
    whole
}

fn memory() -> Value {
    object(
        map([
            ("type", reference("type")),
            ("default", reference("constant")),
            ("optional", json!({ "type": "boolean" })),
            ("keep", json!({ "type": "string", "pattern": KEEP })),
            ("for", reference("text")),
        ]),
        &["type"],
    )
}

fn phrase() -> Value {
    let mut forms = map([("param", reference("name"))]);
    forms.extend(keys::PLURALS.iter().map(|plural| ((*plural).to_string(), reference("text"))));
    object(forms, &["param"])
}

fn form() -> Value {
    let field = object(
        map([
            ("name", reference("name")),
            ("type", reference("type")),
            ("optional", json!({ "type": "boolean" })),
            ("label", reference("text")),
        ]),
        &["name", "type", "label"],
    );
    let parts = map([("title", reference("text")), ("fields", list(field)), ("submit", reference("text"))]);
    object(parts, &["fields"])
}

fn group() -> Value {
    let states = named_values(reference("state"));
    object(map([("anywhere", list(reference("reaction"))), ("states", states)]), &[])
}

fn template() -> Value {
    let body = json!({ "anyOf": [reference("text"), reference("lines")] });
    let samples = json!({
        "type": "object",
        "propertyNames": { "pattern": PATH },
        "additionalProperties": reference("text"),
    });
    object(
        map([
            ("category", one_of(&["marketing", "utility", "authentication"])),
            ("about", reference("name")),
            ("image", reference("text")),
            ("video", reference("text")),
            ("document", reference("text")),
            ("body", body),
            ("footer", reference("text")),
            ("samples", samples),
            ("steps", list(json!({ "anyOf": [reference("button"), reference("link")] }))),
        ]),
        &["category"],
    )
}
