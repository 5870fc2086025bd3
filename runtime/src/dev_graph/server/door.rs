//! Connections and the way of a call: sends take the short way, the rest goes through the router of [`super::control`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use hyper::service::{Service, service_fn};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::body::{Broken, GraphBody};
use super::{Shared, control};
use crate::dev_graph::answer::{Answer, Manner};
use crate::dev_graph::graph::MOST_BYTES;
use crate::from_here::is_from_here;

pub async fn listen(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken, tasks: TaskTracker) {
    let router = TowerToHyperService::new(control::router(shared.clone()));
    let Ok(address) = listener.local_addr() else { return };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                tasks.spawn(serve(stream, address, (shared.clone(), router.clone()), stop.clone()));
            }
            // Out of descriptors: those that are open end some time.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

type Router = TowerToHyperService<axum::Router>;

async fn serve(stream: TcpStream, address: SocketAddr, parts: (Arc<Shared>, Router), stop: CancellationToken) {
    drop(stream.set_nodelay(true));
    let (shared, router) = parts;
    let service = service_fn(move |request| call(address, shared.clone(), router.clone(), request));
    let mut connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => return,
    };
    if ended.is_err() {
        // A reset instead of an orderly end: what a broken path looks like from the other side.
        drop(connection.into_parts().io.inner().set_zero_linger());
    }
}

async fn call(
    address: SocketAddr,
    shared: Arc<Shared>,
    router: Router,
    request: Request<Incoming>,
) -> Result<Response<GraphBody>, Broken> {
    if !is_from_here(address, request.headers(), request.method()) {
        return Ok(control::elsewhere().map(GraphBody::Routed));
    }
    if request.method() == Method::POST
        && let Some(number) = sent_to(request.uri().path())
    {
        let number = number.to_string();
        return send(&shared, &number, request).await;
    }
    let response = router.call(request).await?;
    Ok(response.map(GraphBody::Routed))
}

/// The number of `/{version}/{number}/messages`.
fn sent_to(path: &str) -> Option<&str> {
    let (version, rest) = path.strip_prefix('/')?.split_once('/')?;
    let number = rest.strip_suffix("/messages").or_else(|| rest.strip_suffix("/marketing_messages"))?;
    (version.starts_with('v') && !number.contains('/')).then_some(number)
}

async fn send(shared: &Shared, number: &str, request: Request<Incoming>) -> Result<Response<GraphBody>, Broken> {
    let token = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("").to_string();
    let body =
        axum::body::to_bytes(axum::body::Body::new(request.into_body()), MOST_BYTES).await.map_err(|_| Broken)?;
    let (answer, next, line) = {
        let mut graph = shared.lock();
        let answer = graph.send(shared.now_ms(), number, &token, &body);
        let line = shared.lines.as_ref().and_then(|_| serde_json::to_string(graph.journal().last()?).ok());
        (answer, graph.next_ms(), line)
    };
    shared.hurry(next);
    if let (Some(lines), Some(line)) = (&shared.lines, line) {
        // A disk that does not keep up slows the sends down; the journal is complete or the run is worth nothing.
        drop(lines.send(line + "\n").await);
    }
    respond(answer).await
}

/// Puts an answer on the wire in its manner.
pub async fn respond(answer: Answer) -> Result<Response<GraphBody>, Broken> {
    let length = answer.body.len();
    let bytes = Bytes::from(answer.body);
    let body = match answer.manner {
        Manner::Reset => return Err(Broken),
        Manner::Hang => return std::future::pending().await,
        Manner::Late { after_ms } => {
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
            GraphBody::Whole(bytes)
        }
        Manner::Whole => GraphBody::Whole(bytes),
        Manner::Short => GraphBody::short(bytes.slice(..length / 2)),
        Manner::Trickle { pause_ms } => GraphBody::trickle(bytes, pause_ms),
    };
    let kind = if answer.http == 502 { "text/html" } else { "application/json" };
    let mut response =
        Response::builder().status(answer.http).header(CONTENT_TYPE, kind).header(CONTENT_LENGTH, length);
    if let Some(seconds) = answer.retry_after_s {
        response = response.header(RETRY_AFTER, seconds);
    }
    response.body(body).map_err(|_| Broken)
}
