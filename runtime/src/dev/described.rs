//! What the page may ask, for programs: beside the operator's API in one document. Needs no key, because it is answered only
//! to this machine.

use axum::http::Method;
use serde_json::{Map, Value as Json, json};

use super::answers::{About, Why};
use super::checks::Finding;
use super::clock::{Clock, Move};
use super::customers::{Customer, Wanted};
use super::door::Home;
use super::files::{Draft, Text, Written};
use super::levers::{self, Backend, Said};
use super::person::Act;
use super::phones::Item;
use super::place::Place;
use super::record::{self, Explored, Recorded, Search};
use super::reload::Flow;
use super::say::Say;
use crate::api::{self, openapi::schema};

/// Where it begins.
pub const BASE: &str = "/api/v1/dev";

struct Route {
    method: Method,
    path: &'static str,
    summary: &'static str,
    answers: Answers,
    takes: Takes,
}

enum Takes {
    Nothing,
    Json(Json),
    /// A file is the whole body.
    File,
}

enum Answers {
    Json(Json),
    /// Taken, and nothing to say: what comes of it comes on the stream.
    Nothing,
    /// A file of some kind.
    File(&'static str),
    Events,
}

fn routes() -> Vec<Route> {
    let get = |path, summary, answers| Route { method: Method::GET, path, summary, answers, takes: Takes::Nothing };
    let post = |path, summary, answers, takes| Route {
        method: Method::POST,
        path,
        summary,
        answers,
        takes: Takes::Json(takes),
    };
    vec![
        get("", "The shops, the clock, and whether the server runs", Answers::of::<Home>()),
        get("/stream?shop", "Events as they happen; the header `Last-Event-ID` goes on from there", Answers::Events),
        post("/clock", "Let time pass", Answers::of::<Clock>(), schema::<Move>()),
        get(
            "/media/{id}",
            "A file that went either way; the header `Range` asks for a part of it",
            Answers::File("*/*"),
        ),
        get("/picture?of!", "A picture for a product whose own lies elsewhere", Answers::File("image/svg+xml")),
        get("/shops/{shop}/customers", "Who is played", Answers::of::<Vec<Customer>>()),
        post("/shops/{shop}/customers", "One more customer", Answers::of::<Customer>(), schema::<Wanted>()),
        get(
            "/shops/{shop}/customers/{id}/thread",
            "What the customer's phone shows: WhatsApp's own JSON both ways, statuses, and why each message was sent",
            Answers::of::<Vec<Item>>(),
        ),
        post("/shops/{shop}/customers/{id}/say", "The customer does something", Answers::Nothing, schema::<Say>()),
        Route {
            method: Method::POST,
            path: "/shops/{shop}/customers/{id}/file?kind!&name&caption",
            summary: "The customer sends a file of a `kind` that the beginning lists; without a body a small photo or voice note",
            answers: Answers::Nothing,
            takes: Takes::File,
        },
        post(
            "/shops/{shop}/customers/{id}/person",
            "The shop's person takes the conversation over, answers, or gives it back",
            Answers::of::<Said>(),
            schema::<Act>(),
        ),
        get("/shops/{shop}/customers/{id}/place", "Where the conversation stands", Answers::of::<Place>()),
        post(
            "/shops/{shop}/customers/{id}/record",
            "Keep the chat as a test",
            Answers::of::<Recorded>(),
            schema::<record::Wanted>(),
        ),
        get("/shops/{shop}/map", "The flows as graphs", Answers::of::<super::map::Map>()),
        post("/shops/{shop}/explore", "Find what no test takes", Answers::of::<Explored>(), schema::<Search>()),
        get("/shops/{shop}/files/{path}", "A file of the shop", Answers::of::<Text>()),
        Route {
            method: Method::PUT,
            ..post("/shops/{shop}/files/{path}", "Write a file of the shop", Answers::of::<Written>(), schema::<Text>())
        },
        post("/shops/{shop}/check", "Judge a file that is not saved", Answers::of::<Vec<Finding>>(), schema::<Draft>()),
        post(
            "/shops/{shop}/levers/{name}",
            "restart, duplicate, swap, backend {delay_ms, down}, product {sku, price, stock}, order {reference, action}, \
             template {name, status}, statuses {read}",
            Answers::of::<Said>(),
            one_of_the_levers(),
        ),
        get(
            "/shops/{shop}/backend",
            "The shop's system and templates as they are made to be",
            Answers::of::<Backend>(),
        ),
    ]
}

/// The name of a lever says which of these it takes.
fn one_of_the_levers() -> Json {
    let titled = |(name, mut schema): (&str, Json)| {
        schema["title"] = name.into();
        schema
    };
    json!({ "anyOf": levers::bodies().into_iter().map(titled).collect::<Vec<Json>>() })
}

impl Answers {
    fn of<T: schemars::JsonSchema>() -> Answers {
        Answers::Json(schema::<T>())
    }

    fn described(self) -> Json {
        let done =
            |kind: &str, schema: Json| json!({ "description": "Done", "content": { kind: { "schema": schema } } });
        match self {
            Answers::Json(schema) => json!({ "200": done("application/json", schema) }),
            Answers::Nothing => json!({ "202": { "description": "Taken: what comes of it comes on the stream" } }),
            Answers::File(kind) => json!({ "200": done(kind, binary()) }),
            Answers::Events => {
                let mut events = done("text/event-stream", json!({ "type": "string" }));
                events["content"]["text/event-stream"]["x-events"] = events_told();
                json!({ "200": events })
            }
        }
    }
}

fn binary() -> Json {
    json!({ "type": "string", "format": "binary" })
}

/// What the data of each event is.
fn events_told() -> Json {
    let of = |fields: Json| json!({ "type": "object", "properties": fields });
    let (text, truth) = (json!({ "type": "string" }), json!({ "type": "boolean" }));
    json!({
        "item": of(json!({ "customer": text, "item": schema::<Item>() })),
        "typing": of(json!({ "customer": text, "on": truth })),
        "place": of(json!({ "customer": text, "place": schema::<Place>() })),
        "clock": schema::<Clock>(),
        "flow": schema::<Flow>(),
        "findings": schema::<Vec<Finding>>(),
        "running": of(json!({ "running": truth })),
        "backend": schema::<Backend>(),
        "customers": schema::<Vec<Customer>>(),
        "reset": of(json!({})),
    })
}

fn refused() -> Json {
    let error = json!({ "code": schema::<Why>(), "message": { "type": "string" }, "about": schema::<About>() });
    json!({ "type": "object", "properties": { "error": { "type": "object", "properties": error } } })
}

/// The operator's API and this, in one OpenAPI document.
pub fn document() -> Json {
    let mut document = api::document();
    document["components"]["schemas"]["Refused"] = refused();
    if let Some(known) = document.get_mut("paths").and_then(Json::as_object_mut) {
        paths(known);
    }
    document
}

fn paths(paths: &mut Map<String, Json>) {
    for Route { method, path, summary, answers, takes } in routes() {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let parameter = |name: &str, within: &str| {
            // What stands in the path is always needed; of a question, what is marked so.
            let required = within == "path" || name.ends_with('!');
            let name = name.trim_end_matches('!');
            json!({ "name": name, "in": within, "required": required, "schema": { "type": "string" } })
        };
        let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let asked = query.into_iter().flat_map(|names| names.split('&'));
        let parameters: Vec<Json> =
            named.map(|name| parameter(name, "path")).chain(asked.map(|name| parameter(name, "query"))).collect();
        let mut responses = answers.described();
        responses["default"] = json!({
            "description": "Why not: a code for programs, a sentence for people",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Refused" } } },
        });
        let mut operation = json!({
            "summary": summary,
            "description": "Only under `duka dev`, for pages of the same address; needs no key.",
            "security": [],
            "parameters": parameters,
            "responses": responses,
        });
        let body = |kind: &str, schema: Json| json!({ "required": true, "content": { kind: { "schema": schema } } });
        match takes {
            Takes::Nothing => {}
            Takes::Json(takes) => operation["requestBody"] = body("application/json", takes),
            Takes::File => operation["requestBody"] = body("*/*", binary()),
        }
        let place = paths.entry(format!("{BASE}{path}")).or_insert_with(|| json!({}));
        place[method.as_str().to_lowercase()] = operation;
    }
}
