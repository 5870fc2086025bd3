//! Shops, their backlogs and their templates.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Serialize;

use super::access::Caller;
use super::answer::Refusal;
use super::keys::Key;
use crate::server::Server;
use crate::store::{Counts, Holds, Warning};

#[derive(Debug, Serialize, JsonSchema)]
pub struct ShopView {
    /// The name of its folder.
    pub shop: String,
    /// Of the program that new messages run, in hex.
    pub revision: String,
    pub numbers: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ShopDetail {
    #[serde(flatten)]
    pub view: ShopView,
    pub backlog: Backlog,
    pub health: Vec<NumberView>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Backlog {
    pub conversations: u64,
    pub inbox: u64,
    pub sends_open: u64,
    pub sends_unknown: u64,
    pub sends_parked: u64,
    pub calls: u64,
    pub quarantine: u64,
    /// What the shop's people are to be told, and are not told yet.
    pub posts: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct NumberView {
    pub number: String,
    pub quality: String,
    pub tier: String,
    /// The vendor's level: `STANDARD`, `HIGH`, `NOT_APPLICABLE`; empty: not told.
    pub throughput: String,
    /// Messages a second that leave from it at most.
    pub per_second: u32,
    /// Nothing is sent, and why; empty: not stopped.
    pub stopped: String,
    /// What the vendor warns of, and holds back meanwhile.
    pub warnings: Vec<WarningView>,
    pub at_ms: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct WarningView {
    /// The vendor's word: `FLAGGED`, `RESTRICTED_BIZ_INITIATED_MESSAGING`, …
    pub word: String,
    /// `marketing`; `initiated`: all that the business begins; `everything`
    pub holds: String,
    pub since_ms: i64,
    /// 0: until the vendor says otherwise.
    pub until_ms: i64,
}

fn warning(warning: &Warning) -> WarningView {
    let holds = match warning.holds {
        Holds::Marketing => "marketing",
        Holds::Initiated => "initiated",
        Holds::Everything => "everything",
    };
    let Warning { word, at_ms, until_ms, .. } = warning;
    WarningView { word: word.to_string(), holds: holds.to_string(), since_ms: *at_ms, until_ms: *until_ms }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct TemplateView {
    pub name: String,
    pub language: String,
    pub status: String,
    pub category: String,
    pub quality: String,
    pub at_ms: i64,
}

fn view(shop: &crate::shops::Served) -> ShopView {
    ShopView {
        shop: shop.slug.to_string(),
        revision: hex::encode(shop.revision.0),
        numbers: shop.numbers.iter().map(ToString::to_string).collect(),
    }
}

pub(super) async fn list(
    State(server): State<Arc<Server>>,
    Extension(key): Extension<Arc<Key>>,
) -> Json<Vec<ShopView>> {
    let routes = server.registry.now();
    let own = routes.shops.iter().filter(|shop| key.shop.as_ref().is_none_or(|own| *own == shop.slug));
    Json(own.map(|shop| view(shop)).collect())
}

pub(super) async fn show(State(server): State<Arc<Server>>, Caller(shop): Caller) -> Result<Json<ShopDetail>, Refusal> {
    let mut tx = server.host.store.read(shop.scope).await?;
    let Counts { conversations, inbox, waiting, ready, sending, unknown, parked, calls, quarantine, posts } =
        tx.counts(shop.scope).await?;
    let sends_open = waiting + ready + sending;
    let backlog = Backlog {
        conversations,
        inbox,
        sends_open,
        sends_unknown: unknown,
        sends_parked: parked,
        calls,
        quarantine,
        posts,
    };
    let now_ms = server.host.clock.now_ms();
    let health = tx.health(shop.scope).await?.into_iter().map(|row| NumberView {
        warnings: row.warned(now_ms).map(warning).collect(),
        number: row.number.into(),
        quality: row.quality.into(),
        tier: row.tier.into(),
        per_second: server.host.limits.pace.per_second(&row.throughput).get(),
        throughput: row.throughput.into(),
        stopped: row.stopped.into(),
        at_ms: row.at_ms,
    });
    Ok(Json(ShopDetail { view: view(&shop), backlog, health: health.collect() }))
}

pub(super) async fn templates(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
) -> Result<Json<Vec<TemplateView>>, Refusal> {
    let rows = server.host.store.read(shop.scope).await?.templates(shop.scope).await?;
    let rows = rows.into_iter().map(|row| TemplateView {
        name: row.name.into(),
        language: row.language.into(),
        status: row.status.into(),
        category: row.category.into(),
        quality: row.quality.into(),
        at_ms: row.at_ms,
    });
    Ok(Json(rows.collect()))
}
