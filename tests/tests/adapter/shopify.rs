//! A stand-in for Shopify's Storefront and Admin API of GraphQL, built from the vendor's documentation: carts that hold nothing,
//! warnings with fewer things than were asked for, orders that are only made on the checkout page, errors in answers of 200.
//! It knows the documents of the shipped mapping by their names, and refuses variables that do not fit them.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use crate::vendor::{Thing, Vendor, World, decimal, refused, units};

pub fn routes() -> Router<Vendor> {
    Router::new()
        .route("/api/{version}/graphql.json", post(storefront))
        .route("/admin/api/{version}/graphql.json", post(admin))
}

/// The customer pays on the checkout page of the cart with our reference, once.
pub fn pays(vendor: &Vendor, reference: &str) {
    let mut world = vendor.world();
    let is_ours = |cart: &&Value| attribute(cart, "duka_order") == reference;
    let Some(cart) = world.carts.values().rev().find(is_ours).cloned() else { return };
    let known = |order: &Value| order["note_attributes"][0]["value"] == reference;
    let lines = cart["lines"].as_array().cloned().unwrap_or_default();
    let lacks = |line: &Value| {
        let thing = world.things.get(&thing_of(&line["merchandiseId"]));
        thing.is_none_or(|thing| thing.stock.is_some_and(|stock| number(&line["quantity"]) > stock))
    };
    if world.orders.values().any(known) || lines.iter().any(lacks) {
        return;
    }
    world.next += 1;
    let id = format!("gid://shopify/Order/{}", world.next);
    let attributes = cart["attributes"].as_array().cloned().unwrap_or_default();
    let notes: Vec<Value> = attributes.iter().map(|it| json!({ "name": it["key"], "value": it["value"] })).collect();
    let (total, _) = summed(&world, &lines);
    let items: Vec<Value> = lines.iter().map(|line| item(&world, line)).collect();
    let order = json!({
        // As the Admin API has it, and beside it what webhooks have.
        "id": id, "name": "#1001", "createdAt": "2026-11-21T08:30:00Z", "cancelledAt": null,
        "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "UNFULFILLED", "customAttributes": attributes,
        "returnStatus": "NO_RETURN", "returns": { "nodes": [] },
        "totalPriceSet": { "shopMoney": { "amount": total, "currencyCode": world.currency } },
        "totalShippingPriceSet": { "shopMoney": { "amount": "0.0", "currencyCode": world.currency } },
        "lineItems": { "nodes": items }, "fulfillments": [],
        "note_attributes": notes, "financial_status": "paid", "line_items": [{ "variant_id": 11, "price": "1.00" }],
    });
    world.orders.insert(id, order);
    for line in &lines {
        let thing = world.things.get_mut(&thing_of(&line["merchandiseId"]));
        if let Some(stock) = thing.and_then(|thing| thing.stock.as_mut()) {
            *stock -= number(&line["quantity"]);
        }
    }
}

fn attribute<'a>(cart: &'a Value, key: &str) -> &'a str {
    let attributes = cart["attributes"].as_array().map(Vec::as_slice).unwrap_or(&[]);
    attributes.iter().find(|it| it["key"] == key).and_then(|it| it["value"].as_str()).unwrap_or("")
}

fn number(json: &Value) -> i64 {
    json.as_i64().unwrap_or(0)
}

fn thing_of(variant: &Value) -> u32 {
    variant.as_str().and_then(|id| id.strip_prefix("gid://shopify/ProductVariant/")?.parse().ok()).unwrap_or(0)
}

/// The document's name; `None`: it is not one that a server would take.
fn name(query: &str, variables: &Map<String, Value>) -> Option<String> {
    let (open, close) = (query.matches('{').count(), query.matches('}').count());
    let parens = query.matches('(').count() == query.matches(')').count();
    let (_, rest) = query.split_once(' ')?;
    let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    let head = rest.split_once('{')?.0;
    let declared: Vec<(&str, bool)> = head
        .split('$')
        .filter_map(|part| part.split_once(": "))
        .map(|(name, ty)| (name, ty.split([',', ')']).next().is_some_and(|ty| ty.ends_with('!'))))
        .filter(|(name, _)| name.chars().all(char::is_alphanumeric))
        .collect();
    let all_there = declared.iter().all(|(name, needed)| !needed || variables.contains_key(*name));
    let all_known = variables.keys().all(|given| declared.iter().any(|(name, _)| name == given));
    (open == close && parens && all_there && all_known).then_some(name)
}

struct Asked {
    name: String,
    /// How many it asks for in a page.
    first: usize,
    variables: Map<String, Value>,
}

/// Reads a request; the response where it has a fault or is none.
fn asked(vendor: &Vendor, headers: &HeaderMap, key: (&str, &str), body: &Value) -> Result<Asked, Box<Response>> {
    if headers.get(key.0).is_none_or(|given| given != key.1) {
        return Err(Box::new(refused(401, json!({ "errors": "[API] Invalid API key or access token" }))));
    }
    let variables = body["variables"].as_object().cloned().unwrap_or_default();
    let Some(name) = name(body["query"].as_str().unwrap_or(""), &variables) else {
        let errors = json!({ "errors": [{ "message": "Variables do not fit the document" }] });
        return Err(Box::new(Json(errors).into_response()));
    };
    vendor.world().log.push(format!("{name} {}", body["variables"]));
    match vendor.strikes(&format!("GRAPHQL {name}")) {
        Some(answer) => Err(Box::new(answer)),
        None => {
            let first =
                body["query"].as_str().and_then(|query| query.split_once("first: ")).map_or("", |(_, rest)| rest);
            let first: String = first.chars().take_while(char::is_ascii_digit).collect();
            Ok(Asked { name, first: first.parse().unwrap_or(250), variables })
        }
    }
}

fn variant(world: &World, id: u32, thing: &Thing) -> Value {
    let is_counted_out = thing.stock.is_some_and(|stock| stock <= 0);
    let there = !is_counted_out || thing.backorder;
    let price = json!({ "amount": thing.price, "currencyCode": world.currency });
    json!({
        "id": format!("gid://shopify/ProductVariant/{id}"), "title": "Default Title", "availableForSale": there,
        // What is not counted is at 0.
        "currentlyNotInStock": is_counted_out && thing.backorder, "quantityAvailable": thing.stock.unwrap_or(0), "image": null,
        "price": if thing.price.is_empty() { Value::Null } else { price },
        "product": {
            "id": format!("gid://shopify/Product/{id}"), "title": thing.name, "description": "Fine", "productType": "Things",
            "featuredImage": null,
        },
    })
}

fn products(world: &World, fits: impl Fn(&Thing) -> bool) -> Vec<Value> {
    let fitting = world.things.iter().filter(|(_, thing)| fits(thing));
    fitting.map(|(id, thing)| json!({ "variants": { "nodes": [variant(world, *id, thing)] } })).collect()
}

fn summed(world: &World, lines: &[Value]) -> (String, u32) {
    let (mut sum, mut digits) = (0, 2);
    for line in lines {
        let Some(thing) = world.things.get(&thing_of(&line["merchandiseId"])) else { continue };
        let (price, behind) = units(&thing.price);
        (sum, digits) = (sum + price * number(&line["quantity"]), behind);
    }
    (decimal(sum, digits), digits)
}

/// A line of an order of the Admin API.
fn item(world: &World, line: &Value) -> Value {
    let Some(thing) = world.things.get(&thing_of(&line["merchandiseId"])) else { return Value::Null };
    let (price, digits) = units(&thing.price);
    let total = decimal(price * number(&line["quantity"]), digits);
    json!({
        "quantity": line["quantity"], "title": thing.name, "variant": { "id": line["merchandiseId"] },
        "originalUnitPriceSet": { "shopMoney": { "amount": thing.price } },
        "discountedTotalSet": { "shopMoney": { "amount": total } },
    })
}

/// What of an order can be sent back: nothing before it is sent, or when it is on its way back.
fn parts(order: &Value) -> Value {
    let is_there = order["displayFulfillmentStatus"] == "FULFILLED" && order["returnStatus"] == "NO_RETURN";
    let part = |item: &Value| json!({ "quantity": item["quantity"], "fulfillmentLineItem": { "id": "gid://shopify/FulfillmentLineItem/1" } });
    let items = order["lineItems"]["nodes"].as_array().into_iter().flatten().filter(|_| is_there);
    // Each thing in a parcel of its own.
    items.map(|item| json!({ "returnableFulfillmentLineItems": { "nodes": [part(item)] } })).collect()
}

fn opened(order: &mut Value, items: &[Value]) -> Value {
    let is_whole = |item: &Value| item["quantity"].as_i64().is_some() && item["returnReason"] == "OTHER";
    if items.is_empty() || !items.iter().all(is_whole) || order["returnStatus"] != "NO_RETURN" {
        let message = "Return line items quantity cannot exceed the returnable quantity.";
        return json!({ "return": null, "userErrors": [{ "field": ["input"], "message": message }] });
    }
    let opened = json!({ "name": "#1001-R1", "status": "REQUESTED" });
    order["returnStatus"] = json!("RETURN_REQUESTED");
    order["returns"] = json!({ "nodes": [opened] });
    json!({ "return": opened, "userErrors": [] })
}

/// A cart at the prices of now.
fn cart(world: &World, id: &str) -> Value {
    let Some(cart) = world.carts.get(id) else { return Value::Null };
    let lines = cart["lines"].as_array().cloned().unwrap_or_default();
    let money = |amount: &str| json!({ "amount": amount, "currencyCode": world.currency });
    let shown = lines.iter().filter_map(|line| {
        let thing = world.things.get(&thing_of(&line["merchandiseId"]))?;
        let (price, digits) = units(&thing.price);
        let total = decimal(price * number(&line["quantity"]), digits);
        Some(json!({
            "quantity": line["quantity"],
            "cost": { "amountPerQuantity": money(&thing.price), "totalAmount": money(&total) },
            "merchandise": { "id": line["merchandiseId"], "product": { "title": thing.name } },
        }))
    });
    json!({
        "id": id, "checkoutUrl": format!("https://zuri.example/cart/c/{}", id.rsplit('/').next().unwrap_or("")),
        "attribute": { "value": attribute(cart, "duka_order") }, "updatedAt": "2026-11-21T08:30:00Z",
        "cost": { "totalAmount": money(&summed(world, &lines).0) }, "deliveryGroups": { "nodes": [] },
        "lines": { "nodes": shown.collect::<Vec<_>>() },
    })
}

/// More than there is becomes what there is, and a warning.
fn create(world: &mut World, variables: &Map<String, Value>) -> Value {
    let mut warnings = Vec::new();
    let mut lines = variables["lines"].as_array().cloned().unwrap_or_default();
    for line in &mut lines {
        let Some(thing) = world.things.get(&thing_of(&line["merchandiseId"])) else {
            let message = "The merchandise does not exist";
            return json!({ "cart": null, "userErrors": [{ "code": "INVALID", "message": message }], "warnings": [] });
        };
        if let Some(stock) = thing.stock.filter(|stock| number(&line["quantity"]) > *stock) {
            line["quantity"] = json!(stock);
            warnings.push(json!({ "code": "MERCHANDISE_NOT_ENOUGH_STOCK" }));
        }
    }
    world.next += 1;
    let id = format!("gid://shopify/Cart/c{}?key=secret", world.next);
    world.carts.insert(id.clone(), json!({ "lines": lines, "attributes": variables["attributes"] }));
    json!({ "cart": cart(world, &id), "userErrors": [], "warnings": warnings })
}

async fn storefront(
    State(vendor): State<Vendor>,
    Path(_): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let key = ("x-shopify-storefront-access-token", "sf_test");
    let Asked { name, variables, .. } = match asked(&vendor, &headers, key, &body) {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let mut world = vendor.world();
    let text = |name: &str| variables.get(name).and_then(Value::as_str).unwrap_or("").to_string();
    let data = match name.as_str() {
        "variant" => {
            if !text("id").starts_with("gid://shopify/") {
                let message = format!("Invalid global id '{}'", text("id"));
                return Json(json!({ "errors": [{ "message": message }], "data": null })).into_response();
            }
            let id = thing_of(&json!(text("id")));
            json!({ "node": world.things.get(&id).map(|thing| variant(&world, id, thing)) })
        }
        "search" => {
            let word = text("text").to_lowercase();
            json!({ "search": { "nodes": products(&world, |thing| thing.name.to_lowercase().contains(&word)) } })
        }
        "quote" | "hold" | "link" => json!({ "cartCreate": create(&mut world, &variables) }),
        "held" => json!({ "cart": cart(&world, &text("id")) }),
        "nothing" => json!({ "shop": { "name": "Zuri" } }),
        other => return Json(json!({ "errors": [{ "message": format!("no {other} here") }] })).into_response(),
    };
    Json(json!({ "data": data })).into_response()
}

async fn admin(
    State(vendor): State<Vendor>,
    Path(_): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let key = ("x-shopify-access-token", "shpat_test");
    let Asked { name, first, variables } = match asked(&vendor, &headers, key, &body) {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let mut world = vendor.world();
    let of = |name: &str| variables.get(name).and_then(Value::as_str).unwrap_or("").to_string();
    let data = match name.as_str() {
        "find" => {
            let all: Vec<&Value> = world.orders.values().rev().collect();
            let from: usize = variables.get("after").and_then(|after| after.as_str()?.parse().ok()).unwrap_or(0);
            let end = all.len().min(from + first.min(250));
            let more = json!({ "hasNextPage": end < all.len(), "endCursor": end.to_string() });
            json!({ "orders": { "nodes": &all[from..end], "pageInfo": more } })
        }
        "orders" => {
            let ids = variables["ids"].as_array().cloned().unwrap_or_default();
            json!({ "nodes": ids.iter().map(|id| world.orders.get(id.as_str().unwrap_or(""))).collect::<Vec<_>>() })
        }
        "returns" => json!({ "order": world.orders.get(&of("id")) }),
        "parts" => json!({ "returnableFulfillments": { "nodes": world.orders.get(&of("id")).map(parts) } }),
        "open" => {
            let items = variables["items"].as_array().cloned().unwrap_or_default();
            json!({ "returnRequest": world.orders.get_mut(&of("order")).map(|order| opened(order, &items)) })
        }
        "webhooks" => json!({ "webhookSubscriptions": { "nodes": world.webhooks } }),
        "order" | "parcels" => json!({ "order": world.orders.get(variables["id"].as_str().unwrap_or("")) }),
        other => return Json(json!({ "errors": [{ "message": format!("no {other} here") }] })).into_response(),
    };
    Json(json!({ "data": data })).into_response()
}
