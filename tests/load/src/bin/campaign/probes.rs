//! One shop's keys, secrets and links against another shop's things: whatever is asked, the answer is to the byte the one
//! for a shop or a thing that is not there, and the other shop is afterwards what it was before (TM13 to TM15, I17).

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use duka_load::bars;
use duka_load::generator::{Client, unix};
use duka_load::process::{Setup, get_as, number, shop_secret};
use duka_load::webhook::Webhooks;
use serde_json::Value;

use crate::Turn;
use crate::chance::Chance;

const PROBES: u64 = 10_000;
/// Customers of each shop, and how often each writes.
const CUSTOMERS: u64 = 20;
const MESSAGES: u64 = 5;
/// The shop whose key is used, the one whose things are asked for, and one that there is not, its name as long.
pub const OWN: &str = "counter0";
const OTHER: &str = "counter1";
const NOBODY: &str = "counter9";

/// Every way into a shop's things: method, path, body. `{s}` is a shop; `{c}`, `{m}`, `{q}` a conversation, a send and an
/// entry of the quarantine of the other shop, or what looks like one.
const WAYS: [(&str, &str, &str); 22] = [
    ("GET", "/api/v1/shops/{s}", ""),
    ("GET", "/api/v1/shops/{s}/templates", ""),
    ("GET", "/api/v1/shops/{s}/costs", ""),
    ("GET", "/api/v1/shops/{s}/standing", ""),
    ("GET", "/api/v1/shops/{s}/conversations?limit=5", ""),
    ("GET", "/api/v1/shops/{s}/conversations/{c}", ""),
    ("GET", "/api/v1/shops/{s}/conversations/{c}/log", ""),
    ("GET", "/api/v1/shops/{s}/conversations/{c}/recording", ""),
    ("GET", "/api/v1/shops/{s}/conversations/{c}/consents", ""),
    ("DELETE", "/api/v1/shops/{s}/conversations/{c}", ""),
    ("GET", "/api/v1/shops/{s}/sends?state=parked", ""),
    ("POST", "/api/v1/shops/{s}/sends/{m}/resend", ""),
    ("DELETE", "/api/v1/shops/{s}/sends/{m}", ""),
    ("GET", "/api/v1/shops/{s}/handoffs", ""),
    ("POST", "/api/v1/shops/{s}/conversations/{c}/handoff/reply", r#"{"text":"hello"}"#),
    ("POST", "/api/v1/shops/{s}/conversations/{c}/handoff/open", ""),
    ("POST", "/api/v1/shops/{s}/conversations/{c}/handoff/close", "{}"),
    ("GET", "/api/v1/shops/{s}/quarantine", ""),
    ("POST", "/api/v1/shops/{s}/quarantine/{q}/replay", ""),
    ("POST", "/handoff/{s}", r#"{"id":"probe","conversation":"{c}","action":"reply","text":"hello"}"#),
    ("POST", "/handoff/{s}/{k}", r#"{"event":"message_created","id":1,"content":"hello"}"#),
    ("POST", "/webhooks/{s}/orders", "{}"),
];

/// Of each shop a key that may do everything.
pub struct Keys {
    pub own: String,
    pub other: String,
}

/// # Errors
/// They can not be made.
pub async fn keys(setup: &Setup<'_>) -> io::Result<Keys> {
    let own = setup.key_for("own", &["--scope", "operate", "--shop", OWN]).await?;
    let other = setup.key_for("other", &["--scope", "operate", "--shop", OTHER]).await?;
    Ok(Keys { own, other })
}

/// How many answers differ from those for nobody.
///
/// # Errors
/// The server does not answer.
pub async fn run(turn: &Turn<'_>, address: &str, keys: &Keys) -> io::Result<u64> {
    let mut chance = Chance(turn.seed);
    talk(address, turn.seed).await?;
    let before = quiet(address, &keys.other).await?;
    let conversations = conversations(address, OTHER, &keys.other).await?;
    if conversations.is_empty() {
        return Err(io::Error::other("the other shop has no conversations"));
    }
    let (mut asked, mut leaks, mut by_answer) = (0, Vec::new(), BTreeMap::<u16, u64>::new());
    let mut client = Client::connect(address).await?;
    for n in 0..PROBES {
        let way = WAYS[(n % WAYS.len() as u64) as usize];
        let conversation = &conversations[(chance.next() % conversations.len() as u64) as usize];
        let made_up = format!("{:016x}", chance.next());
        // At times the other shop's thing is asked for in the own shop: it must look like one that nobody has.
        let in_own = n % 4 == 3 && way.1.contains("{c}");
        let (there, nowhere) = if in_own {
            ((OWN, conversation.as_str()), (OWN, made_up.as_str()))
        } else {
            ((OTHER, conversation.as_str()), (NOBODY, conversation.as_str()))
        };
        let foreign = client.ask(&request(address, way, there, &keys.own)).await?;
        let absent = client.ask(&request(address, way, nowhere, &keys.own)).await?;
        asked += 1;
        *by_answer.entry(foreign.0).or_default() += 1;
        if foreign != absent || foreign.0 < 400 {
            leaks.push(format!("{} {} in {}: {foreign:?}, and for nobody {absent:?}", way.0, way.1, there.0));
        }
    }
    let changed = u64::from(before != state(address, &keys.other).await?);
    println!("{asked} foreign requests, by answer {by_answer:?}; the other shop has changed: {}", changed == 1);
    leaks.iter().take(5).for_each(|leak| println!("  {leak}"));
    let leaks = leaks.len() as u64 + changed;
    turn.judge.see(&bars::T11_LEAKS, turn.place(), leaks as f64);
    turn.judge.see_size(&bars::T11_PROBES, turn.place(), asked as f64);
    Ok(leaks)
}

/// Customers of both shops write, so that there is something to be had.
async fn talk(address: &str, seed: u64) -> io::Result<()> {
    let mut client = Client::connect(address).await?;
    for shop in 0..2 {
        let webhooks =
            Webhooks::signed(&shop_secret(shop), address, "/webhooks/whatsapp", &number(shop), seed ^ shop as u64);
        for n in 1..=CUSTOMERS * MESSAGES {
            if client.post(&webhooks.text(n % CUSTOMERS, n, unix())).await? != 200 {
                return Err(io::Error::other("a webhook was refused"));
            }
        }
    }
    Ok(())
}

/// Waits until nothing moves any more; what the shop looks like then.
async fn quiet(address: &str, key: &str) -> io::Result<String> {
    let begun = Instant::now();
    let mut last = state(address, key).await?;
    loop {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let now = state(address, key).await?;
        if now == last && now.contains("\"sends_open\":0") {
            return Ok(now);
        }
        if begun.elapsed() > Duration::from_secs(120) {
            return Err(io::Error::other("the other shop does not come to rest"));
        }
        last = now;
    }
}

async fn read(address: &str, path: &str, key: &str) -> io::Result<String> {
    match get_as(address, path, &format!("Authorization: Bearer {key}\r\n")).await {
        Some((200, body)) => Ok(body),
        answer => Err(io::Error::other(format!("{path}: {answer:?}"))),
    }
}

/// The ids of a shop's conversations.
///
/// # Errors
/// The server does not say.
pub async fn conversations(address: &str, shop: &str, key: &str) -> io::Result<Vec<String>> {
    let list = read(address, &format!("/api/v1/shops/{shop}/conversations?limit=200"), key).await?;
    let list: Value = serde_json::from_str(&list).map_err(io::Error::other)?;
    let all = list.get("conversations").and_then(Value::as_array).into_iter().flatten();
    Ok(all.filter_map(|one| Some(one.get("id")?.as_str()?.to_string())).collect())
}

/// All that the other shop shows of itself.
async fn state(address: &str, key: &str) -> io::Result<String> {
    let mut all = String::new();
    for what in ["", "/conversations?limit=200", "/handoffs", "/quarantine", "/standing", "/sends?state=parked"] {
        all += &read(address, &format!("/api/v1/shops/{OTHER}{what}"), key).await?;
    }
    for id in conversations(address, OTHER, key).await? {
        for what in ["", "/log", "/consents"] {
            all += &read(address, &format!("/api/v1/shops/{OTHER}/conversations/{id}{what}"), key).await?;
        }
    }
    Ok(all)
}

/// What the first shop can say: its key to the API, its signature, its secret address.
fn request(address: &str, way: (&str, &str, &str), of: (&str, &str), key: &str) -> Vec<u8> {
    let (method, path, body) = way;
    let (shop, conversation) = of;
    let secret = hmac::Key::new(hmac::HMAC_SHA256, format!("people-{}", shop_secret(0)).as_bytes());
    let sign = |text: &str| hex::encode(hmac::sign(&secret, text.as_bytes()));
    let body = body.replace("{c}", conversation);
    let path = path
        .replace("{s}", shop)
        .replace("{c}", conversation)
        .replace("{m}", &format!("{conversation}{conversation}"))
        .replace("{q}", "1")
        .replace("{k}", &sign(&format!("address {OWN}")));
    let at = unix();
    let signed = sign(&format!("{at}.{body}"));
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nDuka-Signature: t={at},v1={signed}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
