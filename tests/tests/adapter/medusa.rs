//! A stand-in for Medusa v2, as a server of 2.21.2 was seen to answer (`real.rs`): prices only where a region is asked for, fields
//! only where they are asked for, numbers that are numbers, carts that keep old prices until a line is touched, one order however
//! often a cart is completed.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Number, Value, json};

use crate::vendor::{Thing, Vendor, World, decimal, not_found, refused, units};

pub fn routes() -> Router<Vendor> {
    Router::new()
        .route("/store/products", get(products))
        .route("/store/products/{id}", get(product))
        .route("/store/carts", post(create))
        .route("/store/carts/{id}", get(cart))
        .route("/store/carts/{id}/line-items/{line}", post(touch))
        .route("/store/carts/{id}/shipping-methods", post(cart))
        .route("/store/carts/{id}/complete", post(complete))
        .route("/store/shipping-options", get(options))
        .route("/store/payment-collections", post(collection))
        .route("/store/payment-collections/{id}/payment-sessions", post(session))
        .route("/store/orders/{id}", get(order))
        .route("/admin/orders", get(orders))
        .route("/admin/orders/{id}", get(order))
        .route("/admin/orders/{id}/cancel", post(cancel))
        .route("/admin/payments/{id}/capture", post(capture))
        .route("/admin/returns", get(returns).post(begin_return))
        .route("/admin/returns/{id}/request-items", post(put_into_return))
        .route("/admin/returns/{id}/request", post(ask_for_return))
        .layer(middleware::from_fn(key))
}

async fn key(headers: HeaderMap, request: Request, next: Next) -> Response {
    let is_admin = request.uri().path().starts_with("/admin");
    let has = |name: &str, key: &str| headers.get(name).is_some_and(|given| given == key);
    // `sk_test:`
    if is_admin && has("authorization", "Basic c2tfdGVzdDo=") || !is_admin && has("x-publishable-api-key", "pk_test") {
        return next.run(request).await;
    }
    let (status, kind) = if is_admin { (401, "unauthorized") } else { (400, "not_allowed") };
    refused(status, json!({ "type": kind, "message": "Publishable API key required" }))
}

fn raw(text: &str) -> Value {
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

fn shown(world: &World, id: u32, thing: &Thing, wanted: &BTreeMap<String, String>) -> Value {
    let fields = wanted.get("fields").map(String::as_str).unwrap_or("");
    let mut variant = json!({
        "id": format!("variant_{id}"), "title": "One size", "sku": null, "manage_inventory": thing.stock.is_some(),
        "allow_backorder": thing.backorder, "product_id": format!("prod_{id}"),
    });
    if !thing.price.is_empty() {
        variant["calculated_price"] = json!({
            "calculated_amount": raw(&thing.price), "currency_code": world.currency.to_lowercase(),
            "raw_calculated_amount": { "value": thing.price, "precision": 20 },
        });
        if wanted.contains_key("country_code") {
            variant["calculated_price"]["calculated_amount_with_tax"] = raw(&thing.price);
        }
    } else {
        variant["calculated_price"] = Value::Null;
    }
    if fields.contains("+variants.inventory_quantity") && thing.stock.is_some() {
        variant["inventory_quantity"] = json!(thing.stock);
    }
    json!({ "id": format!("prod_{id}"), "title": thing.name, "thumbnail": null, "description": null, "variants": [variant] })
}

type Wanted = Query<BTreeMap<String, String>>;

/// Prices are of a region.
fn unpriced(wanted: &BTreeMap<String, String>) -> Option<Response> {
    let message = "Missing required pricing context to calculate prices - region_id";
    let refused = || refused(400, json!({ "type": "invalid_data", "message": message }));
    (!wanted.contains_key("region_id")).then(refused)
}

async fn products(State(vendor): State<Vendor>, Query(wanted): Wanted) -> Response {
    if let Some(refused) = unpriced(&wanted) {
        return refused;
    }
    let world = vendor.world();
    let word = wanted.get("q").map(|word| word.to_lowercase()).unwrap_or_default();
    let fits = world.things.iter().filter(|(_, thing)| thing.name.to_lowercase().contains(&word));
    let found: Vec<Value> = fits.map(|(id, thing)| shown(&world, *id, thing, &wanted)).collect();
    Json(json!({ "products": found, "count": found.len(), "offset": 0, "limit": 50 })).into_response()
}

async fn product(State(vendor): State<Vendor>, Path(id): Path<String>, Query(wanted): Wanted) -> Response {
    if let Some(refused) = unpriced(&wanted) {
        return refused;
    }
    let world = vendor.world();
    let number = id.strip_prefix("prod_").and_then(|id| id.parse().ok());
    let known = number.and_then(|id: u32| Some((id, world.things.get(&id)?)));
    let shown = known.map(|(id, thing)| json!({ "product": shown(&world, id, thing, &wanted) }));
    shown.map_or_else(not_found, |product| Json(product).into_response())
}

async fn create(State(vendor): State<Vendor>, Json(wanted): Json<Value>) -> Response {
    let mut world = vendor.world();
    let mut items = Vec::new();
    for wanted in wanted["items"].as_array().into_iter().flatten() {
        let number_of = thing_of(&wanted["variant_id"]);
        let Some(thing) = world.things.get(&number_of).filter(|thing| !thing.price.is_empty()) else {
            return refused(400, json!({ "type": "invalid_data", "message": "Variants do not exist" }));
        };
        let Some(quantity) = wanted["quantity"].as_i64() else { return no_number() };
        if thing.stock.is_some_and(|stock| quantity > stock) {
            return short();
        }
        items.push(json!({
            "id": format!("item_{number_of}"), "variant_id": wanted["variant_id"], "product_id": format!("prod_{number_of}"),
            "product_title": thing.name, "quantity": quantity, "price": thing.price,
        }));
    }
    world.next += 1;
    let id = format!("cart_{}", world.next);
    let cart = json!({
        "id": id, "currency_code": world.currency.to_lowercase(), "items": items, "metadata": wanted["metadata"],
        "created_at": "2026-11-21T08:30:00.000Z", "shipping_total": 0,
    });
    world.carts.insert(id.clone(), cart);
    Json(summed(&world, &id, "")).into_response()
}

fn no_number() -> Response {
    let message = "Invalid request: Expected type: 'number' for field 'quantity'";
    refused(400, json!({ "type": "invalid_data", "message": message }))
}

/// The cart with its totals; those of the lines only where `fields` has them.
fn summed(world: &World, id: &str, fields: &str) -> Value {
    let mut cart = world.carts.get(id).cloned().unwrap_or_default();
    let (mut sum, mut digits) = (0, 2);
    for item in cart["items"].as_array_mut().into_iter().flatten() {
        let (price, behind) = units(item["price"].as_str().unwrap_or("0.00"));
        let total = price * item["quantity"].as_i64().unwrap_or(0);
        item["unit_price"] = raw(&decimal(price, behind));
        if fields.contains("+items.total") {
            item["total"] = raw(&decimal(total, behind));
        }
        (sum, digits) = (sum + total, behind);
    }
    cart["total"] = raw(&decimal(sum, digits));
    json!({ "cart": cart })
}

fn thing_of(variant: &Value) -> u32 {
    variant.as_str().and_then(|id| id.strip_prefix("variant_")?.parse().ok()).unwrap_or(0)
}

fn number(json: &Value) -> i64 {
    json.as_i64().unwrap_or(0)
}

fn short() -> Response {
    let message = "Some variant does not have the required inventory";
    refused(400, json!({ "type": "not_allowed", "code": "insufficient_inventory", "message": message }))
}

async fn touch(
    State(vendor): State<Vendor>,
    Path((id, line)): Path<(String, String)>,
    Json(wanted): Json<Value>,
) -> Response {
    let mut world = vendor.world();
    if world.orders.contains_key(&format!("order_{id}")) {
        return refused(400, json!({ "type": "invalid_data", "message": format!("Cart {id} is already completed.") }));
    }
    let Some(quantity) = wanted["quantity"].as_i64() else { return no_number() };
    let things = world.things.clone();
    let Some(items) = world.carts.get_mut(&id).and_then(|cart| cart["items"].as_array_mut()) else {
        return not_found();
    };
    let Some(item) = items.iter_mut().find(|item| item["id"] == line.as_str()) else { return not_found() };
    let Some(thing) = things.get(&thing_of(&item["variant_id"])) else { return not_found() };
    if thing.stock.is_some_and(|stock| quantity > stock) {
        return short();
    }
    item["quantity"] = json!(quantity);
    item["price"] = json!(thing.price);
    Json(summed(&world, &id, "")).into_response()
}

async fn cart(State(vendor): State<Vendor>, Path(id): Path<String>, Query(wanted): Wanted) -> Response {
    let world = vendor.world();
    let fields = wanted.get("fields").map(String::as_str).unwrap_or("");
    if world.carts.contains_key(&id) { Json(summed(&world, &id, fields)).into_response() } else { not_found() }
}

async fn options() -> Json<Value> {
    Json(json!({ "shipping_options": [{ "id": "so_1", "name": "Standard", "amount": 0 }] }))
}

async fn collection(State(vendor): State<Vendor>, Json(wanted): Json<Value>) -> Response {
    let cart = wanted["cart_id"].as_str().unwrap_or("").to_string();
    if !vendor.world().carts.contains_key(&cart) {
        return not_found();
    }
    Json(json!({ "payment_collection": { "id": format!("pay_col_{cart}") } })).into_response()
}

async fn session(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    let cart = id.trim_start_matches("pay_col_").to_string();
    if let Some(cart) = vendor.world().carts.get_mut(&cart) {
        cart["session"] = json!(true);
    }
    Json(json!({ "payment_collection": { "id": id, "payment_sessions": [{ "id": "payses_1" }] } })).into_response()
}

async fn complete(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    let mut world = vendor.world();
    let order_id = format!("order_{id}");
    if let Some(order) = world.orders.get(&order_id) {
        return Json(json!({ "type": "order", "order": order })).into_response();
    }
    let Some(cart) = world.carts.get(&id).cloned() else { return not_found() };
    if cart["session"] != true {
        let message = "Payment collection has not been initiated for cart";
        return refused(400, json!({ "type": "invalid_data", "message": message }));
    }
    let items = cart["items"].as_array().cloned().unwrap_or_default();
    let lacks = |item: &Value| {
        let thing = world.things.get(&thing_of(&item["variant_id"]));
        thing.and_then(|thing| thing.stock).is_some_and(|stock| number(&item["quantity"]) > stock)
    };
    if items.iter().any(lacks) {
        let message = "Not enough stock available for item";
        return refused(400, json!({ "type": "not_allowed", "message": message }));
    }
    for item in &items {
        if let Some(stock) = world.things.get_mut(&thing_of(&item["variant_id"])).and_then(|it| it.stock.as_mut()) {
            *stock -= number(&item["quantity"]);
        }
    }
    let mut order = summed(&world, &id, "+items.total")["cart"].clone();
    order["id"] = json!(order_id);
    order["status"] = json!("pending");
    // Null in this answer, and there when it is read again.
    order["payment_status"] = Value::Null;
    order["fulfillment_status"] = Value::Null;
    world.orders.insert(order_id, order.clone());
    Json(json!({ "type": "order", "order": order })).into_response()
}

async fn order(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    let world = vendor.world();
    let Some(mut order) = world.orders.get(&id).cloned() else { return not_found() };
    if order["fulfillment_status"].is_null() {
        order["fulfillment_status"] = json!("not_fulfilled");
        order["payment_status"] = json!("authorized");
    }
    order["payment_collections"] = json!([{ "payments": [{ "id": format!("pay_{id}") }] }]);
    Json(json!({ "order": order })).into_response()
}

/// As the Admin API shows one: without its currency, unless that is asked for.
fn of_admin(mut order: Value, wanted: &BTreeMap<String, String>) -> Value {
    let asked = wanted.get("fields").is_some_and(|fields| fields.contains("+currency_code"));
    if let Some(order) = order.as_object_mut().filter(|_| !asked) {
        order.remove("currency_code");
    }
    order
}

async fn orders(State(vendor): State<Vendor>, Query(wanted): Wanted) -> Response {
    let world = vendor.world();
    let number = |name: &str| wanted.get(name).and_then(|text| text.parse().ok());
    let newest = world.orders.values().rev().skip(number("offset").unwrap_or(0)).take(number("limit").unwrap_or(50));
    let orders: Vec<Value> = newest.map(|order| of_admin(order.clone(), &wanted)).collect();
    Json(json!({ "orders": orders })).into_response()
}

async fn cancel(State(vendor): State<Vendor>, Path(id): Path<String>, Query(wanted): Wanted) -> Response {
    let mut world = vendor.world();
    let Some(order) = world.orders.get_mut(&id) else { return not_found() };
    if order["status"] == "canceled" {
        let message = format!("Order with id {id} has been canceled.");
        return refused(400, json!({ "type": "invalid_data", "message": message }));
    }
    order["status"] = json!("canceled");
    let order = order.clone();
    for item in order["items"].as_array().into_iter().flatten() {
        if let Some(stock) = world.things.get_mut(&thing_of(&item["variant_id"])).and_then(|it| it.stock.as_mut()) {
            *stock += number(&item["quantity"]);
        }
    }
    Json(json!({ "order": of_admin(order, &wanted) })).into_response()
}

async fn capture(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    let mut world = vendor.world();
    let order = world.orders.get_mut(id.trim_start_matches("pay_")).map(|order| {
        order["fulfillment_status"] = json!("not_fulfilled");
        order["payment_status"] = json!("captured");
    });
    if order.is_none() { not_found() } else { Json(json!({ "payment": { "id": id } })).into_response() }
}

async fn returns(State(vendor): State<Vendor>, Query(wanted): Wanted) -> Response {
    let world = vendor.world();
    let of_order = |it: &&Value| wanted.get("order_id").is_none_or(|order| it["order_id"] == order.as_str());
    Json(json!({ "returns": world.returns.iter().filter(of_order).collect::<Vec<_>>() })).into_response()
}

fn invalid(message: &str) -> Response {
    refused(400, json!({ "type": "invalid_data", "message": message }))
}

/// Only one change of an order can be under way.
async fn begin_return(State(vendor): State<Vendor>, Json(wanted): Json<Value>) -> Response {
    let mut world = vendor.world();
    let open = |it: &Value| it["order_id"] == wanted["order_id"] && it["status"] == "open";
    if world.returns.iter().any(open) {
        return invalid("Order already has an existing active order change");
    }
    let number = world.returns.len() + 1;
    let begun = json!({
        "id": format!("return_{number}"), "display_id": number, "order_id": wanted["order_id"], "status": "open",
        "metadata": wanted["metadata"], "items": [],
    });
    world.returns.push(begun.clone());
    Json(json!({ "return": begun })).into_response()
}

/// No more than was sent, and has not been put into it before.
async fn put_into_return(State(vendor): State<Vendor>, Path(id): Path<String>, Json(wanted): Json<Value>) -> Response {
    let mut world = vendor.world();
    let orders = world.orders.clone();
    let Some(open) = world.returns.iter_mut().find(|it| it["id"] == id.as_str()) else { return not_found() };
    let sent =
        orders.get(open["order_id"].as_str().unwrap_or("")).filter(|order| !order["fulfillment_status"].is_null());
    let there: i64 =
        sent.map_or(0, |order| order["items"].as_array().into_iter().flatten().map(|it| number(&it["quantity"])).sum());
    let sum = |items: &Value| items.as_array().into_iter().flatten().map(|it| number(&it["quantity"])).sum::<i64>();
    if sum(&open["items"]) + sum(&wanted["items"]) > there {
        return invalid("Cannot request to return more items than what was fulfilled");
    }
    open["items"] = wanted["items"].clone();
    Json(json!({ "return": open })).into_response()
}

async fn ask_for_return(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    let mut world = vendor.world();
    let Some(open) = world.returns.iter_mut().find(|it| it["id"] == id.as_str()) else { return not_found() };
    if open["status"] != "open" || open["items"].as_array().is_none_or(Vec::is_empty) {
        return invalid("Order return request should have at least 1 item");
    }
    open["status"] = json!("requested");
    Json(json!({ "return": open })).into_response()
}
