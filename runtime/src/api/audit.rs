//! What was done by the API: noted before it is done, so that nothing is done without a trace, and how it was answered. Notes
//! the key's name, the route and the ids in its path; never a body.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{Method, StatusCode};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::access::Caller;
use super::answer::Refusal;
use super::keys::Key;
use crate::id::ShopScope;
use crate::server::Server;
use crate::store::{self, AuditEntry};

/// How long entries are kept, in ms.
const KEPT_MS: i64 = 400 * 86_400_000;
/// Entries of one answer.
const MOST: u32 = 500;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Paging {
    /// The number that `next` gave.
    before: Option<i64>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Trail {
    /// The newest first.
    pub entries: Vec<Entry>,
    /// Ask for `before` this number next; `null`: there are no more.
    pub next: Option<i64>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Entry {
    pub entry: i64,
    pub at_ms: i64,
    /// The shop's folder; empty: of none, or gone.
    pub shop: String,
    /// The name of the key.
    pub who: String,
    /// The route: `POST /shops/{shop}/sends/{send}/resend`.
    pub act: String,
    /// The ids in its path.
    pub object: String,
    /// How it was answered (HTTP); 0: not yet, or the server ended meanwhile.
    pub status: u16,
}

/// What of a request is noted. `None`: it only asks.
pub(super) struct Noted {
    scope: ShopScope,
    seq: i64,
}

/// Notes what a key is about to do.
pub(super) async fn begin(
    server: &Server,
    key: &Key,
    method: &Method,
    route: &str,
    path: &BTreeMap<String, String>,
) -> Result<Option<Noted>, store::Error> {
    if method == Method::GET {
        return Ok(None);
    }
    // Of a shop that is no more, or not the key's, nobody's trail has it.
    let shop = path.get("shop").filter(|slug| key.shop.as_ref().is_none_or(|own| *own == slug.as_str()));
    let scope = shop.and_then(|slug| Some(server.registry.now().named(slug)?.scope)).unwrap_or(ShopScope::NONE);
    let short = |id: &String| -> String {
        {
            let plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
            id.chars().filter(plain).take(64).collect()
        }
    };
    let ids = path.iter().filter(|(name, _)| *name != "shop" || scope == ShopScope::NONE);
    let object = ids.map(|(_, id)| short(id)).collect::<Vec<_>>().join(" ");
    let (at_ms, act) = (server.host.clock.now_ms(), format!("{method} {route}"));
    let who = SmolStr::from(key.name.as_str());
    let entry = AuditEntry { shop: scope, at_ms, who, act: act.into(), object: object.into(), status: 0 };
    let mut tx = server.host.store.begin(scope).await?;
    let seq = tx.add_audit(&entry, at_ms.saturating_sub(KEPT_MS)).await?;
    tx.commit().await?;
    Ok(Some(Noted { scope, seq }))
}

/// Notes how it was answered. What can not be noted stays open, and is told to the log.
pub(super) async fn end(server: &Server, noted: Noted, status: StatusCode) {
    let written = async {
        let mut tx = server.host.store.begin(noted.scope).await?;
        tx.end_audit(noted.scope, noted.seq, status.as_u16()).await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        tracing::warn!(%error, "how an operator's request was answered could not be noted");
    }
}

pub(super) async fn of_shop(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Trail>, Refusal> {
    let shops = [(shop.scope, shop.slug.clone())];
    page(&server, &shops, &paging).await
}

/// Of a key of every shop also what belongs to none: erased shops, and what was asked for where there is nothing.
pub(super) async fn of_all(
    State(server): State<Arc<Server>>,
    Extension(key): Extension<Arc<Key>>,
    Query(paging): Query<Paging>,
) -> Result<Json<Trail>, Refusal> {
    let mut shops = server.host.store.shops().await?;
    match &key.shop {
        Some(own) => shops.retain(|(_, slug)| slug == own),
        None => shops.push((ShopScope::NONE, SmolStr::default())),
    }
    page(&server, &shops, &paging).await
}

/// Entries are numbered over all shops, so a page of many is the newest of each one's page.
async fn page(server: &Server, shops: &[(ShopScope, SmolStr)], paging: &Paging) -> Result<Json<Trail>, Refusal> {
    let limit = paging.limit.unwrap_or(50).clamp(1, MOST);
    let before = paging.before.unwrap_or(0).max(0);
    let mut entries = Vec::new();
    for (scope, slug) in shops {
        let rows = server.host.store.read(*scope).await?.list_audit(*scope, before, limit).await?;
        entries.extend(rows.into_iter().map(|(entry, row)| view(entry, slug, row)));
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.entry));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let full = entries.len() >= limit as usize;
    let next = entries.last().filter(|_| full).map(|entry| entry.entry);
    Ok(Json(Trail { entries, next }))
}

fn view(entry: i64, shop: &SmolStr, row: AuditEntry) -> Entry {
    let AuditEntry { shop: _, at_ms, who, act, object, status } = row;
    Entry { entry, at_ms, shop: shop.to_string(), who: who.into(), act: act.into(), object: object.into(), status }
}
