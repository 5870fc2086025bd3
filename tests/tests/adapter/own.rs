//! A merchant's own system, as `own.rest.yaml` asks it: an order is quoted under a number, and placed, paid, let go and sent back once
//! by that number, however often that is asked.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::vendor::{Thing, Vendor, World, decimal, not_found, refused, units, untaxed};

pub fn routes() -> Router<Vendor> {
    let routes = Router::new()
        .route("/products", get(products))
        .route("/products/{sku}", get(product))
        .route("/orders", get(orders).post(quote))
        .route("/orders/{number}", get(order))
        .route("/orders/{number}/hold", post(hold))
        .route("/orders/{number}/paid", post(paid))
        .route("/orders/{number}/release", post(release))
        .route("/orders/{number}/return", post(send_back));
    Router::new().nest("/v1", routes).layer(middleware::from_fn(key))
}

async fn key(headers: HeaderMap, request: Request, next: Next) -> Response {
    if headers.get("x-key").is_some_and(|key| key == "own_test") {
        return next.run(request).await;
    }
    refused(401, json!({ "error": "who are you?" }))
}

fn shown(id: u32, thing: &Thing) -> Value {
    let out = thing.stock.is_some_and(|stock| stock <= 0);
    let state = if !out {
        "there"
    } else if thing.backorder {
        "to_order"
    } else {
        "gone"
    };
    json!({
        "sku": id.to_string(), "title": thing.name, "price": if thing.price.is_empty() { Value::Null } else { json!(thing.price) },
        "stock": thing.stock, "to_order": thing.backorder, "state": state, "has_sizes": thing.has_sizes,
    })
}

async fn products(State(vendor): State<Vendor>, Query(wanted): Query<BTreeMap<String, String>>) -> Json<Value> {
    let world = vendor.world();
    let word = wanted.get("q").map(|word| word.to_lowercase()).unwrap_or_default();
    let fits = world.things.iter().filter(|(_, thing)| thing.name.to_lowercase().contains(&word));
    Json(fits.map(|(id, thing)| shown(*id, thing)).collect())
}

async fn product(State(vendor): State<Vendor>, Path(sku): Path<String>) -> Response {
    let world = vendor.world();
    let known = sku.parse().ok().and_then(|id: u32| Some((id, world.things.get(&id)?)));
    known.map_or_else(not_found, |(id, thing)| Json(shown(id, thing)).into_response())
}

fn thing_of(line: &Value) -> u32 {
    line["sku"].as_str().and_then(|sku| sku.parse().ok()).unwrap_or(0)
}

/// Lines at the prices of now, their sum, and its digits. `None`: a thing that is not sold.
fn priced(world: &World, wanted: &Value) -> Option<(Vec<Value>, i64, u32)> {
    let (mut lines, mut sum, mut digits) = (Vec::new(), 0, 2);
    for line in wanted.as_array().into_iter().flatten() {
        let thing = world.things.get(&thing_of(line)).filter(|thing| !thing.has_sizes && !thing.price.is_empty())?;
        let ((price, behind), quantity) = (units(&thing.price), line["quantity"].as_i64()?);
        let net = untaxed(price * quantity, world.tax);
        lines.push(json!({
            "sku": line["sku"], "title": thing.name, "quantity": quantity,
            "net": decimal(net, behind), "tax": decimal(price * quantity - net, behind),
        }));
        (sum, digits) = (sum + price * quantity, behind);
    }
    Some((lines, sum, digits))
}

async fn quote(State(vendor): State<Vendor>, Json(wanted): Json<Value>) -> Response {
    let mut world = vendor.world();
    let Some((lines, sum, digits)) = priced(&world, &wanted["lines"]) else {
        return refused(400, json!({ "error": "nothing that is sold" }));
    };
    let fee = units(wanted["fee"][0].as_str().unwrap_or("0")).0;
    world.next += 1;
    let number = format!("N-{}", world.next);
    let order = json!({
        "number": number, "status": "checkout-draft", "lines": lines, "fee": decimal(fee, digits), "total": decimal(sum + fee, digits),
        "created": "2026-11-21", "metadata": { "conversation": wanted["conversation"] },
    });
    world.orders.insert(number, order.clone());
    refused(201, order)
}

fn take(world: &mut World, order: &Value, more: i64) {
    for line in order["lines"].as_array().into_iter().flatten() {
        if let Some(stock) = world.things.get_mut(&thing_of(line)).and_then(|thing| thing.stock.as_mut()) {
            *stock += more * line["quantity"].as_i64().unwrap_or(0);
        }
    }
}

fn moved(world: &mut World, number: &str, status: &str) -> Response {
    let Some(order) = world.orders.get_mut(number) else { return not_found() };
    order["status"] = json!(status);
    Json(order.clone()).into_response()
}

async fn hold(State(vendor): State<Vendor>, Path(number): Path<String>, Json(wanted): Json<Value>) -> Response {
    let mut world = vendor.world();
    let Some(order) = world.orders.get(&number).cloned() else { return not_found() };
    if order["status"] != "checkout-draft" {
        return Json(order).into_response();
    }
    let Some((lines, sum, digits)) = priced(&world, &order["lines"]) else { return not_found() };
    if wanted["total"] != decimal(sum + units(order["fee"].as_str().unwrap_or("0")).0, digits) {
        return refused(409, json!({ "error": "another_total" }));
    }
    let lacks = |line: &Value| {
        let thing = world.things.get(&thing_of(line));
        thing.and_then(|thing| thing.stock).is_some_and(|stock| line["quantity"].as_i64().unwrap_or(0) > stock)
    };
    if lines.iter().any(lacks) {
        return refused(409, json!({ "error": "too_few" }));
    }
    take(&mut world, &order, -1);
    moved(&mut world, &number, "placed")
}

fn status_of(world: &World, number: &str) -> String {
    world.orders.get(number).and_then(|order| order["status"].as_str()).unwrap_or("").to_string()
}

async fn paid(State(vendor): State<Vendor>, Path(number): Path<String>) -> Response {
    let mut world = vendor.world();
    match status_of(&world, &number).as_str() {
        "placed" => moved(&mut world, &number, "paid"),
        "cancelled" | "checkout-draft" => refused(409, json!({ "error": "it was let go" })),
        _ => world.orders.get(&number).map_or_else(not_found, |order| Json(order.clone()).into_response()),
    }
}

async fn release(State(vendor): State<Vendor>, Path(number): Path<String>) -> Response {
    let mut world = vendor.world();
    if status_of(&world, &number) != "placed" {
        return Json(json!({})).into_response();
    }
    let order = world.orders.get(&number).cloned().unwrap_or_default();
    take(&mut world, &order, 1);
    moved(&mut world, &number, "cancelled")
}

async fn send_back(State(vendor): State<Vendor>, Path(number): Path<String>) -> Response {
    let mut world = vendor.world();
    if status_of(&world, &number) != "shipped" {
        return refused(409, json!({ "error": "not sent yet" }));
    }
    let back = json!({ "number": format!("R-{number}"), "order": number });
    if !world.returns.contains(&back) {
        world.returns.push(back.clone());
    }
    Json(back).into_response()
}

async fn order(State(vendor): State<Vendor>, Path(number): Path<String>) -> Response {
    vendor.world().orders.get(&number).map_or_else(not_found, |order| Json(order.clone()).into_response())
}

async fn orders(State(vendor): State<Vendor>, Query(wanted): Query<BTreeMap<String, String>>) -> Json<Value> {
    let world = vendor.world();
    let conversation = wanted.get("conversation").cloned().unwrap_or_default();
    let own = |order: &&Value| {
        order["metadata"]["conversation"] == conversation.as_str() && order["status"] != "checkout-draft"
    };
    Json(world.orders.values().filter(own).cloned().collect())
}
