//! What could not be processed: listed, tried again, dropped. Shows no bytes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::access::Caller;
use super::answer::{Done, Refusal};
use super::keys::Key;
use crate::id::ShopScope;
use crate::payments;
use crate::server::Server;
use crate::server::ingress::{self, again};
use crate::server::{orders, unsettled};
use crate::store::{QuarantineEntry, Tx};

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
    entries(&server, shop.scope).await
}

/// A key of one shop sees nothing of what may be another's.
fn of_every_shop(key: &Key) -> Result<(), Refusal> {
    if key.shop.is_none() { Ok(()) } else { Err(Refusal::Absent) }
}

pub(super) async fn list_of_nobody(
    State(server): State<Arc<Server>>,
    Extension(key): Extension<Arc<Key>>,
) -> Result<Json<Vec<Entry>>, Refusal> {
    of_every_shop(&key)?;
    entries(&server, ShopScope::NONE).await
}

pub(super) async fn remove_of_nobody(
    State(server): State<Arc<Server>>,
    Extension(key): Extension<Arc<Key>>,
    Path(path): Path<BTreeMap<String, String>>,
) -> Result<Json<Done>, Refusal> {
    of_every_shop(&key)?;
    take(&server, ShopScope::NONE, number(&path)?).await
}

async fn entries(server: &Server, shop: ShopScope) -> Result<Json<Vec<Entry>>, Refusal> {
    let rows = server.host.store.read(shop).await?.list_quarantine(shop, 0, MOST).await?;
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

/// What a person knows of a command.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct WasDone {
    /// The number of the order that it was about, or that it has made, in the shop's own system; without one, that of the command
    pub order: Option<String>,
}

fn open(open: unsettled::Open) -> Refusal {
    match open {
        unsettled::Open::Untold(why) => Refusal::Wrong(why),
        unsettled::Open::Desk(error) => error.into(),
    }
}

/// A command of unknown fate was done after all.
pub(super) async fn done(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Path(path): Path<BTreeMap<String, String>>,
    Json(was): Json<WasDone>,
) -> Result<Json<Done>, Refusal> {
    let entry = number(&path)?;
    let row = row(&server, shop.scope, entry).await?;
    let settled = unsettled::done(&server, shop.scope, &row, was.order.map(SmolStr::from)).await;
    settled.ok_or(Refusal::Wrong("this entry is no command whose fate is unknown"))?.map_err(open)?;
    take(&server, shop.scope, entry).await
}

async fn row(server: &Server, shop: ShopScope, entry: i64) -> Result<QuarantineEntry, Refusal> {
    let rows = server.host.store.read(shop).await?.list_quarantine(shop, entry.saturating_sub(1), 1).await?;
    rows.into_iter().find(|(known, _)| *known == entry).map(|(_, row)| row).ok_or(Refusal::Absent)
}

/// Takes it out and lets it in again; if it fails again, it comes back as a new entry.
pub(super) async fn replay(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Path(path): Path<BTreeMap<String, String>>,
) -> Result<Json<Done>, Refusal> {
    let entry = number(&path)?;
    let row = row(&server, shop.scope, entry).await?;
    if row.reason == payments::UNKNOWN {
        return match server.cashier.again(shop.scope, &row.detail).await? {
            true => take(&server, shop.scope, entry).await,
            false => Err(Refusal::Wrong("there is still no such payment; look at the provider's books")),
        };
    }
    if let Some(settled) = unsettled::again(&server, shop.scope, &row).await {
        settled.map_err(open)?;
        return take(&server, shop.scope, entry).await;
    }
    if let Some(done) = orders::again(&server, &shop.slug, entry, &row).await {
        done.map_err(|_| Refusal::Wrong("this entry could not be kept; try again"))?;
        return take(&server, shop.scope, entry).await;
    }
    again(&server, &shop, entry, &row).await.map_err(|refusal| match refusal {
        ingress::Refusal::NotCommitted => Refusal::Failed,
        ingress::Refusal::Forged | ingress::Refusal::NotAWebhook | ingress::Refusal::TooMuch => {
            Refusal::Wrong("this entry can not be read; drop it")
        }
    })?;
    take(&server, shop.scope, entry).await
}

pub(super) async fn remove(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Path(path): Path<BTreeMap<String, String>>,
) -> Result<Json<Done>, Refusal> {
    take(&server, shop.scope, number(&path)?).await
}

async fn take(server: &Server, shop: ShopScope, entry: i64) -> Result<Json<Done>, Refusal> {
    let taken = |mut tx: Tx| async move {
        let taken = tx.take_quarantine(shop, &[entry]).await?;
        Ok((tx, taken))
    };
    match server.host.store.transact(shop, taken).await?.is_empty() {
        true => Err(Refusal::Absent),
        false => Ok(Done::yes()),
    }
}
