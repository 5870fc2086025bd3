//! A chat of the page as a conversation test, and the search for what no test takes. The test is written from the turns
//! that the server committed, in the words of the language of tests.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path as Places, State};
use duka_engine::event::{Event, EventKind, Inbound};
use duka_engine::outbound::Outbound;
use duka_engine::simulate::explore::{FoundTest, as_test_file};
use duka_engine::simulate::transcript;
use duka_engine::source::FileKind;
use duka_engine::value::MediaType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answers::{Body, Refused};
use super::customers::served;
use super::files::folder;
use super::house::House;
use super::map::Uncovered;
use super::place;
use super::place::length;
use super::shop::{on_deep_stack, replace};
use crate::handoff::FIRST_INDEX;
use crate::shops::load;
use crate::store::{SendRow, TurnRecord};

/// Turns of one test.
const MOST_TURNS: u32 = 500;
/// Words of a message that a test expects.
const WORDS: usize = 6;
/// Where chats are kept as tests.
const FILE: &str = "recorded.test.duka";
const MINUTE_MS: i64 = 60_000;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Wanted {
    /// What the test is called.
    pub name: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Recorded {
    pub file: String,
    pub text: String,
    /// Why the test does not pass as it was written; the chat met something that a test does not know, such as a price that
    /// was changed here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fails: Option<String>,
}

pub async fn record(
    State(house): State<Arc<House>>,
    Places((shop, id)): Places<(String, String)>,
    Body(wanted): Body<Wanted>,
) -> Result<Json<Recorded>, Refused> {
    let title: String = wanted.name.chars().filter(|letter| !letter.is_control()).take(80).collect();
    if title.trim().is_empty() {
        return Err(Refused::wrong("A test needs a name."));
    }
    let (server, served) = served(&house, &shop)?;
    let found = place::conversation(&server, served.scope, &id).await.map_err(|error| Refused::failed(&error))?;
    let row = found.ok_or_else(|| Refused::wrong("Nothing was said yet."))?;
    let failed = |error: crate::store::Error| Refused::failed(&error);
    let mut tx = server.host.store.read(served.scope).await.map_err(failed)?;
    let turns = tx.turns_of(served.scope, row.id, 0, MOST_TURNS).await.map_err(failed)?;
    let sends = tx.sends_of(served.scope, row.id, 0, MOST_TURNS.saturating_mul(16)).await.map_err(failed)?;
    drop(tx);
    let stands = place::of(&house, &server, &served, &id).await.map_err(failed)?;
    let mut lines = lines(&turns, &sends);
    lines.push(format!("state: {}", if stands.state.is_empty() { "end" } else { &stands.state }));
    let (folder, flow) = (folder(&house, &shop)?, main_flow(&server, &served));
    let test = FoundTest { title: title.trim().to_string(), lines };
    let text =
        write(&folder, &flow, test).map_err(|error| Refused::wrong(format!("The test is not written: {error}.")))?;
    let checks = Arc::clone(&house.checks);
    let fails = on_deep_stack(move || checks.fails(&folder, FILE, title.trim())).await.flatten();
    Ok(Json(Recorded { file: FILE.to_string(), text, fails }))
}

fn main_flow(server: &crate::server::Server, served: &crate::shops::Served) -> String {
    let hosted = server.host.shops.shop(served.scope);
    let flow = hosted.as_ref().and_then(|hosted| hosted.program.shop.flows.first());
    flow.map(|flow| flow.path.to_string()).unwrap_or_default()
}

/// Adds the test to the file of recorded ones; the whole file.
fn write(folder: &Path, flow: &str, test: FoundTest) -> std::io::Result<String> {
    let shop = load::own_files_only(folder).ok();
    let fixture = shop.iter().flat_map(|shop| &shop.source.files).find(|file| file.kind == FileKind::Fixture);
    let whole = as_test_file(&[test], flow, fixture.map(|file| file.path.as_str()));
    let place = folder.join(FILE);
    let text = match std::fs::read_to_string(&place) {
        Ok(before) => {
            let test = whole.split_once("\ntest ").map_or("", |(_, test)| test);
            format!("{}\n\ntest {test}", before.trim_end())
        }
        Err(_) => whole,
    };
    replace(&place, &text)?;
    Ok(text)
}

fn lines(turns: &[TurnRecord], sends: &[SendRow]) -> Vec<String> {
    let mut lines = Vec::new();
    // Up to when the test's own clock has come.
    let mut told_ms = turns.first().map_or(0, |turn| turn.at_ms);
    for turn in turns {
        if let Ok(event) = postcard::from_bytes::<Event>(&turn.event) {
            let passed = (turn.at_ms - told_ms) / MINUTE_MS;
            // Whole minutes, and for a timer not too few of them.
            let (line, minutes) = match &event.kind {
                EventKind::Wake => (None, Some(passed + 1)),
                kind => {
                    let line = line(kind);
                    let minutes = Some(passed).filter(|passed| line.is_some() && *passed > 0);
                    (line, minutes)
                }
            };
            if let Some(minutes) = minutes {
                told_ms += minutes * MINUTE_MS;
                lines.push(format!("wait {}", length(minutes * MINUTE_MS)));
            }
            lines.extend(line);
        }
        // A person's words are no flow's to repeat.
        let own = sends.iter().filter(|row| row.send.turn == turn.turn && row.send.index < FIRST_INDEX);
        lines.extend(own.filter_map(|row| said(&postcard::from_bytes(&row.send.body).ok()?)));
    }
    lines
}

/// What happened, as a test says it; nothing for what the shop's system answered, which the fixture does again.
fn line(event: &EventKind) -> Option<String> {
    match event {
        EventKind::Inbound(inbound) => inbound_line(inbound),
        EventKind::Payment { status, .. } => Some(format!("event payment.{status}")),
        EventKind::Order { status, .. } => Some(format!("event order.{status}")),
        EventKind::HandoffClosed { .. } => Some("event handoff.closed".to_string()),
        EventKind::HandoffOpened => Some("event handoff.opened".to_string()),
        EventKind::Wake | EventKind::Result { .. } | EventKind::MessageFailed { .. } => None,
    }
}

fn inbound_line(inbound: &Inbound) -> Option<String> {
    Some(match inbound {
        Inbound::Text(text) => format!("customer: {}", text.replace('\n', " ")),
        Inbound::Tap(id) => match &id.item {
            Some(item) => format!("pick {item}"),
            None => format!("tap {}", id.choice),
        },
        Inbound::TemplateTap { button, .. } => format!("tap {button}"),
        Inbound::Media(media) => {
            let kind = match media.kind {
                MediaType::Image => "photo",
                MediaType::Video => "video",
                MediaType::Audio => "voice",
                MediaType::Document => "document",
                MediaType::Sticker => "sticker",
            };
            format!("customer sends {kind}")
        }
        Inbound::Location { latitude, longitude, .. } => format!("customer sends location {latitude}, {longitude}"),
        Inbound::Contact { name, .. } => format!("customer sends contact {}", name.replace('\n', " ")),
        Inbound::Form { fields, .. } => {
            let fields: Vec<String> = fields.iter().map(|(name, text)| format!("{name} = {text}")).collect();
            format!("fill {}", fields.join("; "))
        }
        Inbound::Cart { items } => {
            let items: Vec<String> = items.iter().map(|item| format!("{} x {}", item.sku, item.quantity)).collect();
            format!("customer sends cart {}", items.join(", "))
        }
        Inbound::Product { .. } | Inbound::Other { .. } => return None,
    })
}

/// The first words of a message.
fn said(sent: &Outbound) -> Option<String> {
    if let Outbound::Template(template) = sent {
        return Some(format!("template: {}", template.name));
    }
    let text = transcript::shown(sent);
    let words = text.split([' ', '/']).filter(|word| !word.is_empty()).take(WORDS).collect::<Vec<_>>().join(" ");
    let words = words.split(" [").next().unwrap_or(&words);
    (!words.starts_with('[')).then(|| format!("shop: {words}"))
}

/// What is to be searched for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct Search {
    /// The tests that were found are written beside the flow.
    #[serde(default)]
    pub write: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explored {
    pub uncovered: Uncovered,
    /// What no test takes, in words.
    pub left: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests_written: Option<String>,
}

pub async fn explore(
    State(house): State<Arc<House>>,
    Places(shop): Places<String>,
    Body(search): Body<Search>,
) -> Result<Json<Explored>, Refused> {
    let (folder, checks) = (folder(&house, &shop)?, Arc::clone(&house.checks));
    let found = on_deep_stack(move || checks.explore(&folder, search.write)).await;
    let found = found.ok_or_else(|| Refused::wrong("This could not be searched."))?.map_err(Refused::wrong)?;
    let uncovered = Uncovered { states: found.states, edges: found.edges };
    house.set_uncovered(&shop, uncovered.clone());
    Ok(Json(Explored { uncovered, left: found.left, tests_written: found.tests_written }))
}
