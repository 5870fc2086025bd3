//! Conversation tests (`*.test.duka`, tests.md) on the real engine.

mod check;
mod expect;
mod given;
mod names;

use std::collections::BTreeMap;
use std::sync::Arc;

use duka_dsl::ast::{Test, TestFile, TestLine, TestLineKind};
use duka_dsl::{FileId, Span};
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::{Input, Simulator, transcript};
use crate::event::{CartItem, EventKind, Inbound};
use crate::outbound::Outbound;
use crate::program::Program;
use crate::source::{FileKind, ShopSource, SourceFile};
use crate::trace::Trace;
use crate::value::{Media, MediaType};

pub use check::check_names;

/// Fixtures by their path relative to the shop's folder.
pub type Fixtures = BTreeMap<String, Json>;

/// Reads a shop's fixtures.
pub fn fixtures(source: &ShopSource) -> Fixtures {
    let files = source.files.iter().enumerate().filter(|(_, file)| file.kind == FileKind::Fixture);
    let read = |(index, file): (usize, &SourceFile)| {
        let id = FileId(u16::try_from(index).unwrap_or(u16::MAX));
        let (node, _) = duka_dsl::config::fixture::read(id, &file.text);
        (file.path.clone(), node.as_ref().map(duka_dsl::config::fixture::json).unwrap_or_default())
    };
    files.map(read).collect()
}

/// How one test ended.
pub struct TestResult {
    pub title: SmolStr,
    pub span: Span,
    pub failure: Option<Failure>,
    /// Every step's trace, for coverage.
    pub traces: Vec<Trace>,
    /// The simulator as the test left it.
    pub simulator: Simulator,
}

/// A line that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub span: Span,
    /// One sentence: what was expected.
    pub expected: String,
    /// The nearest thing that was said or offered.
    pub nearest: Option<String>,
    pub transcript: Vec<String>,
}

impl Failure {
    fn new(line: &TestLine, expected: impl Into<String>) -> Failure {
        Failure { span: line.span, expected: expected.into(), nearest: None, transcript: Vec::new() }
    }

    fn nearest(mut self, nearest: impl Into<String>) -> Failure {
        self.nearest = Some(nearest.into());
        self
    }
}

/// Runs every test of a file whose title contains `filter`.
pub fn run(program: &Arc<Program>, fixtures: &Fixtures, file: &TestFile, filter: &str) -> Vec<TestResult> {
    let chosen = file.tests.iter().filter(|test| test.title.value.contains(filter));
    chosen.map(|test| run_one(program, fixtures, file, test)).collect()
}

fn run_one(program: &Arc<Program>, fixtures: &Fixtures, file: &TestFile, test: &Test) -> TestResult {
    let lines: Vec<&TestLine> = file.given.iter().chain(&test.lines).collect();
    let fixture = lines.iter().find_map(|line| match &line.kind {
        TestLineKind::GivenShop(path) => Some(fixtures.get(path.value.as_str()).ok_or(line)),
        _ => None,
    });
    let (fixture, missing) = match fixture {
        Some(Ok(json)) => (json.clone(), None),
        Some(Err(line)) => (Json::Null, Some(no_fixture(line, fixtures))),
        None => (Json::Null, None),
    };
    let mut simulator = Simulator::new(Arc::clone(program), &fixture);
    let mut failure = missing;
    for line in lines {
        if failure.is_some() {
            break;
        }
        failure = run_line(&mut simulator, line).err();
    }
    if let Some(failure) = &mut failure {
        failure.transcript = transcript::transcript(&simulator.log);
    }
    TestResult {
        title: test.title.value.clone(),
        span: test.title.span,
        failure,
        traces: std::mem::take(&mut simulator.traces),
        simulator,
    }
}

fn no_fixture(line: &TestLine, fixtures: &Fixtures) -> Failure {
    let failure = Failure::new(line, "there is no such fixture file");
    let known: Vec<&str> = fixtures.keys().map(String::as_str).collect();
    if known.is_empty() { failure } else { failure.nearest(format!("there are: {}", known.join(", "))) }
}

/// Does what one line of a test says, or says why it does not hold. A terminal chat speaks the same lines.
pub fn run_line(simulator: &mut Simulator, line: &TestLine) -> Result<(), Failure> {
    match &line.kind {
        TestLineKind::GivenShop(_) => Ok(()),
        TestLineKind::GivenIs { subject, value } => given::is(simulator, line, subject, value),
        TestLineKind::GivenFails { operation, refusal } => given::fails(simulator, line, operation, refusal.as_ref()),
        TestLineKind::GivenTakes { operation, time } => given::takes(simulator, line, operation, time.value.ms()),
        TestLineKind::StartAt(name) => {
            let known = simulator.start_at(name.as_str());
            if known {
                Ok(())
            } else {
                Err(Failure::new(line, format!("there is no state called `{}`", name.as_str())))
            }
        }
        TestLineKind::Customer(text) => {
            simulator.put(&format!("customer: {}", text.value), Input::Customer(Inbound::Text(text.value.clone())));
            Ok(())
        }
        TestLineKind::CustomerSends { kind, detail } => {
            let detail = detail.as_ref().map_or("", |detail| detail.value.as_str());
            let inbound = sends(kind.as_str(), detail)
                .ok_or_else(|| Failure::new(line, format!("a customer can not send `{}`", kind.as_str())))?;
            simulator.put(format!("customer sends {} {detail}", kind.as_str()).trim_end(), Input::Customer(inbound));
            Ok(())
        }
        TestLineKind::Tap(name) => tap(simulator, line, name.as_str()),
        TestLineKind::Pick(key) => pick(simulator, line, &key.value),
        TestLineKind::Fill(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.value.clone(), value.value.clone())).collect();
            fill(simulator, line, fields)
        }
        TestLineKind::Event { name, fields } => {
            let fields: Vec<(String, String)> =
                fields.iter().map(|(name, value)| (name.value.to_string(), value.value.to_string())).collect();
            event(simulator, line, &name.to_string(), &fields)
        }
        TestLineKind::Wait(time) => {
            simulator.put(&format!("wait {}", time.value), Input::Wait(time.value.ms()));
            Ok(())
        }
        TestLineKind::Redeliver => {
            simulator.redeliver();
            Ok(())
        }
        TestLineKind::Swap => {
            let two = simulator.swap();
            if two { Ok(()) } else { Err(Failure::new(line, "there are not two messages to exchange")) }
        }
        TestLineKind::Shop(_)
        | TestLineKind::ShopExactly(_)
        | TestLineKind::ShopNothing
        | TestLineKind::Choices(_)
        | TestLineKind::Link(_)
        | TestLineKind::Template(_)
        | TestLineKind::State(_)
        | TestLineKind::Expect(_)
        | TestLineKind::Called { .. }
        | TestLineKind::NotCalled(_) => expect::holds(simulator, line),
    }
}

fn tap(simulator: &mut Simulator, line: &TestLine, name: &str) -> Result<(), Failure> {
    let Some(inbound) = simulator.tap(name, None) else { return Err(not_offered(simulator, line, name)) };
    simulator.put(&format!("tap {name}"), Input::Customer(inbound));
    Ok(())
}

/// An item by its key, or by the beginning of its title.
fn pick(simulator: &mut Simulator, line: &TestLine, key: &str) -> Result<(), Failure> {
    let by_title = || {
        let choices = simulator.choices();
        let titled = choices.into_iter().find(|(id, title)| id.item.is_some() && title.starts_with(key));
        titled.map(|(id, _)| Inbound::Tap(id))
    };
    let Some(inbound) = simulator.tap("", Some(key)).or_else(by_title) else {
        return Err(not_offered(simulator, line, key));
    };
    simulator.put(&format!("pick {key}"), Input::Customer(inbound));
    Ok(())
}

fn not_offered(simulator: &Simulator, line: &TestLine, name: &str) -> Failure {
    let offered: Vec<String> = simulator
        .choices()
        .into_iter()
        .map(|(id, title)| format!("{} ({title})", id.item.unwrap_or(id.choice)))
        .collect();
    let failure = Failure::new(line, format!("`{name}` is not offered"));
    if offered.is_empty() { failure } else { failure.nearest(format!("offered: {}", offered.join(", "))) }
}

fn fill(simulator: &mut Simulator, line: &TestLine, fields: Vec<(SmolStr, SmolStr)>) -> Result<(), Failure> {
    let form = simulator.log.iter().rev().find_map(|entry| match &entry.kind {
        super::LogKind::Sent(Outbound::Message(message)) => {
            message.choices.form().map(|(form, id, _)| (form.clone(), id.clone()))
        }
        super::LogKind::Sent(Outbound::Template(_))
        | super::LogKind::Input(_)
        | super::LogKind::Called(..)
        | super::LogKind::Other(_) => None,
    });
    let Some((form, id)) = form else { return Err(Failure::new(line, "no form has been sent")) };
    let shown: Vec<String> = fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let filled = Inbound::Form { form, fields, id: Some(id) };
    simulator.put(&format!("fill {}", shown.join("; ")), Input::Customer(filled));
    Ok(())
}

fn event(simulator: &mut Simulator, line: &TestLine, name: &str, fields: &[(String, String)]) -> Result<(), Failure> {
    let now_ms = simulator.now_ms;
    let program = Arc::clone(&simulator.program);
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let kind = match name.split_once('.') {
        Some(("payment", status)) => {
            simulator.world.payment_event(&program, status, field("order").or_else(|| field("number")), now_ms)
        }
        Some(("order", status)) => simulator.world.order_event(&program, status, fields, now_ms),
        Some(("handoff", "closed")) => Some(EventKind::HandoffClosed { note: field("note").unwrap_or("").into() }),
        Some(("handoff", "opened")) => Some(EventKind::HandoffOpened),
        Some(("message", "failed")) => {
            Some(EventKind::MessageFailed { effect: simulator.last_sent, reason: field("reason").unwrap_or("").into() })
        }
        Some(("cart", "sent")) => sends("cart", field("items").unwrap_or("")).map(EventKind::Inbound),
        Some(("product", "asked")) => Some(EventKind::Inbound(Inbound::Product {
            sku: field("sku").or_else(|| field("item")).unwrap_or("").into(),
            text: field("text").unwrap_or("").into(),
        })),
        Some(_) | None => None,
    };
    let Some(kind) = kind else { return Err(Failure::new(line, format!("`{name}` can not happen here"))) };
    let shown: Vec<String> = fields.iter().map(|(name, value)| format!(" {name} = {value}")).collect();
    let shown = format!("event {name}{}", shown.join(";"));
    match kind {
        EventKind::Inbound(inbound) => simulator.put(&shown, Input::Customer(inbound)),
        kind => simulator.put(&shown, Input::World(kind)),
    }
    Ok(())
}

/// What a customer sends besides words: `photo`, `video`, `voice`, `document`, `location LAT, LONG`, `cart SKU x 2, SKU`.
pub fn sends(kind: &str, detail: &str) -> Option<Inbound> {
    let media = |kind: MediaType, mime: &str| {
        let source = if detail.is_empty() { "media-1" } else { detail };
        Inbound::Media(Arc::new(Media { kind, source: source.into(), mime: mime.into(), caption: SmolStr::default() }))
    };
    match kind {
        "photo" | "image" | "picture" => Some(media(MediaType::Image, "image/jpeg")),
        "video" => Some(media(MediaType::Video, "video/mp4")),
        "voice" | "audio" => Some(media(MediaType::Audio, "audio/ogg")),
        "document" => Some(media(MediaType::Document, "application/pdf")),
        "sticker" => Some(Inbound::Other { kind: "sticker".into() }),
        "location" => {
            let (latitude, longitude) = detail.split_once(',').unwrap_or(("-1.2921", "36.8219"));
            Some(Inbound::Location {
                latitude: latitude.trim().into(),
                longitude: longitude.trim().into(),
                name: SmolStr::default(),
                address: SmolStr::default(),
            })
        }
        "contact" => Some(Inbound::Contact { name: detail.into(), phone: "+254700000001".into() }),
        "cart" => {
            let items = detail.split(',').map(str::trim).filter(|item| !item.is_empty());
            let items = items.map(|item| {
                let (sku, quantity) = item.split_once(" x ").unwrap_or((item, "1"));
                Some(CartItem { sku: sku.trim().into(), quantity: quantity.trim().parse().ok()? })
            });
            items.collect::<Option<Vec<_>>>().map(|items| Inbound::Cart { items })
        }
        _ => None,
    }
}
