//! Every recorded webhook through the real server: how it is answered, and what it leaves behind. Each is brought to a shop of
//! its own. `UPDATE=1` writes the table; read the difference like code.

use std::fmt::Write as _;
use std::time::Duration;

use duka_engine::event::{Event, EventKind, Inbound};
use duka_engine::outbound::Outbound;
use duka_runtime::shops::Served;
use duka_runtime::store::Tx;
use duka_tests::tree::root;
use serde_json::Value as Json;

use crate::door::{post, signed};
use crate::stage::{Stage, number};

const FLOW: &str = "duka 1\nflow corner\n  start hello\n\nanywhere\n  failed -> hello\n  lost -> hello\n\n\
                    state hello\n  ask: Good day. What would you like?\n  button shop: Shop -> hello\n";

const HEAD: &str = "# What recorded webhooks lead to\n\n\
    Each through the server, to a shop of its own; written and checked by `cargo test -p duka-tests --test server recorded`.\n\n\
    | webhook | answer | turns | said | kept for a person | known of the number |\n|---|---|---|---|---|---|\n";

fn number_of(at: usize) -> String {
    format!("10650000001{at:04}")
}

fn account_of(at: usize) -> String {
    format!("7000{at:04}")
}

/// Each recorded webhook, as its shop's own.
fn recorded() -> Vec<(String, String)> {
    let folder = std::fs::read_dir(root().join("tests/corpus/whatsapp/fixtures")).expect("a folder");
    let names = folder.map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned());
    let is_webhook =
        |name: &String| name.ends_with(".json") && !name.starts_with("send_") && !name.ends_with("_vectors.json");
    let mut names: Vec<String> = names.filter(is_webhook).collect();
    names.sort();
    let read = |(at, name): (usize, String)| {
        let path = root().join("tests/corpus/whatsapp/fixtures").join(&name);
        let text = std::fs::read_to_string(path).expect("fixtures are text");
        // Nobody is asked for files out there.
        let text = text.replace("lookaside.fbsbx.com", "files.example.net");
        let mut body: Json = serde_json::from_str(&text).expect("fixtures are JSON");
        for entry in body["entry"].as_array_mut().expect("entries") {
            entry["id"] = account_of(at).into();
        }
        settle(&mut body, &number_of(at));
        (name.trim_end_matches(".json").to_string(), body.to_string())
    };
    names.into_iter().enumerate().map(read).collect()
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("a clock that is set").as_secs()
}

/// Sent to this number, and just now: the window is open.
fn settle(body: &mut Json, number: &str) {
    match body {
        Json::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "phone_number_id" => *value = number.into(),
                    "timestamp" if value.is_string() => *value = now().to_string().into(),
                    "timestamp" if value.is_number() => *value = now().into(),
                    _ => settle(value, number),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| settle(item, number)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

async fn shops(names: &[(String, String)]) -> Stage {
    let folder = tempfile::tempdir().expect("a folder for the test");
    // The stand-in never heard these customers.
    let mut plan = "[limits]\nwindow = false\n".to_string();
    for (at, (name, _)) in names.iter().enumerate() {
        let shop = folder.path().join("shops").join(name.replace('_', "-"));
        std::fs::create_dir_all(&shop).expect("a writable folder");
        let profile = format!(
            "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n\
             channels: {{ whatsapp: {{ phone_number_id: \"{}\", waba_id: \"{}\" }} }}\n",
            number_of(at),
            account_of(at)
        );
        std::fs::write(shop.join("shop.yaml"), profile).expect("a writable folder");
        std::fs::write(shop.join("corner.duka"), FLOW).expect("a writable folder");
        plan.push_str(&number(&number_of(at)));
    }
    Stage::serve(folder, "shops", &plan, |settings| settings, None).await
}

fn happened(event: &Event) -> String {
    match &event.kind {
        EventKind::Inbound(inbound) => match inbound {
            Inbound::Text(text) => format!("text `{text}`"),
            Inbound::Tap(id) => format!("tap {}", id.choice),
            Inbound::TemplateTap { template, button } => format!("template tap {template} {button}"),
            Inbound::Media(media) => format!("{:?}", media.kind).to_lowercase(),
            Inbound::Location { .. } => "location".to_string(),
            Inbound::Contact { .. } => "contact".to_string(),
            Inbound::Form { form, .. } => format!("form {form}"),
            Inbound::Cart { items } => format!("cart of {}", items.len()),
            Inbound::Product { sku, text } => format!("product {sku} `{text}`"),
            Inbound::Other { kind } => format!("other: {kind}"),
        },
        EventKind::HandoffOpened => "a person took over".to_string(),
        other => format!("{other:?}").split([' ', '(']).next().unwrap_or_default().to_string(),
    }
}

async fn line(tx: &mut Tx, shop: &Served) -> String {
    let (mut turns, mut said) = (Vec::new(), Vec::new());
    for row in tx.list_conversations(shop.scope, None, 99).await.expect("conversations") {
        for turn in tx.turns_of(shop.scope, row.id, 0, 99).await.expect("turns") {
            let event = postcard::from_bytes::<Event>(&turn.event);
            turns.push(event.map_or_else(|_| "no event".to_string(), |event| happened(&event)));
        }
        for send in tx.sends_of(shop.scope, row.id, 0, 99).await.expect("sends") {
            said.push(match postcard::from_bytes::<Outbound>(&send.send.body) {
                Ok(Outbound::Message(message)) => message.text,
                Ok(other) => format!("{other:?}").split([' ', '(']).next().unwrap_or_default().to_string(),
                Err(error) => error.to_string(),
            });
        }
    }
    let kept = tx.list_quarantine(shop.scope, 0, 99).await.expect("quarantine");
    let kept: Vec<&str> = kept.iter().map(|(_, entry)| entry.reason.as_str()).collect();
    let templates = tx.templates(shop.scope).await.expect("templates");
    let templates = templates.into_iter().map(|row| format!("template {}: {}", row.name, row.status));
    let health = tx.health(shop.scope).await.expect("health");
    let health = health.into_iter().map(|row| {
        let stopped = if row.stopped.is_empty() { String::new() } else { format!(", stopped: {}", row.stopped) };
        let warned = row.warnings.iter().map(|warning| format!(", {}", warning.word)).collect::<String>();
        format!("quality {}, tier {}{stopped}{warned}", row.quality, row.tier)
    });
    let known = health.chain(templates).collect::<Vec<_>>().join("; ");
    // As it is without any webhook.
    let known = if known == "quality GREEN, tier TIER_2K" { "" } else { &known };
    format!("{} | {} | {} | {known}", turns.join("; "), said.join("; "), kept.join("; "))
}

/// Of the account, with the time at which it comes: what was asked at the start is older.
fn said_now(body: &str, now_s: i64) -> String {
    let mut parts = body.split("\"time\":");
    let first = parts.next().unwrap_or_default().to_string();
    let digits = |part: &str| part.trim_start().trim_start_matches(|it: char| it.is_ascii_digit()).to_string();
    parts.fold(first, |text, part| format!("{text}\"time\":{now_s}{}", digits(part)))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_webhook_leaves_behind_what_the_table_says() {
    let webhooks = recorded();
    let stage = shops(&webhooks).await;
    let server = &stage.running.server;
    let routes = server.registry.now();
    // What WhatsApp says of the numbers at the start must not come after what the webhooks say of them.
    for shop in &routes.shops {
        for _ in 0..400 {
            let heard = server.host.store.read(shop.scope).await.expect("a store").health(shop.scope).await;
            if heard.expect("health").iter().any(|row| !row.quality.is_empty()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let mut answers = Vec::new();
    for (_, body) in &webhooks {
        let body = said_now(body, server.host.clock.now_ms() / 1_000);
        let mark = signed(body.as_bytes());
        answers.push(post(&stage, body.into_bytes(), &[("x-hub-signature-256", &mark)]).await.0);
    }
    let mut table = HEAD.to_string();
    for ((name, _), answer) in webhooks.iter().zip(answers) {
        let shop = routes.named(&name.replace('_', "-")).expect("a shop of its own");
        for _ in 0..200 {
            let counts = server.host.store.read(shop.scope).await.expect("a store").counts(shop.scope).await;
            let counts = counts.expect("counts");
            if counts.inbox + counts.waiting + counts.ready + counts.sending == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut tx = server.host.store.read(shop.scope).await.expect("a store");
        let line = line(&mut tx, shop).await;
        writeln!(table, "| {name} | {answer} | {line} |").expect("strings can be written to");
    }
    let path = root().join("tests/corpus/whatsapp/left.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &table).expect("a writable tree");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    for (expected, found) in written.lines().zip(table.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(table.lines().count(), written.lines().count(), "`UPDATE=1` writes other lines");
    stage.end().await;
}
