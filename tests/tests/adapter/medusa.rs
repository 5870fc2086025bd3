//! A stand-in for Medusa v2, built from what `reference` says of a run of 2.21: prices only where a region is asked for, lines that
//! add up, carts that keep old prices until a line is touched, one order however often a cart is completed.

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
        .route("/store/carts/{id}", get(cart).post(cart))
        .route("/store/carts/{id}/line-items", post(add))
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
        "allow_backorder": false, "product_id": format!("prod_{id}"),
    });
    if wanted.contains_key("region_id") && fields.contains("variants.calculated_price") && !thing.price.is_empty() {
        variant["calculated_price"] = json!({
            "calculated_amount": raw(&thing.price), "currency_code": world.currency.to_lowercase(),
            "raw_calculated_amount": { "value": thing.price, "precision": 20 },
        });
    }
    // A `+` that was not encoded is a blank here.
    if fields.contains("+variants.inventory_quantity") && thing.stock.is_some() {
        variant["inventory_quantity"] = json!(thing.stock);
    }
    json!({ "id": format!("prod_{id}"), "title": thing.name, "thumbnail": null, "description": null, "variants": [variant] })
}

type Wanted = Query<BTreeMap<String, String>>;

async fn products(State(vendor): State<Vendor>, Query(wanted): Wanted) -> Response {
    let world = vendor.world();
    let word = wanted.get("q").map(|word| word.to_lowercase()).unwrap_or_default();
    let fits = world.things.iter().filter(|(_, thing)| thing.name.to_lowercase().contains(&word));
    let found: Vec<Value> = fits.map(|(id, thing)| shown(&world, *id, thing, &wanted)).collect();
    Json(json!({ "products": found, "count": found.len(), "offset": 0, "limit": 50 })).into_response()
}

async fn product(State(vendor): State<Vendor>, Path(id): Path<String>, Query(wanted): Wanted) -> Response {
    let world = vendor.world();
    let number = id.strip_prefix("prod_").and_then(|id| id.parse().ok());
    let known = number.and_then(|id: u32| Some((id, world.things.get(&id)?)));
    let shown = known.map(|(id, thing)| json!({ "product": shown(&world, id, thing, &wanted) }));
    shown.map_or_else(not_found, |product| Json(product).into_response())
}

async fn create(State(vendor): State<Vendor>, Json(wanted): Json<Value>) -> Response {
    let mut world = vendor.world();
    world.next += 1;
    let id = format!("cart_{}", world.next);
    let cart = json!({
        "id": id, "currency_code": world.currency.to_lowercase(), "items": [], "metadata": wanted["metadata"],
        "created_at": "2026-11-21T08:30:00.000Z", "shipping_total": 0,
    });
    world.carts.insert(id.clone(), cart);
    Json(summed(&world, &id)).into_response()
}

/// The cart with its totals.
fn summed(world: &World, id: &str) -> Value {
    let mut cart = world.carts.get(id).cloned().unwrap_or_default();
    let (mut sum, mut digits) = (0, 2);
    for item in cart["items"].as_array_mut().into_iter().flatten() {
        let (price, behind) = units(item["price"].as_str().unwrap_or("0.00"));
        let total = price * item["quantity"].as_i64().unwrap_or(0);
        item["unit_price"] = raw(&decimal(price, behind));
        item["total"] = raw(&decimal(total, behind));
        (sum, digits) = (sum + total, behind);
    }
    cart["total"] = raw(&decimal(sum, digits));
    json!({ "cart": cart })
}

fn thing_of(variant: &Value) -> u32 {
    variant.as_str().and_then(|id| id.strip_prefix("variant_")?.parse().ok()).unwrap_or(0)
}

fn number(json: &Value) -> i64 {
    json.as_i64().or_else(|| json.as_str()?.parse().ok()).unwrap_or(0)
}

fn short() -> Response {
    let message = "Some variant does not have the required inventory";
    refused(400, json!({ "type": "not_allowed", "code": "insufficient_inventory", "message": message }))
}

async fn add(State(vendor): State<Vendor>, Path(id): Path<String>, Json(wanted): Json<Value>) -> Response {
    let mut world = vendor.world();
    let number_of = thing_of(&wanted["variant_id"]);
    let Some(thing) = world.things.get(&number_of).cloned() else { return not_found() };
    let quantity = number(&wanted["quantity"]);
    let Some(items) = world.carts.get_mut(&id).and_then(|cart| cart["items"].as_array_mut()) else {
        return not_found();
    };
    let known = items.iter_mut().find(|item| item["variant_id"] == wanted["variant_id"]);
    let before = known.as_ref().map_or(0, |item| number(&item["quantity"]));
    if thing.stock.is_some_and(|stock| before + quantity > stock) {
        return short();
    }
    match known {
        // It adds up.
        Some(item) => item["quantity"] = json!(before + quantity),
        None => items.push(json!({
            "id": format!("item_{number_of}"), "variant_id": wanted["variant_id"], "product_id": format!("prod_{number_of}"),
            "product_title": thing.name, "quantity": quantity, "price": thing.price,
        })),
    }
    Json(summed(&world, &id)).into_response()
}

async fn touch(
    State(vendor): State<Vendor>,
    Path((id, line)): Path<(String, String)>,
    Json(wanted): Json<Value>,
) -> Response {
    let mut world = vendor.world();
    let things = world.things.clone();
    let Some(items) = world.carts.get_mut(&id).and_then(|cart| cart["items"].as_array_mut()) else {
        return not_found();
    };
    let Some(item) = items.iter_mut().find(|item| item["id"] == line.as_str()) else { return not_found() };
    let Some(thing) = things.get(&thing_of(&item["variant_id"])) else { return not_found() };
    if thing.stock.is_some_and(|stock| number(&wanted["quantity"]) > stock) {
        return short();
    }
    item["quantity"] = json!(number(&wanted["quantity"]));
    item["price"] = json!(thing.price);
    Json(summed(&world, &id)).into_response()
}

async fn cart(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    let world = vendor.world();
    if world.carts.contains_key(&id) { Json(summed(&world, &id)).into_response() } else { not_found() }
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
    let mut order = summed(&world, &id)["cart"].clone();
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

async fn orders(State(vendor): State<Vendor>) -> Response {
    Json(json!({ "orders": vendor.world().orders.values().cloned().collect::<Vec<_>>() })).into_response()
}

async fn cancel(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    let mut world = vendor.world();
    let Some(order) = world.orders.get_mut(&id) else { return not_found() };
    if order["status"] == "canceled" {
        return refused(400, json!({ "type": "invalid_data", "message": "already canceled" }));
    }
    order["status"] = json!("canceled");
    let order = order.clone();
    for item in order["items"].as_array().into_iter().flatten() {
        if let Some(stock) = world.things.get_mut(&thing_of(&item["variant_id"])).and_then(|it| it.stock.as_mut()) {
            *stock += number(&item["quantity"]);
        }
    }
    Json(json!({ "order": order })).into_response()
}

async fn capture(State(vendor): State<Vendor>, Path(id): Path<String>) -> Response {
    let mut world = vendor.world();
    let order = world.orders.get_mut(id.trim_start_matches("pay_")).map(|order| {
        order["fulfillment_status"] = json!("not_fulfilled");
        order["payment_status"] = json!("captured");
    });
    if order.is_none() { not_found() } else { Json(json!({ "payment": { "id": id } })).into_response() }
}
