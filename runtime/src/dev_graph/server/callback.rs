//! Posting webhooks to the server under development, as Meta does: signed, again until they are answered 200.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::dev_graph::webhook::Webhook;

/// Webhooks on their way at the same time.
const AT_ONCE: usize = 64;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Callback {
    uri: Uri,
    client: Client<HttpConnector, Body>,
}

impl Callback {
    /// `None`: no full address of plain HTTP.
    pub fn to(address: &str) -> Option<Callback> {
        let uri: Uri = address.parse().ok()?;
        if uri.scheme_str() != Some("http") || uri.host().is_none() {
            return None;
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Some(Callback { uri, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// The HTTP status of the answer; 0: there was none.
    pub async fn post(&self, webhook: &Webhook) -> u16 {
        let request = Request::post(self.uri.clone())
            .header("Content-Type", "application/json")
            .header("X-Hub-Signature-256", &webhook.signature)
            .header("User-Agent", "facebookexternalua")
            .body(Body::from(webhook.body.clone()));
        let Ok(request) = request else { return 0 };
        let Ok(Ok(response)) = tokio::time::timeout(PATIENCE, self.client.request(request)).await else { return 0 };
        let http = response.status().as_u16();
        // Read to its end, so that the connection can be used again.
        drop(axum::body::to_bytes(Body::new(response.into_body()), 64 * 1024).await);
        http
    }
}

/// A line of the journal: of which messages a status was taken, and when.
async fn write_told(shared: &Shared, webhook: &Webhook) {
    let Some(lines) = &shared.lines else { return };
    let ids = webhook.told();
    if !ids.is_empty() {
        drop(lines.send(json!({ "told_ms": shared.now_ms(), "ids": ids }).to_string() + "\n").await);
    }
}

/// Posts what is due, whenever it is due.
pub async fn post_due(shared: Arc<Shared>, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let now_ms = shared.now_ms();
        let (due, next_ms) = {
            let mut graph = shared.lock();
            (graph.due(now_ms), graph.next_ms())
        };
        for webhook in due {
            let permit = tokio::select! {
                permit = room.clone().acquire_owned() => permit,
                () = stop.cancelled() => return,
            };
            let shared = shared.clone();
            tokio::spawn(async move {
                let http = match &shared.callback {
                    Some(callback) => callback.post(&webhook).await,
                    None => 200,
                };
                if http == 200 && shared.callback.is_some() {
                    write_told(&shared, &webhook).await;
                }
                let next_ms = {
                    let mut graph = shared.lock();
                    graph.delivered(shared.now_ms(), webhook, http);
                    graph.next_ms()
                };
                shared.hurry(next_ms);
                drop(permit);
            });
        }
        let planned_ms = next_ms.unwrap_or(i64::MAX);
        shared.planned_ms.store(planned_ms, Ordering::Relaxed);
        let pause = u64::try_from(planned_ms.saturating_sub(shared.now_ms())).unwrap_or(0).clamp(1, 60_000);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(pause)) => {}
            () = shared.wake.notified() => {}
            () = stop.cancelled() => return,
        }
    }
}
