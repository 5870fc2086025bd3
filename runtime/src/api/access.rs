//! Who asks, and whether they may: every request below `/api/v1` passes here before anything is looked up.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Path, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;

use super::answer::Refusal;
use super::keys::{self, Key};
use super::{BASE, audit, routes};
use crate::id::ConversationId;
use crate::server::Server;
use crate::shops::Served;

/// Refuses what has no key, what its key may not do, and what no route is for. What is to be done is noted first.
pub(super) async fn guard(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let secret = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let found = match secret {
        Some(secret) => keys::find(&server.host.store, secret.trim(), server.host.clock.now_ms()).await,
        None => Ok(None),
    };
    let key = match found {
        Ok(Some(key)) => key,
        Ok(None) if secret.is_some_and(|secret| !secret.trim().is_empty()) => {
            return Refusal::UnknownKey.into_response();
        }
        Ok(None) => return Refusal::NoKey.into_response(),
        Err(error) => return Refusal::from(error).into_response(),
    };
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_string());
    let path = path.as_deref().and_then(|path| path.strip_prefix(BASE)).unwrap_or("");
    let method = request.method();
    let route = match routes().into_iter().find(|route| route.path == path && route.method == *method) {
        None => return Refusal::Absent.into_response(),
        Some(route) if route.scope > key.scope => return Refusal::NotAllowed.into_response(),
        Some(route) => route,
    };
    let (mut head, body) = request.into_parts();
    let ids = Path::<BTreeMap<String, String>>::from_request_parts(&mut head, &server).await;
    let ids = ids.map(|Path(ids)| ids).unwrap_or_default();
    let noted = match audit::begin(&server, &key, &route.method, route.path, &ids).await {
        Ok(noted) => noted,
        Err(error) => return Refusal::from(error).into_response(),
    };
    head.extensions.insert(Arc::new(key));
    let answer = next.run(Request::from_parts(head, body)).await;
    if let Some(noted) = noted {
        audit::end(&server, noted, answer.status()).await;
    }
    answer
}

/// The shop of the path, if it is the caller's: the one way to a scope.
#[derive(Debug)]
pub(super) struct Caller(pub Arc<Served>);

impl FromRequestParts<Arc<Server>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Caller, Refusal> {
        let key = parts.extensions.get::<Arc<Key>>().cloned().ok_or(Refusal::NoKey)?;
        let path = Path::<BTreeMap<String, String>>::from_request_parts(parts, server).await;
        let path = path.map_err(|_| Refusal::Absent)?;
        let slug = path.get("shop").map_or("", String::as_str);
        let own = key.shop.as_ref().is_none_or(|shop| shop == slug);
        server.registry.now().named(slug).filter(|_| own).cloned().map(Caller).ok_or(Refusal::Absent)
    }
}

/// The conversation of the path: its id in hex, as lists show it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Which(pub ConversationId);

impl FromRequestParts<Arc<Server>> for Which {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Which, Refusal> {
        let path = Path::<BTreeMap<String, String>>::from_request_parts(parts, server).await;
        let path = path.map_err(|_| Refusal::Absent)?;
        path.get("conversation").and_then(|id| read(id)).map(Which).ok_or(Refusal::Absent)
    }
}

/// Ids as people and programs pass them on.
pub(super) fn shown(id: ConversationId) -> String {
    format!("{:016x}", id.0)
}

pub(super) fn read(id: &str) -> Option<ConversationId> {
    let plain = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(id, 16).ok()).flatten().map(ConversationId)
}
