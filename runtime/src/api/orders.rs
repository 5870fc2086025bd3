//! Orders that conversations follow: how far each was heard of, and those whose news was lost on its way here. What an order
//! is made of is the shop's own system's to tell.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use duka_engine::hir::Shop as Contracts;
use duka_engine::session::Session;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{Caller, shown};
use super::answer::Refusal;
use super::conversations::Paging;
use crate::server::Server;
use crate::server::reconcile::{self, Gaps, PAYMENT_PAID};

/// Orders, by the conversations that they are followed in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Orders {
    pub orders: Vec<OrderView>,
    /// Ask for `after` this conversation next; `null`: there are no more.
    pub next: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct OrderView {
    pub order: String,
    pub conversation: String,
    /// The furthest that was heard of; `null`: nothing yet, or an end.
    pub status: Option<String>,
    /// It has been delivered and closed, cancelled, returned or refunded.
    pub ended: bool,
    /// Its payment has been heard to be paid, or given back.
    pub paid: bool,
}

/// Orders of a page of conversations; a page can be empty and have a next one.
pub(super) async fn list(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Orders>, Refusal> {
    let known = server.registry.shops.shop(shop.scope).ok_or(Refusal::Absent)?;
    let limit = paging.limit();
    let mut tx = server.host.store.read(shop.scope).await?;
    let rows = tx.list_conversations(shop.scope, paging.after()?, limit).await?;
    let mut orders = Vec::new();
    for row in &rows {
        let Ok(session) = Session::decode(&row.session) else { continue };
        let of = session.followers.iter().map(|follower| OrderView {
            order: follower.key.to_string(),
            conversation: shown(row.id),
            status: status(&known.program.shop, follower.rank),
            ended: follower.ended,
            paid: follower.payment_rank >= PAYMENT_PAID,
        });
        orders.extend(of);
    }
    let next = rows.last().filter(|_| rows.len() >= limit as usize).map(|row| shown(row.id));
    Ok(Json(Orders { orders, next }))
}

/// The word of a rank, which is counted from 1.
fn status(shop: &Contracts, rank: u8) -> Option<String> {
    let at = rank.checked_sub(1)?;
    let ranks = shop.statuses.iter().find(|statuses| statuses.contract == "orders").map(|it| it.ranks.as_slice())?;
    ranks.iter().find(|(_, known)| *known == at).map(|(word, _)| word.to_string())
}

/// Asks the shop's own system for every order that has not ended, and takes what it says as news.
pub(super) async fn reconcile(State(server): State<Arc<Server>>, Caller(shop): Caller) -> Result<Json<Gaps>, Refusal> {
    let known = server.registry.shops.shop(shop.scope).ok_or(Refusal::Absent)?;
    Ok(Json(reconcile::once(&server, &known).await?))
}
