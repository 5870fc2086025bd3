//! Who may ask what listens for this machine only: programs on it, and pages that came from the same address. A name that
//! somebody has pointed at this machine (DNS rebinding), and a page from elsewhere, are refused (TM35).

use std::net::SocketAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method};

/// Whether a request to this address comes from here. Browsers leave out the port where it is the usual one.
pub fn is_from_here(address: SocketAddr, headers: &HeaderMap, method: &Method) -> bool {
    let is_ours = |host: &str| {
        let port = |rest: &str| if rest.is_empty() { Some(80) } else { rest.strip_prefix(':')?.parse().ok() };
        let mut named = ["127.0.0.1", "localhost", "[::1]"].into_iter();
        host.parse() == Ok(address)
            || named.any(|known| host.strip_prefix(known).and_then(port) == Some(address.port()))
    };
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    let is_origin = match text(ORIGIN) {
        None => true,
        // A page under a policy of its own, such as the pay page, posts from nowhere; its site is told then.
        Some("null") => site == Some("same-origin"),
        Some(origin) => origin.strip_prefix("http://").is_some_and(is_ours),
    };
    let is_reading = method == Method::GET || method == Method::HEAD;
    let is_site = is_reading || site.is_none_or(|site| matches!(site, "same-origin" | "none"));
    text(HOST).is_some_and(is_ours) && is_origin && is_site
}
