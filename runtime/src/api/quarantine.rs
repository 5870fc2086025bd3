//! What could not be processed: listed, tried again, dropped. Shows no bytes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;

use super::access::Caller;
use super::answer::{Done, Refusal};
use crate::server::Server;
use crate::server::ingress::again;
use crate::server::orders;
use crate::store::QuarantineEntry;

const MOST: u32 = 500;

#[derive(Debug, Serialize, JsonSchema)]
pub struct Entry {
    pub entry: i64,
    pub at_ms: i64,
    pub reason: String,
    pub detail: String,
    pub bytes: usize,
}

pub(super) async fn list(State(server): State<Arc<Server>>, Caller(shop): Caller) -> Result<Json<Vec<Entry>>, Refusal> {
    let rows = server.host.store.read(shop.scope).await?.list_quarantine(shop.scope, 0, MOST).await?;
    let entry = |(entry, row): (i64, QuarantineEntry)| Entry {
        entry,
        at_ms: row.at_ms,
        reason: row.reason.into(),
        detail: row.detail,
        bytes: row.body.len(),
    };
    Ok(Json(rows.into_iter().map(entry).collect()))
}

fn number(path: &BTreeMap<String, String>) -> Result<i64, Refusal> {
    path.get("entry").and_then(|entry| entry.parse().ok()).ok_or(Refusal::Absent)
}

/// Takes it out and lets it in again; if it fails again, it comes back as a new entry.
pub(super) async fn replay(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Path(path): Path<BTreeMap<String, String>>,
) -> Result<Json<Done>, Refusal> {
    let entry = number(&path)?;
    let rows = server.host.store.read(shop.scope).await?.list_quarantine(shop.scope, entry - 1, 1).await?;
    let (_, row) = rows.into_iter().find(|(known, _)| *known == entry).ok_or(Refusal::Absent)?;
    if let Some(done) = orders::again(&server, &shop.slug, &row).await {
        done.map_err(|_| Refusal::Wrong("this entry could not be kept; try again"))?;
        return take(&server, &shop, entry).await;
    }
    again(&server, &shop, &row.body).await.map_err(|_| Refusal::Wrong("this entry is no webhook that can be read"))?;
    take(&server, &shop, entry).await
}

pub(super) async fn remove(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Path(path): Path<BTreeMap<String, String>>,
) -> Result<Json<Done>, Refusal> {
    take(&server, &shop, number(&path)?).await
}

async fn take(server: &Server, shop: &crate::shops::Served, entry: i64) -> Result<Json<Done>, Refusal> {
    let mut tx = server.host.store.begin(shop.scope).await?;
    if tx.take_quarantine(shop.scope, &[entry]).await?.is_empty() {
        return Err(Refusal::Absent);
    }
    tx.commit().await?;
    Ok(Done::yes())
}
