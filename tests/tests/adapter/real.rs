//! A server of Medusa behind the stage that its stand-in has otherwise, or the recording of one. `MEDUSA=FILE`, which `.ci/medusa`
//! sets, asks the server that the file names; with `UPDATE=1` as well, what was said is kept in `tests/corpus/medusa.jsonl`, which is
//! what answers without a server. What is asked for must then be word for word what was asked of the server.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use duka_tests::tree::root;
use reqwest::{Client, Method};
use serde_json::{Map, Value as Json, json};

use crate::vendor::Vendor;

const KEPT: &str = "tests/corpus/medusa.jsonl";

/// What a recording leaves out of objects: what is said twice, and what neither a mapping nor a test reads.
const LEFT_OUT: &[&str] = &[
    "adjustments",
    "billing_address",
    "calculated_price.calculated_price",
    "credit_lines",
    "customer",
    "customer_id",
    "detail",
    "order.display_id",
    "orders.display_id",
    "email",
    "fulfillment_set",
    "items.metadata",
    "items.product",
    "line_item_metadata",
    "original_price",
    "payment_sessions",
    "precision",
    "prices",
    "product_handle",
    "promotions",
    "provider",
    "refundable_total_per_unit",
    "region",
    "requires_shipping",
    "rules",
    "sales_channel_id",
    "service_zone",
    "shipping_address",
    "shipping_address_id",
    "shipping_methods",
    "subtitle",
    "summary",
    "tax_lines",
    "type",
    "variant",
    "variant_sku",
    "version",
];

/// One request and its answer.
#[derive(Clone)]
struct Said {
    act: String,
    request: String,
    body: Json,
    status: u16,
    answer: Json,
}

/// A server, or its recording.
#[derive(Clone)]
pub struct Server {
    /// Where it is, its keys, regions and the like.
    pub facts: Arc<Json>,
    live: bool,
    tape: Arc<Mutex<Vec<Said>>>,
}

impl Server {
    /// The server that `MEDUSA` names, otherwise the recording.
    pub fn found() -> Server {
        if let Some(path) = std::env::var_os("MEDUSA") {
            let text = std::fs::read_to_string(path).expect("MEDUSA is a file that tells of a server");
            let mut facts: Json = serde_json::from_str(&text).expect("JSON");
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
            facts["run"] = json!(format!("r{:x}", now.as_secs()));
            return Server { facts: Arc::new(facts), live: true, tape: Arc::default() };
        }
        let text = std::fs::read_to_string(root().join(KEPT)).expect("a recording");
        let mut lines = text.lines().map(|line| serde_json::from_str::<Json>(line).expect("a line of JSON"));
        let facts = Arc::new(lines.next().expect("a first line"));
        let word = |json: &Json| json.as_str().unwrap_or("").to_string();
        let said = |mut line: Json| Said {
            act: word(&line["act"]),
            request: word(&line["request"]),
            body: line["body"].take(),
            status: u16::try_from(line["status"].as_u64().unwrap_or(0)).unwrap_or(0),
            answer: line["answer"].take(),
        };
        let tape = Arc::new(Mutex::new(lines.map(said).collect()));
        Server { facts, live: false, tape }
    }

    fn tape(&self) -> MutexGuard<'_, Vec<Said>> {
        self.tape.lock().expect("nobody panicked")
    }

    fn fact(&self, name: &str) -> String {
        self.facts[name].as_str().unwrap_or("").to_string()
    }

    /// `medusa 2.21.2`
    pub fn name(&self) -> String {
        format!("medusa {}", self.fact("version"))
    }

    pub fn region(&self, currency: &str) -> String {
        self.facts["regions"][currency].as_str().unwrap_or("").to_string()
    }

    /// The keys of the server; those of a recording open nothing.
    pub fn keys(&self) -> Vec<(String, String)> {
        let keys = [("MEDUSA_PUBLISHABLE_KEY", "publishable"), ("MEDUSA_SECRET_KEY", "secret")];
        keys.map(|(name, fact)| (name.to_string(), self.fact(fact))).to_vec()
    }

    /// What stands between the adapter and the server, and between the test and the server.
    pub fn routes(&self, act: &str) -> Router<Vendor> {
        let (server, act) = (self.clone(), act.to_string());
        Router::new().fallback(move |request: Request| async move { server.answer(&act, request).await })
    }

    async fn answer(&self, act: &str, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
        let asked = format!("{} {}", parts.method, parts.uri);
        let sent = serde_json::from_slice(&body).unwrap_or(Json::Null);
        if !self.live {
            return self.recorded(act, &asked, &sent);
        }
        let url = format!("{}{}", self.fact("url"), parts.uri);
        let method = Method::from_bytes(parts.method.as_str().as_bytes()).expect("a method");
        let mut asks = Client::new().request(method, url).body(body);
        for name in ["content-type", "authorization", "x-publishable-api-key"] {
            if let Some(value) = parts.headers.get(name) {
                asks = asks.header(name, value.as_bytes());
            }
        }
        let answer = asks.send().await.expect("the server answers");
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.expect("the server answers");
        let answer = pruned("", serde_json::from_slice(&bytes).unwrap_or(Json::Null));
        self.tape().push(Said { act: act.to_string(), request: asked, body: sent, status, answer });
        json_of(status, bytes)
    }

    fn recorded(&self, act: &str, asked: &str, sent: &Json) -> Response {
        let mut tape = self.tape();
        let found = tape.iter().position(|said| said.act == act && said.request == asked && said.body == *sent);
        let Some(said) = found.map(|at| tape.remove(at)) else {
            let why = format!(
                "the server was never asked for {asked} with {sent} in `{act}`: record it, or ask as it was asked"
            );
            return json_of(599, why.into());
        };
        json_of(said.status, said.answer.to_string().into())
    }

    /// Keeps what was said, where that is wanted.
    pub fn keep(&self) {
        if !self.live || std::env::var_os("UPDATE").is_none() {
            return;
        }
        let mut facts = (*self.facts).clone();
        facts["url"] = json!("");
        facts["publishable"] = json!("pk_test");
        facts["secret"] = json!("sk_test");
        let mut text = format!("{facts}\n");
        for Said { act, request, body, status, answer } in self.tape().iter() {
            let line = json!({ "act": act, "request": request, "body": body, "status": status, "answer": answer });
            text.push_str(&format!("{line}\n"));
        }
        std::fs::write(root().join(KEPT), text).expect("a writable tree");
    }

    /// Two things to sell that nobody else sells.
    pub async fn real(&self, place: &str, act: &str) -> Real {
        let id = format!("{}{}", self.fact("run"), act.replace(' ', "").to_lowercase());
        let mut real =
            Real { server: self.clone(), place: place.to_string(), act: act.to_string(), id, things: Vec::new() };
        for (title, counted) in [("Kikoy dress", true), ("Gift card", false)] {
            let thing = real.makes(title, counted).await;
            real.things.push(thing);
        }
        real
    }
}

fn json_of(status: u16, body: Bytes) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Without nothings, twins, and what nobody reads.
fn pruned(at: &str, json: Json) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(|item| pruned(at, item)).collect()),
        Json::Object(fields) => {
            let kept = |name: &String, value: &Json| {
                let twin = name.starts_with("raw_") && name != "raw_calculated_amount";
                let dated = name.ends_with("_at") && name != "created_at";
                let sum = name.ends_with("total") && !["total", "shipping_total"].contains(&name.as_str());
                let left_out = LEFT_OUT.iter().any(|other| other == name || *other == format!("{at}.{name}"));
                let word = name == "type" && value.is_string();
                !value.is_null() && !twin && !dated && !sum && !name.starts_with("is_") && (!left_out || word)
            };
            let fields = fields.into_iter().filter(|(name, value)| kept(name, value));
            let fields: Map<String, Json> = fields.map(|(name, value)| (name.clone(), pruned(&name, value))).collect();
            Json::Object(fields)
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => json,
    }
}

/// A thing that is sold: its product, its variant, and what counts it.
pub struct Thing {
    pub sku: String,
    product: String,
    variant: String,
    item: String,
}

/// The server as one test has it.
pub struct Real {
    pub server: Server,
    place: String,
    pub act: String,
    pub id: String,
    pub things: Vec<Thing>,
}

impl Real {
    /// Asks as the shop's owner.
    async fn asks(&self, method: Method, path: &str, body: Json) -> Json {
        let asks = Client::new()
            .request(method, format!("{}{path}", self.place))
            .basic_auth(self.server.fact("secret"), Some(""));
        let asks = if body.is_null() { asks } else { asks.json(&body) };
        let answer = asks.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("an answer"));
        assert!(status.is_success(), "{path} with {body}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    async fn reads(&self, path: &str) -> Json {
        self.asks(Method::GET, path, Json::Null).await
    }

    async fn does(&self, path: &str, body: Json) -> Json {
        self.asks(Method::POST, path, body).await
    }

    async fn makes(&self, title: &str, counted: bool) -> Thing {
        let handle = format!("{}-{}", self.id, if counted { "dress" } else { "card" });
        let prices: Vec<Json> = [
            ("kes", "25.00"),
            ("kwd", "20.921"),
            ("ugx", "598510"),
            ("inr", "8050.50"),
            ("omr", "20.921"),
        ]
        .map(|(currency, amount)| json!({ "currency_code": currency, "amount": amount.parse::<f64>().unwrap_or(0.0) }))
        .to_vec();
        let variant = json!({ "title": "One size", "sku": handle, "manage_inventory": counted, "options": { "Size": "One size" }, "prices": prices });
        let body = json!({
            "title": title, "handle": handle, "status": "published", "shipping_profile_id": self.server.fact("profile"),
            "sales_channels": [{ "id": self.server.fact("channel") }], "options": [{ "title": "Size", "values": ["One size"] }],
            "variants": [variant],
        });
        let made = self.does("/admin/products?fields=id,variants.id,*variants.inventory_items", body).await;
        let word = |pointer: &str| made.pointer(pointer).and_then(Json::as_str).unwrap_or("").to_string();
        let (product, variant) = (word("/product/id"), word("/product/variants/0/id"));
        let item = word("/product/variants/0/inventory_items/0/inventory_item_id");
        if counted {
            let level = json!({ "location_id": self.server.fact("location"), "stocked_quantity": 3 });
            self.does(&format!("/admin/inventory-items/{item}/location-levels?fields=id"), level).await;
        }
        Thing { sku: format!("{product}~{variant}"), product, variant, item }
    }

    /// Of the first thing. Without a price it has none.
    pub async fn sells(&self, currency: &str, price: &str, stock: i64) {
        let Thing { product, variant, item, .. } = &self.things[0];
        let amount = price.parse::<f64>().ok();
        let prices: Vec<Json> =
            amount.iter().map(|amount| json!({ "currency_code": currency.to_lowercase(), "amount": amount })).collect();
        self.does(&format!("/admin/products/{product}/variants/{variant}?fields=id"), json!({ "prices": prices }))
            .await;
        let level = format!("/admin/inventory-items/{item}/location-levels/{}?fields=id", self.server.fact("location"));
        self.does(&level, json!({ "stocked_quantity": stock })).await;
    }

    /// What can be sold of the first thing.
    pub async fn stock(&self) -> Option<i64> {
        let item = &self.things[0].item;
        let read = self.reads(&format!("/admin/inventory-items/{item}/location-levels?fields=stocked_quantity,reserved_quantity,available_quantity")).await;
        read["inventory_levels"][0]["available_quantity"].as_i64()
    }

    /// The orders of this test's things, as a subscriber has them.
    pub async fn orders(&self) -> Vec<Json> {
        let fields = "id,status,currency_code,total,shipping_total,created_at,metadata,*items";
        let read = self.reads(&format!("/admin/orders?limit=5&order=-created_at&fields={fields}")).await;
        let mine = |order: &&Json| {
            let mut items = order["items"].as_array().into_iter().flatten();
            items.any(|item| self.things.iter().any(|thing| item["variant_id"] == thing.variant.as_str()))
        };
        read["orders"].as_array().into_iter().flatten().filter(mine).cloned().collect()
    }

    /// The returns of an order.
    pub async fn returns(&self, order: &str) -> Vec<Json> {
        let path = format!("/admin/returns?order_id={order}&fields=id,status,items.quantity");
        self.reads(&path).await["returns"].as_array().cloned().unwrap_or_default()
    }

    /// All of them are on their way.
    pub async fn ships(&self) {
        for order in self.orders().await {
            let id = order["id"].as_str().unwrap_or("");
            let items = order["items"].as_array().into_iter().flatten();
            let items: Vec<Json> =
                items.map(|item| json!({ "id": item["id"], "quantity": item["quantity"] })).collect();
            let parcel = json!({ "items": items, "location_id": self.server.fact("location") });
            self.does(&format!("/admin/orders/{id}/fulfillments?fields=id"), parcel).await;
            let read = self.reads(&format!("/admin/orders/{id}?fields=id,fulfillments.id")).await;
            let parcel = read["order"]["fulfillments"][0]["id"].as_str().unwrap_or("").to_string();
            self.does(
                &format!("/admin/orders/{id}/fulfillments/{parcel}/shipments?fields=id"),
                json!({ "items": items }),
            )
            .await;
        }
    }
}
