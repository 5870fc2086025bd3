//! Webhooks of WhatsApp at the door: size, encoding, signature, then the ingress, then 200 after the commit. An answer
//! never shows what was sent, nor what a right signature would have been (TM2).

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use metrics::{counter, histogram};
use tracing::field::Empty;
use tracing::{Instrument, trace_span};

use super::Server;
use super::door::Peer;
use super::ingress::{Ingress, Refusal};
use crate::channel::whatsapp::verify::{Handshake, HandshakeAnswer, SIGNATURE_HEADER};

/// The parameters of the handshake, by Meta's names (whatsapp-cloud-api 2.1).
#[derive(Debug, serde::Deserialize)]
pub(super) struct Parameters {
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    #[serde(rename = "hub.verify_token")]
    token: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
}

/// Meta asks whether this address is ours.
pub(super) async fn handshake(
    State(server): State<Arc<Server>>,
    peer: Option<Extension<Peer>>,
    Query(parameters): Query<Parameters>,
) -> Response {
    if peer.is_some_and(|Extension(Peer(address))| !server.flood.may_ask(address)) {
        return refused(StatusCode::TOO_MANY_REQUESTS);
    }
    let Some(expected) = &server.config.whatsapp.verify_token else {
        return refused(StatusCode::FORBIDDEN);
    };
    let asked = Handshake {
        mode: parameters.mode.as_deref(),
        token: parameters.token.as_deref(),
        challenge: parameters.challenge.as_deref(),
    };
    match asked.answer(expected) {
        HandshakeAnswer::Challenge(challenge) => {
            let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (headers, challenge.to_string()).into_response()
        }
        HandshakeAnswer::Refused => refused(StatusCode::FORBIDDEN),
        HandshakeAnswer::Incomplete => refused(StatusCode::BAD_REQUEST),
    }
}

/// Takes a webhook.
pub(super) async fn receive(State(server): State<Arc<Server>>, request: Request<Body>) -> Response {
    let begun = Instant::now();
    let span = trace_span!(target: "duka_span", "webhook", status = Empty);
    let status = match take(&server, request).instrument(span.clone()).await {
        Ok(()) => StatusCode::OK,
        Err(status) => status,
    };
    span.record("status", status.as_u16());
    counter!("duka_webhooks_total", "status" => status.as_str().to_string()).increment(1);
    histogram!("duka_webhook_seconds").record(begun.elapsed().as_secs_f64());
    if status == StatusCode::OK { status.into_response() } else { refused(status) }
}

async fn take(server: &Server, request: Request<Body>) -> Result<(), StatusCode> {
    // While there is still room to finish what was taken (TM42).
    if server.disk.is_low() {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let (head, body) = whole(server, request).await?;
    let ingress = Ingress { server, received_ms: server.host.clock.now_ms() };
    match ingress.take(signature(&head.headers), &body).await {
        Ok(()) => Ok(()),
        Err(Refusal::Forged) => {
            tracing::warn!(bytes = body.len(), "a webhook was refused: its signature is missing or wrong");
            Err(StatusCode::UNAUTHORIZED)
        }
        Err(Refusal::TooMuch) => Err(StatusCode::TOO_MANY_REQUESTS),
        Err(Refusal::NotAWebhook) => Err(StatusCode::BAD_REQUEST),
        Err(Refusal::NotCommitted) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// The whole body of a request, within the limits.
pub(super) async fn whole(server: &Server, request: Request<Body>) -> Result<(Parts, Bytes), StatusCode> {
    let (head, body) = request.into_parts();
    if head.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let limits = &server.config.limits;
    let told: Option<usize> = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if told.is_some_and(|length| length > limits.body_bytes) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    Ok((head, read(body, limits.body_bytes, Duration::from_millis(limits.body_ms)).await?))
}

pub(super) fn signature(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(SIGNATURE_HEADER).map(axum::http::HeaderValue::as_bytes)
}

async fn read(body: Body, most: usize, within: Duration) -> Result<Bytes, StatusCode> {
    match tokio::time::timeout(within, axum::body::to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // Chunked bodies tell no length: the limit is met while reading.
        Ok(Err(error)) if is_too_long(&error) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(found) = cause {
        if found.to_string().contains("length limit") {
            return true;
        }
        cause = found.source();
    }
    false
}

/// The same few words for everybody.
pub(super) fn refused(status: StatusCode) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (status, headers, status.canonical_reason().unwrap_or("refused")).into_response()
}
