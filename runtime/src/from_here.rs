//! Who may ask what listens for this machine only: programs on it, and pages that came from the same address. A name that
//! somebody has pointed at this machine (DNS rebinding), and a page from elsewhere, are refused (TM35).

use std::net::SocketAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method};

/// This machine, as it is written in an address.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Whether a request to this address comes from here. A program may come through a gate with a port of its own; a page has
/// to be of the very address.
pub fn is_from_here(address: SocketAddr, headers: &HeaderMap, method: &Method) -> bool {
    let port_of = |host: &str| {
        let rest = NAMES.iter().find_map(|name| host.strip_prefix(name))?;
        // Browsers leave the usual one out.
        if rest.is_empty() { Some(80) } else { rest.strip_prefix(':')?.parse::<u16>().ok() }
    };
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    let is_origin = match text(ORIGIN) {
        None => true,
        // A page under a policy of its own, such as the pay page, posts from nowhere; its site is told then.
        Some("null") => site == Some("same-origin"),
        Some(origin) => origin.strip_prefix("http://").and_then(port_of) == Some(address.port()),
    };
    let is_reading = method == Method::GET || method == Method::HEAD;
    let is_site = is_reading || site.is_none_or(|site| matches!(site, "same-origin" | "none"));
    text(HOST).is_some_and(|host| port_of(host).is_some()) && is_origin && is_site
}
