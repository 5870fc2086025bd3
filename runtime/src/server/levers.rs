//! Levers of the demo shop, for whoever tries a shop out: what is in stock and what it costs, and news of an order that comes as a
//! shop's own system would bring it, late news among it. Answered under development only.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use smol_str::SmolStr;

use super::Server;
use crate::host::calls::{DemoAdapter, Edit};
use crate::host::incoming::{Arrival, Arrived, Incoming};
use crate::host::shops::Shop;
use crate::host::writer::Job;

/// What can be changed of a product.
const FIELDS: [&str; 2] = ["price", "stock"];

#[derive(Clone)]
struct Levers {
    server: Arc<Server>,
    demo: Arc<DemoAdapter>,
}

pub(super) fn router(server: Arc<Server>, demo: Arc<DemoAdapter>) -> Router {
    Router::new()
        .route("/demo-shop/{shop}/products/{sku}", post(product))
        .route("/demo-shop/{shop}/orders/{number}", post(order))
        .with_state(Levers { server, demo })
}

impl Levers {
    fn shop(&self, slug: &str) -> Result<Arc<Shop>, StatusCode> {
        let named = self.server.registry.now().named(slug).map(|shop| shop.scope);
        named.and_then(|scope| self.server.registry.shops.shop(scope)).ok_or(StatusCode::NOT_FOUND)
    }
}

/// `{"stock": 0, "price": "KES 2,600"}`
async fn product(
    State(levers): State<Levers>,
    Path((slug, sku)): Path<(String, SmolStr)>,
    Json(fields): Json<BTreeMap<String, Value>>,
) -> Result<(), StatusCode> {
    let scope = levers.shop(&slug)?.scope;
    for (name, value) in fields {
        let field = FIELDS.into_iter().find(|known| *known == name).ok_or(StatusCode::BAD_REQUEST)?;
        levers.demo.edit(scope, Edit { sku: sku.clone(), field: SmolStr::new_static(field), value });
    }
    Ok(())
}

/// `{"status": "shipped"}`, for every conversation that has the order. What is told late moves nothing back.
async fn order(
    State(levers): State<Levers>,
    Path((slug, number)): Path<(String, String)>,
    Json(news): Json<BTreeMap<String, SmolStr>>,
) -> Result<(), StatusCode> {
    let shop = levers.shop(&slug)?;
    let status = news.get("status").ok_or(StatusCode::BAD_REQUEST)?;
    let received_ms = levers.server.host.clock.now_ms();
    let mut arrivals = Vec::new();
    for id in levers.demo.conversations(shop.scope) {
        let orders = levers.demo.orders(shop.scope, id);
        let is_own = orders.iter().any(|order| order.get("number").and_then(Value::as_str) == Some(&number));
        let moves = || levers.demo.moves((shop.scope, id), &shop.program, (&number, status), received_ms);
        let Some(kind) = is_own.then(moves).flatten() else { continue };
        let what = Arrived::Conversation { id, incoming: Incoming::event(kind) };
        arrivals.push(Arrival { shop: shop.scope, key: None, received_ms, what });
    }
    if arrivals.is_empty() {
        return Err(StatusCode::NOT_FOUND);
    }
    levers.server.desk.commit(Job::Arrivals(arrivals)).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(())
}
