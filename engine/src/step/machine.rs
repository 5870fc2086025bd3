//! The machine that a step is: what it reads, what it has done so far, and where lines find their values.

use smol_str::SmolStr;

use super::say::Draft;
use super::{Limits, Step};
use crate::effect::{Effect, EffectId, EffectKind};
use crate::event::EventKind;
use crate::expression::{Env, holds};
use crate::hir::{self, Expr, Flow, FlowId, Guard, Reaction, StateId, Target};
use crate::program::Program;
use crate::render::Renderer;
use crate::session::{Cursor, Frame, LineList, Resume, Revision, Session};
use crate::trace::{Note, Trace, TraceEntry};
use crate::value::Value;
use crate::walk;

pub(super) struct Machine<'p> {
    pub program: &'p Program,
    pub limits: &'p Limits,
    pub session: Session,
    pub now_ms: i64,
    pub effects: Vec<Effect>,
    pub trace: Trace,
    /// Messages that are not sent yet, because a line may still join the last one.
    pub drafts: Vec<Draft>,
    /// Whether the choices of the state have been sent.
    pub prompted: bool,
    /// Whether the last guard of a sending line held, for the `else` line below it.
    pub guard_held: bool,
    pub microsteps: u32,
    /// By [`crate::hir::LanguageId`].
    pub language: usize,
    /// What is known of the shop at this time, in this language.
    pub shop_now: Value,
}

/// Whose values a line reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// By position in [`Session::frames`].
    Frame(usize),
    /// By position in [`Session::followers`].
    Follower(usize),
}

/// A line to run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub scope: Scope,
    pub list: LineList,
    pub index: usize,
}

impl Place {
    pub fn next(self) -> Place {
        Place { index: self.index + 1, ..self }
    }

    pub fn cursor(self) -> Cursor {
        let frame = match self.scope {
            Scope::Frame(frame) => u8::try_from(frame).unwrap_or(u8::MAX),
            Scope::Follower(_) => 0,
        };
        Cursor { frame, list: self.list, index: u16::try_from(self.index).unwrap_or(u16::MAX) }
    }

    pub fn at(cursor: Cursor) -> Place {
        Place { scope: Scope::Frame(usize::from(cursor.frame)), list: cursor.list, index: usize::from(cursor.index) }
    }
}

impl<'p> Machine<'p> {
    pub fn new(program: &'p Program, session: Session, now_ms: i64, limits: &'p Limits) -> Machine<'p> {
        let mut machine = Machine {
            program,
            limits,
            session,
            now_ms,
            effects: Vec::new(),
            trace: Trace { entries: Vec::with_capacity(16) },
            drafts: Vec::new(),
            prompted: false,
            guard_held: true,
            microsteps: 0,
            language: 0,
            shop_now: Value::None,
        };
        if machine.session.revision == Revision::default() {
            machine.session.revision = program.revision;
        }
        machine.find_language();
        machine
    }

    /// Takes an event from outside.
    pub fn event(&mut self, kind: &EventKind) {
        match kind {
            EventKind::Inbound(inbound) => self.inbound(inbound),
            EventKind::Result { call, outcome } => self.result(*call, outcome),
            EventKind::Wake => self.wake(),
            EventKind::Payment { .. } | EventKind::Order { .. } => self.order_event(kind),
            EventKind::HandoffClosed { .. } => {
                self.session.handed_over = false;
                self.unless_busy(kind);
            }
            EventKind::HandoffOpened => self.session.handed_over = true,
            EventKind::MessageFailed { effect, reason } => {
                if !self.follower_send_failed(*effect, reason) {
                    self.unless_busy(kind);
                }
            }
        }
        self.drain();
    }

    /// Leaves the rest of the turn to its effects: ends what had not begun, and asks for the next wake-up.
    pub fn finish(mut self) -> Step {
        self.drop_guests();
        self.ask_for_wake_up();
        self.session.turn = self.session.turn.wrapping_add(1);
        Step { session: self.session, effects: self.effects, trace: self.trace }
    }

    pub fn find_language(&mut self) {
        self.language = self.program.language(&self.session.language);
        self.shop_now = self.program.shop_now(&self.session.shop.value, self.now_ms, self.language);
    }

    /// From now on the customer is spoken to in this one; what was read for another is read again.
    pub fn speak(&mut self, tag: SmolStr) {
        let before = self.language;
        self.session.language = tag;
        self.find_language();
        if self.language != before {
            self.session.cart.read_at_ms = 0;
        }
    }

    /// The shop's language that the customer is spoken to in.
    pub fn language_tag(&self) -> &'p str {
        self.program.shop.languages.get(self.language).map_or("", |tag| tag.as_str())
    }

    /// The language without region, and the shop's first.
    pub fn languages(&self) -> [&'p str; 2] {
        let of = |at: usize| self.program.locales.get(at).map_or("en", |locale| locale.language());
        [of(self.language), of(0)]
    }

    pub fn effect(&mut self, kind: EffectKind) -> EffectId {
        let index = u16::try_from(self.effects.len()).unwrap_or(u16::MAX);
        let id = EffectId { turn: self.session.turn, index };
        self.effects.push(Effect { id, kind });
        id
    }

    pub fn record(&mut self, what: &str, detail: impl Into<String>) {
        self.effect(EffectKind::Record { what: SmolStr::new(what), detail: detail.into() });
    }

    // Where things are.

    pub fn flow_of(&self, scope: Scope) -> (FlowId, Option<&'p Flow>) {
        let id = match scope {
            Scope::Frame(at) => self.session.frames.get(at).map(|frame| frame.flow),
            Scope::Follower(at) => self.session.followers.get(at).map(|follower| follower.flow),
        };
        let id = id.unwrap_or_default();
        (id, self.program.shop.flows.get(id.index()))
    }

    pub fn top(&self) -> usize {
        self.session.frames.len().saturating_sub(1)
    }

    pub fn frame(&self) -> Option<&Frame> {
        self.session.frames.last()
    }

    /// Whether a state of the frame was entered; a frame that only lends its `anywhere` has none.
    pub fn is_entered(&self, frame: usize) -> bool {
        self.session.frames.get(frame).is_some_and(|frame| frame.resume != Resume::End)
    }

    pub fn state_in(&self, frame: usize) -> Option<&'p hir::State> {
        let frame = self.session.frames.get(frame)?;
        self.program.shop.flows.get(frame.flow.index())?.states.get(frame.state.index())
    }

    pub fn lines(&self, place: Place) -> &'p [hir::Step] {
        if let (LineList::Entry, Scope::Frame(frame)) = (place.list, place.scope) {
            return self.state_in(frame).map_or(&[], |state| &state.steps);
        }
        self.reaction_of(place).map_or(&[], |reaction| &reaction.actions)
    }

    pub fn reaction_of(&self, place: Place) -> Option<&'p Reaction> {
        let (_, flow) = self.flow_of(place.scope);
        let flow = flow?;
        let state = || match place.scope {
            Scope::Frame(frame) => self.state_in(frame),
            Scope::Follower(_) => None,
        };
        walk::reaction_of(flow, state, place.list)
    }

    // Values.

    pub fn env(&self, scope: Scope) -> Option<Env<'_>> {
        let (flow_id, flow) = self.flow_of(scope);
        let (values, event) = match scope {
            Scope::Frame(at) => (self.session.frames.get(at)?.values.as_slice(), &self.session.event),
            Scope::Follower(at) => {
                let follower = self.session.followers.get(at)?;
                (follower.values.as_slice(), &follower.event)
            }
        };
        let session = &self.session;
        Some(Env {
            shop: &self.program.shop,
            flow: flow?,
            flow_id,
            values,
            customer_values: &session.customer_values,
            consents: &session.consents,
            arms: &session.arms,
            customer_key: &session.customer_key,
            cart: &session.cart.value,
            customer: &session.customer.value,
            shop_value: &self.shop_now,
            event,
            now_ms: self.now_ms,
            language: self.language_tag(),
            channel: &session.channel,
            item: None,
        })
    }

    pub fn renderer(&self, scope: Scope) -> Option<Renderer<'_>> {
        Some(Renderer { program: self.program, env: self.env(scope)?, language: self.language })
    }

    pub fn value_of(&self, scope: Scope, expr: &Expr) -> Option<Value> {
        let env = self.env(scope)?;
        crate::expression::evaluate(expr, &env).ok().map(std::borrow::Cow::into_owned)
    }

    /// Whether a condition holds; one without a value does not.
    pub fn holds(&mut self, place: Place, expr: &Expr) -> bool {
        let holds = self.env(place.scope).is_some_and(|env| holds(expr, &env).unwrap_or(false));
        let (flow, state) = self.traced(place);
        self.trace.entries.push(TraceEntry::Guard { flow, state, at: place.cursor(), holds });
        holds
    }

    /// The guard of a sending line.
    pub fn guarded(&mut self, place: Place, guard: Option<&Guard>) -> bool {
        match guard {
            None => true,
            Some(Guard::If(expr)) => {
                self.guard_held = self.holds(place, expr);
                self.guard_held
            }
            Some(Guard::Else) => !self.guard_held,
        }
    }

    pub fn set(&mut self, scope: Scope, target: Target, value: Value) {
        let place = match (target, scope) {
            (Target::Customer(slot), _) => {
                let values = &mut self.session.customer_values;
                if values.len() <= slot.index() {
                    values.resize(slot.index() + 1, Value::None);
                }
                values.get_mut(slot.index())
            }
            (Target::Slot(slot), Scope::Frame(at)) => {
                self.session.frames.get_mut(at).and_then(|frame| frame.values.get_mut(slot.index()))
            }
            (Target::Slot(slot), Scope::Follower(at)) => {
                self.session.followers.get_mut(at).and_then(|follower| follower.values.get_mut(slot.index()))
            }
        };
        if let Some(place) = place {
            *place = value;
        }
    }

    pub fn value_at(&self, scope: Scope, target: Target) -> Option<&Value> {
        match (target, scope) {
            (Target::Customer(slot), _) => self.session.customer_values.get(slot.index()),
            (Target::Slot(slot), Scope::Frame(at)) => self.session.frames.get(at)?.values.get(slot.index()),
            (Target::Slot(slot), Scope::Follower(at)) => self.session.followers.get(at)?.values.get(slot.index()),
        }
    }

    // The trace.

    pub fn traced(&self, place: Place) -> (FlowId, StateId) {
        match place.scope {
            Scope::Frame(at) => {
                self.session.frames.get(at).map_or_else(Default::default, |frame| (frame.flow, frame.state))
            }
            Scope::Follower(_) => (self.flow_of(place.scope).0, StateId::default()),
        }
    }

    pub fn ran(&mut self, place: Place) {
        let (flow, state) = self.traced(place);
        self.trace.entries.push(TraceEntry::Line { flow, state, at: place.cursor() });
    }

    pub fn note(&mut self, what: Note) {
        let (flow, state) = self.frame().map_or_else(Default::default, |frame| (frame.flow, frame.state));
        self.trace.entries.push(TraceEntry::Note { flow, state, what });
    }
}
