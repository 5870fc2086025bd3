//! A payment provider for trying out: sessions in memory, a page with two buttons, signed callbacks, and faults that can be
//! set. Served under development only; takes no money and asks for no card.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use duka_engine::contract::{parse_money, write_money};
use duka_engine::locale::money_in_english;
use duka_engine::value::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::page::{PLAIN, escaped, policy, style};
use super::provider::demo_signature;
use crate::egress::{Egress, Request};

const WITHIN: Duration = Duration::from_secs(5);
/// Sessions that are kept; the oldest go.
const MOST: usize = 10_000;

/// The provider's books.
pub struct DemoProvider {
    egress: Egress,
    /// Where its pages are: this server, behind `/demo-pay`.
    public: Url,
    books: Mutex<Books>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Books {
    sessions: BTreeMap<u64, Session>,
    #[serde(skip)]
    faults: Faults,
    events: u64,
    /// How often something has become another.
    #[serde(skip)]
    changes: u64,
}

/// What of the provider's books outlives its process.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Memory(Books);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Session {
    #[serde(default)]
    id: String,
    reference: String,
    order: String,
    shop: String,
    amount: String,
    back: String,
    hook: String,
    /// `open`, `paid`, `failed`, `closed`, `refunded`, `disputed`
    #[serde(default)]
    status: String,
    /// `KES 10.00`
    #[serde(default)]
    refunded: String,
    /// Our names for what was given back.
    #[serde(default)]
    refunds: Vec<String>,
    #[serde(default)]
    page: String,
}

/// What it does wrong.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Faults {
    /// The answers to so many beginnings are lost, after they were done.
    lost: u32,
    /// So many beginnings are refused with this status, and not done.
    refused: u32,
    refused_with: u16,
    /// Whoever asks how a payment stands gets this status; 0: an answer.
    look: u16,
    /// How often each callback comes; 1 is right.
    callbacks: Option<u32>,
    /// What callbacks say the amount is; empty: what it is.
    callback_amount: String,
    /// What answers say the amount is; empty: what it is.
    amount: String,
    /// What answers say the status is, whatever callbacks say; empty: what it is.
    status: String,
}

type Shared = State<Arc<DemoProvider>>;

impl DemoProvider {
    pub fn new(egress: Egress, public: Url) -> DemoProvider {
        DemoProvider { egress, public, books: Mutex::default() }
    }

    /// All that it answers.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/demo-pay/sessions", post(begin))
            .route("/demo-pay/sessions/{id}", get(look))
            .route("/demo-pay/sessions/{id}/close", post(close))
            .route("/demo-pay/sessions/{id}/refunds", post(give_back))
            .route("/demo-pay/pay/{id}", get(page).post(pay))
            .route("/demo-pay/control/faults", post(set_faults))
            .route("/demo-pay/control/sessions", get(list))
            .route("/demo-pay/control/sessions/{id}", post(set))
            .with_state(self)
    }

    /// Moves a session, as its customer or the provider does. `false`: there is none of this name.
    pub fn set_status(self: &Arc<Self>, id: &str, status: &str) -> bool {
        self.moves(id, |session| session.status = status.to_string()).is_some()
    }

    /// All of the money goes back to the customer. `false`: there is no session of this name.
    pub fn give_all_back(self: &Arc<Self>, id: &str) -> bool {
        let back = |session: &mut Session| {
            session.refunded = session.amount.clone();
            session.status = "refunded".to_string();
        };
        self.moves(id, back).is_some()
    }

    /// Rises with everything that [`DemoProvider::memory`] would tell otherwise.
    pub fn changes(&self) -> u64 {
        self.books().changes
    }

    /// What is to outlive the process.
    pub fn memory(&self) -> Memory {
        Memory(self.books().clone())
    }

    /// Goes on with what an earlier process has left, at the address of this one.
    pub fn remember(&self, Memory(mut left): Memory) {
        for session in left.sessions.values_mut() {
            for address in [&mut session.page, &mut session.back, &mut session.hook] {
                *address = self.moved(address);
            }
        }
        *self.books() = left;
    }

    fn moved(&self, address: &str) -> String {
        let Ok(mut moved) = address.parse::<Url>() else { return address.to_string() };
        let known = moved.set_host(self.public.host_str()).is_ok() && moved.set_port(self.public.port()).is_ok();
        if known { moved.to_string() } else { address.to_string() }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self, id: &str) -> Option<Session> {
        self.books().sessions.get(&number(id)?).cloned()
    }

    /// Moves a session, and calls whom it was begun by.
    fn moves(self: &Arc<Self>, id: &str, change: impl FnOnce(&mut Session)) -> Option<Session> {
        let mut books = self.books();
        let session = books.sessions.get_mut(&number(id)?)?;
        change(session);
        let session = session.clone();
        books.events += 1;
        books.changes += 1;
        let (event, faults) = (books.events, books.faults.clone());
        drop(books);
        let mut told = session.clone();
        if !faults.callback_amount.is_empty() {
            told.amount = faults.callback_amount.clone();
        }
        let provider = Arc::clone(self);
        let count = faults.callbacks.unwrap_or(1);
        tokio::spawn(async move { provider.calls(told, event, count).await });
        Some(session)
    }

    async fn calls(&self, told: Session, event: u64, count: u32) {
        let Ok(hook) = told.hook.parse::<Url>() else { return };
        let mut body = serde_json::to_value(&told).unwrap_or_default();
        body["event"] = json!(format!("event-{event}"));
        let body = body.to_string().into_bytes();
        for _ in 0..count {
            let mark = demo_signature(&body);
            let headers = [("demo-signature", mark.as_str())];
            if let Err(error) = self.egress.send(Request::json(hook.clone(), &headers, body.clone(), WITHIN)).await {
                tracing::info!(%error, "the demo provider's callback was not taken");
            }
        }
    }
}

fn number(id: &str) -> Option<u64> {
    id.strip_prefix("demo-")?.parse().ok()
}

async fn begin(State(provider): Shared, Json(wanted): Json<Session>) -> Response {
    let mut books = provider.books();
    if books.faults.refused > 0 {
        books.faults.refused -= 1;
        let status = StatusCode::from_u16(books.faults.refused_with).unwrap_or(StatusCode::BAD_REQUEST);
        return status.into_response();
    }
    let known = books.sessions.values().find(|session| session.reference == wanted.reference).cloned();
    let session = known.unwrap_or_else(|| {
        let next = books.sessions.keys().next_back().map_or(1, |last| last + 1);
        let id = format!("demo-{next}");
        let page = format!("{}/demo-pay/pay/{id}", provider.public.as_str().trim_end_matches('/'));
        let session =
            Session { id, page, status: "open".into(), refunded: String::new(), refunds: Vec::new(), ..wanted };
        books.sessions.insert(next, session.clone());
        books.changes += 1;
        if books.sessions.len() > MOST {
            books.sessions.pop_first();
        }
        session
    });
    if books.faults.lost > 0 {
        books.faults.lost -= 1;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Json(session).into_response()
}

async fn look(State(provider): Shared, Path(id): Path<String>) -> Response {
    let faults = provider.books().faults.clone();
    if let Some(status) = StatusCode::from_u16(faults.look).ok().filter(|_| faults.look > 0) {
        return status.into_response();
    }
    let Some(mut session) = provider.session(&id) else { return StatusCode::NOT_FOUND.into_response() };
    if !faults.amount.is_empty() {
        session.amount = faults.amount;
    }
    if !faults.status.is_empty() {
        session.status = faults.status;
    }
    Json(session).into_response()
}

async fn close(State(provider): Shared, Path(id): Path<String>) -> Response {
    let mut books = provider.books();
    books.changes += 1;
    let session = number(&id).and_then(|number| books.sessions.get_mut(&number));
    let Some(session) = session else { return StatusCode::NOT_FOUND.into_response() };
    if session.status == "open" {
        session.status = "closed".to_string();
    }
    Json(session.clone()).into_response()
}

/// `{"amount": "KES 10.00", "key": "…"}`: once for a key, and no more than was paid.
async fn give_back(State(provider): Shared, Path(id): Path<String>, Json(wanted): Json<Value>) -> Response {
    let of = |name: &str| wanted.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let Some(session) = provider.session(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let answer = |session: &Session| {
        let mut told = serde_json::to_value(session).unwrap_or_default();
        told["refund"] = json!(format!("back-{}", of("key")));
        Json(told).into_response()
    };
    if session.refunds.contains(&of("key")) {
        return answer(&session);
    }
    let (paid, wanted, known) =
        (parse_money(&session.amount), parse_money(&of("amount")), parse_money(&session.refunded));
    let total = wanted.map(|wanted| wanted.minor + known.map_or(0, |known| known.minor));
    let (Some(paid), Some(total)) = (paid, total) else { return StatusCode::BAD_REQUEST.into_response() };
    if session.status != "paid" || total > paid.minor {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let moved = provider.moves(&id, |session| {
        session.refunded = write_money(Money { minor: total, ..paid });
        session.refunds.push(of("key"));
        if total == paid.minor {
            session.status = "refunded".to_string();
        }
    });
    moved.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |session| answer(&session))
}

async fn page(State(provider): Shared, Path(id): Path<String>) -> Response {
    let Some(session) = provider.session(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let amount = parse_money(&session.amount).map_or_else(|| session.amount.clone(), money_in_english);
    let (shop, order, amount) = (escaped(&session.shop), escaped(&session.order), escaped(&amount));
    let buttons = match session.status.as_str() {
        "open" | "failed" => "<form method=\"post\"><button name=\"do\" value=\"pay\">Pay</button>\
             <button name=\"do\" value=\"decline\">Decline</button></form>"
            .to_string(),
        status => format!(
            "<p>This payment is {}.</p><p><a href=\"{}\">Back to the shop</a></p>",
            escaped(status),
            escaped(&session.back)
        ),
    };
    let style = style(PLAIN);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Demo provider · {shop}</title><style>{style}</style></head>\
         <body><header><p>Demo provider</p></header><main><h1>{shop}</h1><p>No money moves here.</p>\
         <dl><div><dt>Order</dt><dd>{order}</dd></div><div><dt>Amount</dt><dd>{amount}</dd></div></dl>{buttons}</main></body></html>\n"
    );
    let told = [(CONTENT_TYPE, "text/html; charset=utf-8".to_string()), (CONTENT_SECURITY_POLICY, policy(&style, ""))];
    (told, html).into_response()
}

async fn pay(State(provider): Shared, Path(id): Path<String>, body: String) -> Response {
    let known = provider.session(&id).map(|session| session.status);
    let moved = match known.as_deref() {
        Some("open" | "failed") => {
            let status = if body.contains("do=pay") { "paid" } else { "failed" };
            provider.moves(&id, |session| session.status = status.to_string())
        }
        Some(_) => provider.session(&id),
        None => None,
    };
    match moved {
        Some(session) => (StatusCode::SEE_OTHER, [(LOCATION, session.back)]).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn set_faults(State(provider): Shared, Json(faults): Json<Faults>) -> StatusCode {
    provider.books().faults = faults;
    StatusCode::OK
}

async fn list(State(provider): Shared) -> Json<Vec<Session>> {
    Json(provider.books().sessions.values().cloned().collect())
}

/// Moves a session from outside: `{"status": "refunded", "refunded": "KES 10.00"}`.
async fn set(State(provider): Shared, Path(id): Path<String>, Json(change): Json<Value>) -> Response {
    let of = |name: &str| change.get(name).and_then(Value::as_str).map(str::to_string);
    let moved = provider.moves(&id, |session| {
        session.status = of("status").unwrap_or_else(|| session.status.clone());
        session.refunded = of("refunded").unwrap_or_else(|| session.refunded.clone());
        session.amount = of("amount").unwrap_or_else(|| session.amount.clone());
    });
    moved.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |session| Json(session).into_response())
}
