//! A chat of the page as a conversation test, and the search for what no test takes. The test is written from the turns
//! that the server committed, in the words of the language of tests, and is played before it is kept: it passes.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path as Places, State};
use duka_engine::event::{Event, EventKind};
use duka_engine::program::Program;
use duka_engine::session::Session;
use duka_engine::simulate::explore::{FoundTest, as_test_file};
use duka_engine::simulate::{recorded, test};
use duka_engine::source::FileKind;
use duka_engine::value::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answers::{Body, Refused, Why};
use super::checks::{Left, Unsearched};
use super::customers::served;
use super::files::folder;
use super::house::House;
use super::map::Uncovered;
use super::place;
use super::place::length;
use super::shop::{on_deep_stack, replace};
use crate::handoff::FIRST_INDEX;
use crate::host::calls::Edit;
use crate::shops::load;
use crate::store::{SendRow, TurnRecord};

/// Turns of one test.
const MOST_TURNS: u32 = 500;
/// Between two messages, what is less than this is no time that passed.
const PAUSE_MS: i64 = 5 * MINUTE_MS;
const MINUTE_MS: i64 = 60_000;
/// Where chats are kept as tests.
const FILE: &str = "recorded.test.duka";

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Wanted {
    /// What the test is called.
    pub name: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Recorded {
    pub file: String,
    pub text: String,
}

pub async fn record(
    State(house): State<Arc<House>>,
    Places((shop, id)): Places<(String, String)>,
    Body(wanted): Body<Wanted>,
) -> Result<Json<Recorded>, Refused> {
    let title: String = wanted.name.chars().filter(|letter| !letter.is_control()).take(80).collect();
    if title.trim().is_empty() {
        return Err(Refused::wrong(Why::NoName, "A test needs a name."));
    }
    let (server, served) = served(&house, &shop)?;
    let found = place::conversation(&server, served.scope, &id).await.map_err(|error| Refused::failed(&error))?;
    let row = found.ok_or_else(|| Refused::wrong(Why::NothingSaid, "Nothing was said yet."))?;
    let failed = |error: crate::store::Error| Refused::failed(&error);
    let mut tx = server.host.store.read(served.scope).await.map_err(failed)?;
    let turns = tx.turns_of(served.scope, row.id, 0, MOST_TURNS).await.map_err(failed)?;
    let sends = tx.sends_of(served.scope, row.id, 0, MOST_TURNS.saturating_mul(16)).await.map_err(failed)?;
    drop(tx);
    let stands = place::of(&house, &server, &served, &id).await.map_err(failed)?;
    let hosted = server.host.shops.shop(served.scope).ok_or_else(Refused::down)?;
    let session = Session::decode(&row.session).unwrap_or_default();
    let begun_ms = turns.first().map_or(0, |turn| turn.at_ms);
    let mut known = known(&hosted.program, &session);
    known.push(("phone".to_string(), format!("+{id}")));
    let mut told = recorded::beginning(&hosted.program, &hosted.fixture, &known, begun_ms);
    told.extend(house.around.demo.edits(served.scope).iter().map(given));
    told.extend(lines(&turns, &sends));
    told.push(format!("state: {}", if stands.state.is_empty() { "end" } else { &stands.state }));
    let test = FoundTest { title: title.trim().to_string(), lines: told };
    let (folder, program) = (folder(&house, &shop)?, Arc::clone(&hosted.program));
    let text = on_deep_stack(move || write(&folder, &program, test)).await;
    let text = text.ok_or_else(|| Refused::failed(&"a chat could not be played"))?.map_err(Refused::from)?;
    Ok(Json(Recorded { file: FILE.to_string(), text }))
}

/// Why a chat is no test.
enum Unwritten {
    /// The shop's files can not be read.
    Broken(load::Error),
    /// What was said does not happen where the test is played.
    Unheld(recorded::Unheld),
    Disk(std::io::Error),
}

impl From<Unwritten> for Refused {
    fn from(why: Unwritten) -> Refused {
        match why {
            Unwritten::Broken(error) => Refused::wrong(Why::ShopBroken, format!("The test is not written: {error}.")),
            Unwritten::Unheld(recorded::Unheld { line, why }) => {
                let message = format!("The test is not written, because it does not pass: `{line}`: {why}.");
                Refused::wrong(Why::NotRecorded, message).with("line", line)
            }
            Unwritten::Disk(error) => Refused::disk(&error),
        }
    }
}

/// What the chat knows of its customer, by field of `customer`.
fn known(program: &Program, session: &Session) -> Vec<(String, String)> {
    let record = program.shop.known_records.customer.and_then(|id| program.shop.records.get(usize::from(id.0)));
    let (Some(record), Value::Record(values)) = (record, &session.customer.value) else { return Vec::new() };
    let names = record.fields.iter().zip(values.iter()).filter(|(field, _)| field.name.ends_with("name"));
    let text = |value: &Value| if let Value::Text(text) = value { Some(text.to_string()) } else { None };
    let known = names.filter_map(|(field, value)| Some((field.name.to_string(), text(value)?)));
    known.filter(|(_, text)| !text.is_empty()).collect()
}

/// A product that is not as the fixture has it.
fn given(edit: &Edit) -> String {
    let value = edit.value.as_str().map_or_else(|| edit.value.to_string(), str::to_string);
    format!("given product.{}.{} is {value}", edit.sku, edit.field)
}

/// With a number where a test of the file has that name already.
fn title(before: &str, wanted: String) -> String {
    let is_taken = |title: &String| before.lines().any(|line| line.strip_prefix("test ") == Some(title));
    let numbered = (2..).map(|number: u32| format!("{wanted} {number}"));
    std::iter::once(wanted.clone()).chain(numbered).find(|title| !is_taken(title)).unwrap_or(wanted)
}

/// Adds the test to the file of recorded ones, if it passes; the whole file.
fn write(folder: &Path, program: &Arc<Program>, mut test: FoundTest) -> Result<String, Unwritten> {
    let shop = load::own_files_only(folder).map_err(Unwritten::Broken)?;
    let fixture = shop.source.files.iter().find(|file| file.kind == FileKind::Fixture);
    let fixture = fixture.map(|file| file.path.as_str());
    let flow = program.shop.flows.first().map(|flow| flow.path.to_string()).unwrap_or_default();
    let fixtures = test::fixtures(&shop.source);
    let place = folder.join(FILE);
    let before = match std::fs::read_to_string(&place) {
        Ok(before) => Some(before),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        // What can not be read is not written over.
        Err(error) => return Err(Unwritten::Disk(error)),
    };
    test.title = title(before.as_deref().unwrap_or_default(), test.title);
    let test = recorded::holding(program, &fixtures, (&flow, fixture), test).map_err(Unwritten::Unheld)?;
    let whole = as_test_file(&[test], &flow, fixture);
    let text = match before {
        Some(before) => {
            let test = whole.split_once("\ntest ").map_or("", |(_, test)| test);
            format!("{}\n\ntest {test}", before.trim_end())
        }
        None => whole,
    };
    replace(&place, &text).map_err(Unwritten::Disk)?;
    Ok(text)
}

/// The test's clock stands still between messages: time is put in where it passed, whole minutes of it.
fn lines(turns: &[TurnRecord], sends: &[SendRow]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut clock_ms = turns.first().map_or(0, |turn| turn.at_ms);
    for turn in turns {
        if let Ok(event) = postcard::from_bytes::<Event>(&turn.event) {
            let passed_ms = turn.at_ms - clock_ms;
            let is_wake = matches!(event.kind, EventKind::Wake);
            let happened = recorded::happened(&event.kind);
            // For what waited, not too few of them.
            let minutes = passed_ms.max(0) / MINUTE_MS + i64::from(is_wake);
            if is_wake || happened.is_some() && passed_ms >= PAUSE_MS {
                lines.push(format!("wait {}", length(minutes * MINUTE_MS)));
                clock_ms += minutes * MINUTE_MS;
            }
            lines.extend(happened);
        }
        // A person's words are no flow's to repeat.
        let own = sends.iter().filter(|row| row.send.turn == turn.turn && row.send.index < FIRST_INDEX);
        let said = own.filter_map(|row| postcard::from_bytes(&row.send.body).ok());
        lines.extend(said.flat_map(|sent| recorded::expected(&sent)));
    }
    lines
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
    /// What no test takes; where tests were written, what they do not take either.
    pub left: Vec<Left>,
    /// The shop's own tests that fail: what they do not come to counts as not taken.
    pub failing: usize,
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
    let found = found.ok_or_else(|| Refused::failed(&"what no test takes could not be looked for"))?;
    let found = found.map_err(|why| match why {
        Unsearched::Broken => Refused::wrong(Why::ShopBroken, "The shop has errors; they come first."),
        Unsearched::Unreadable(why) => Refused::wrong(Why::NotSearched, format!("The shop can not be read: {why}.")),
        Unsearched::Disk(error) => Refused::disk(&error),
    })?;
    let uncovered = Uncovered { states: found.states, edges: found.edges };
    house.set_uncovered(&shop, uncovered.clone());
    Ok(Json(Explored { uncovered, left: found.left, failing: found.failing, tests_written: found.tests_written }))
}
