//! The description of the API for programs, from the same table that the router is made of.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

use super::{BASE, Route, Scope, routes};

/// The schema of what a route answers or takes, whole in itself.
pub(crate) fn schema<T: JsonSchema>() -> Json {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// OpenAPI 3.1.
pub fn document() -> Json {
    let mut paths: Map<String, Json> = Map::new();
    for route in routes() {
        let path = paths.entry(format!("{BASE}{}", route.path)).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(&route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Duka",
            "version": "1",
            "description": "What operators, agents and the studio may see and do. Keys are made with `duka keys new`.",
        },
        "security": [{ "key": [] }],
        "components": { "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } } },
        "paths": paths,
    })
}

fn operation(route: &Route) -> Json {
    let (answers, takes) = (route.schema)();
    let needs = match route.scope {
        Scope::Read => "read",
        Scope::Reply => "reply",
        Scope::Operate => "operate",
    };
    let name = |part: &str| part.strip_prefix('{')?.strip_suffix('}').map(str::to_string);
    let parameter =
        |name: String| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    let parameters: Vec<Json> = route.path.split('/').filter_map(name).map(parameter).collect();
    let mut operation = json!({
        "summary": route.summary,
        "description": format!("Needs a key with the scope `{needs}`."),
        "parameters": parameters,
        "responses": {
            "200": { "description": "Done", "content": { "application/json": { "schema": answers } } },
            "401": { "description": "No key, or one that holds no more" },
            "403": { "description": "The key may not do this" },
            "404": { "description": "Not there, or not the key's" },
        },
    });
    if let Some(takes) = takes {
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": takes } } });
    }
    operation
}
