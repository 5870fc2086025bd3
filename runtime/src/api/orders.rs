//! Orders whose news was lost on its way here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::access::Caller;
use super::answer::Refusal;
use crate::server::Server;
use crate::server::reconcile::{self, Gaps};

/// Asks the shop's own system for every order that has not ended, and takes what it says as news.
pub(super) async fn reconcile(State(server): State<Arc<Server>>, Caller(shop): Caller) -> Result<Json<Gaps>, Refusal> {
    let known = server.registry.shops.shop(shop.scope).ok_or(Refusal::Absent)?;
    Ok(Json(reconcile::once(&server, &known).await?))
}
