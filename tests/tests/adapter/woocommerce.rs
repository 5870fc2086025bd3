//! A stand-in for WooCommerce's REST v3, built from the vendor's documentation: no look at the stock when an order is made, no
//! knowledge of repeated orders, stock taken at `on-hold` and given back at `cancelled`, no ear for `set_paid` where an order does not
//! wait for its payment, and taxes beside the prices that they are in.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::vendor::{Thing, Vendor, World, decimal, not_found, refused, units, untaxed};

/// `ck_test:cs_test`
const KEY: &str = "Basic Y2tfdGVzdDpjc190ZXN0";

pub fn routes() -> Router<Vendor> {
    let routes = Router::new()
        .route("/products", get(products))
        .route("/products/{id}", get(product))
        .route("/webhooks", get(webhooks))
        .route("/orders", get(orders).post(create))
        .route("/orders/{id}", get(order).put(update).delete(remove));
    Router::new().nest("/wp-json/wc/v3", routes).layer(middleware::from_fn(key))
}

async fn key(headers: HeaderMap, request: Request, next: Next) -> Response {
    if headers.get("authorization").is_some_and(|key| key == KEY) {
        return next.run(request).await;
    }
    refused(401, json!({ "code": "woocommerce_rest_cannot_view", "message": "Sorry", "data": { "status": 401 } }))
}

fn shown(id: u32, thing: &Thing) -> Value {
    let out = thing.stock.is_some_and(|stock| stock <= 0);
    let status = if !out {
        "instock"
    } else if thing.backorder {
        "onbackorder"
    } else {
        "outofstock"
    };
    json!({
        "id": id, "name": thing.name, "slug": "one", "type": if thing.has_sizes { "variable" } else { "simple" }, "status": "publish", "sku": "",
        "price": thing.price, "regular_price": thing.price, "sale_price": "", "on_sale": false,
        "purchasable": !thing.price.is_empty(), "manage_stock": thing.stock.is_some(), "stock_quantity": thing.stock,
        "stock_status": status, "backorders": if thing.backorder { "notify" } else { "no" }, "short_description": "<p>Fine</p>",
        "categories": [{ "id": 9, "name": "Things" }], "tags": [], "images": [], "variations": [], "parent_id": 0,
    })
}

async fn webhooks(State(vendor): State<Vendor>) -> Json<Value> {
    Json(json!(vendor.world().webhooks))
}

async fn products(State(vendor): State<Vendor>, Query(wanted): Query<BTreeMap<String, String>>) -> Response {
    let world = vendor.world();
    let number = |name: &str, usual: usize| wanted.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (page, size) = (number("page", 1), number("per_page", 10).min(100));
    let word = wanted.get("search").map(|word| word.to_lowercase()).unwrap_or_default();
    let fits = |(id, thing): (&u32, &Thing)| {
        let one = shown(*id, thing);
        let here = wanted.get("stock_status").is_none_or(|status| one["stock_status"] == status.as_str());
        (here && thing.name.to_lowercase().contains(&word)).then_some(one)
    };
    let all: Vec<Value> = world.things.iter().filter_map(fits).collect();
    let part: Vec<Value> = all.iter().skip((page - 1) * size).take(size).cloned().collect();
    linked("products", part, page * size < all.len(), (page, size))
}

/// A page, and where the next one is.
fn linked(name: &str, part: Vec<Value>, more: bool, (page, size): (usize, usize)) -> Response {
    let mut response = Json(part).into_response();
    if more {
        let next = format!("</wp-json/wc/v3/{name}?page={}&per_page={size}>; rel=\"next\"", page + 1);
        response.headers_mut().insert("link", next.parse().expect("a header"));
    }
    response
}

async fn product(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    let world = vendor.world();
    let known = id.parse().ok().and_then(|id: u32| Some((id, world.things.get(&id)?)));
    known.map_or_else(not_found, |(id, thing)| Json(shown(id, thing)).into_response())
}

fn number(json: &Value) -> i64 {
    json.as_i64().or_else(|| json.as_str()?.parse().ok()).unwrap_or(0)
}

/// Lines at the catalogue's prices of now; nobody looks at the stock.
fn lines(world: &World, wanted: &Value) -> (Vec<Value>, i64, u32) {
    let (mut lines, mut sum, mut digits) = (Vec::new(), 0, 2);
    for (at, line) in wanted.as_array().into_iter().flatten().enumerate() {
        let (id, quantity) = (number(&line["product_id"]), number(&line["quantity"]));
        let Some(thing) = u32::try_from(id).ok().and_then(|id| world.things.get(&id)) else { continue };
        let (price, behind) = units(&thing.price);
        digits = behind;
        sum += price * quantity;
        let net = untaxed(price * quantity, world.tax);
        lines.push(json!({
            "id": at + 1, "name": thing.name, "product_id": id, "variation_id": 0, "quantity": quantity,
            "subtotal": decimal(net, behind), "total": decimal(net, behind), "total_tax": decimal(price * quantity - net, behind),
            // Divided, as PHP does.
            "price": format!("{}000001", decimal(net / quantity.max(1), behind)).parse::<serde_json::Number>().expect("a number"),
        }));
    }
    (lines, sum, digits)
}

async fn create(State(vendor): State<Vendor>, Json(wanted): Json<Value>) -> Response {
    let mut world = vendor.world();
    world.next += 1;
    let id = world.next;
    let (lines, sum, digits) = lines(&world, &wanted["line_items"]);
    // Delivery is named without its taxes.
    let fees = wanted["shipping_lines"].as_array().into_iter().flatten();
    let fee: i64 = fees.map(|fee| units(fee["total"].as_str().unwrap_or("0")).0).sum();
    let fee_tax = fee * world.tax / 100;
    let order = json!({
        "id": id, "number": id.to_string(), "status": "pending", "currency": world.currency,
        "date_created_gmt": "2026-11-21T08:30:00", "date_modified_gmt": "2026-11-21T08:30:00",
        "total": decimal(sum + fee + fee_tax, digits), "shipping_total": decimal(fee, digits),
        "shipping_tax": decimal(fee_tax, digits), "line_items": lines,
        "shipping_lines": if wanted["shipping_lines"].is_null() { json!([]) } else { wanted["shipping_lines"].clone() },
        "billing": wanted["billing"], "shipping": wanted["shipping"], "meta_data": wanted["meta_data"],
    });
    let id = id.to_string();
    world.orders.insert(id.clone(), order);
    let wished = wanted["status"].as_str().unwrap_or("pending").to_string();
    refused(201, moved(&mut world, &id, &wished))
}

/// Stock is held from `on-hold` on, and given back by `cancelled`.
fn moved(world: &mut World, id: &str, status: &str) -> Value {
    let holds = |status: &str| matches!(status, "on-hold" | "processing" | "completed");
    let Some(order) = world.orders.get_mut(id) else { return Value::Null };
    let (before, after) = (holds(order["status"].as_str().unwrap_or("")), holds(status));
    order["status"] = status.into();
    let order = order.clone();
    for line in order["line_items"].as_array().into_iter().flatten().filter(|_| before != after) {
        let thing = u32::try_from(number(&line["product_id"])).ok();
        if let Some(stock) = thing.and_then(|id| world.things.get_mut(&id)).and_then(|thing| thing.stock.as_mut()) {
            *stock += if after { -number(&line["quantity"]) } else { number(&line["quantity"]) };
        }
    }
    order
}

async fn order(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    vendor.world().orders.get(&id).map_or_else(not_found, |order| Json(order.clone()).into_response())
}

async fn update(State(vendor): State<Vendor>, Path(id): Path<String>, Json(wanted): Json<Value>) -> Response {
    let before = vendor.world().before.take();
    if let Some(before) = before {
        before.acquire().await.expect("it is open").forget();
    }
    let Some(before) = vendor.world().orders.get(&id).map(|order| order["status"].clone()) else {
        return not_found();
    };
    let needs_payment = matches!(before.as_str(), Some("pending" | "failed"));
    let status = match wanted["status"].as_str() {
        Some(status) => status,
        None if wanted["set_paid"] == true && needs_payment => "processing",
        None => before.as_str().unwrap_or(""),
    };
    let mut moved = moved(&mut vendor.world(), &id, status);
    let moves_on = vendor.world().moves_on.filter(|_| status == "processing");
    if let Some(word) = moves_on {
        moved["status"] = word.into();
        vendor.world().orders.insert(id, moved.clone());
    }
    let meeting = vendor.world().meeting.clone().filter(|_| status == "on-hold");
    if let Some(meeting) = meeting {
        meeting.wait().await;
    }
    Json(moved).into_response()
}

async fn remove(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    vendor.world().orders.remove(&id).map_or_else(not_found, |order| Json(order).into_response())
}

async fn orders(State(vendor): State<Vendor>, Query(wanted): Query<BTreeMap<String, String>>) -> Response {
    let number = |name: &str, usual: usize| wanted.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (page, size) = (number("page", 1), number("per_page", 10).min(100));
    let world = vendor.world();
    let newest = world.orders.values().rev().skip((page - 1) * size).take(size).cloned();
    linked("orders", newest.collect(), page * size < world.orders.len(), (page, size))
}
