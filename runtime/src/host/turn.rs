//! One turn: a conversation and one thing that happened to it, into everything that is to be committed.
//!
//! Host-independent (architecture.md 4): it sees no table, thread, clock or socket, and gives the same for the same. A
//! panic is caught and ends this turn alone.

mod answered;
mod classes;
mod echo;
mod flood;
pub mod marks;
mod people;

pub use self::classes::ALL_MARKETING;
pub use self::flood::TOO_MANY;

use std::panic::{AssertUnwindSafe, catch_unwind};

use duka_engine::effect::{CallRequest, Effect, EffectId, EffectKind};
use duka_engine::event::{Event, EventKind, Inbound};
use duka_engine::program::Program;
use duka_engine::session::{ConsentState, DecodeError, Outcome, Revision, Session, migrate};
use duka_engine::step::{Forms, Limits, Step, step};
use duka_engine::trace::{Note, TraceEntry};
use serde::Serialize;
use smol_str::{SmolStr, format_smolstr};

use super::files;
use super::incoming::{Act, Incoming};
use super::mint::Mint;
use super::notices::Notice;
use super::shops::{Met, Shop};
use crate::channel;
use crate::handoff::Telling;
use crate::store::{ConsentEntry, Conversation, NewCall, NewPost, NewSend, TurnRecord};

/// What a turn may look at, besides the conversation.
#[derive(Debug)]
pub struct Context<'a> {
    pub shop: &'a Shop,
    /// The time of the turn, ms since 1970.
    pub now_ms: i64,
    pub mint: &'a Mint,
    pub limits: &'a TurnLimits,
}

#[derive(Clone, Debug)]
pub struct TurnLimits {
    pub engine: Limits,
    /// Messages that may be sent within an hour without one of the customer's between them (TM28, F97).
    pub automated_sends: u32,
    /// How often in a row the same text of a customer is answered: whoever repeats it more often is a machine (F97). What
    /// comes faster than a person writes counts twice.
    pub same_texts: u32,
    /// How long a reply is worth sending, in ms.
    pub reply_life_ms: i64,
    /// The same for a template.
    pub template_life_ms: i64,
}

const HOUR_MS: i64 = 3_600_000;

impl Default for TurnLimits {
    fn default() -> TurnLimits {
        TurnLimits {
            // Each shop says which of its own are published.
            engine: Limits { forms: Forms::None, ..Limits::default() },
            automated_sends: 30,
            same_texts: 40,
            reply_life_ms: 24 * HOUR_MS,
            template_life_ms: 24 * HOUR_MS,
        }
    }
}

/// A conversation before a turn.
#[derive(Debug)]
pub struct Before<'a> {
    pub row: &'a Conversation,
    /// The row's session, decoded, if the host still has it.
    pub session: Option<Session>,
    pub automated: Automated,
}

/// What was sent without a message of the customer: counted by the host, which may forget it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Automated {
    sends: u32,
    since_ms: i64,
    echo: echo::Echo,
}

/// Everything that a turn wants committed, in one transaction (I5).
#[derive(Debug)]
pub struct Taken {
    pub row: Conversation,
    /// The row's session, decoded.
    pub session: Session,
    pub sends: Vec<NewSend>,
    pub calls: Vec<NewCall>,
    pub consents: Vec<ConsentEntry>,
    /// What the shop's people are to be told.
    pub posts: Vec<NewPost>,
    /// Numbers of orders that are the conversation's from now on.
    pub orders: Vec<SmolStr>,
    pub record: TurnRecord,
    /// For people; told after the commit.
    pub notices: Vec<Notice>,
    pub automated: Automated,
}

/// Why a turn could not be taken. The conversation is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TurnError {
    #[error("it panicked")]
    Panicked,
    #[error(transparent)]
    Session(#[from] DecodeError),
    /// The conversation's program is not among those of the shop: it is to be looked up, and the turn taken again.
    #[error("the conversation's revision is not at hand")]
    Unmet(Revision),
}

/// Takes one turn. The incoming event's time is set to the turn's.
///
/// # Errors
/// The stored session can not be read, its program is not at hand, or something panicked.
pub fn take(cx: &Context<'_>, before: Before<'_>, incoming: &mut Incoming) -> Result<Taken, TurnError> {
    catch_unwind(AssertUnwindSafe(|| taken(cx, before, incoming))).unwrap_or(Err(TurnError::Panicked))
}

fn taken(cx: &Context<'_>, before: Before<'_>, incoming: &mut Incoming) -> Result<Taken, TurnError> {
    let Before { row, session, automated } = before;
    let (mut session, program) = ready(cx, row, session)?;
    let mut row = without_session(row);
    opened(cx, &mut row, incoming);
    let named = !incoming.name.is_empty() && Shop::name_customer(program, &mut session, &incoming.name, cx.now_ms);
    let (proof, name) = (incoming.proof.clone(), incoming.name.clone());
    let switched = matches!(incoming.act, Act::Marketing { .. }) && incoming.provider_ms > 0;
    let switched_ms = switched.then(|| incoming.provider_ms.min(cx.now_ms));
    if let Act::TooMany { event, .. } = &incoming.act
        && flood::is_heard_anyway(program, event)
    {
        incoming.act = Act::Event(event.clone());
    }
    let note = incoming.note.clone();
    let orders: Vec<SmolStr> = session.followers.iter().map(|follower| follower.key.clone()).collect();
    let mut too_many = None;
    let was_busy = session.busy.is_some();
    let (mut done, event) = match &mut incoming.act {
        Act::Event(event) => {
            event.at_ms = cx.now_ms;
            if incoming.file.take().is_some() {
                // Nobody has fetched it.
                event.kind = EventKind::Inbound(Inbound::Other { kind: files::FAILED.into() });
            }
            let event = &*event;
            let limits = Limits { forms: cx.shop.forms(program.revision), ..cx.limits.engine.clone() };
            (step(program, session, event, &limits), Some(event))
        }
        Act::Marketing { given } => (marketing(program, session, *given), None),
        // Nothing for the engine: only the row changes.
        Act::WindowClosed => (Step { session: turned(session), ..Step::default() }, None),
        Act::TooMany { event, first } => {
            event.at_ms = cx.now_ms;
            too_many = Some(*first);
            (flood::step(program, session, *first), Some(&*event))
        }
    };
    let spoken = event
        .filter(|event| !was_busy && too_many.is_none() && matches!(event.kind, EventKind::Inbound(_)))
        .map(|_| &proof);
    let answered = answered::message(program, &mut done.session, spoken);
    Ok(Taking { cx, row, automated, proof, switched_ms, name, note, named, too_many, answered, orders }
        .finish(done, event))
}

/// The session to step and the program it belongs to, moved to the newest if it may (language.md 2.14). What another
/// process has published since stays as it is: this one does not go back.
fn ready<'a>(
    cx: &Context<'a>,
    row: &Conversation,
    session: Option<Session>,
) -> Result<(Session, &'a Program), TurnError> {
    let newest = &*cx.shop.program;
    let key = || format_smolstr!("{:016x}", row.id.0);
    let session = match session {
        Some(session) => session,
        None if row.session.is_empty() => Session { turn: row.turn, ..cx.shop.open(&row.channel, key()) },
        None => Session::decode(&row.session)?,
    };
    if session.revision == newest.revision {
        return Ok((session, newest));
    }
    let old = match cx.shop.met(session.revision) {
        Some(Met::Older(old)) => old,
        Some(Met::Newer(program)) => return Ok((session, program)),
        Some(Met::Gone) => return Ok((begin_anew(cx, session), newest)),
        None => return Err(TurnError::Unmet(session.revision)),
    };
    let mut migrated = migrate(old, newest, session);
    match migrated.outcome {
        Outcome::Pinned => Ok((migrated.session, old)),
        Outcome::Moved | Outcome::Lost => {
            cx.shop.refresh(&mut migrated.session);
            Ok((migrated.session, newest))
        }
    }
}

/// The program that a session belongs to is gone: only what means the same in every program is kept.
fn begin_anew(cx: &Context<'_>, session: Session) -> Session {
    Session {
        turn: session.turn,
        epoch: session.epoch,
        language: session.language,
        last_inbound_ms: session.last_inbound_ms,
        handed_over: session.handed_over,
        lost: !session.frames.is_empty(),
        ..cx.shop.open(&session.channel, session.customer_key)
    }
}

/// What a message of the customer opens: the window, from the provider's time but never later than now (F20).
fn opened(cx: &Context<'_>, row: &mut Conversation, incoming: &Incoming) {
    if incoming.act == Act::WindowClosed {
        // What was written since opens it again.
        if row.last_inbound_ms <= incoming.provider_ms {
            row.last_inbound_ms = 0;
        }
        return;
    }
    let switched = matches!(incoming.act, Act::Marketing { .. });
    if incoming.provider_ms > 0 && !switched {
        row.last_inbound_ms = row.last_inbound_ms.max(incoming.provider_ms.min(cx.now_ms));
    }
    if incoming.ad_ms > 0 {
        row.free = row.free.came(incoming.ad_ms.min(cx.now_ms));
    }
    if !incoming.number.is_empty() && row.number != incoming.number {
        row.number = incoming.number.clone();
    }
}

/// The vendor's own switch: withdrawn is withdrawn everywhere; given again gives back nothing that a flow asked for.
pub(super) fn marketing(program: &Program, mut session: Session, given: bool) -> Step {
    let mut done = Step::default();
    let mut say = |name: SmolStr, given: bool| {
        let index = u16::try_from(done.effects.len()).unwrap_or(u16::MAX);
        let id = EffectId { turn: session.turn, index };
        done.effects.push(Effect { id, kind: EffectKind::Consent { name, given } });
    };
    say(ALL_MARKETING.into(), given);
    if !given {
        program.shop.consents.iter().for_each(|consent| say(consent.name.clone(), false));
        session.consents = vec![ConsentState { asked: true, given: false }; program.shop.consents.len()];
    }
    Step { session: turned(session), ..done }
}

fn turned(session: Session) -> Session {
    Session { turn: session.turn + 1, ..session }
}

fn without_session(row: &Conversation) -> Conversation {
    Conversation {
        shop: row.shop,
        id: row.id,
        channel: row.channel.clone(),
        number: row.number.clone(),
        session: Vec::new(),
        turn: row.turn,
        last_inbound_ms: row.last_inbound_ms,
        free: row.free,
        wake_at_ms: row.wake_at_ms,
        handed_over: row.handed_over,
        pending: row.pending,
    }
}

struct Taking<'a> {
    cx: &'a Context<'a>,
    row: Conversation,
    automated: Automated,
    proof: SmolStr,
    /// When the customer used the vendor's switch for marketing, by the vendor's clock.
    switched_ms: Option<i64>,
    /// As the customer calls themself; empty: not told.
    name: SmolStr,
    /// What the customer wrote beside what the flow reads; empty: nothing.
    note: SmolStr,
    /// This turn has learned the name: a replay must know it too.
    named: bool,
    /// The flow has not seen the message, and whether it was the first such.
    too_many: Option<bool>,
    /// The vendor's id of the message that is being answered.
    answered: Option<SmolStr>,
    /// Numbers of orders that were the conversation's before.
    orders: Vec<SmolStr>,
}

/// The record that says which name a turn has learned.
pub const NAMED: &str = "name";

/// The record of what a customer wrote beside what the flow reads, such as under a cart.
pub const NOTE: &str = "customer_note";

impl Taking<'_> {
    fn finish(self, done: Step, event: Option<&Event>) -> Taken {
        let Step { mut session, effects, trace } = done;
        let turn = session.turn.saturating_sub(1);
        let stopped = is_stop(&trace.entries);
        let mut taken = Taken {
            record: TurnRecord {
                shop: self.row.shop,
                conversation: self.row.id,
                turn,
                at_ms: self.cx.now_ms,
                revision: session.revision.0,
                event: event.map(encoded).unwrap_or_default(),
                trace: encoded(&trace),
                notes: Vec::new(),
            },
            row: without_session(&self.row),
            session: Session::default(),
            sends: Vec::new(),
            calls: Vec::new(),
            consents: Vec::new(),
            posts: Vec::new(),
            orders: Vec::new(),
            notices: Vec::new(),
            automated: self.automated,
        };
        let mut notes = Vec::new();
        if self.named {
            notes.push(EffectKind::Record { what: NAMED.into(), detail: self.name.to_string() });
        }
        if !self.note.is_empty() {
            notes.push(EffectKind::Record { what: NOTE.into(), detail: self.note.to_string() });
        }
        for effect in effects {
            self.effect(effect, stopped, &mut taken, &mut notes);
        }
        if let Some(first) = self.too_many {
            notes.push(EffectKind::Record { what: TOO_MANY.into(), detail: String::new() });
            taken.notices.extend(first.then_some(Notice::TooMany));
        }
        if stopped {
            taken.consents.push(self.consent(ALL_MARKETING.into(), false, stopped));
        }
        self.restrain(event, &mut session, &mut taken);
        if self.cx.shop.people {
            let seen = event.filter(|_| self.too_many.is_none());
            let change = people::Change { before: self.row.handed_over, after: session.handed_over };
            for (index, told) in (0..).zip(people::told(change, seen, &taken.notices, (&self.name, &self.note))) {
                taken.posts.push(NewPost {
                    shop: self.row.shop,
                    conversation: self.row.id,
                    not_before_ms: self.cx.now_ms,
                    body: encoded(&Telling { turn, index, at_ms: self.cx.now_ms, told }),
                });
            }
        }
        if !notes.is_empty() {
            taken.record.notes = encoded(&notes);
        }
        let followed = session.followers.iter().map(|follower| &follower.key);
        taken.orders.extend(followed.filter(|key| !self.orders.contains(key)).cloned());
        taken.row.session.reserve(512);
        session.encode_into(&mut taken.row.session);
        taken.row.turn = session.turn;
        taken.row.wake_at_ms = session.wake_at_ms;
        taken.row.handed_over = session.handed_over;
        taken.session = session;
        taken
    }

    fn effect(&self, effect: Effect, stopped: bool, taken: &mut Taken, notes: &mut Vec<EffectKind>) {
        let Effect { id, kind } = effect;
        match kind {
            EffectKind::Send(outbound) => {
                let (lane, repeat) = classes::of(&outbound);
                let life_ms = classes::life_ms(&outbound, self.cx.limits);
                let Some(outbound) = answered::placed(outbound, self.answered.as_ref()) else {
                    let detail = "there is no message to put it on".to_string();
                    notes.push(EffectKind::Record { what: "not_sent".into(), detail });
                    return;
                };
                for part in channel::parts(&self.row.channel, outbound) {
                    taken.sends.push(NewSend {
                        shop: self.row.shop,
                        id: self.cx.mint.send(),
                        conversation: self.row.id,
                        number: self.row.number.clone(),
                        turn: id.turn,
                        index: id.index,
                        lane,
                        repeat,
                        body: encoded(&part),
                        not_before_ms: self.cx.now_ms,
                        expires_ms: self.cx.now_ms.saturating_add(life_ms),
                    });
                }
            }
            EffectKind::Query(request) => taken.calls.push(self.call(id, &request, true)),
            EffectKind::Command(request) => taken.calls.push(self.call(id, &request, false)),
            // The session says when it wants to be woken.
            EffectKind::Timer { .. } => {}
            EffectKind::Consent { ref name, given } => {
                taken.consents.push(self.consent(name.clone(), given, stopped));
                notes.push(kind);
            }
            EffectKind::Handoff { ref topic } => {
                taken.notices.push(Notice::Handoff { topic: topic.clone() });
                notes.push(kind);
            }
            EffectKind::Alert { ref text } => {
                taken.notices.push(Notice::Alert { text: text.clone() });
                notes.push(kind);
            }
            EffectKind::Record { .. } => notes.push(kind),
        }
    }

    fn call(&self, id: EffectId, request: &CallRequest, query: bool) -> NewCall {
        NewCall {
            shop: self.row.shop,
            conversation: self.row.id,
            turn: id.turn,
            index: id.index,
            query,
            body: encoded(request),
            deadline_ms: self.cx.now_ms.saturating_add(request.within_ms),
        }
    }

    fn consent(&self, name: SmolStr, given: bool, stopped: bool) -> ConsentEntry {
        let proof = if stopped && !given { SmolStr::new_static("stop word") } else { self.proof.clone() };
        // What the switch says of all marketing is of its own time, whenever it comes. What a flow was told is taken back now.
        let switched_ms = self.switched_ms.filter(|_| name == ALL_MARKETING);
        let at_ms = switched_ms.unwrap_or(self.cx.now_ms);
        ConsentEntry { shop: self.row.shop, conversation: self.row.id, name, given, at_ms, proof }
    }

    /// Stops a conversation that talks to itself, or to a machine: what this turn would send is not sent, and a person gets
    /// it.
    fn restrain(&self, event: Option<&Event>, session: &mut Session, taken: &mut Taken) {
        let is_inbound = event.is_some_and(|event| matches!(event.kind, EventKind::Inbound(_)));
        if is_inbound {
            let automated = &mut taken.automated;
            *automated = Automated { echo: automated.echo, ..Automated::default() };
            automated.echo.hears(event, self.cx.now_ms);
            if !taken.sends.is_empty() && !self.row.handed_over && automated.echo.is_machine(self.cx.limits) {
                automated.echo = echo::Echo::default();
                return stop(session, taken);
            }
        }
        if taken.sends.is_empty() {
            return;
        }
        taken.automated.echo.says(self.cx.now_ms);
        if is_inbound {
            return;
        }
        let automated = &mut taken.automated;
        if self.cx.now_ms.saturating_sub(automated.since_ms) > HOUR_MS {
            *automated = Automated { sends: 0, since_ms: self.cx.now_ms, ..*automated };
        }
        automated.sends = automated.sends.saturating_add(u32::try_from(taken.sends.len()).unwrap_or(u32::MAX));
        if automated.sends > self.cx.limits.automated_sends {
            stop(session, taken);
        }
    }
}

fn stop(session: &mut Session, taken: &mut Taken) {
    taken.sends.clear();
    session.handed_over = true;
    session.wake_at_ms = None;
    taken.notices.push(Notice::Runaway);
}

fn is_stop(entries: &[TraceEntry]) -> bool {
    entries.iter().any(|entry| matches!(entry, TraceEntry::Note { what: Note::OptOut, .. }))
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    // Writing into memory fails only for a type that can not be written; these can.
    postcard::to_extend(value, Vec::with_capacity(128)).unwrap_or_default()
}
