//! One HTTP request on a connection of its own. Knows as much of HTTP as servers on this machine say.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value as Json;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Status and body; `None`: nobody answered.
pub fn ask(method: &str, address: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_string()))
}

pub fn json(method: &str, address: &str, path: &str, headers: &[(&str, &str)], body: &Json) -> (u16, Json) {
    let headers = [headers, &[("Content-Type", "application/json")]].concat();
    let (status, text) = ask(method, address, path, &headers, &body.to_string()).unwrap_or_default();
    (status, serde_json::from_str(&text).unwrap_or_default())
}
