//! Conversations by chance: any event on any session. A failing seed is printed; keep it in `KEPT`.

use std::sync::Arc;

use duka_engine::compile::compile;
use duka_engine::effect::{CallId, CallRequest, EffectKind};
use duka_engine::event::{CartItem, Event, EventKind, Inbound, Outcome, ReplyId};
use duka_engine::outbound::{Choices, Outbound};
use duka_engine::program::Program;
use duka_engine::session::Session;
use duka_engine::step::{Limits, Step, step};
use duka_engine::types::Type;
use duka_engine::value::{Media, MediaType, Money, Value};
use duka_tests::random::Random;
use duka_tests::shops;

/// Seeds that once failed.
const KEPT: [u64; 0] = [];
/// How many more are tried; `DUKA_SEEDS` sets another number.
const SEEDS: u64 = 60;
const EVENTS: usize = 80;

const WORDS: [&str; 16] = [
    "hi",
    "menu",
    "stop",
    "agent",
    "1",
    "٣",
    "99",
    "-5",
    "",
    "🌺",
    "track",
    "yes",
    "Amina",
    "Kilimani",
    "more",
    "a very long text that nobody asked for and that fits no question of any shop",
];

pub fn converse() {
    let seeds = std::env::var("DUKA_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    for name in shops::examples() {
        let program = compile(&shops::example(&name)).program.expect("the examples have no errors");
        for seed in KEPT.into_iter().chain(0..seeds) {
            let mut chance = Chance::new(Arc::clone(&program), seed);
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| chance.run())).is_err() {
                panic!("seed {seed} fails in the shop `{name}`");
            }
        }
    }
}

struct Chance {
    program: Arc<Program>,
    random: Random,
    session: Session,
    now_ms: i64,
    open: Vec<(CallId, CallRequest)>,
    offered: Vec<ReplyId>,
}

impl Chance {
    fn new(program: Arc<Program>, seed: u64) -> Chance {
        let channel = if seed.is_multiple_of(3) { "messenger" } else { "whatsapp" };
        let language = if seed.is_multiple_of(4) { "sw" } else { "" };
        let session = Session { channel: channel.into(), language: language.into(), ..Session::default() };
        Chance { program, random: Random::new(seed), session, now_ms: 1_000, open: Vec::new(), offered: Vec::new() }
    }

    fn run(&mut self) {
        for _ in 0..EVENTS {
            self.now_ms += i64::try_from(self.random.below(4_000_000)).unwrap_or(0);
            let event = Event { at_ms: self.now_ms, kind: self.event() };
            let session = std::mem::take(&mut self.session);
            let limits = Limits::default();
            let done = step(&self.program, session.clone(), &event, &limits);
            assert_eq!(done, step(&self.program, session, &event, &limits), "the same event twice");
            assert_eq!(Session::decode(&done.session.encode()).as_ref(), Ok(&done.session));
            assert!(done.session.frames.len() <= limits.interruptions + 1);
            assert!(done.session.waiting.len() <= limits.waiting);
            assert!(done.session.followers.len() <= limits.followers);
            self.remember(&done);
            self.session = done.session;
        }
    }

    fn remember(&mut self, done: &Step) {
        for effect in &done.effects {
            match &effect.kind {
                EffectKind::Query(request) | EffectKind::Command(request) => {
                    self.open.push((effect.id, request.clone()))
                }
                EffectKind::Send(Outbound::Message(message)) => self.offer(&message.choices),
                EffectKind::Send(Outbound::Template(template)) => self.offer(&template.session.choices),
                EffectKind::Timer { .. }
                | EffectKind::Consent { .. }
                | EffectKind::Handoff { .. }
                | EffectKind::Alert { .. }
                | EffectKind::Record { .. } => {}
            }
        }
    }

    fn offer(&mut self, choices: &Choices) {
        self.offered.extend(choices.offered().into_iter().map(|choice| choice.id.clone()));
    }

    fn event(&mut self) -> EventKind {
        if !self.open.is_empty() && self.random.below(3) > 0 {
            let at = self.random.below(self.open.len());
            let (call, request) = self.open.swap_remove(at);
            return EventKind::Result { call, outcome: self.outcome(&request) };
        }
        let key = ["A1", "A2", "A3"][self.random.below(3)];
        match self.random.below(14) {
            0 => EventKind::Wake,
            1 => self.order(key),
            2 => self.payment(key),
            3 => EventKind::HandoffClosed { note: "".into() },
            4 if self.random.below(4) == 0 => EventKind::HandoffOpened,
            5 => {
                let turn = self.session.turn.saturating_sub(1);
                EventKind::MessageFailed { effect: CallId { turn, index: 0 }, reason: "blocked".into() }
            }
            _ => EventKind::Inbound(self.inbound()),
        }
    }

    fn order(&mut self, key: &str) -> EventKind {
        let status = ["packed", "shipped", "delivered", "cancelled", "nonsense"][self.random.below(5)];
        let order = self.program.shop.known_records.order.map(Type::Record);
        let order = order.map_or(Value::None, |ty| self.any(&ty, 4));
        EventKind::Order { status: status.into(), key: key.into(), order }
    }

    fn payment(&mut self, key: &str) -> EventKind {
        let status = ["paid", "failed", "expired", "refunded"][self.random.below(4)];
        let known = &self.program.shop.known_records;
        let (order, payment) = (known.order.map(Type::Record), known.payment.map(Type::Record));
        let order = order.map_or(Value::None, |ty| self.any(&ty, 4));
        let payment = payment.map_or(Value::None, |ty| self.any(&ty, 4));
        EventKind::Payment { status: status.into(), key: key.into(), order, payment }
    }

    fn inbound(&mut self) -> Inbound {
        match self.random.below(10) {
            0 => Inbound::Media(Arc::new(Media {
                kind: [MediaType::Image, MediaType::Audio, MediaType::Sticker][self.random.below(3)],
                source: "m".into(),
                mime: "".into(),
                caption: WORDS[self.random.below(WORDS.len())].into(),
            })),
            1 => Inbound::Form {
                form: "delivery_details".into(),
                fields: vec![
                    ("name".into(), "Amina".into()),
                    ("town".into(), "Kilimani".into()),
                    ("street".into(), "1".into()),
                ],
                id: None,
            },
            2 => Inbound::Cart { items: vec![CartItem { sku: "D-101".into(), quantity: 3 }] },
            3 => Inbound::TemplateTap { template: "receipt".into(), button: "track".into() },
            4 => Inbound::Other { kind: "sticker".into() },
            5 | 6 => Inbound::Text(WORDS[self.random.below(WORDS.len())].into()),
            _ if self.offered.is_empty() => Inbound::Text("hi".into()),
            _ => {
                // Mostly what was offered last.
                let back = self.random.below(self.offered.len().min(6));
                let old = self.random.below(self.offered.len());
                let at = if self.random.below(4) == 0 { old } else { self.offered.len() - 1 - back };
                Inbound::Tap(self.offered[at].clone())
            }
        }
    }

    fn outcome(&mut self, request: &CallRequest) -> Outcome {
        let gives = self.program.shop.operations[request.operation.index()].gives.clone();
        match self.random.below(10) {
            0 => Outcome::Refused { code: "not_found".into() },
            1 => Outcome::Failed { reason: "down".into() },
            2 => Outcome::TimedOut,
            3 => Outcome::Unknown,
            // Not what the contract says; the host should have stopped it.
            4 => Outcome::Given(Value::Text("?".into())),
            _ => Outcome::Given(gives.map_or(Value::None, |ty| self.any(&ty, 4))),
        }
    }

    /// Some value of a type.
    fn any(&mut self, ty: &Type, depth: usize) -> Value {
        if depth == 0 {
            return Value::None;
        }
        match ty {
            Type::Text | Type::Phone | Type::Email | Type::Language | Type::Town => {
                Value::Text(["A1", "A2", "a longer text"][self.random.below(3)].into())
            }
            Type::Number => Value::Number(self.random.below(5).into()),
            Type::YesNo => Value::YesNo(self.random.below(2) == 0),
            Type::Money => {
                let minor = [0, 50, 500_000, i64::MAX, -7][self.random.below(5)];
                Value::Money(Money { minor, currency: self.program.shop.profile.currency })
            }
            Type::Date => Value::Date([0, 20_000, i32::MAX, i32::MIN][self.random.below(4)]),
            Type::Time => Value::Time(600),
            Type::Moment => Value::Moment([0, self.now_ms, i64::MAX][self.random.below(3)]),
            Type::Duration => Value::Duration(60_000),
            Type::Image | Type::Video | Type::Document | Type::Voice => Value::None,
            Type::Enum(members) => members.first().map_or(Value::None, |member| Value::Text(member.clone())),
            Type::List(item) => {
                let length = [0, 1, 3, 14][self.random.below(4)];
                Value::List((0..length).map(|_| self.any(item, depth - 1)).collect())
            }
            Type::Record(id) => {
                let program = Arc::clone(&self.program);
                let fields = program.shop.records.get(usize::from(id.0)).map_or(&[][..], |record| &record.fields);
                Value::Record(fields.iter().map(|field| self.any(&field.ty, depth - 1)).collect())
            }
            Type::None | Type::Unknown => Value::None,
        }
    }
}
