//! A stand-in on a port of its own, a server that collects its webhooks, and sends in one line.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use duka_runtime::dev_graph::server::{Options, Running, start};
use duka_runtime::dev_graph::{Limits, Plan, Statuses, signature};
use serde_json::{Value, json};

pub const NUMBER: &str = "106540000000001";
pub const CUSTOMER: &str = "254700000001";
pub const SECRET: &str = "a secret of tests";

pub struct Stage {
    pub graph: Running,
    http: reqwest::Client,
    received: Received,
}

#[derive(Clone, Default)]
struct Received {
    webhooks: Arc<Mutex<Vec<Value>>>,
    /// How many of the next webhooks are answered 503.
    refuse: Arc<Mutex<usize>>,
}

async fn collect(State(received): State<Received>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let told = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok()).unwrap_or("");
    assert_eq!(told, signature(SECRET, &body), "every webhook is signed over its bytes");
    let mut refuse = received.refuse.lock().expect("no test panics with it");
    if *refuse > 0 {
        *refuse -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let webhook = serde_json::from_slice(&body).expect("a webhook is JSON");
    received.webhooks.lock().expect("no test panics with it").push(webhook);
    StatusCode::OK
}

/// Statuses that come at once.
pub fn quick() -> Statuses {
    Statuses { sent_ms: [0, 2], delivered_ms: [0, 2], read_ms: [0, 2], read: 1.0, ..Statuses::default() }
}

/// Windows are open, statuses quick.
pub fn easy() -> Plan {
    Plan { statuses: quick(), limits: Limits { window: false, ..Limits::default() }, ..Plan::default() }
}

pub async fn stage(plan: Plan) -> Stage {
    stage_with(plan, None).await
}

pub async fn stage_with(plan: Plan, journal: Option<std::path::PathBuf>) -> Stage {
    let received = Received::default();
    let app = axum::Router::new().route("/hook", post(collect)).with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let callback = format!("http://{}/hook", listener.local_addr().expect("it listens"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let listen = "127.0.0.1:0".parse().expect("an address");
    let plan = Plan { secret: SECRET.into(), ..plan };
    let graph = start(Options { listen, callback: Some(callback), journal, plan }).await.expect("it starts");
    Stage { graph, http: reqwest::Client::new(), received }
}

/// A text to the usual customer.
pub fn text() -> Value {
    json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+254700000001", "type": "text",
        "text": {"body": "Hello"}, "biz_opaque_callback_data": "opaque-1"})
}

/// An object with these fields instead.
pub fn with(mut value: Value, fields: Value) -> Value {
    let fields = fields.as_object().cloned().unwrap_or_default();
    value.as_object_mut().expect("an object").extend(fields);
    value
}

/// The text as a message of another type.
pub fn of_type(kind: &str, content: Value) -> Value {
    let mut value = with(text(), json!({"type": kind, kind: content}));
    if kind != "text" {
        value.as_object_mut().expect("an object").remove("text");
    }
    value
}

impl Stage {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.graph.address)
    }

    /// The answer to a send as the sender has it; `Err`: none that could be read.
    pub async fn try_send(&self, body: &Value) -> Result<(u16, String), String> {
        let request = self.http.post(self.url(&format!("/v24.0/{NUMBER}/messages"))).bearer_auth("token");
        let request = request.body(body.to_string()).timeout(Duration::from_millis(500));
        let response = request.send().await.map_err(|error| format!("{error:?}"))?;
        let http = response.status().as_u16();
        let text = response.text().await.map_err(|error| format!("{error:?}"))?;
        Ok((http, text))
    }

    pub async fn send(&self, body: &Value) -> (u16, Value) {
        let (http, text) = self.try_send(body).await.expect("an answer comes");
        (http, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The HTTP status and the code of a refusal; 0: taken.
    pub async fn code(&self, body: &Value) -> (u16, u64) {
        let (http, answer) = self.send(body).await;
        (http, answer.pointer("/error/code").and_then(Value::as_u64).unwrap_or(0))
    }

    /// Any call, with a body or without one.
    pub async fn call(&self, method: &str, path: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, self.url(path)).header("content-type", "application/json");
        let response = request.body(body).send().await.expect("an answer comes");
        let http = response.status().as_u16();
        let text = response.text().await.expect("a whole answer");
        (http, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub fn refuse_webhooks(&self, count: usize) {
        *self.received.refuse.lock().expect("no test panics with it") = count;
    }

    /// The values of all changes that were posted, once there are so many; or those that came within 5 seconds.
    pub async fn values(&self, least: usize) -> Vec<Value> {
        for _ in 0..1_000 {
            let values = self.posted();
            if values.len() >= least {
                return values;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.posted()
    }

    fn posted(&self) -> Vec<Value> {
        let webhooks = self.received.webhooks.lock().expect("no test panics with it");
        webhooks.iter().filter_map(|webhook| webhook.pointer("/entry/0/changes/0/value").cloned()).collect()
    }

    /// All statuses that were posted, once there are so many, as `id-less` words with the opaque data.
    pub async fn statuses(&self, least: usize) -> Vec<(String, String)> {
        for _ in 0..1_000 {
            let statuses = statuses_of(&self.posted());
            if statuses.len() >= least {
                return statuses;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        statuses_of(&self.posted())
    }
}

fn statuses_of(values: &[Value]) -> Vec<(String, String)> {
    let lists = values.iter().filter_map(|value| value.get("statuses")).filter_map(Value::as_array);
    let word = |status: &Value, key: &str| status.get(key).and_then(Value::as_str).unwrap_or("").to_string();
    lists.flatten().map(|status| (word(status, "status"), word(status, "biz_opaque_callback_data"))).collect()
}
