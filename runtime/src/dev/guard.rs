//! Who may ask: pages that came from here, and programs on this machine. A name that somebody has pointed at this machine,
//! and a page from elsewhere, are refused before anything is looked at (TM35, DNS rebinding).

use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answers::{Refused, Why};
use crate::from_here::is_from_here;

/// Scripts and styles of its own only; no other host is ever asked; in nobody's frame.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

/// Lets a request pass, and says with each answer what the page may do.
pub async fn guard(address: SocketAddr, request: Request, next: Next) -> Response {
    if !is_from_here(address, request.headers(), request.method()) {
        return Refused::new(
            StatusCode::FORBIDDEN,
            Why::NotFromHere,
            "Only pages of this address may ask it for something.",
        )
        .into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        // The pay pages have stricter ones of their own.
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    response
}
