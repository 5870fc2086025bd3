//! A conversation without a server: the real step function, a virtual clock and the demo backend. Tests, exploration and
//! the terminal chat all run here; nothing of a channel's wire or a database does.

pub mod coverage;
pub mod deliveries;
pub mod demo;
pub mod explore;
pub mod recorded;
pub mod test;
pub mod transcript;
mod world;

use std::sync::Arc;

use serde_json::Value as Json;
use smol_str::SmolStr;

use crate::effect::{CallRequest, Effect, EffectId, EffectKind};
use crate::event::{Event, EventKind, Inbound, Outcome, ReplyId};
use crate::hir::FlowId;
use crate::outbound::Outbound;
use crate::program::Program;
use crate::session::Session;
use crate::step::{Limits, Step, step};
use crate::trace::Trace;

pub use world::{Stub, StubKind, World};

/// 2026-11-21T09:00:00Z, a Saturday noon in Nairobi: when a simulation begins unless it says otherwise.
pub const DEFAULT_NOW_MS: i64 = 1_795_251_600_000;

/// Results and timers that may follow one input before the simulation calls it a loop.
const MOST_EVENTS_PER_INPUT: usize = 10_000;

/// One running conversation.
#[derive(Clone)]
pub struct Simulator {
    pub program: Arc<Program>,
    pub session: Session,
    pub now_ms: i64,
    pub world: World,
    /// Everything that happened, oldest first.
    pub log: Vec<LogEntry>,
    /// The trace of every step, oldest first.
    pub traces: Vec<Trace>,
    /// The effect that put the last message into the thread.
    pub(crate) last_sent: EffectId,
    limits: Limits,
    /// Answers of slow calls, by due time.
    pending: Vec<(i64, Event)>,
    /// Inputs from outside so far, with what was there before each.
    history: Vec<Checkpoint>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    pub at_ms: i64,
    pub kind: LogKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum LogKind {
    /// A customer's message, a wait, or an event, as a line of a conversation test.
    Input(String),
    Sent(Outbound),
    Called(CallRequest, bool),
    Other(EffectKind),
}

#[derive(Clone)]
struct Checkpoint {
    session: Session,
    now_ms: i64,
    world: World,
    log: usize,
    traces: usize,
    pending: Vec<(i64, Event)>,
    input: Input,
}

/// What can be put into a conversation from outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Customer(Inbound),
    /// A payment or order event; made by [`World::payment_event`] and its like when it is delivered.
    World(EventKind),
    Wait(i64),
}

impl Simulator {
    /// A fresh chat with a shop. `fixture` is the backend's content, as [`demo::Demo::new`] reads it.
    pub fn new(program: Arc<Program>, fixture: &Json) -> Simulator {
        let world = World::new(&program, fixture);
        let mut simulator = Simulator {
            session: Session::default(),
            now_ms: DEFAULT_NOW_MS,
            world,
            log: Vec::new(),
            traces: Vec::new(),
            last_sent: EffectId { turn: 0, index: 0 },
            limits: Limits::default(),
            pending: Vec::new(),
            history: Vec::new(),
            program,
        };
        simulator.session.channel = "whatsapp".into();
        simulator.session.customer_key = "customer-1".into();
        simulator.world.prepare(&simulator.program, &mut simulator.session, simulator.now_ms);
        simulator
    }

    /// Begins at a state of the main flow, with the fixture's values, as if the customer had just written.
    /// `false` when there is no such state.
    pub fn start_at(&mut self, state: &str) -> bool {
        let Some(flow) = self.program.shop.flows.first() else { return false };
        let Some(state) = flow.states.iter().position(|known| known.name == state) else { return false };
        let Ok(state) = u16::try_from(state) else { return false };
        self.world.demo.take_saved_bag();
        let program = Arc::clone(&self.program);
        self.world.refresh(&program, &mut self.session, self.now_ms);
        let values = self.world.starting_values(&self.program, FlowId(0));
        self.session.last_inbound_ms = self.now_ms;
        let session = std::mem::take(&mut self.session);
        let began =
            crate::step::begin_at(&self.program, session, FlowId(0), crate::hir::StateId(state), values, self.now_ms);
        self.absorb(began);
        true
    }

    /// The line of a conversation test that stands for an input, into the log; then the input itself.
    pub fn put(&mut self, line: &str, input: Input) {
        self.history.push(Checkpoint {
            session: self.session.clone(),
            now_ms: self.now_ms,
            world: self.world.clone(),
            log: self.log.len(),
            traces: self.traces.len(),
            pending: self.pending.clone(),
            input: input.clone(),
        });
        self.log.push(LogEntry { at_ms: self.now_ms, kind: LogKind::Input(line.to_string()) });
        self.apply(input);
    }

    fn apply(&mut self, input: Input) {
        match input {
            Input::Customer(inbound) => {
                // A message takes a second, so that two of them never share a time.
                self.now_ms += 1_000;
                self.deliver(Event { at_ms: self.now_ms, kind: EventKind::Inbound(inbound) });
            }
            Input::World(kind) => self.deliver(Event { at_ms: self.now_ms, kind }),
            Input::Wait(ms) => self.wait(ms),
        }
    }

    /// Delivers the last input from outside again. A customer's message carries the vendor's id, by which ingress drops
    /// the second copy; a payment or order event reaches the engine twice.
    pub fn redeliver(&mut self) {
        self.log.push(LogEntry { at_ms: self.now_ms, kind: LogKind::Input("redeliver".to_string()) });
        match self.history.last().map(|checkpoint| checkpoint.input.clone()) {
            Some(Input::World(kind)) => self.deliver(Event { at_ms: self.now_ms, kind }),
            Some(Input::Customer(_) | Input::Wait(_)) | None => {}
        }
    }

    /// Goes back before the last two inputs and delivers them in the other order. `false` when there are not two.
    pub fn swap(&mut self) -> bool {
        let (Some(second), Some(first)) = (self.history.pop(), self.history.pop()) else { return false };
        self.restore(&first);
        self.put("swap", second.input);
        self.put("swap", first.input);
        true
    }

    /// Goes back before the last input. `false` when there is none.
    pub fn undo(&mut self) -> bool {
        let Some(checkpoint) = self.history.pop() else { return false };
        self.restore(&checkpoint);
        true
    }

    fn restore(&mut self, checkpoint: &Checkpoint) {
        self.session = checkpoint.session.clone();
        self.now_ms = checkpoint.now_ms;
        self.world = checkpoint.world.clone();
        self.log.truncate(checkpoint.log);
        self.traces.truncate(checkpoint.traces);
        self.pending = checkpoint.pending.clone();
    }

    /// Moves the clock on; timers and slow answers in between happen in order.
    fn wait(&mut self, ms: i64) {
        let until = self.now_ms.saturating_add(ms);
        for _ in 0..MOST_EVENTS_PER_INPUT {
            let answer =
                self.pending.iter().enumerate().min_by_key(|(_, (due, _))| *due).map(|(at, (due, _))| (at, *due));
            let wake = self.session.wake_at_ms.filter(|due| *due <= until);
            match (answer.filter(|(_, due)| *due <= until), wake) {
                (Some((at, due)), wake) if wake.is_none_or(|wake| due <= wake) => {
                    let (_, mut event) = self.pending.remove(at);
                    self.now_ms = self.now_ms.max(due);
                    event.at_ms = self.now_ms;
                    self.deliver(event);
                }
                (_, Some(wake)) => {
                    self.now_ms = self.now_ms.max(wake);
                    self.session.wake_at_ms = None;
                    self.deliver(Event { at_ms: self.now_ms, kind: EventKind::Wake });
                }
                (_, None) => break,
            }
        }
        self.now_ms = until;
    }

    /// One event through the engine, with every answer of the backend that comes at once.
    fn deliver(&mut self, event: Event) {
        let mut queue = std::collections::VecDeque::from([event]);
        for _ in 0..MOST_EVENTS_PER_INPUT {
            let Some(event) = queue.pop_front() else { break };
            self.world.refresh(&self.program, &mut self.session, event.at_ms);
            let session = std::mem::take(&mut self.session);
            let done = step(&self.program, session, &event, &self.limits);
            let effects = self.keep(done);
            self.perform(effects, &mut queue);
        }
    }

    /// Takes in a step that was made elsewhere, and lets the backend answer it.
    fn absorb(&mut self, done: Step) {
        let effects = self.keep(done);
        let mut queue = std::collections::VecDeque::new();
        self.perform(effects, &mut queue);
        while let Some(event) = queue.pop_front() {
            self.deliver(event);
        }
    }

    fn keep(&mut self, done: Step) -> Vec<Effect> {
        self.session = done.session;
        self.traces.push(done.trace);
        done.effects
    }

    fn perform(&mut self, effects: Vec<Effect>, queue: &mut std::collections::VecDeque<Event>) {
        let at_ms = self.now_ms;
        for effect in effects {
            let kind = match effect.kind {
                EffectKind::Send(outbound) => {
                    self.last_sent = effect.id;
                    LogKind::Sent(outbound)
                }
                EffectKind::Query(request) | EffectKind::Command(request) => {
                    let command = self.world.is_command(&self.program, &request);
                    let (delay_ms, outcome) = self.world.call(&self.program, &request, at_ms);
                    let outcome = if delay_ms >= request.within_ms { Outcome::TimedOut } else { outcome };
                    let due = at_ms + delay_ms.min(request.within_ms);
                    let event = Event { at_ms: due, kind: EventKind::Result { call: effect.id, outcome } };
                    if delay_ms == 0 {
                        queue.push_back(event)
                    } else {
                        self.pending.push((due, event))
                    }
                    LogKind::Called(request, command)
                }
                EffectKind::Timer { wake_at_ms } => {
                    self.session.wake_at_ms = wake_at_ms;
                    continue;
                }
                other @ (EffectKind::Consent { .. }
                | EffectKind::Handoff { .. }
                | EffectKind::Alert { .. }
                | EffectKind::Record { .. }) => LogKind::Other(other),
            };
            self.log.push(LogEntry { at_ms, kind });
        }
    }

    /// What was sent since the last line that put something in.
    pub fn said(&self) -> Vec<&Outbound> {
        let since = self.log.iter().rposition(|entry| matches!(entry.kind, LogKind::Input(_))).map_or(0, |at| at + 1);
        let entries = self.log.get(since..).unwrap_or(&[]);
        entries
            .iter()
            .filter_map(|entry| if let LogKind::Sent(sent) = &entry.kind { Some(sent) } else { None })
            .collect()
    }

    /// The choices that can be tapped now: those of the last message that offered any, newest life only.
    pub fn choices(&self) -> Vec<(ReplyId, String)> {
        let sent = self.log.iter().rev().filter_map(|entry| match &entry.kind {
            LogKind::Sent(sent) => Some(choices_of(sent)),
            LogKind::Input(_) | LogKind::Called(..) | LogKind::Other(_) => None,
        });
        sent.into_iter().find(|choices| !choices.is_empty()).unwrap_or_default()
    }

    /// The name of the state the conversation is in, `flow.state` inside a sub-flow, `end` when it has ended.
    pub fn state_name(&self) -> String {
        let Some(frame) = self.session.frames.last() else { return "end".to_string() };
        let Some(flow) = self.program.shop.flows.get(frame.flow.index()) else { return "end".to_string() };
        let state = flow.states.get(frame.state.index()).map_or("end", |state| state.name.as_str());
        if frame.flow.index() == 0 { state.to_string() } else { format!("{}.{state}", flow.path) }
    }

    /// What a tap on the choice or template button of this name, or on the item of this key, sends: the newest one that
    /// was offered, however old it is. `None` when nothing of that name was.
    pub fn tap(&self, choice: &str, item: Option<&str>) -> Option<Inbound> {
        let fits = |id: &ReplyId| match item {
            Some(key) => id.item.as_deref() == Some(key),
            None => id.choice == choice && id.item.is_none(),
        };
        self.log.iter().rev().find_map(|entry| match &entry.kind {
            LogKind::Sent(Outbound::Template(template)) => {
                let offered = item.is_none() && template.buttons.iter().any(|button| button.name == choice);
                let button = SmolStr::new(choice);
                offered.then(|| Inbound::TemplateTap { template: template.name.clone(), button })
            }
            LogKind::Sent(sent) => choices_of(sent).into_iter().map(|(id, _)| id).find(&fits).map(Inbound::Tap),
            LogKind::Input(_) | LogKind::Called(..) | LogKind::Other(_) => None,
        })
    }
}

/// The tappable choices of a message, with their titles.
pub fn choices_of(sent: &Outbound) -> Vec<(ReplyId, String)> {
    let message = match sent {
        Outbound::Message(message) => message,
        Outbound::Template(_) => return Vec::new(),
    };
    message.choices.offered().into_iter().map(|choice| (choice.id.clone(), choice.title.clone())).collect()
}
