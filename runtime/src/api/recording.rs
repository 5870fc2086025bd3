//! A conversation as it was recorded: every event, what was sent, and the flows that ran. Whoever reads it reads what the
//! customer wrote; replayed, it says what another version of the flows would have said.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use duka_engine::effect::EffectKind;
use duka_engine::event::Event;
use duka_engine::outbound::Outbound;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Raw, json};

use super::access::{Caller, Which, shown};
use super::answer::Refusal;
use super::conversations::find;
use crate::server::Server;
use crate::shops::kept;
use crate::store::{SendRow, TurnRecord};

/// Turns of one answer.
const MOST: u32 = 2_000;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Recording {
    pub shop: String,
    pub conversation: String,
    pub channel: String,
    /// What the shop's fixture says of the shop itself.
    pub facts: Raw,
    pub turns: Vec<Recorded>,
    /// By order: what carriers told of its parcels, where there are several.
    #[serde(default)]
    pub parcels: BTreeMap<String, Raw>,
    /// By revision, path and text of each of the shop's own files.
    pub revisions: BTreeMap<String, BTreeMap<String, String>>,
    /// The conversation has turns that are not here: it is too long, or its beginning is not kept any more.
    pub partial: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    pub turn: u64,
    pub at_ms: i64,
    pub revision: String,
    /// The engine's event; `null`: the vendor's switch for marketing, or a window that turned out to be closed.
    pub event: Raw,
    /// Effects that are no message, call or timer.
    pub notes: Raw,
    /// The messages, as they were handed to the channel.
    pub sent: Vec<Raw>,
}

pub(super) async fn recording(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
    Which(id): Which,
) -> Result<Json<Recording>, Refusal> {
    let store = &server.host.store;
    let row = find(&server, shop.scope, id).await?;
    let mut tx = store.read(shop.scope).await?;
    let records = tx.turns_of(shop.scope, id, 0, MOST).await?;
    let sends = tx.sends_of(shop.scope, id, 0, MOST.saturating_mul(16)).await?;
    let parcels = tx.parcels_of(shop.scope, id).await?;
    tx.rollback().await?;
    let mut revisions = BTreeMap::new();
    for record in &records {
        let name = hex::encode(record.revision);
        if revisions.contains_key(&name) {
            continue;
        }
        let kept = kept(store, shop.scope, record.revision).await?;
        let files = kept.iter().flat_map(|kept| kept.source.files.iter().take(kept.source.standard_from));
        revisions.insert(name, files.map(|file| (file.path.clone(), file.text.clone())).collect());
    }
    let hosted = server.host.shops.shop(shop.scope);
    let facts = hosted.and_then(|hosted| hosted.fixture.get("shop").cloned()).unwrap_or_default();
    let partial = records.first().is_none_or(|first| first.turn > 0)
        || records.last().is_none_or(|last| last.turn + 1 != row.turn);
    Ok(Json(Recording {
        shop: shop.slug.to_string(),
        conversation: shown(id),
        channel: row.channel.to_string(),
        facts,
        turns: records.iter().map(|record| recorded(record, &sends)).collect(),
        parcels: parcels.into_iter().map(|(order, body)| (order.into(), read(&body))).collect(),
        revisions,
        partial,
    }))
}

fn read(parcels: &[u8]) -> Raw {
    serde_json::from_slice(parcels).unwrap_or_default()
}

fn recorded(record: &TurnRecord, sends: &[SendRow]) -> Recorded {
    let event: Option<Event> = postcard::from_bytes(&record.event).ok();
    let notes: Vec<EffectKind> = postcard::from_bytes(&record.notes).unwrap_or_default();
    let own = sends.iter().filter(|row| row.send.turn == record.turn);
    let sent = own.filter_map(|row| postcard::from_bytes::<Outbound>(&row.send.body).ok());
    Recorded {
        turn: record.turn,
        at_ms: record.at_ms,
        revision: hex::encode(record.revision),
        event: json!(event),
        notes: json!(notes),
        sent: sent.map(|outbound| json!(outbound)).collect(),
    }
}
