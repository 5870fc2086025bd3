//! The router: the rest of the Graph API, and `/control`, by which scripts play customers, break things and look on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get, post, put};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Shared;
use super::body::GraphBody;
use crate::dev_graph::answer::Answer;
use crate::dev_graph::customer::{Say, Telling};
use crate::dev_graph::fault::Fault;
use crate::dev_graph::management::Call;
use crate::dev_graph::media::MediaFault;
use crate::dev_graph::plan::{Customers, NumberChange, Statuses};
use crate::dev_graph::template::Template;

/// The platform takes documents of 100 MiB.
const UPLOAD_BYTES: usize = 101 * 1024 * 1024;
/// Between two bytes of a slow file.
const SLOW_MS: u64 = 1_000;
/// The longest that a script may wait for a message.
const WAIT_MS: u64 = 60_000;

const HELP: &str = "\
A stand-in for WhatsApp's Graph API. Send to it as to graph.facebook.com.

  GET    /control/counts                        how many of what
  GET    /control/journal?after=0&limit=100     each attempt with its answer
  DELETE /control/journal
  POST   /control/customer/254700000001/text    the body is what the customer writes
  POST   /control/customer/254700000001/tap     the body is a choice: its title, id or place from 1
  POST   /control/customer/254700000001         {\"tap_on\": {...}, \"as\": {\"ago_ms\": 0, \"copies\": 2}} and all else
  GET    /control/customer/254700000001?after=0&wait_ms=2000    what the customer's phone shows
  POST   /control/webhook?number=106540000000001    any webhook, signed and posted
  POST   /control/heard                         {\"customer\": \"254700000001\", \"number\": \"1\"}: opens the window
  GET, POST, DELETE /control/faults             {\"kind\": \"accept_reset\", \"rate\": 0.1}
  PUT    /control/statuses                      {\"twice\": 0.1, \"swapped\": 0.2, \"batch\": 50}
  PUT    /control/customers                     {\"stopped\": [], \"unreachable\": [], \"allowed\": []}
  PUT    /control/templates                     {\"name\": \"hello\", \"language\": \"en\", \"body\": \"Hello {{1}}\"}
  POST   /control/templates                     {\"name\": \"hello\", \"language\": \"en\", \"status\": \"PAUSED\"}
  POST   /control/numbers                       {\"quality\": \"RED\", \"status\": \"FLAGGED\", \"event\": \"FLAGGED\"}
  PUT    /control/vanished                      [\"contacts\", \"quality_rating\"]: left out of everything from now on
  POST   /control/files                         {\"mime_type\": \"image/jpeg\", \"size\": 1000, \"fault\": \"wrong_hash\"}
  POST   /control/clock                         {\"advance_ms\": 3600000}
";

pub fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(async || HELP))
        .route("/control", get(async || HELP))
        .route("/control/counts", get(async |State(shared): Shares| Json(json!(shared.lock().counts()))))
        .route("/control/journal", get(journal).delete(forget))
        .route("/control/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/control/statuses", put(statuses))
        .route("/control/customers", put(customers))
        .route("/control/templates", put(put_template).post(set_template))
        .route("/control/numbers", post(set_number))
        .route("/control/vanished", put(vanished))
        .route("/control/files", post(file))
        .route("/control/clock", post(clock))
        .route("/control/heard", post(heard))
        .route("/control/webhook", post(webhook))
        .route("/control/payments/{bill}", put(payment))
        .route("/control/customer/{customer}", get(inbox).post(say))
        .route("/control/customer/{customer}/{verb}", post(say_plainly))
        .route("/download/{key}", get(download))
        .route("/{version}/{number}/media", post(upload).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .fallback(any(graph_call))
        .with_state(shared)
}

/// A page of another address, or a name that somebody has pointed at this machine.
pub fn elsewhere() -> Response {
    let error = "Only programs of this machine, and pages of this address, may ask it for something.";
    (StatusCode::FORBIDDEN, Json(json!({ "error": error }))).into_response()
}

type Shares = State<Arc<Shared>>;

/// A sentence for whoever asked wrongly.
fn wrong(message: impl Into<String>) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": message.into()}))).into_response()
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: u64,
    #[serde(default = "hundred")]
    limit: usize,
    #[serde(default)]
    wait_ms: u64,
    #[serde(default)]
    number: String,
}

fn hundred() -> usize {
    100
}

async fn journal(State(shared): Shares, Query(page): Query<Page>) -> Json<Value> {
    let graph = shared.lock();
    let attempts: Vec<_> = graph.journal().after(page.after).take(page.limit).collect();
    Json(json!(attempts))
}

async fn forget(State(shared): Shares) -> StatusCode {
    shared.lock().journal.clear();
    StatusCode::NO_CONTENT
}

async fn faults(State(shared): Shares) -> Json<Value> {
    let graph = shared.lock();
    let lines: Vec<Value> = graph.faults.hits().map(|(fault, hits)| json!({"fault": fault, "hits": hits})).collect();
    Json(Value::Array(lines))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Fault),
    More(Vec<Fault>),
}

async fn add_faults(State(shared): Shares, body: Bytes) -> Response {
    match serde_json::from_slice::<OneOrMore>(&body) {
        Ok(OneOrMore::One(fault)) => shared.lock().add_fault(fault),
        Ok(OneOrMore::More(faults)) => faults.into_iter().for_each(|fault| shared.lock().add_fault(fault)),
        Err(_) => {
            return wrong(match serde_json::from_slice::<Fault>(&body) {
                Ok(_) => "A fault, or a list of faults.".to_string(),
                Err(error) => error.to_string(),
            });
        }
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn clear_faults(State(shared): Shares) -> StatusCode {
    shared.lock().clear_faults();
    StatusCode::NO_CONTENT
}

/// `{"status": "captured", "currency": "INR", "total_amount": {"value": 21000, "offset": 100}}`
async fn payment(State(shared): Shares, Path(bill): Path<String>, Json(mut told): Json<Value>) -> StatusCode {
    told["reference_id"] = json!(bill);
    shared.lock().payments.insert(bill, told);
    StatusCode::NO_CONTENT
}

async fn statuses(State(shared): Shares, Json(statuses): Json<Statuses>) -> StatusCode {
    shared.lock().set_statuses(statuses);
    StatusCode::NO_CONTENT
}

async fn customers(State(shared): Shares, Json(customers): Json<Customers>) -> StatusCode {
    shared.lock().account.customers = customers;
    StatusCode::NO_CONTENT
}

async fn put_template(State(shared): Shares, Json(template): Json<Template>) -> StatusCode {
    shared.lock().put_template(template);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct TemplateState {
    name: String,
    language: String,
    status: String,
}

async fn set_template(State(shared): Shares, Json(wanted): Json<TemplateState>) -> Response {
    let now_ms = shared.now_ms();
    let webhook = shared.lock().set_template(now_ms, "", (&wanted.name, &wanted.language), &wanted.status);
    match webhook {
        Some(webhook) => posted(&shared, &webhook, 1).await,
        None => wrong(format!("There is no template {} in {}.", wanted.name, wanted.language)),
    }
}

async fn set_number(State(shared): Shares, Json(change): Json<NumberChange>) -> Response {
    let now_ms = shared.now_ms();
    let webhooks = shared.lock().set_number(now_ms, &change);
    let Some(webhooks) = webhooks else { return wrong(format!("There is no number {}.", change.number)) };
    let mut told = StatusCode::NO_CONTENT.into_response();
    for webhook in &webhooks {
        told = posted(&shared, webhook, 1).await;
    }
    told
}

async fn vanished(State(shared): Shares, Json(fields): Json<Vec<String>>) -> StatusCode {
    shared.lock().set_vanished(fields);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFile {
    mime_type: String,
    #[serde(default)]
    size: usize,
    #[serde(default)]
    text: String,
    fault: Option<MediaFault>,
}

async fn file(State(shared): Shares, Json(file): Json<NewFile>) -> Json<Value> {
    let bytes = if file.text.is_empty() { vec![b'x'; file.size.min(UPLOAD_BYTES)] } else { file.text.into_bytes() };
    let (id, sha256) = shared.lock().customer_file(&file.mime_type, bytes, file.fault);
    Json(json!({"id": id.as_str(), "mime_type": file.mime_type, "sha256": sha256}))
}

#[derive(Deserialize)]
struct Advance {
    advance_ms: i64,
}

async fn clock(State(shared): Shares, Json(advance): Json<Advance>) -> Json<Value> {
    shared.ahead_ms.fetch_add(advance.advance_ms, Ordering::Relaxed);
    shared.wake.notify_one();
    Json(json!({"now_ms": shared.now_ms()}))
}

#[derive(Deserialize)]
struct Heard {
    customer: String,
    number: String,
    at_ms: Option<i64>,
}

async fn heard(State(shared): Shares, Json(heard): Json<Heard>) -> StatusCode {
    let at_ms = heard.at_ms.unwrap_or_else(|| shared.now_ms());
    shared.lock().heard(&heard.number, &heard.customer, at_ms);
    StatusCode::NO_CONTENT
}

async fn webhook(State(shared): Shares, Query(page): Query<Page>, Json(envelope): Json<Value>) -> Response {
    let webhook = shared.lock().webhook(&page.number, &envelope);
    match webhook {
        Ok(webhook) => posted(&shared, &webhook, 1).await,
        Err(message) => wrong(message),
    }
}

async fn inbox(State(shared): Shares, Path(customer): Path<String>, Query(page): Query<Page>) -> Json<Value> {
    let mut left_ms = page.wait_ms.min(WAIT_MS);
    loop {
        let shown = {
            let mut graph = shared.lock();
            let number = if page.number.is_empty() { graph.first_number() } else { Some(page.number.as_str().into()) };
            number.map(|number| graph.inbox(&number, &customer, page.after)).unwrap_or_default()
        };
        if !shown.is_empty() || left_ms == 0 {
            return Json(json!(shown));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        left_ms = left_ms.saturating_sub(10);
    }
}

async fn say(State(shared): Shares, Path(customer): Path<String>, body: Bytes) -> Response {
    let mut fields: Map<String, Value> = match serde_json::from_slice(&body) {
        Ok(fields) => fields,
        Err(error) => return wrong(format!("An object is expected, as `{{\"text\": \"hi\"}}`: {error}")),
    };
    let telling = fields.remove("as").unwrap_or_else(|| json!({}));
    match (serde_json::from_value::<Say>(Value::Object(fields)), serde_json::from_value::<Telling>(telling)) {
        (Ok(say), Ok(telling)) => said(&shared, &customer, &say, &telling).await,
        (Err(error), _) | (_, Err(error)) => wrong(error.to_string()),
    }
}

async fn say_plainly(
    State(shared): Shares,
    Path((customer, verb)): Path<(String, String)>,
    Query(page): Query<Page>,
    body: String,
) -> Response {
    let say = match verb.as_str() {
        "text" => Say::Text(body),
        "tap" => Say::Tap(body),
        "stop" | "resume" => Say::Marketing { stop: verb == "stop" },
        other => {
            return wrong(format!("`{other}` is not `text`, `tap`, `stop` or `resume`; POST an object for all else."));
        }
    };
    let telling = Telling { number: page.number.as_str().into(), ..Telling::default() };
    said(&shared, &customer, &say, &telling).await
}

async fn said(shared: &Shared, customer: &str, say: &Say, telling: &Telling) -> Response {
    let now_ms = shared.now_ms();
    let webhook = shared.lock().customer(now_ms, customer, say, telling);
    match webhook {
        Ok(webhook) => posted(shared, &webhook, telling.copies.unwrap_or(1)).await,
        Err(message) => wrong(message),
    }
}

/// Posts a webhook now, and says how the callback answered.
async fn posted(shared: &Shared, webhook: &crate::dev_graph::webhook::Webhook, copies: u32) -> Response {
    let Some(callback) = &shared.callback else {
        return wrong("There is no callback to post to: start with `--callback URL`.");
    };
    let mut http = 0;
    for _ in 0..copies.clamp(1, 100) {
        http = callback.post(webhook).await;
    }
    let body: Value = serde_json::from_slice(&webhook.body).unwrap_or_default();
    Json(json!({"http": http, "webhook": body})).into_response()
}

fn answered(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [("content-type", "application/json")], answer.body).into_response()
}

async fn download(State(shared): Shares, Path(key): Path<String>) -> Response {
    let now_ms = shared.now_ms();
    match shared.lock().media.fetch(now_ms, &key) {
        Some((file, true)) => {
            let body = axum::body::Body::new(GraphBody::trickle(file.bytes.clone(), SLOW_MS));
            ([("content-type", file.mime_type.clone())], body).into_response()
        }
        Some((file, false)) => ([("content-type", file.mime_type.clone())], file.bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn upload(State(shared): Shares, Path(_): Path<(String, String)>, mut form: Multipart) -> Response {
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("file") {
            let kind = field.content_type().unwrap_or("application/octet-stream").to_string();
            return match field.bytes().await {
                Ok(bytes) => answered(shared.lock().upload(&kind, bytes)),
                Err(_) => wrong("The file could not be read."),
            };
        }
    }
    wrong("A form with a `file` is expected.")
}

async fn graph_call(State(shared): Shares, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut parts = uri.path().trim_matches('/').split('/');
    if !parts.next().is_some_and(|version| version.starts_with('v')) {
        return (StatusCode::NOT_FOUND, HELP).into_response();
    }
    let path: Vec<&str> = parts.collect();
    let query = url::form_urlencoded::parse(uri.query().unwrap_or("").as_bytes());
    let query: Vec<(String, String)> = query.map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = token.unwrap_or_default();
    let call = Call { method: method.as_str(), path: &path, query: &query, body: &body, token, base: &shared.base };
    let (answer, next_ms) = {
        let mut graph = shared.lock();
        (graph.call(shared.now_ms(), &call), graph.next_ms())
    };
    shared.hurry(next_ms);
    answered(answer)
}
