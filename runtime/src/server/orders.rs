//! What a shop's own system and its carriers tell by themselves: orders and parcels that moved. What proves nothing is
//! refused; what is proved is kept, if only for a person, before it is answered.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use duka_engine::contract::{decode, write_money};
use duka_engine::event::EventKind;
use duka_engine::types::Type;
use duka_engine::value::Value;
use metrics::counter;
use serde_json::json;
use smol_str::SmolStr;

use super::Server;
use super::parcels::{self, Parcels};
use super::webhooks::{refused, whole};
use crate::adapter::field;
use crate::adapter::rest::{Backend, Moved, News};
use crate::adapter::twice;
use crate::host::desk::DeskError;
use crate::host::incoming::{Arrival, Arrived, Incoming};
use crate::host::shops::Shop;
use crate::host::writer::{Job, Took, WriteError};
use crate::id::ElementKey;
use crate::payments::PAID;
use crate::store::{self, Identity, QuarantineEntry};

/// Why it is in quarantine: no conversation has the order; or it is not as its mapping says.
pub(super) const UNKNOWN: &str = "unknown order";
const UNREAD: &str = "unread order";
/// Parcels with which a person has to do something.
const PARCEL: &str = "parcel";

/// Why it was not taken, and is to be told again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    /// What has to be asked about it does not answer.
    #[error("{0}")]
    Later(String),
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// Takes a webhook of a shop's system.
pub(super) async fn receive(
    State(server): State<Arc<Server>>,
    Path((slug, contract)): Path<(String, String)>,
    request: Request<Body>,
) -> Response {
    let status = take(&server, &slug, &contract, request).await.err().unwrap_or(StatusCode::OK);
    counter!("duka_shop_webhooks_total", "status" => status.as_str().to_string()).increment(1);
    if status == StatusCode::OK { status.into_response() } else { refused(status) }
}

async fn take(server: &Server, slug: &str, contract: &str, request: Request<Body>) -> Result<(), StatusCode> {
    if server.disk.is_low() {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let (head, body) = whole(server, request).await?;
    // Whoever guesses names learns nothing from the answer.
    let shop = server.registry.now().named(slug).and_then(|shop| server.registry.shops.shop(shop.scope));
    let shop = shop.ok_or(StatusCode::UNAUTHORIZED)?;
    let backend = shop.backends.iter().find(|backend| backend.contract == contract).ok_or(StatusCode::UNAUTHORIZED)?;
    if backend.is_ping(&body) {
        return Ok(());
    }
    let header = |name: &str| head.headers.get(name).map(axum::http::HeaderValue::as_bytes);
    if !backend.is_proved(header, &body, server.host.clock.now_ms()) {
        tracing::warn!(shop = slug, contract, "a webhook of a shop's system was refused: it proves nothing");
        return Err(StatusCode::UNAUTHORIZED);
    }
    if !server.flood.takes(shop.scope, 1) {
        return Err(StatusCode::TOO_MANY_REQUESTS);
    }
    let key = Some(ElementKey(backend.repetition(&body)));
    keep(server, &shop, backend, key, &body).await.map_err(|error| {
        tracing::error!(%error, "a webhook of a shop's system was not taken; it should be sent again");
        StatusCode::SERVICE_UNAVAILABLE
    })
}

/// Takes once more what was kept for a person under that number, once however often it is asked for (I3); `None`: it was
/// nothing of the kind.
///
/// # Errors
/// It was not committed.
pub(crate) async fn again(
    server: &Server,
    slug: &str,
    number: i64,
    entry: &QuarantineEntry,
) -> Option<Result<(), NotTaken>> {
    if ![UNKNOWN, UNREAD, PARCEL].contains(&entry.reason.as_str()) {
        return None;
    }
    let served = server.registry.now().named(slug).cloned()?;
    let shop = server.registry.shops.shop(served.scope)?;
    let (contract, _) = entry.detail.split_once(':')?;
    let backend = shop.backends.iter().find(|backend| backend.contract == contract)?;
    let key = ElementKey::named("quarantine", &format!("{} {number} order", entry.at_ms));
    Some(keep(server, &shop, backend, Some(key), &entry.body).await)
}

async fn keep(
    server: &Server,
    shop: &Shop,
    backend: &Backend,
    key: Option<ElementKey>,
    body: &[u8],
) -> Result<(), NotTaken> {
    backend.hears_of_changes(&shop.backends, body);
    let news = match backend.read(&shop.program, body) {
        Ok(None) => return Ok(()),
        Ok(Some(News::Order(moved))) => Ok(moved),
        Ok(Some(told)) => match meant(parcels::order_of(server, shop, backend, told).await)? {
            Some(news) => news,
            None => return Ok(()),
        },
        Err(why) => Err((UNREAD, why)),
    };
    twice::tell(&server.host, shop).await;
    settle(server, shop, backend, key, news, body).await
}

/// An order that moved, or why a person has to look at it.
pub(super) type Meant = Result<Moved, (&'static str, String)>;

/// What news of a parcel mean. `None`: nothing that anybody needs to hear.
///
/// # Errors
/// It is to be told again.
pub(super) fn meant(parcels: Parcels) -> Result<Option<Meant>, NotTaken> {
    Ok(Some(match parcels {
        Parcels::Nothing => return Ok(None),
        Parcels::Moved(moved) => Ok(moved),
        Parcels::Unread(why) => Err((UNREAD, why)),
        Parcels::Person(why) => Err((PARCEL, why)),
        Parcels::Later(why) => return Err(NotTaken::Later(why)),
    }))
}

/// Writes down what was meant: for the conversation of the order, or for a person.
///
/// # Errors
/// It was not committed.
pub(super) async fn settle(
    server: &Server,
    shop: &Shop,
    backend: &Backend,
    key: Option<ElementKey>,
    news: Meant,
    body: &[u8],
) -> Result<(), NotTaken> {
    let received_ms = server.host.clock.now_ms();
    let contract = &backend.contract;
    match news {
        Ok(moved) => {
            backend.hears_of_order(&shop.backends, &shop.program.shop, &moved.order);
            if !moves(server, shop, contract, key, body.to_vec(), moved).await? {
                server.early.came(shop.scope, received_ms);
            }
        }
        Err((reason, why)) => {
            let slug = shop.slug.as_str();
            tracing::warn!(shop = slug, %contract, reason, "a webhook of a shop's system is kept for a person");
            let entry = unknown(shop, received_ms, format!("{contract}: {why}"), body.to_vec());
            let what = Arrived::Quarantine(QuarantineEntry { reason: SmolStr::new_static(reason), ..entry });
            server.desk.commit(Job::Arrivals(vec![Arrival { shop: shop.scope, key, received_ms, what }])).await?;
        }
    }
    Ok(())
}

/// Brings an order that moved to its conversation. `false`: nobody has it yet, and the news are kept.
///
/// # Errors
/// It was not committed.
pub(super) async fn moves(
    server: &Server,
    shop: &Shop,
    contract: &str,
    key: Option<ElementKey>,
    body: Vec<u8>,
    moved: Moved,
) -> Result<bool, DeskError> {
    let received_ms = server.host.clock.now_ms();
    let mut paid = paid(shop, contract, &moved);
    if paid.is_some() && !server.cashier.own_paid(shop, &moved.number, &moved.order).await {
        paid = None;
    }
    server.cashier.moved(shop, contract, &moved.number, &moved.status).await;
    let Moved { number, status, order, .. } = moved;
    let unmatched = unknown(shop, received_ms, format!("{contract}: {number} {status}"), body);
    let arrival = |key, event, unmatched| {
        let order = vec![Identity::of_order(shop.scope, number.clone())];
        let what = Arrived::Order { order, unmatched, incoming: Incoming::event(event) };
        Arrival { shop: shop.scope, key, received_ms, what }
    };
    let event = EventKind::Order { status, key: number.clone(), order };
    let moved = arrival(key, event, unmatched.clone());
    let paid = paid.map(|paid| {
        let key = ElementKey::named("paid", &format!("{contract} {number}"));
        arrival(Some(key), paid, unmatched)
    });
    // Both in one commit. Of an order that nobody has, the payment is told together with what is kept of it.
    let (first, then) = match paid {
        Some(paid) if is_known(server, shop, &number).await? => (vec![moved, paid], None),
        paid => (vec![moved], paid),
    };
    let took = server.desk.commit(Job::Arrivals(first)).await?;
    let is_known = !took.contains(&Took::Quarantined);
    if let Some(paid) = then.filter(|_| is_known) {
        server.desk.commit(Job::Arrivals(vec![paid])).await?;
    }
    Ok(is_known)
}

/// Whether a conversation has the order.
async fn is_known(server: &Server, shop: &Shop, number: &SmolStr) -> Result<bool, DeskError> {
    let known = async {
        let mut tx = server.host.store.read(shop.scope).await?;
        let found = tx.find_conversations(&[Identity::of_order(shop.scope, number.clone())]).await?;
        Ok::<_, store::Error>(found.into_iter().any(|it| it.is_some()))
    };
    Ok(known.await.map_err(WriteError::from)?)
}

/// Where the shop's own system takes the money, an order that it tells to be paid is a payment that is paid. That an order is
/// over says nothing of that: it may have been cancelled unpaid, and nobody is to confirm one that is back, or its money. Nor
/// does that it is packed or sent where it may be paid in cash, unless the system says so itself.
fn paid(shop: &Shop, contract: &str, moved: &Moved) -> Option<EventKind> {
    let program = &shop.program.shop;
    let till = shop.backends.iter().find(|backend| backend.contract == "payments")?;
    let statuses = program.statuses.iter().find(|statuses| statuses.contract == contract)?;
    if statuses.terminal.contains(&moved.status) && moved.status != "delivered" {
        return None;
    }
    let order = Type::Record(program.known_records.order?);
    let is_paid = match field(program, &order, &moved.order, "paid") {
        Some(Value::YesNo(is_paid)) => *is_paid,
        _ if till.mapping.operations.contains_key("payments.cash") => moved.status == PAID,
        _ => statuses.is_paid(&moved.status),
    };
    if !is_paid {
        return None;
    }
    let total = field(program, &order, &moved.order, "total")?;
    let Value::Money(total) = total else { return None };
    let payment = json!({ "url": "", "status": "paid", "amount": write_money(*total) });
    let payment = decode(program, &Type::Record(program.known_records.payment?), &payment).ok()?;
    // The order is what the conversation knows itself.
    let (status, key) = (SmolStr::new_static(PAID), moved.number.clone());
    Some(EventKind::Payment { status, key, order: Value::None, payment })
}

/// Whether its system says itself of an order that it is paid, whatever its status.
pub(super) fn is_said_paid(shop: &Shop, contract: &str, moved: &Moved) -> bool {
    let program = &shop.program.shop;
    let order = program.known_records.order.map(Type::Record);
    let said = order.and_then(|order| field(program, &order, &moved.order, "paid").cloned());
    said == Some(Value::YesNo(true)) && paid(shop, contract, moved).is_some()
}

/// What is kept of news whose order nobody has.
pub(super) fn unknown(shop: &Shop, at_ms: i64, detail: String, body: Vec<u8>) -> QuarantineEntry {
    QuarantineEntry { shop: Some(shop.scope), at_ms, reason: SmolStr::new_static(UNKNOWN), detail, body }
}

/// The order that an entry waits for; `None`: it is no such news.
pub(super) fn waits_for(shop: &Shop, entry: &QuarantineEntry) -> Option<SmolStr> {
    let (contract, _) = entry.detail.split_once(':').filter(|_| entry.reason == UNKNOWN)?;
    let backend = shop.backends.iter().find(|backend| backend.contract == contract)?;
    match backend.read(&shop.program, &entry.body).ok().flatten()? {
        News::Order(moved) => Some(moved.number),
        News::Asked(number, _) => Some(number),
        News::Parcel(parcel) => parcel.order,
        News::Track(_, order) => order,
    }
}
