//! Messages that wait for a person's word: parked after a restore, or because their fate is not known and a second copy would
//! be worse than none. Listed without a word of them, sent after all, or called off.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use duka_engine::outbound::Outbound;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{Caller, shown};
use super::answer::{Done, Refusal};
use crate::id::SendId;
use crate::server::Server;
use crate::shops::Served;
use crate::store::{NewSend, SendRow, SendState, Tx};

/// Rows of one answer.
const MOST: u32 = 500;
/// How long a message is worth sending that somebody has just asked for, at least.
const LIFE_MS: i64 = 3_600_000;

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    state: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Parked {
    pub send: String,
    pub conversation: String,
    pub turn: u64,
    /// The name of its words, or of its template.
    pub key: String,
    pub template: bool,
    /// Attempts whose fate is not known, or that ended before the restore.
    pub attempts: u32,
    /// Until when its flow found it worth sending.
    pub expires_ms: i64,
}

pub(super) async fn list(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Vec<Parked>>, Refusal> {
    if wanted.state.is_some_and(|state| state != "parked") {
        return Err(Refusal::Wrong("only parked messages are listed: `?state=parked`"));
    }
    let rows = server.host.store.read(shop.scope).await?.parked_sends(shop.scope, MOST).await?;
    Ok(Json(rows.iter().map(view).collect()))
}

fn view(row: &SendRow) -> Parked {
    let outbound: Option<Outbound> = postcard::from_bytes(&row.send.body).ok();
    let (key, template) = match &outbound {
        Some(Outbound::Message(message)) => (message.key.to_string(), false),
        Some(Outbound::Template(template)) => (template.name.to_string(), true),
        None => (String::new(), false),
    };
    Parked {
        send: hex::encode(row.send.id.0),
        conversation: shown(row.send.conversation),
        turn: row.send.turn,
        key,
        template,
        attempts: row.facts.attempt,
        expires_ms: row.send.expires_ms,
    }
}

fn id(path: &BTreeMap<String, String>) -> Result<SendId, Refusal> {
    let mut id = [0; 16];
    let given = path.get("send").map_or("", String::as_str);
    hex::decode_to_slice(given, &mut id).map_err(|_| Refusal::Absent)?;
    Ok(SendId(id))
}

/// Calls it off and puts the same message at the end of its conversation, under a new id: window, consent and template are
/// judged as of any other. Once: what was called off is not parked any more.
pub(super) async fn resend(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Path(path): Path<BTreeMap<String, String>>,
) -> Result<Json<Done>, Refusal> {
    let (mut tx, row) = called_off(&server, &shop, id(&path)?).await?;
    let now_ms = server.host.clock.now_ms();
    let expires_ms = row.send.expires_ms.max(now_ms.saturating_add(LIFE_MS));
    let send = NewSend { id: server.host.mint.send(), not_before_ms: now_ms, expires_ms, ..row.send };
    tx.add_sends(&[send]).await?;
    tx.commit().await?;
    Ok(Done::yes())
}

pub(super) async fn remove(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Path(path): Path<BTreeMap<String, String>>,
) -> Result<Json<Done>, Refusal> {
    let (tx, _) = called_off(&server, &shop, id(&path)?).await?;
    tx.commit().await?;
    Ok(Done::yes())
}

async fn called_off(server: &Server, shop: &Served, id: SendId) -> Result<(Tx, SendRow), Refusal> {
    let mut tx = server.host.store.begin(shop.scope).await?;
    let row = tx.send(shop.scope, id).await?.filter(|row| row.facts.state == SendState::Parked);
    let row = row.ok_or(Refusal::Absent)?;
    if !tx.cancel_parked(shop.scope, id).await? {
        return Err(Refusal::Absent);
    }
    Ok((tx, row))
}
