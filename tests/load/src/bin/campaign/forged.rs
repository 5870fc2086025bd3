//! Webhooks that Meta did not sign: each is refused, in the same words, and nothing comes of any.

use std::io;

use aws_lc_rs::hmac;
use duka_load::generator::{Client, unix};
use duka_load::process::{get, number};
use duka_load::webhook::{APP_SECRET, Webhooks};

use crate::Arguments;
use crate::chance::Chance;
use crate::stage::Stage;

const FORGED: usize = 10_000;

/// # Errors
/// A process that does not start.
pub async fn run(arguments: &Arguments, seed: u64) -> io::Result<bool> {
    let mut chance = Chance(seed);
    let stage = Stage::set(arguments, "", seed, 1).await?;
    let server = stage.setup(arguments, 0).start().await?;
    let webhooks = Webhooks::new(&stage.address, "/webhooks/whatsapp", &number(0), seed);
    let mut client = Client::connect(&stage.address).await?;
    let (mut accepted, mut other) = (0, 0);
    for n in 0..FORGED {
        let whole = webhooks.text(n as u64, n as u64, unix());
        let text = String::from_utf8_lossy(&whole);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_string()).unwrap_or_default();
        match client.post(&webhooks.with_headers(&header(n, &body, &mut chance), &body)).await {
            Ok(200) => accepted += 1,
            Ok(401) => {}
            Ok(_) | Err(_) => {
                other += 1;
                client = Client::connect(&stage.address).await?;
            }
        }
    }
    let attempts = get(&stage.graph.address, "/control/counts").await.map(|(_, counts)| counts).unwrap_or_default();
    println!("{FORGED} forged webhooks: {accepted} accepted, {other} not answered 401; the provider saw {attempts}");
    let silent = attempts.contains("\"attempts\":0");
    server.stop().await?;
    stage.clear(accepted + other == 0 && silent).await
}

fn header(n: usize, body: &str, chance: &mut Chance) -> String {
    let sign = |secret: &str, body: &str| {
        hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body.as_bytes()))
    };
    let right = sign(APP_SECRET, body);
    let tag = match n % 10 {
        0 => return String::new(),
        1 => format!("sha256={}", sign("", body)),
        2 => format!("sha256={}", sign("another-secret", body)),
        3 => format!("sha256={}", &right[..62]),
        4 => format!("sha1={right}"),
        5 => right,
        6 => format!("sha256={}", sign(APP_SECRET, &format!("{body} "))),
        7 => format!("sha256={}{}", &right[..63], if right.ends_with('0') { '1' } else { '0' }),
        8 => format!("sha256={:016x}{:016x}{:016x}{:016x}", chance.next(), chance.next(), chance.next(), chance.next()),
        _ => "sha256=".into(),
    };
    format!("X-Hub-Signature-256: {tag}\r\n")
}
