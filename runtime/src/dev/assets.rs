//! The page itself, inside the binary: as `studio` was built, byte for byte. Nothing else is served from here.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../studio/dist"]
struct Page;

/// A file of the page; `/` is its beginning.
pub async fn file(uri: Uri, headers: HeaderMap) -> Response {
    file_of(&uri, &headers).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// The same. `None`: the page has no such file.
pub fn file_of(uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let file = Page::get(path)?;
    // Names stay when a new binary has other files: the browser asks, and is told whether it has the right one.
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Some((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let head = [(CONTENT_TYPE, kind(path).to_string()), (CACHE_CONTROL, "no-cache".to_string()), (ETAG, tag)];
    Some((head, file.data).into_response())
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "webmanifest" | "map" => "application/json",
        _ => "application/octet-stream",
    }
}
