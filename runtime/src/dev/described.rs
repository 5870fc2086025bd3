//! What the page may ask, for programs: beside the operator's API in one document. Needs no key, because it is answered only
//! to this machine.

use axum::http::Method;
use serde_json::{Map, Value as Json, json};

use super::checks::Finding;
use super::clock::{Clock, Move};
use super::customers::{Customer, Wanted};
use super::door::Home;
use super::files::{Draft, Text, Written};
use super::levers::{Backend, Said};
use super::place::Place;
use super::record::{self, Explored, Recorded, Search};
use super::say::Say;
use crate::api::{self, openapi::schema};

/// Where it begins.
pub const BASE: &str = "/api/v1/dev";

struct Route {
    method: Method,
    path: &'static str,
    summary: &'static str,
    answers: Json,
    takes: Option<Json>,
}

fn routes() -> Vec<Route> {
    let get = |path, summary, answers| Route { method: Method::GET, path, summary, answers, takes: None };
    let post =
        |path, summary, answers, takes| Route { method: Method::POST, path, summary, answers, takes: Some(takes) };
    let any = || json!({ "type": "object" });
    vec![
        get("", "The shops, the clock, and whether the server runs", schema::<Home>()),
        get(
            "/stream",
            "Events as they happen (Server-Sent Events): item, typing, place, clock, flow, findings, running, \
            backend, customers, reset; `?shop=NAME`, and `Last-Event-ID` to go on",
            json!({ "type": "string" }),
        ),
        post("/clock", "Let time pass", schema::<Clock>(), schema::<Move>()),
        get("/media/{id}", "A file that went either way", json!({ "type": "string", "format": "binary" })),
        get("/picture", "A picture for a product whose own lies elsewhere: `?of=…`", json!({ "type": "string" })),
        get("/shops/{shop}/customers", "Who is played", schema::<Vec<Customer>>()),
        post("/shops/{shop}/customers", "One more customer", schema::<Customer>(), schema::<Wanted>()),
        get(
            "/shops/{shop}/customers/{id}/thread",
            "What the customer's phone shows: WhatsApp's own JSON both ways, statuses, and why each message was sent",
            json!({ "type": "array", "items": any() }),
        ),
        post("/shops/{shop}/customers/{id}/say", "The customer does something", any(), schema::<Say>()),
        get("/shops/{shop}/customers/{id}/place", "Where the conversation stands", schema::<Place>()),
        post(
            "/shops/{shop}/customers/{id}/record",
            "Keep the chat as a test",
            schema::<Recorded>(),
            schema::<record::Wanted>(),
        ),
        get("/shops/{shop}/map", "The flows as graphs", schema::<super::map::Map>()),
        post("/shops/{shop}/explore", "Find what no test takes", schema::<Explored>(), schema::<Search>()),
        get("/shops/{shop}/files/{path}", "A file of the shop", schema::<Text>()),
        Route {
            method: Method::PUT,
            ..post("/shops/{shop}/files/{path}", "Write a file of the shop", schema::<Written>(), schema::<Text>())
        },
        post("/shops/{shop}/check", "Judge a file that is not saved", schema::<Vec<Finding>>(), schema::<Draft>()),
        post(
            "/shops/{shop}/levers/{name}",
            "restart, duplicate, swap, backend {delay_ms, down}, product {sku, price, stock}, order {reference, action}, \
             template {name, status}, statuses {read}",
            schema::<Said>(),
            any(),
        ),
        get("/shops/{shop}/backend", "The shop's system and templates as they are made to be", schema::<Backend>()),
    ]
}

/// The operator's API and this, in one OpenAPI document.
pub fn document() -> Json {
    let mut document = api::document();
    if let Some(known) = document.get_mut("paths").and_then(Json::as_object_mut) {
        paths(known);
    }
    document
}

fn paths(paths: &mut Map<String, Json>) {
    for Route { method, path, summary, answers, takes } in routes() {
        let name = |part: &str| part.strip_prefix('{')?.strip_suffix('}').map(str::to_string);
        let parameter =
            |name: String| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
        let mut operation = json!({
            "summary": summary,
            "description": "Only under `duka dev`, for pages of the same address; needs no key.",
            "security": [],
            "parameters": path.split('/').filter_map(name).map(parameter).collect::<Vec<Json>>(),
            "responses": { "200": { "description": "Done", "content": { "application/json": { "schema": answers } } } },
        });
        if let Some(takes) = takes {
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": takes } } });
        }
        let place = paths.entry(format!("{BASE}{path}")).or_insert_with(|| json!({}));
        place[method.as_str().to_lowercase()] = operation;
    }
}
