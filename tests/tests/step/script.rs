//! Runs the scripts of a case file and writes the file anew with what happened. A file is a flow between `flow` and
//! `script` lines, answers of the backend among its files, then scripts: each `== title`, commands at the margin, what left the engine indented below them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use duka_engine::compile::compile;
use duka_engine::contract::{decode, write_money};
use duka_engine::effect::{CallRequest, Effect, EffectKind};
use duka_engine::event::{CartItem, Event, EventKind, Inbound, Outcome, ReplyId};
use duka_engine::outbound::{Choice, Choices, Message, Outbound};
use duka_engine::program::Program;
use duka_engine::session::{ConsentState, Outcome as Migration, Session, migrate};
use duka_engine::source::{FileKind, SourceFile};
use duka_engine::step::{Limits, step};
use duka_engine::types::{RecordId, Type};
use duka_engine::value::{Media, MediaType, Value};
use duka_tests::shops::with_standard;

/// 2026-11-21, nine in the morning.
const START_MS: i64 = 1_795_251_600_000;

/// A case file as it should read, and how each of its scripts left the session.
pub struct Ran {
    pub text: String,
    pub sessions: Vec<Session>,
}

pub fn run(written: &str) -> Ran {
    let (head, scripts) = written.split_once("\nscript\n").expect("a case file has a line `script`");
    let program = program(head);
    let mut out = format!("{head}\nscript\n");
    let mut world = World::new(program.clone(), head);
    let mut sessions = Vec::new();
    for line in scripts.lines().filter(|line| !line.starts_with("  ")) {
        writeln!(out, "{line}").expect("strings take all that is written");
        if line.starts_with("==") {
            sessions.push(std::mem::take(&mut world.session));
            world = World::new(program.clone(), head);
        } else if !line.is_empty() && !line.starts_with('#') {
            world.command(line, &mut out);
        }
    }
    sessions.push(world.session);
    // The first one was never begun.
    Ran { text: out, sessions: sessions.split_off(1) }
}

/// What the backend answers unless a script says otherwise: an operation and JSON, a line each.
const ANSWERS: &str = "answers";

fn answers(head: &str) -> BTreeMap<String, String> {
    let part = head.split("\nfile ").find_map(|part| part.strip_prefix(ANSWERS)).unwrap_or("");
    let lines = part.lines().filter_map(|line| line.split_once(' '));
    lines.map(|(operation, json)| (operation.to_string(), json.to_string())).collect()
}

/// Files of a case: `file NAME` begins one, up to the next.
fn program(head: &str) -> Arc<Program> {
    let mut files: Vec<SourceFile> = Vec::new();
    for part in head.split("\nfile ").skip(1) {
        let (path, text) = part.split_once('\n').expect("a file has lines");
        if path == ANSWERS {
            continue;
        }
        let kind = FileKind::of(path, text).expect("a kind of file that shops have");
        files.push(SourceFile { path: path.to_string(), text: format!("{text}\n"), kind });
    }
    let compiled = compile(&with_standard(files));
    let findings: Vec<String> =
        compiled.diagnostics.iter().map(|found| format!("{} {}", found.code, found.message)).collect();
    compiled.program.unwrap_or_else(|| panic!("the shop of the case compiles: {findings:#?}"))
}

struct World {
    program: Arc<Program>,
    head: String,
    session: Session,
    now_ms: i64,
    /// Calls that wait for a result, the oldest first.
    open: Vec<(duka_engine::effect::CallId, CallRequest)>,
    last_template: Option<duka_engine::effect::EffectId>,
    answers: BTreeMap<String, String>,
}

impl World {
    fn new(program: Arc<Program>, head: &str) -> World {
        let mut session = Session { channel: "whatsapp".into(), customer_key: "c1".into(), ..Session::default() };
        session.consents = vec![ConsentState::default(); program.shop.consents.len()];
        World {
            program,
            head: head.to_string(),
            session,
            now_ms: START_MS,
            open: Vec::new(),
            last_template: None,
            answers: answers(head),
        }
    }

    fn command(&mut self, line: &str, out: &mut String) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let inbound = match word {
            "text" => Inbound::Text(rest.into()),
            "tap" => Inbound::Tap(self.reply_id(rest, 0)),
            "old-tap" => Inbound::Tap(self.reply_id(rest, 1)),
            "template-tap" => {
                let (template, button) = rest.split_once(' ').expect("template and button");
                Inbound::TemplateTap { template: template.into(), button: button.into() }
            }
            "photo" => Inbound::Media(Arc::new(Media {
                kind: MediaType::Image,
                source: "media-1".into(),
                mime: "image/jpeg".into(),
                caption: rest.into(),
            })),
            "location" => Inbound::Location {
                latitude: "-1.29".into(),
                longitude: "36.82".into(),
                name: "Home".into(),
                address: "".into(),
            },
            "form" => {
                let (form, fields) = rest.split_once(' ').expect("form and fields");
                let fields = fields.split("; ").filter_map(|field| field.split_once('='));
                let fields = fields.map(|(a, b)| (a.into(), b.into())).collect();
                Inbound::Form { form: form.into(), fields, id: None }
            }
            "cart" => Inbound::Cart { items: vec![CartItem { sku: rest.into(), quantity: 2 }] },
            _ => return self.other(word, rest, out),
        };
        self.now_ms += 1_000;
        self.step(EventKind::Inbound(inbound), out);
    }

    fn other(&mut self, word: &str, rest: &str, out: &mut String) {
        match word {
            "given" => self.given(rest),
            "wait" => self.wait(rest, out),
            // The backend answers, until nothing is asked any more.
            "ok" => {
                while !self.open.is_empty() {
                    let answer = self.answers.get(self.open[0].1.name.as_str()).cloned().unwrap_or_default();
                    self.other("result", &format!("given {answer}"), out);
                }
            }
            // The flow is changed under the conversation.
            "change" => {
                let mut head = self.head.clone();
                for change in rest.split("; ") {
                    let (from, to) = change.split_once(" => ").expect("what becomes what");
                    let (from, to) = (from.replace("\\n", "\n"), to.replace("\\n", "\n"));
                    assert!(head.contains(&from), "the files hold `{from}`");
                    head = head.replace(&from, &to);
                }
                let new = program(&head);
                let migrated = migrate(&self.program, &new, std::mem::take(&mut self.session));
                line(out, &format!("{:?}", migrated.outcome));
                if migrated.outcome != Migration::Pinned {
                    self.program = new;
                    self.head = head;
                }
                self.session = migrated.session;
            }
            "wake" => self.step(EventKind::Wake, out),
            "result" => {
                if self.open.is_empty() {
                    return line(out, "nothing was asked");
                }
                let (call, request) = self.open.remove(0);
                let outcome = self.outcome(&request, rest);
                if outcome == Outcome::Unknown {
                    self.open.insert(0, (call, request));
                }
                self.step(EventKind::Result { call, outcome }, out);
            }
            "payment" => {
                let (status, rest) = rest.split_once(' ').expect("status and order");
                let (key, link) = rest.split_once(' ').unwrap_or((rest, ""));
                let known = &self.program.shop.known_records;
                let order = self.record(known.order, key);
                let payment = self.record(known.payment, link);
                let status = status.into();
                self.step(EventKind::Payment { status, key: key.into(), order, payment }, out);
            }
            "order" => {
                let (status, key) = rest.split_once(' ').expect("status and order");
                let order = self.record(self.program.shop.known_records.order, key);
                self.step(EventKind::Order { status: status.into(), key: key.into(), order }, out);
            }
            "handoff-closed" => self.step(EventKind::HandoffClosed { note: rest.into() }, out),
            "not-delivered" => {
                let Some(effect) = self.last_template else { return line(out, "no template was sent") };
                self.step(EventKind::MessageFailed { effect, reason: rest.into() }, out);
            }
            _ => panic!("unknown command `{word}`"),
        }
    }

    fn given(&mut self, what: &str) {
        match what.split(' ').collect::<Vec<_>>().as_slice() {
            ["language", tag] => self.session.language = (*tag).into(),
            ["channel", name] => self.session.channel = (*name).into(),
            ["answer", operation, rest @ ..] => {
                self.answers.insert((*operation).to_string(), rest.join(" "));
            }
            ["consent"] => self.session.consents.fill(ConsentState { asked: true, given: true }),
            ["cart", rest @ ..] => {
                assert!(rest.is_empty(), "the cart is what `cart.current` answers");
                self.session.cart.value = self.json(self.program.shop.known_records.cart, "cart.current");
                self.session.cart.read_at_ms = self.now_ms;
            }
            ["customer"] => {
                self.session.customer.value = self.json(self.program.shop.known_records.customer, "customer.current");
            }
            other => panic!("unknown given {other:?}"),
        }
    }

    /// `STATE CHOICE [ITEM]`, in the flow of the innermost frame, or `FLOW/STATE …`.
    fn reply_id(&self, text: &str, lives_ago: u32) -> ReplyId {
        let mut words = text.split(' ');
        let state = words.next().expect("a state");
        let here = self.session.frames.last().map_or(0, |frame| frame.flow.index());
        let (flow, state) = state.split_once('/').unwrap_or((self.program.shop.flows[here].path.as_str(), state));
        ReplyId {
            flow: flow.into(),
            state: state.into(),
            choice: words.next().expect("a choice").into(),
            item: words.next().map(Into::into),
            revision: 0,
            epoch: self.session.epoch - lives_ago,
        }
    }

    fn json(&self, record: Option<RecordId>, operation: &str) -> Value {
        let text = self.answers.get(operation).expect("the case answers it");
        let json = serde_json::from_str(text).expect("the case holds JSON");
        let record = record.expect("the contracts know the record");
        decode(&self.program.shop, &Type::Record(record), &json).expect("of the contract's type")
    }

    /// A record whose every text is `key` and whose amounts are KES 5,000.
    fn record(&self, record: Option<RecordId>, key: &str) -> Value {
        let shop = &self.program.shop;
        let Some(record) = record.and_then(|record| shop.records.get(usize::from(record.0))) else {
            return Value::None;
        };
        let fields = record.fields.iter().map(|field| match &field.ty {
            Type::Text => Value::Text(key.into()),
            Type::Money => duka_engine::contract::parse_money("KES 5000").map_or(Value::None, Value::Money),
            _ => Value::None,
        });
        Value::Record(fields.collect())
    }

    fn outcome(&self, request: &CallRequest, text: &str) -> Outcome {
        match text.split_once(' ').unwrap_or((text, "")) {
            ("given", "") => Outcome::Given(Value::None),
            ("given", json) => {
                let operation = &self.program.shop.operations[request.operation.index()];
                let gives = operation.gives.as_ref().expect("the operation gives something");
                let json = serde_json::from_str(json).expect("the case holds JSON");
                Outcome::Given(decode(&self.program.shop, gives, &json).expect("of the contract's type"))
            }
            ("refused", code) => Outcome::Refused { code: code.into() },
            ("failed", reason) => Outcome::Failed { reason: reason.into() },
            ("timeout", _) => Outcome::TimedOut,
            ("unknown", _) => Outcome::Unknown,
            (other, _) => panic!("unknown result `{other}`"),
        }
    }

    fn wait(&mut self, length: &str, out: &mut String) {
        let (amount, unit) = length.split_once(' ').expect("like 26 hours");
        let unit_ms = match unit.trim_end_matches('s') {
            "second" => 1_000,
            "minute" => 60_000,
            "hour" => 3_600_000,
            "day" => 86_400_000,
            other => panic!("unknown unit `{other}`"),
        };
        let until = self.now_ms + amount.parse::<i64>().expect("a number") * unit_ms;
        while let Some(due) = self.session.wake_at_ms.filter(|due| *due <= until) {
            self.now_ms = self.now_ms.max(due);
            self.step(EventKind::Wake, out);
        }
        self.now_ms = until;
    }

    fn step(&mut self, kind: EventKind, out: &mut String) {
        let before = self.place();
        let event = Event { at_ms: self.now_ms, kind };
        let session = std::mem::take(&mut self.session);
        let again = step(&self.program, session.clone(), &event, &Limits::default());
        let done = step(&self.program, session, &event, &Limits::default());
        assert_eq!(again, done, "the same event on the same session twice");
        self.session = done.session;
        assert_eq!(
            Session::decode(&self.session.encode()).as_ref(),
            Ok(&self.session),
            "a session comes back as it was"
        );
        for effect in &done.effects {
            self.effect(effect, out);
        }
        let after = self.place();
        if after != before {
            line(out, &format!("at {after}"));
        }
    }

    fn place(&self) -> String {
        let names = self.session.frames.iter().map(|frame| {
            let flow = &self.program.shop.flows[frame.flow.index()];
            format!("{}.{}", flow.path, flow.states[frame.state.index()].name)
        });
        let names: Vec<String> = names.collect();
        let busy = if self.session.busy.is_some() { " (waits for a call)" } else { "" };
        if names.is_empty() { "end".to_string() } else { format!("{}{busy}", names.join(" > ")) }
    }

    fn effect(&mut self, effect: &Effect, out: &mut String) {
        match &effect.kind {
            EffectKind::Send(Outbound::Message(message)) => write_message("say", message, out),
            EffectKind::Send(Outbound::Template(template)) => {
                self.last_template = Some(effect.id);
                let values: Vec<String> =
                    template.values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                line(out, &format!("template {} ({})", template.name, values.join(", ")));
                write_message("or", &template.session, out);
            }
            EffectKind::Query(request) => self.called("query", effect, request, out),
            EffectKind::Command(request) => self.called("command", effect, request, out),
            EffectKind::Timer { .. } => {}
            EffectKind::Consent { name, given } => line(out, &format!("consent {name}: {given}")),
            EffectKind::Handoff { topic } => line(out, &format!("handoff {topic}")),
            EffectKind::Alert { text } => line(out, &format!("alert: {text}")),
            EffectKind::Record { what, detail } => line(out, format!("record {what}: {detail}").trim_end_matches(": ")),
        }
    }

    fn called(&mut self, kind: &str, effect: &Effect, request: &CallRequest, out: &mut String) {
        let arguments: Vec<String> = request.arguments.iter().map(write_value).collect();
        let beside = request.follower.as_ref().map(|key| format!(" beside {key}")).unwrap_or_default();
        let is_first = self.program.shop.languages.first() == Some(&request.language);
        let language = if is_first { String::new() } else { format!(" in {}", request.language) };
        line(out, &format!("{kind} {}({}){beside}{language}", request.name, arguments.join(", ")));
        self.open.push((effect.id, request.clone()));
    }
}

fn line(out: &mut String, text: &str) {
    for (at, part) in text.lines().enumerate() {
        let indent = if at == 0 { "  " } else { "  | " };
        writeln!(out, "{indent}{part}").expect("strings take all that is written");
    }
}

fn write_message(word: &str, message: &Message, out: &mut String) {
    if let Some(header) = &message.header {
        line(out, &format!("{:?} {}", header.kind, header.source));
    }
    line(out, &format!("{word} [{} {}]: {}", message.key, message.language, message.text));
    if !message.footer.is_empty() {
        line(out, &format!("footer: {}", message.footer));
    }
    match &message.choices {
        Choices::None => {}
        Choices::Buttons(buttons) => line(out, &format!("buttons: {}", titles(buttons))),
        Choices::List { label, sections } | Choices::Products { label, sections } => {
            for section in sections {
                let title = if section.title.is_empty() { String::new() } else { format!(" ({})", section.title) };
                line(out, &format!("list {label}{title}: {}", titles(&section.rows)));
            }
        }
        Choices::Link { name, title, url } => line(out, &format!("link {name}: {title} -> {url}")),
        Choices::Form { form, title, submit, fields, .. } => {
            let fields: Vec<String> = fields.iter().map(|field| format!("{} {}", field.name, field.kind)).collect();
            line(out, &format!("form {form}: {title} [{}] {submit}", fields.join(", ")));
        }
        Choices::Location => line(out, "asks for a location"),
        Choices::Contact => line(out, "asks for a number"),
        Choices::Cards { label, rows, pictures, .. } => {
            line(out, &format!("cards {label}: {} ({})", titles(rows), pictures.join(", ")));
        }
        Choices::Product { sku, title } => line(out, &format!("product {sku}: {title}")),
        Choices::Catalogue { title } => line(out, &format!("catalogue: {title}")),
        Choices::Place { latitude, longitude, name, .. } => {
            line(out, &format!("place {latitude}, {longitude}: {name}"))
        }
        Choices::Order { order, pay } => line(out, &format!("order {} {} {pay:?}", order.number, order.status)),
        Choices::Emoji => line(out, "as a sign"),
    }
}

fn titles(choices: &[Choice]) -> String {
    let written = choices.iter().map(|choice| {
        let item = choice.id.item.as_ref().map(|item| format!("/{item}")).unwrap_or_default();
        let note = if choice.note.is_empty() { String::new() } else { format!(" | {}", choice.note) };
        format!("{}{item} \"{}{note}\"", choice.id.choice, choice.title)
    });
    written.collect::<Vec<_>>().join(", ")
}

fn write_value(value: &Value) -> String {
    match value {
        Value::None => "none".to_string(),
        Value::YesNo(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Money(money) => write_money(*money),
        Value::Text(text) => text.to_string(),
        Value::Media(media) => media.source.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(write_value).collect::<Vec<_>>().join(", ")),
        Value::Record(fields) => {
            // The first set field tells records apart.
            format!("{{{}}}", fields.iter().find(|field| **field != Value::None).map(write_value).unwrap_or_default())
        }
        other => format!("{other:?}"),
    }
}
