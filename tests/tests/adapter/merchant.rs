//! A small merchant's REST interface, with a catalogue, bags, quotes and orders, as `docs/adapters.md` and
//! `shop.rest.yaml` ask it. It can be told to hang, and what it sells can change.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, Query, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};

pub const API_KEY: &str = "a merchant's key";

/// Number, name, category, price in cents, stock.
const PRODUCTS: &[Product] = &[
    ("K/7 %", "Kikoy beach dress", "dresses", 317_500, 9),
    ("K-8", "Kanga summer dress", "dresses", 99_990, 2),
    ("S-1", "Sisal sandals", "shoes", 145_000, 4),
];

/// The same as it is now.
type Product = (&'static str, &'static str, &'static str, i64, i64);

#[derive(Default)]
pub struct Merchant {
    pub hangs: AtomicBool,
    /// It says that it is out of order.
    pub is_down: AtomicBool,
    pub asked: AtomicU64,
    /// By number, today's price and stock where they are others.
    today: Mutex<BTreeMap<&'static str, (i64, i64)>>,
    /// What the order is at the merchant's; nothing: as it was placed. `gone`: nobody knows of it.
    pub state: Mutex<&'static str>,
    /// The order's parcels, and what the courier says of them: number and status.
    pub parcels: Mutex<Vec<(&'static str, u32)>>,
    /// What the merchant's own list says of each parcel; nothing: what the courier says.
    pub listed: Mutex<Option<u32>>,
    /// It places orders, and neither says so nor knows of them when it is asked by their key.
    pub loses: AtomicBool,
    /// Since when tokens are good: that many logins.
    pub logins: AtomicU64,
    pub logged_in: AtomicU64,
    /// So many.
    pub lost: AtomicU64,
    /// Does not say which parcels there are.
    pub parcels_are_out: AtomicBool,
    /// Does not say how an order stands.
    pub orders_are_out: AtomicBool,
    /// Orders that were given back.
    pub released: Mutex<Vec<String>>,
    /// By conversation: number and quantity.
    bags: Mutex<BTreeMap<String, Vec<(String, i64)>>>,
}

type Shared = State<Arc<Merchant>>;

impl Merchant {
    /// Starts; returns where it listens.
    pub async fn start(self: &Arc<Merchant>) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let place = format!("http://{}/v1", listener.local_addr().expect("it listens"));
        let routes = Router::new()
            .route("/v1/categories", get(categories))
            .route("/v1/products", get(products))
            .route("/v1/products/{sku}", get(product))
            .route("/v1/carts/{id}", get(bag))
            .route("/v1/carts/{id}/lines", post(add))
            .route("/v1/carts/{id}/lines/{sku}", put(change))
            .route("/v1/quotes", post(quote))
            .route("/v1/orders", post(hold).get(list))
            .route("/v1/orders/{number}", get(one).delete(release))
            .route("/v1/orders/{number}/parcels", get(parcels))
            .route("/v1/courier/track/awb/{number}", get(track))
            .layer(middleware::from_fn_with_state(Arc::clone(self), door))
            .route("/v1/auth/login", post(login))
            .with_state(Arc::clone(self));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        place
    }

    /// From now on a product costs this much, and so many are there.
    pub fn sells(&self, sku: &'static str, cents: i64, stock: i64) {
        self.today.lock().expect("nobody panicked").insert(sku, (cents, stock));
    }

    fn products(&self) -> Vec<Product> {
        let today = self.today.lock().expect("nobody panicked");
        let now = |known: &Product| match today.get(known.0) {
            Some((cents, stock)) => (known.0, known.1, known.2, *cents, *stock),
            None => *known,
        };
        PRODUCTS.iter().map(now).collect()
    }

    fn order(&self, reference: &str, state: &str, wanted: &Value) -> Value {
        written(&self.products(), reference, state, wanted)
    }

    fn bag(&self, id: &str) -> Value {
        let bags = self.bags.lock().expect("nobody panicked");
        let lines = bags.get(id).map(Vec::as_slice).unwrap_or(&[]);
        let count: i64 = lines.iter().map(|(_, quantity)| quantity).sum();
        let (lines, total) = priced(&self.products(), lines);
        json!({ "lines": lines, "total": total, "count": count })
    }

    fn put(&self, id: &str, sku: &str, quantity: i64, more: bool) -> Response {
        let Some(stock) = self.products().into_iter().find(|known| known.0 == sku).map(|known| known.4) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut bags = self.bags.lock().expect("nobody panicked");
        let lines = bags.entry(id.to_string()).or_default();
        let before = lines.iter().find(|line| line.0 == sku).map_or(0, |line| line.1);
        let quantity = if more { before + quantity } else { quantity };
        if quantity > stock {
            // A refusal that does not look like one.
            return Json(json!({ "error": "too_few" })).into_response();
        }
        lines.retain(|line| line.0 != sku);
        lines.push((sku.to_string(), quantity));
        drop(bags);
        Json(self.bag(id)).into_response()
    }
}

async fn door(State(merchant): Shared, headers: HeaderMap, request: Request, next: Next) -> Response {
    merchant.asked.fetch_add(1, Ordering::Relaxed);
    if merchant.hangs.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    if merchant.is_down.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let logins = (merchant.logins.load(Ordering::Relaxed)..merchant.logged_in.load(Ordering::Relaxed))
        .map(|n| format!("Bearer t{n}"));
    let good: Vec<String> = logins.chain([format!("Bearer {API_KEY}")]).collect();
    let known = headers.get("authorization").is_some_and(|key| good.iter().any(|good| *key == *good));
    if known { next.run(request).await } else { StatusCode::UNAUTHORIZED.into_response() }
}

/// The courier's, with the same key as the merchant's.
async fn login(State(merchant): Shared, Json(who): Json<Value>) -> Response {
    if who["email"] != API_KEY || who["password"] != API_KEY {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let number = merchant.logged_in.fetch_add(1, Ordering::Relaxed);
    Json(json!({ "token": format!("t{number}") })).into_response()
}

fn priced(products: &[Product], lines: &[(String, i64)]) -> (Vec<Value>, i64) {
    let one = |(sku, quantity): &(String, i64)| {
        let (_, title, _, price, _) = products.iter().find(|known| known.0 == sku)?;
        Some((
            json!({ "sku": sku, "title": title, "quantity": quantity, "price": price, "total": price * quantity }),
            price * quantity,
        ))
    };
    let found: Vec<(Value, i64)> = lines.iter().filter_map(one).collect();
    let total = found.iter().map(|(_, total)| total).sum();
    (found.into_iter().map(|(line, _)| line).collect(), total)
}

fn shown(known: &Product) -> Value {
    let (sku, title, _, cents, stock) = known;
    json!({
        "sku": sku, "title": title, "short": title, "price": format!("{}.{:02}", cents / 100, cents % 100), "currency": "KES",
        "stock": stock, "counted": true, "state": "many", "image": "https://zuri.example/one.jpg", "description": "<b>Fine</b>",
    })
}

async fn categories() -> Json<Value> {
    Json(
        json!({ "data": [{ "id": "dresses", "title": "Dresses ", "products": 2 }, { "id": "shoes", "title": "Shoes" }] }),
    )
}

async fn products(State(merchant): Shared, Query(wanted): Query<BTreeMap<String, String>>) -> Json<Value> {
    let category = wanted.get("category");
    let word = wanted.get("q").map(|word| word.to_lowercase()).unwrap_or_default();
    let fits = |known: &&Product| {
        category.is_none_or(|category| category == known.2) && known.1.to_lowercase().contains(&word)
    };
    Json(json!({ "data": merchant.products().iter().filter(fits).map(shown).collect::<Vec<_>>() }))
}

async fn product(State(merchant): Shared, Path(sku): Path<String>) -> Response {
    match merchant.products().iter().find(|known| known.0 == sku) {
        Some(known) => Json(json!({ "data": shown(known) })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn bag(State(merchant): Shared, Path(id): Path<String>) -> Json<Value> {
    Json(merchant.bag(&id))
}

async fn add(State(merchant): Shared, Path(id): Path<String>, Json(line): Json<Value>) -> Response {
    merchant.put(&id, line["sku"].as_str().unwrap_or(""), line["quantity"].as_i64().unwrap_or(0), true)
}

async fn change(State(merchant): Shared, Path((id, sku)): Path<(String, String)>, Json(line): Json<Value>) -> Response {
    merchant.put(&id, &sku, line["quantity"].as_i64().unwrap_or(0), false)
}

async fn quote(State(merchant): Shared, Json(wanted): Json<Value>) -> Json<Value> {
    Json(merchant.order("Q-1", "new", &wanted))
}

async fn hold(State(merchant): Shared, Json(wanted): Json<Value>) -> Response {
    if merchant.loses.load(Ordering::Relaxed) {
        merchant.lost.fetch_add(1, Ordering::Relaxed);
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Json(merchant.order("Z-1042", "held", &wanted)).into_response()
}

async fn release(State(merchant): Shared, Path(number): Path<String>) -> StatusCode {
    merchant.released.lock().expect("nobody panicked").push(number);
    StatusCode::NO_CONTENT
}

async fn one(State(merchant): Shared, Path(number): Path<String>) -> Response {
    if merchant.orders_are_out.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let state = *merchant.state.lock().expect("nobody panicked");
    let wanted = json!({ "lines": [{ "sku": "K/7 %", "quantity": 2 }] });
    match number.as_str() {
        "Z-1042" if state != "gone" => {
            Json(merchant.order("Z-1042", if state.is_empty() { "held" } else { state }, &wanted)).into_response()
        }
        // Kept by a release long ago, and in no form that anybody reads.
        old if old.starts_with("OLD-") => Json(json!({ "reference": 7 })).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The orders of a conversation, or of a key.
async fn list(State(merchant): Shared, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let is_known = query.starts_with("key=") && !merchant.loses.load(Ordering::Relaxed);
    if !is_known && !query.starts_with("conversation=") {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let wanted = json!({ "lines": [{ "sku": "K/7 %", "quantity": 2 }] });
    Json(json!({ "data": [merchant.order("Z-1042", "held", &wanted)] })).into_response()
}

/// The merchant only knows which parcels there are.
async fn parcels(State(merchant): Shared, Path(number): Path<String>) -> Response {
    if merchant.parcels_are_out.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let parcels = merchant.parcels.lock().expect("nobody panicked");
    let listed = *merchant.listed.lock().expect("nobody panicked");
    let of = |(awb, status): &(&str, u32)| json!({ "awb": awb, "carrier": "shiprocket", "status": listed.unwrap_or(*status) });
    Json(json!(parcels.iter().filter(|_| number == "Z-1042").map(of).collect::<Vec<_>>())).into_response()
}

async fn track(State(merchant): Shared, Path(number): Path<String>) -> Response {
    let parcels = merchant.parcels.lock().expect("nobody panicked");
    match parcels.iter().find(|(awb, _)| *awb == number) {
        Some((awb, status)) => Json(json!({ "tracking_data": {
            "shipment_status": status, "shipment_track": [{ "awb_code": awb }], "track_url": "https://track.example/1",
        } }))
        .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// An order of the wanted lines, at the prices of the beginning.
pub fn order(reference: &str, state: &str, wanted: &Value) -> Value {
    written(PRODUCTS, reference, state, wanted)
}

fn written(products: &[Product], reference: &str, state: &str, wanted: &Value) -> Value {
    let lines = wanted["lines"].as_array().cloned().unwrap_or_default();
    let lines: Vec<(String, i64)> = lines
        .iter()
        .map(|line| (line["sku"].as_str().unwrap_or("").to_string(), line["quantity"].as_i64().unwrap_or(0)))
        .collect();
    let (lines, total) = priced(products, &lines);
    json!({
        "reference": reference, "state": state, "lines": lines, "total": total, "delivery": 0,
        "created": "2026-11-21T23:30:00Z",
    })
}
