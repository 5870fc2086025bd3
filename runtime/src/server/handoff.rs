//! What the shop's people say to the server by program: answers to customers, and giving conversations back. Every request
//! is signed; where a program can not sign, its address holds the key. Repetitions are told by their ids.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use duka_engine::event::EventKind;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Server;
use crate::api::answer::{Done, Refusal};
use crate::api::handoff::{say, show, tell};
use crate::config::People;
use crate::handoff::{SIGNATURE_HEADER, Said, is_signed, key_of};
use crate::id::{ConversationId, ElementKey};
use crate::shops::Served;

/// The body of the plain webhook.
#[derive(Debug, Deserialize)]
struct Saying {
    /// Equal at every repetition.
    id: String,
    /// In hex, as it was told.
    conversation: String,
    action: Action,
    #[serde(default)]
    text: String,
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Reply,
    Open,
    Close,
}

/// A plain webhook.
pub(super) async fn said(
    State(server): State<Arc<Server>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((shop, people)) = people(&server, &slug) else { return Refusal::NoKey.into_response() };
    let header = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
    if !is_signed(&people.secret, server.host.clock.now_ms(), header, &body) {
        return Refusal::NoKey.into_response();
    }
    let Ok(saying) = serde_json::from_slice::<Saying>(&body) else {
        return Refusal::Wrong("this is no saying: `id`, `conversation` and `action` are needed").into_response();
    };
    let Some(id) = conversation(&saying.conversation) else { return Refusal::Absent.into_response() };
    let key = Some(key(&shop, &saying.id));
    let done = match saying.action {
        Action::Reply => say(&server, shop.scope, id, &saying.text, key).await.map(|()| Done::yes()),
        Action::Open => tell(&server, shop.scope, id, EventKind::HandoffOpened, key).await,
        Action::Close => {
            tell(&server, shop.scope, id, EventKind::HandoffClosed { note: saying.note.into() }, key).await
        }
    };
    done.into_response()
}

/// A webhook of Chatwoot's bot.
pub(super) async fn chatwoot_said(
    State(server): State<Arc<Server>>,
    Path((slug, given)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let known = people(&server, &slug).filter(|(_, people)| people.chatwoot.is_some());
    let Some((shop, people)) = known else { return Refusal::NoKey.into_response() };
    if !bool::from(key_of(&people.secret, &slug).as_bytes().ct_eq(given.as_bytes())) {
        return Refusal::NoKey.into_response();
    }
    let Some(said) = Said::read(&body) else { return Refusal::Wrong("this is no webhook of Chatwoot").into_response() };
    heard(&server, &shop, said, &body).await.into_response()
}

async fn heard(server: &Server, shop: &Served, said: Said, body: &[u8]) -> Result<Json<Done>, Refusal> {
    match said {
        Said::Nothing => Ok(Done::yes()),
        Said::Reply { conversation, message, text, files } => {
            let id = of_place(server, shop, conversation).await?;
            let key = |part: usize| match part {
                0 => Some(key(shop, &format!("chatwoot {message}"))),
                part => Some(key(shop, &format!("chatwoot {message} {part}"))),
            };
            if files.is_empty() {
                say(server, shop.scope, id, &text, key(0)).await?;
            }
            for (part, (kind, source)) in files.into_iter().enumerate() {
                // The words stand under the first.
                let text = if part == 0 { text.as_str() } else { "" };
                show(server, shop.scope, id, (kind, source), text, key(part)).await?;
            }
            Ok(Done::yes())
        }
        Said::Closed { conversation } => {
            let id = of_place(server, shop, conversation).await?;
            // It has no id of its own: what is equal to the byte is a repetition.
            let key = key(shop, &format!("chatwoot closed {}", hex::encode(Sha256::digest(body))));
            tell(server, shop.scope, id, EventKind::HandoffClosed { note: "".into() }, Some(key)).await
        }
    }
}

/// Our conversation of one in Chatwoot.
async fn of_place(server: &Server, shop: &Served, place: u64) -> Result<ConversationId, Refusal> {
    let key = crate::handoff::key_of_conversation(place);
    let kept = server.host.store.read(shop.scope).await?.meta_get(shop.scope, &key).await?;
    let id = kept.as_deref().and_then(|bytes| conversation(std::str::from_utf8(bytes).ok()?));
    id.ok_or(Refusal::Absent)
}

fn people(server: &Server, slug: &str) -> Option<(Arc<Served>, Arc<People>)> {
    let shop = server.registry.now().named(slug).cloned()?;
    let people = shop.people.clone()?;
    Some((shop, people))
}

fn conversation(id: &str) -> Option<ConversationId> {
    let plain = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(id, 16).ok()).flatten().map(ConversationId)
}

fn key(shop: &Served, id: &str) -> ElementKey {
    let hash =
        Sha256::new().chain_update(b"people ").chain_update(shop.slug.as_bytes()).chain_update([0]).chain_update(id);
    let mut key = [0; 16];
    key.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    ElementKey(key)
}
