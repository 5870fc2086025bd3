//! A backend that answers what it is told, one answer a request, and writes down what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Instead of a status: no answer.
pub const HANGS: u16 = 0;

#[derive(Clone, Default)]
pub struct Script {
    replies: Arc<Mutex<VecDeque<(u16, String)>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Script {
    /// Starts; returns where it listens.
    pub async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let place = format!("http://{}", listener.local_addr().expect("it listens"));
        let routes = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        place
    }

    pub fn next(&self, replies: &[(u16, &str)]) {
        let replies = replies.iter().map(|(status, body)| (*status, (*body).to_string()));
        *self.replies.lock().expect("nobody panicked") = replies.collect();
    }

    /// What was asked since the last time: method, address, key and body.
    pub fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().expect("nobody panicked"))
    }
}

async fn answer(State(script): State<Script>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = to_bytes(body, 1 << 20).await.expect("a body");
    let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let mut line = format!("{} {}", parts.method, parts.uri);
    line.extend(key.map(|key| format!(" key={key}")));
    if !body.is_empty() {
        line.push_str(&format!(" {}", String::from_utf8_lossy(&body)));
    }
    script.seen.lock().expect("nobody panicked").push(line);
    let reply = script.replies.lock().expect("nobody panicked").pop_front();
    let (status, body) = reply.unwrap_or((404, String::new()));
    if status == HANGS {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
