//! Everything that this address answers: the page, what the page asks, the demo's payments, and what belongs to the server
//! behind it, which may be away for a moment.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use duka_engine::limits::{WHATSAPP, whatsapp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::answers::{Refused, Why};
use super::clock::{self, Clock};
use super::house::House;
use super::shop::View;
use super::{assets, customers, described, files, guard, levers, map, media, person, products, record};
use crate::server;

/// The largest body that is no file.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// The same of a file: somewhat more than WhatsApp takes, so that it is said what is too large.
const MOST_OF_A_FILE: usize = whatsapp::MEDIA_BYTES as usize + MOST_BYTES;

/// What the page begins with.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Home {
    pub version: &'static str,
    /// When this process began: what a page knows of an earlier one may be gone.
    pub began_ms: u64,
    pub shops: Vec<View>,
    pub clock: Clock,
    /// The server runs; it does not while it is begun again, or while a shop was never good.
    pub running: bool,
    /// What customers may send.
    pub files: Vec<FileLimit>,
}

/// Files of one kind, as WhatsApp takes them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FileLimit {
    /// `image`, `video`, `audio`, `document`
    pub kind: &'static str,
    /// `pdf`
    pub endings: &'static [&'static str],
    pub most_bytes: u64,
}

/// Answers until `stop`.
pub async fn serve(listener: TcpListener, house: Arc<House>, stop: CancellationToken) {
    let router = router(&house, stop.clone());
    let ended = async move { stop.cancelled().await };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(ended).await {
        tracing::error!(%error, "the page is not served any more");
    }
}

fn router(house: &Arc<House>, stop: CancellationToken) -> Router {
    let address = house.address;
    let events = {
        let house = Arc::clone(house);
        get(move |query: Query<Wanted>, headers: HeaderMap| {
            let answer = stream(&house, query, &headers, stop.clone());
            async move { answer }
        })
    };
    let dev = Router::new()
        .route("/", get(home))
        .route("/stream", events)
        .route("/clock", post(clock::set))
        .route("/media/{id}", get(media::show))
        .route("/picture", get(picture))
        .route("/shops/{shop}/customers", get(customers::list).post(customers::add))
        .route("/shops/{shop}/customers/{id}/thread", get(customers::thread))
        .route("/shops/{shop}/customers/{id}/say", post(customers::say))
        .route("/shops/{shop}/customers/{id}/file", post(customers::file).layer(DefaultBodyLimit::max(MOST_OF_A_FILE)))
        .route("/shops/{shop}/customers/{id}/place", get(customers::stands))
        .route("/shops/{shop}/customers/{id}/person", post(person::act))
        .route("/shops/{shop}/customers/{id}/record", post(record::record))
        .route("/shops/{shop}/explore", post(record::explore))
        .route("/shops/{shop}/map", get(map::show))
        .route("/shops/{shop}/files/{*path}", get(files::read).put(files::write))
        .route("/shops/{shop}/check", post(files::check))
        .route("/shops/{shop}/levers/{name}", post(levers::pull))
        .route("/shops/{shop}/backend", get(levers::backend))
        .fallback(async || Refused::absent("page"))
        .method_not_allowed_fallback(not_so);
    Router::new()
        .nest(described::BASE, dev)
        .route("/api/v1/openapi.json", get(async || Json(described::document())))
        .route("/", get(assets::file))
        .route("/assets/{*path}", get(assets::file))
        .fallback(behind)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(Arc::clone(house))
        .merge(Arc::clone(&house.money).router())
        .layer(from_fn(move |request: Request, next: Next| guard::guard(address, request, next)))
}

/// The path is known, and is asked for something else.
async fn not_so() -> Refused {
    let message = "This is not done with this method; `/api/v1/openapi.json` says with which.";
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, Why::Method, message)
}

async fn home(State(house): State<Arc<House>>) -> Json<Home> {
    let server = house.inner.server();
    let mut shops = house.views();
    for view in &mut shops {
        let served = server.as_ref().and_then(|server| server.registry.now().named(&view.slug).cloned());
        // A shop that never ran has no version that goes on.
        view.behind = served.is_some() && house.is_behind(&view.slug);
        view.revision = served.map(|served| hex::encode(served.revision.0)).unwrap_or_default();
        view.numbers = house.numbers(&view.slug).into_iter().map(|(_, digits)| digits).collect();
    }
    let clock = clock::clock(&house).await;
    let files = WHATSAPP.media.iter().map(|limit| FileLimit {
        kind: limit.kind,
        endings: limit.endings,
        most_bytes: limit.max_bytes,
    });
    Json(Home {
        version: env!("CARGO_PKG_VERSION"),
        began_ms: house.stream.began_ms,
        shops,
        clock,
        running: server.is_some(),
        files: files.collect(),
    })
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    shop: SmolStr,
}

fn stream(house: &House, Query(wanted): Query<Wanted>, headers: &HeaderMap, stop: CancellationToken) -> Response {
    let last =
        headers.get(HeaderName::from_static("last-event-id")).and_then(|value| value.to_str().ok()?.parse().ok());
    house.stream.events(wanted.shop, last, stop).into_response()
}

#[derive(Deserialize)]
struct Of {
    of: String,
}

async fn picture(Query(Of { of }): Query<Of>) -> Response {
    (alone([(CONTENT_TYPE, "image/svg+xml")]), products::picture(&of)).into_response()
}

/// Nothing in a file that somebody has sent may run as a part of the page (TM36).
pub fn alone<const N: usize>(more: [(HeaderName, &str); N]) -> HeaderMap {
    let policy = (HeaderName::from_static("content-security-policy"), "default-src 'none'; sandbox");
    let all = more.into_iter().chain([policy]);
    all.filter_map(|(name, value)| Some((name, value.parse().ok()?))).collect()
}

/// What belongs to the server itself: pay links and callbacks of payments.
async fn behind(State(house): State<Arc<House>>, request: Request<Body>) -> Response {
    let path = request.uri().path();
    let is_its = ["/pay/", "/webhooks/", "/handoff/"].iter().any(|part| path.starts_with(part))
        || matches!(path, "/readyz" | "/healthz");
    if !is_its {
        if let Some(file) = assets::file_of(request.uri(), request.headers()) {
            return file;
        }
        return Refused::absent("page").into_response();
    }
    let Some(server) = house.inner.server() else { return Refused::down().into_response() };
    let response = match server::router(server).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    // A payment that is begun is told by no message.
    house.changed.notify_one();
    response
}
