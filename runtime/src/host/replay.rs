//! A recorded conversation taken once more: by the flows that ran, which must say the same to the byte (I31), or by other
//! flows, to see where the thread would differ. Pure: answers of the shop's systems are the recorded ones.

use std::collections::BTreeMap;

use duka_engine::compile::compile;
use duka_engine::effect::{CallId, CallRequest, Effect, EffectKind};
use duka_engine::event::{Event, EventKind, Inbound, Outcome};
use duka_engine::outbound::Outbound;
use duka_engine::program::Program;
use duka_engine::session::{Session, migrate};
use duka_engine::simulate::transcript::shown;
use duka_engine::source::{FileKind, ShopSource, SourceFile};
use duka_engine::step::{Forms, Limits, step};
use serde::Serialize;
use serde_json::{Value as Json, json};
use thiserror::Error;

use super::shops::Shop;
use super::turn::{NAMED, TOO_MANY, TurnLimits, marketing};
use crate::api::recording::{Recorded, Recording};
use crate::channel;
use crate::handoff::BY_PEOPLE;
use crate::id::ShopScope;
use crate::shops::load;

/// Steps without an event of the recording between them: a flow that wakes itself again and again ends here.
const MOST_STEPS: usize = 200;

#[derive(Debug, Error)]
pub enum ReplayError {
    #[error("the recording does not begin with the conversation: its first turns are not kept any more")]
    NoBeginning,
    #[error("the flows of revision {0} are not in the recording, or do not compile any more")]
    NoProgram(String),
    #[error("turn {0} of the recording can not be read")]
    Unreadable(u64),
}

/// What happened, and what was said to it, then and now. A message that takes several turns of the shop's systems is one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Exchange {
    pub at_ms: i64,
    /// In words: `customer: hi`.
    pub happened: String,
    pub was: Vec<String>,
    pub now: Vec<String>,
    /// Why the other flows could not go on from here.
    pub stuck: Option<String>,
}

impl Exchange {
    pub fn differs(&self) -> bool {
        self.was != self.now || self.stuck.is_some()
    }

    /// What is said to an answer of the shop's systems belongs to what led to it.
    fn enter(self, event: Option<&Event>, exchanges: &mut Vec<Exchange>) {
        let is_answer = event.is_some_and(|event| matches!(event.kind, EventKind::Result { .. }));
        match exchanges.last_mut().filter(|_| is_answer) {
            Some(last) => {
                last.was.extend(self.was);
                last.now.extend(self.now);
            }
            None => exchanges.push(self),
        }
    }
}

/// Takes it again with the flows that ran. Every exchange must be as it was.
///
/// # Errors
/// The recording is not whole.
pub fn again(recording: &Recording) -> Result<Vec<Exchange>, ReplayError> {
    Ok(Original::of(recording)?.exchanges)
}

/// Takes it with other flows.
///
/// # Errors
/// The recording is not whole.
pub fn against(recording: &Recording, shop: &Shop) -> Result<Vec<Exchange>, ReplayError> {
    let original = Original::of(recording)?;
    let mut other = Other {
        shop,
        session: shop.open(&recording.channel, recording.conversation.as_str().into()),
        channel: &recording.channel,
        answers: original.answers,
        has_forms: original.has_forms,
        exchanges: Vec::new(),
        steps: 0,
    };
    for turn in &recording.turns {
        other.turn(turn)?;
    }
    Ok(other.exchanges)
}

/// `forms`: a form went out as one, so it was published then.
fn limits(forms: bool) -> Limits {
    Limits { forms: if forms { Forms::All } else { Forms::None }, ..TurnLimits::default().engine }
}

/// A turn's parts, read.
struct Parts {
    event: Option<Event>,
    notes: Vec<EffectKind>,
    sent: Vec<String>,
    /// A form was among them.
    has_form: bool,
}

fn parts(turn: &Recorded) -> Result<Parts, ReplayError> {
    let unreadable = |_| ReplayError::Unreadable(turn.turn);
    let sent = turn.sent.iter().map(|sent| serde_json::from_value::<Outbound>(sent.clone()).map_err(unreadable));
    let sent: Vec<Outbound> = sent.collect::<Result<_, _>>()?;
    let notes: Vec<EffectKind> = serde_json::from_value(turn.notes.clone()).map_err(unreadable)?;
    let event: Option<Event> = serde_json::from_value(turn.event.clone()).map_err(unreadable)?;
    Ok(Parts {
        event: event.filter(|_| !is_too_many(&notes)),
        notes,
        has_form: sent.iter().any(is_form),
        sent: sent.iter().filter(|sent| !is_outside(sent)).map(shown).collect(),
    })
}

fn is_form(sent: &Outbound) -> bool {
    matches!(sent, Outbound::Message(message) if message.choices.form().is_some())
}

/// Said from outside of the flow.
fn is_outside(sent: &Outbound) -> bool {
    matches!(sent, Outbound::Message(message) if message.key == BY_PEOPLE || message.key == TOO_MANY)
}

/// A message that the flow has not seen.
fn is_too_many(notes: &[EffectKind]) -> bool {
    notes.iter().any(|note| matches!(note, EffectKind::Record { what, .. } if what == TOO_MANY))
}

/// A name that the turn learned.
fn learned(notes: &[EffectKind]) -> Option<&str> {
    notes.iter().find_map(|note| {
        let EffectKind::Record { what, detail } = note else { return None };
        (what == NAMED).then_some(detail.as_str())
    })
}

/// The vendor's switch for marketing.
fn switched(notes: &[EffectKind]) -> Option<bool> {
    notes.iter().find_map(|note| {
        let EffectKind::Consent { given, .. } = note else { return None };
        Some(*given)
    })
}

/// The messages of a step, as the channel would have had them.
fn said(channel: &str, effects: Vec<Effect>) -> Vec<String> {
    let mut said = Vec::new();
    for effect in effects {
        if let EffectKind::Send(outbound) = effect.kind {
            said.extend(channel::parts(channel, outbound).iter().map(shown));
        }
    }
    said
}

/// A recorded answer of the shop's systems.
#[derive(Clone, Debug)]
struct Answer {
    name: String,
    arguments: Json,
    outcome: Outcome,
    taken: bool,
}

/// The conversation by the flows that ran, and what the shop's systems answered.
struct Original {
    exchanges: Vec<Exchange>,
    answers: Vec<Answer>,
    has_forms: bool,
}

impl Original {
    fn of(recording: &Recording) -> Result<Original, ReplayError> {
        if recording.turns.first().is_none_or(|first| first.turn > 0) {
            return Err(ReplayError::NoBeginning);
        }
        let mut shops: BTreeMap<&str, Shop> = BTreeMap::new();
        let mut asked: BTreeMap<CallId, CallRequest> = BTreeMap::new();
        let mut original = Original { exchanges: Vec::new(), answers: Vec::new(), has_forms: false };
        let mut session: Option<Session> = None;
        let mut before: Option<&str> = None;
        for turn in &recording.turns {
            if !shops.contains_key(turn.revision.as_str()) {
                shops.insert(&turn.revision, shop_of(recording, &turn.revision)?);
            }
            let missing = || ReplayError::NoProgram(turn.revision.clone());
            let shop = shops.get(turn.revision.as_str()).ok_or_else(missing)?;
            let mut now = match session.take() {
                None => shop.open(&recording.channel, recording.conversation.as_str().into()),
                Some(session) => moved(session, before.and_then(|before| shops.get(before)), shop),
            };
            before = Some(&turn.revision);
            let Parts { event, notes, sent, has_form } = parts(turn)?;
            original.has_forms |= has_form;
            if let Some(name) = learned(&notes) {
                Shop::name_customer(&shop.program, &mut now, name, turn.at_ms);
            }
            let done = match &event {
                Some(event) => {
                    original.answered(&asked, &event.kind);
                    step(&shop.program, now, event, &limits(has_form))
                }
                None => quiet_turn(&shop.program, now, &notes),
            };
            asked.extend(done.effects.iter().filter_map(request));
            let exchange = Exchange {
                at_ms: turn.at_ms,
                happened: told(event.as_ref(), &notes),
                was: sent,
                now: said(&recording.channel, done.effects),
                stuck: None,
            };
            exchange.enter(event.as_ref(), &mut original.exchanges);
            session = Some(done.session);
        }
        Ok(original)
    }

    fn answered(&mut self, asked: &BTreeMap<CallId, CallRequest>, kind: &EventKind) {
        if let EventKind::Result { call, outcome } = kind
            && let Some(request) = asked.get(call)
        {
            let (name, arguments) = (request.name.to_string(), json!(request.arguments));
            self.answers.push(Answer { name, arguments, outcome: outcome.clone(), taken: false });
        }
    }
}

/// A turn that the engine did not take: the vendor's switch, or only the row.
fn quiet_turn(program: &Program, session: Session, notes: &[EffectKind]) -> duka_engine::step::Step {
    match switched(notes) {
        Some(given) => marketing(program, session, given),
        None => duka_engine::step::Step {
            session: Session { turn: session.turn + 1, ..session },
            ..duka_engine::step::Step::default()
        },
    }
}

fn moved(session: Session, before: Option<&Shop>, shop: &Shop) -> Session {
    let Some(before) = before.filter(|_| session.revision != shop.program.revision) else { return session };
    let mut moved = migrate(&before.program, &shop.program, session);
    shop.refresh(&mut moved.session);
    moved.session
}

fn request(effect: &Effect) -> Option<(CallId, CallRequest)> {
    match &effect.kind {
        EffectKind::Query(request) | EffectKind::Command(request) => Some((effect.id, request.clone())),
        EffectKind::Send(_)
        | EffectKind::Timer { .. }
        | EffectKind::Consent { .. }
        | EffectKind::Handoff { .. }
        | EffectKind::Alert { .. }
        | EffectKind::Record { .. } => None,
    }
}

/// The shop as it was in a revision.
fn shop_of(recording: &Recording, revision: &str) -> Result<Shop, ReplayError> {
    let files = recording.revisions.get(revision).into_iter().flatten();
    let files = files.filter_map(|(path, text)| {
        let kind = FileKind::of(path, text)?;
        Some(SourceFile { path: path.clone(), text: text.clone(), kind })
    });
    let mut source = ShopSource { files: files.collect(), standard_from: 0 };
    load::add_standard(&mut source);
    let program = compile(&source).program.ok_or_else(|| ReplayError::NoProgram(revision.to_string()))?;
    let fixture = json!({ "shop": recording.facts });
    Ok(Shop::new(ShopScope::NONE, recording.shop.as_str().into(), program, Vec::new(), fixture))
}

/// The conversation by other flows.
struct Other<'a> {
    shop: &'a Shop,
    session: Session,
    channel: &'a str,
    answers: Vec<Answer>,
    has_forms: bool,
    exchanges: Vec<Exchange>,
    steps: usize,
}

impl Other<'_> {
    fn turn(&mut self, turn: &Recorded) -> Result<(), ReplayError> {
        let Parts { event, notes, sent, has_form: _ } = parts(turn)?;
        if let Some(name) = learned(&notes) {
            Shop::name_customer(&self.shop.program, &mut self.session, name, turn.at_ms);
        }
        let happened = told(event.as_ref(), &notes);
        let exchange = Exchange { at_ms: turn.at_ms, happened, was: sent, ..Exchange::default() };
        let Some(event) = event else {
            let session = std::mem::take(&mut self.session);
            self.session = quiet_turn(&self.shop.program, session, &notes).session;
            exchange.enter(None, &mut self.exchanges);
            return Ok(());
        };
        match &event.kind {
            // Answers are given when they are asked for.
            EventKind::Result { .. } => {
                exchange.enter(Some(&event), &mut self.exchanges);
                return Ok(());
            }
            EventKind::Wake => {}
            EventKind::Inbound(_)
            | EventKind::Payment { .. }
            | EventKind::Order { .. }
            | EventKind::HandoffClosed { .. }
            | EventKind::HandoffOpened
            | EventKind::MessageFailed { .. } => self.wake_until(turn.at_ms),
        }
        exchange.enter(Some(&event), &mut self.exchanges);
        self.take(&event);
        Ok(())
    }

    /// Timers of these flows that were due before the next thing happened.
    fn wake_until(&mut self, at_ms: i64) {
        while let Some(due_ms) = self.session.wake_at_ms.filter(|due_ms| *due_ms <= at_ms) {
            if self.steps > MOST_STEPS {
                return;
            }
            let happened = happened(&EventKind::Wake);
            self.exchanges.push(Exchange { at_ms: due_ms, happened, ..Exchange::default() });
            self.take(&Event { at_ms: due_ms, kind: EventKind::Wake });
        }
        self.steps = 0;
    }

    fn take(&mut self, event: &Event) {
        let mut asked = self.step(event);
        while let Some((call, request)) = asked.pop() {
            self.steps += 1;
            match self.answer(&request) {
                Some(outcome) if self.steps <= MOST_STEPS => {
                    asked.extend(self.step(&Event { at_ms: event.at_ms, kind: EventKind::Result { call, outcome } }));
                }
                Some(_) | None => {
                    if let Some(last) = self.exchanges.last_mut() {
                        last.stuck = Some(format!("asks `{}`, and no such answer was recorded", request.name));
                    }
                }
            }
        }
    }

    /// One step; its messages go to the exchange, its questions are handed back.
    fn step(&mut self, event: &Event) -> Vec<(CallId, CallRequest)> {
        let session = std::mem::take(&mut self.session);
        let done = step(&self.shop.program, session, event, &limits(self.has_forms));
        self.session = done.session;
        let asked = done.effects.iter().filter_map(request).collect();
        let now = said(self.channel, done.effects);
        if let Some(last) = self.exchanges.last_mut() {
            last.now.extend(now);
        }
        asked
    }

    /// The first answer to the same question; else to one of the same name; else the last that was given to such a one.
    fn answer(&mut self, request: &CallRequest) -> Option<Outcome> {
        let arguments = json!(request.arguments);
        let of_name = |answer: &&mut Answer| answer.name == request.name;
        let same =
            self.answers.iter_mut().filter(of_name).find(|answer| !answer.taken && answer.arguments == arguments);
        let found = match same {
            Some(answer) => Some(answer),
            None => {
                let next = self.answers.iter().position(|answer| answer.name == request.name && !answer.taken);
                let last = || self.answers.iter().rposition(|answer| answer.name == request.name);
                let at = next.or_else(last)?;
                self.answers.get_mut(at)
            }
        }?;
        found.taken = true;
        Some(found.outcome.clone())
    }
}

/// What a turn was about, as people tell it.
fn told(event: Option<&Event>, notes: &[EffectKind]) -> String {
    match event {
        Some(event) => happened(&event.kind),
        None if is_too_many(notes) => "(too many messages)".to_string(),
        None => "(the account)".to_string(),
    }
}

/// An event as people tell it.
fn happened(kind: &EventKind) -> String {
    match kind {
        EventKind::Inbound(Inbound::Text(text)) => format!("customer: {}", text.replace('\n', " / ")),
        EventKind::Inbound(Inbound::Tap(id)) => match &id.item {
            Some(item) => format!("customer picks {item} in {}", id.state),
            None => format!("customer taps {}.{}", id.state, id.choice),
        },
        EventKind::Inbound(Inbound::TemplateTap { template, button }) => {
            format!("customer taps {button} of the template {template}")
        }
        EventKind::Inbound(Inbound::Media(_)) => "customer sends a file".to_string(),
        EventKind::Inbound(Inbound::Location { .. }) => "customer sends a location".to_string(),
        EventKind::Inbound(Inbound::Contact { .. }) => "customer sends a contact".to_string(),
        EventKind::Inbound(Inbound::Form { form, .. }) => format!("customer fills in {form}"),
        EventKind::Inbound(Inbound::Cart { items }) => format!("customer sends a cart of {}", items.len()),
        EventKind::Inbound(Inbound::Product { sku, .. }) => format!("customer asks about {sku}"),
        EventKind::Inbound(Inbound::Other { kind }) => format!("customer sends a {kind}"),
        EventKind::Result { .. } => "(the shop's systems answer)".to_string(),
        EventKind::Wake => "(time passes)".to_string(),
        EventKind::Payment { status, .. } => format!("(payment {status})"),
        EventKind::Order { status, key, .. } => format!("(order {key} {status})"),
        EventKind::HandoffClosed { .. } => "(a person gives the conversation back)".to_string(),
        EventKind::HandoffOpened => "(a person takes the conversation over)".to_string(),
        EventKind::MessageFailed { .. } => "(a message was not delivered)".to_string(),
    }
}
