//! Pay links and callbacks of payment providers at the door. Looking at a link changes nothing, so that previews and scanners
//! may (TM30); what is not proved to be the provider's is refused, and what is proved is written down before it is answered.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::http::header::{ACCEPT_LANGUAGE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use metrics::counter;

use super::door::Peer;
use super::webhooks::{refused, whole};
use super::{Server, payable};
use crate::payments::page::{self, Page, Shown};
use crate::payments::standing::State;
use crate::payments::{Refusal, Seen, Started};
use crate::store;

/// A form of the page is not longer.
const MOST_FORM_BYTES: usize = 512;

/// Shows how a payment stands.
pub(super) async fn look(
    Shared(server): Shared<Arc<Server>>,
    peer: Option<Extension<Peer>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    match find(&server, peer, &token, &headers).await {
        Ok(mut seen) => {
            let now_ms = server.host.clock.now_ms();
            // A try that failed may have been followed by one at the provider that did not.
            let may_be_paid = matches!(seen.payment.state, State::Open | State::Failed);
            if may_be_paid && server.flood.may_look(seen.row.id) {
                // Coming back from the provider proves nothing: the provider is asked.
                server.cashier.ask_now(&seen).await;
                seen = server.cashier.seen(&token).await.ok().flatten().unwrap_or(seen);
            }
            answer(StatusCode::OK, page::of(&seen, page::shown(&seen, now_ms)))
        }
        Err(response) => *response,
    }
}

/// The customer wants to pay.
pub(super) async fn begin(
    Shared(server): Shared<Arc<Server>>,
    peer: Option<Extension<Peer>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let seen = match find(&server, peer, &token, &headers).await {
        Ok(seen) => seen,
        Err(response) => return *response,
    };
    let now_ms = server.host.clock.now_ms();
    let form = axum::body::to_bytes(body, MOST_FORM_BYTES).await.unwrap_or_default();
    let typed = phone_of(&form);
    if is_from_elsewhere(&headers) || !server.flood.may_pay(seen.row.id) {
        return answer(StatusCode::OK, page::of(&seen, page::shown(&seen, now_ms)));
    }
    let Some(phone) = seen.till.provider.phone(&typed) else {
        let shown = page::shown(&seen, now_ms);
        let shown = if matches!(shown, Shown::Pay | Shown::Failed) { Shown::Phone } else { shown };
        return answer(StatusCode::UNPROCESSABLE_ENTITY, page::of(&seen, shown));
    };
    match payable::is_as_agreed(&server, &seen).await {
        Ok(true) => {}
        // Looking at it again shows that it is over; the chat says what is to be done.
        Ok(false) => return go(&server.cashier.url(&seen.payment)),
        Err(error) => return not_begun(&seen, &error),
    }
    match server.cashier.start(&seen, &phone).await {
        Ok(Started::Page(page)) => go(&page),
        // Looking at it again shows how it stands, and does not ask again.
        Ok(Started::Standing) => go(&server.cashier.url(&seen.payment)),
        Ok(Started::NotNow) => answer(StatusCode::SERVICE_UNAVAILABLE, page::of(&seen, Shown::Wait)),
        Err(error) => not_begun(&seen, &error),
    }
}

fn not_begun(seen: &Seen, error: &store::Error) -> Response {
    tracing::error!(%error, "a payment could not be begun: the store does not answer");
    answer(StatusCode::SERVICE_UNAVAILABLE, page::of(seen, Shown::Wait))
}

async fn find(
    server: &Server,
    peer: Option<Extension<Peer>>,
    token: &str,
    headers: &HeaderMap,
) -> Result<Seen, Box<Response>> {
    let languages = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let nobody = |status, shown| Err(Box::new(answer(status, page::of_nobody(shown, languages))));
    match server.cashier.seen(token).await {
        Ok(Some(seen)) => Ok(seen),
        // Whoever guesses is stopped; a customer's own link always opens.
        Ok(None) if peer.is_some_and(|Extension(Peer(address))| !server.flood.may_guess(address)) => {
            nobody(StatusCode::TOO_MANY_REQUESTS, Shown::TooMany)
        }
        Ok(None) => nobody(StatusCode::NOT_FOUND, Shown::Unknown),
        Err(error) => {
            tracing::error!(%error, "a pay link could not be looked up");
            nobody(StatusCode::SERVICE_UNAVAILABLE, Shown::Wait)
        }
    }
}

/// A form that another site has posted: a browser says so.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

fn phone_of(form: &[u8]) -> String {
    let mut fields = url::form_urlencoded::parse(form);
    let phone = fields.find(|(name, _)| name == "phone").map(|(_, value)| value.into_owned());
    phone.unwrap_or_default()
}

fn go(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(place) => guarded((StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()),
        Err(_) => refused(StatusCode::BAD_GATEWAY),
    }
}

fn answer(status: StatusCode, page: Page) -> Response {
    counter!("duka_pay_pages_total", "shown" => page.shown.name()).increment(1);
    let policy = HeaderValue::from_str(&page.policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let mut response = (status, [("content-type", "text/html; charset=utf-8")], page.html).into_response();
    response.headers_mut().insert("content-security-policy", policy);
    guarded(response)
}

/// What every answer about a payment carries.
fn guarded(mut response: Response) -> Response {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A callback to the shop's address.
pub(super) async fn called(
    Shared(server): Shared<Arc<Server>>,
    Path(slug): Path<String>,
    request: Request<Body>,
) -> Response {
    let has_till = |server: &Server| {
        let shop = server.registry.now().named(&slug)?.scope;
        server.registry.shops.shop(shop)?.till.as_ref().map(drop)
    };
    if has_till(&server).is_none() {
        // The shop's own system may tell of its orders under this name.
        let names = Path((slug, "payments".to_string()));
        return super::orders::receive(Shared(server), names, request).await;
    }
    taken(&server, &slug, None, request).await
}

/// A callback to a payment's own address.
pub(super) async fn called_of(
    Shared(server): Shared<Arc<Server>>,
    Path((slug, part)): Path<(String, String)>,
    request: Request<Body>,
) -> Response {
    taken(&server, &slug, Some(&part), request).await
}

async fn taken(server: &Arc<Server>, slug: &str, part: Option<&str>, request: Request<Body>) -> Response {
    let status = take(server, slug, part, request).await.err().unwrap_or(StatusCode::OK);
    counter!("duka_payment_callbacks_total", "status" => status.as_str().to_string()).increment(1);
    if status == StatusCode::OK { status.into_response() } else { refused(status) }
}

async fn take(server: &Arc<Server>, slug: &str, part: Option<&str>, request: Request<Body>) -> Result<(), StatusCode> {
    let (head, body) = whole(server, request).await?;
    // Whoever guesses names learns nothing from the answer.
    let shop = server.registry.now().named(slug).and_then(|shop| server.registry.shops.shop(shop.scope));
    let shop = shop.ok_or(StatusCode::UNAUTHORIZED)?;
    let till = shop.till.as_ref().ok_or(StatusCode::UNAUTHORIZED)?;
    if !server.flood.takes(shop.scope, 1) {
        return Err(StatusCode::TOO_MANY_REQUESTS);
    }
    match server.cashier.called(&shop, till, part, &head.headers, &body).await {
        Ok(()) => Ok(()),
        Err(Refusal::Unproved) => {
            tracing::warn!(shop = slug, "a callback of a payment provider was refused: it proves nothing");
            Err(StatusCode::UNAUTHORIZED)
        }
        Err(Refusal::Store(error)) => {
            tracing::error!(%error, "a callback of a payment provider could not be kept; it should be sent again");
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
