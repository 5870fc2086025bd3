//! Conversations: where they stand, what they did, what their customers agreed to. No phone number leaves here.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use duka_engine::session::Session;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{Caller, Which, read, shown};
use super::answer::{Done, Refusal};
use super::erase;
use super::explain::{self, Turn};
use crate::id::{ConversationId, ShopScope};
use crate::server::{Server, keep};
use crate::store::{Conversation, Tx};

/// Rows of one answer.
const MOST: u32 = 200;

#[derive(Debug, Deserialize)]
pub(super) struct Paging {
    after: Option<String>,
    limit: Option<u32>,
}

impl Paging {
    pub(super) fn limit(&self) -> u32 {
        self.limit.unwrap_or(50).clamp(1, MOST)
    }

    pub(super) fn after(&self) -> Result<Option<ConversationId>, Refusal> {
        self.after.as_deref().map(|id| read(id).ok_or(Refusal::Absent)).transpose()
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Page {
    pub conversations: Vec<View>,
    /// Ask for `after` this one next; `null`: there are no more.
    pub next: Option<String>,
}

impl Page {
    /// Rows that were asked for with this limit.
    pub(super) fn of(rows: &[Conversation], limit: u32) -> Page {
        let full = rows.len() >= limit as usize;
        let next = rows.last().filter(|_| full).map(|row| shown(row.id));
        Page { conversations: rows.iter().map(view).collect(), next }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct View {
    pub id: String,
    pub channel: String,
    pub turns: u64,
    pub last_inbound_ms: i64,
    /// Until when all that is sent is free, after a customer came from an advertisement and was answered; 0: it is not.
    pub free_until_ms: i64,
    pub handed_over: bool,
    /// Events that wait for it.
    pub pending: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Detail {
    #[serde(flatten)]
    pub view: View,
    pub revision: String,
    pub language: String,
    pub wake_at_ms: Option<i64>,
    /// Flow and state of each frame, the innermost last; empty: not begun, or ended.
    pub at: Vec<Place>,
    /// Waits for a call of the shop's systems.
    pub busy: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Place {
    pub flow: String,
    pub state: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ConsentView {
    pub name: String,
    pub given: bool,
    pub at_ms: i64,
    pub proof: String,
}

pub(super) fn view(row: &Conversation) -> View {
    View {
        id: shown(row.id),
        channel: row.channel.to_string(),
        turns: row.turn,
        last_inbound_ms: row.last_inbound_ms,
        free_until_ms: row.free.until_ms(),
        handed_over: row.handed_over,
        pending: row.pending,
    }
}

pub(super) async fn find(server: &Server, shop: ShopScope, id: ConversationId) -> Result<Conversation, Refusal> {
    let found = server.host.store.read(shop).await?.conversations(&[(shop, id)]).await?;
    found.into_iter().next().flatten().ok_or(Refusal::Absent)
}

pub(super) async fn list(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Page>, Refusal> {
    let (after, limit) = (paging.after()?, paging.limit());
    let rows = server.host.store.read(shop.scope).await?.list_conversations(shop.scope, after, limit).await?;
    Ok(Json(Page::of(&rows, limit)))
}

pub(super) async fn show(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Which(id): Which,
) -> Result<Json<Detail>, Refusal> {
    let row = find(&server, shop.scope, id).await?;
    let session = Session::decode(&row.session).unwrap_or_default();
    let hosted = server.host.shops.shop(shop.scope);
    let program = hosted.as_ref().and_then(|hosted| hosted.revision(session.revision));
    let at = session.frames.iter().filter_map(|frame| {
        let flow = program?.shop.flows.get(frame.flow.index())?;
        let state = flow.states.get(frame.state.index())?;
        Some(Place { flow: flow.path.to_string(), state: state.name.to_string() })
    });
    Ok(Json(Detail {
        view: view(&row),
        revision: hex::encode(session.revision.0),
        language: session.language.to_string(),
        wake_at_ms: row.wake_at_ms,
        at: at.collect(),
        busy: session.busy.is_some(),
    }))
}

pub(super) async fn log(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Which(id): Which,
    Query(paging): Query<Paging>,
) -> Result<Json<Vec<Turn>>, Refusal> {
    find(&server, shop.scope, id).await?;
    let after: Option<u64> = paging.after.as_deref().and_then(|turn| turn.parse().ok());
    let from = after.map_or(0, |turn| turn.saturating_add(1));
    Ok(Json(explain::turns(&server.host.store, shop.scope, id, from, paging.limit()).await?))
}

pub(super) async fn consents(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Which(id): Which,
) -> Result<Json<Vec<ConsentView>>, Refusal> {
    find(&server, shop.scope, id).await?;
    let rows = server.host.store.read(shop.scope).await?.consents_of(shop.scope, id).await?;
    let view = |row: crate::store::ConsentEntry| ConsentView {
        name: row.name.into(),
        given: row.given,
        at_ms: row.at_ms,
        proof: row.proof.into(),
    };
    Ok(Json(rows.into_iter().map(view).collect()))
}

pub(super) async fn erase(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Which(id): Which,
) -> Result<Json<Done>, Refusal> {
    let scope = shop.scope;
    let erased = |mut tx: Tx| async move {
        keep::forget(&mut tx, scope, id).await?;
        let erased = tx.erase_conversation(scope, id).await?;
        Ok((tx, erased))
    };
    if !server.host.store.transact(scope, erased).await? {
        return Err(Refusal::Absent);
    }
    drop(server.host.recall.take(scope, id));
    // What stays behind when this fails is swept away later: its conversation is gone.
    server.files.remove_of(shop.scope, id).await?;
    erase::scrub(&server).await;
    Ok(Done::yes())
}
