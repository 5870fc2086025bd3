//! Why something was sent: each turn of a conversation with the states it went through, and each message with the line
//! of the flow that it came from, in the revision that ran.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use duka_dsl::Span;
use duka_dsl::span::LineIndex;
use duka_engine::event::{Event, EventKind, Inbound, Outcome};
use duka_engine::hir::{Ambient, Expr, ExprKind, Flow, FlowId, State, StateId, StepKind, Trigger};
use duka_engine::outbound::Outbound;
use duka_engine::session::{Cursor, LineList};
use duka_engine::trace::{Note, Trace, TraceEntry};
use duka_engine::walk;
use schemars::JsonSchema;
use serde::Serialize;

use crate::id::{ConversationId, ShopScope};
use crate::shops::{Kept, kept};
use crate::store::{self, SendRow, Store, TurnRecord};

#[derive(Debug, Serialize, JsonSchema)]
pub struct Turn {
    pub turn: u64,
    pub at_ms: i64,
    pub revision: String,
    /// What happened, in a word or two: `text`, `tap`, `result`, `wake`.
    pub event: &'static str,
    /// `flow.state`, in the order in which they were entered.
    pub states: Vec<String>,
    /// Conditions that were asked, by the state whose lines ran, and whether each held.
    pub guards: Vec<Guard>,
    /// What the engine did of its own accord.
    pub notes: Vec<&'static str>,
    pub messages: Vec<Sent>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Guard {
    /// `flow.state`
    pub state: String,
    pub line: Option<String>,
    /// What stands in that line, in the revision that ran.
    pub text: Option<String>,
    pub holds: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Sent {
    pub id: String,
    /// The name of its words: `welcome.ask`; of a template its own.
    pub key: String,
    pub template: bool,
    /// Where those words stand: `boutique.duka:12`.
    pub line: Option<String>,
    /// `flow.state` that said it. `null`: a `follow` did, beside the conversation, or it is not known any more.
    pub state: Option<String>,
    pub follow: Option<Followed>,
    /// `Accepted`, `Failed`, …
    pub sending: String,
    /// `Delivered`, `Read`, …
    pub delivery: String,
    pub category: String,
    pub pricing: String,
    /// When it was wanted, ms since the customer's last message: beyond 24 hours the service window is closed. `null`: the
    /// customer has not written in the turns that were looked at.
    pub silence_ms: Option<i64>,
    /// How old what it tells of the shop's systems was when it was wanted, in ms: since their last answer. `null`: it tells
    /// nothing of theirs, or they have not answered in the turns that were looked at.
    pub data_age_ms: Option<i64>,
    /// The provider's code of a failure; 0: none.
    pub error: i32,
    /// The vendor's id of it; empty: it was not taken yet.
    pub provider_id: String,
}

/// The lines beside the conversation that sent something.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Followed {
    /// `boutique`
    pub flow: String,
    /// `follow order`
    pub name: String,
    /// The news that they answer, as it is written: `on order.shipped`.
    pub on: Option<String>,
    /// The line that sent it: `boutique.duka:362`.
    pub line: Option<String>,
}

/// The turns from that one on, oldest first.
pub(crate) async fn turns(
    store: &Store,
    shop: ShopScope,
    id: ConversationId,
    from: u64,
    limit: u32,
) -> Result<Vec<Turn>, store::Error> {
    let (records, sends) = {
        let mut tx = store.read(shop).await?;
        (tx.turns_of(shop, id, from, limit).await?, tx.sends_of(shop, id, from, limit.saturating_mul(16)).await?)
    };
    let mut programs: BTreeMap<[u8; 16], Option<Kept>> = BTreeMap::new();
    let mut turns = Vec::with_capacity(records.len());
    let (mut heard_ms, mut answered_ms) = (None, None);
    for record in records {
        if let Entry::Vacant(place) = programs.entry(record.revision) {
            place.insert(kept(store, shop, record.revision).await?);
        }
        let program = programs.get(&record.revision).and_then(Option::as_ref);
        let event: Option<Event> = postcard::from_bytes(&record.event).ok();
        if event.as_ref().is_some_and(|event| matches!(event.kind, EventKind::Inbound(_))) {
            heard_ms = Some(record.at_ms);
        }
        if event.as_ref().is_some_and(is_answer) {
            answered_ms = Some(record.at_ms);
        }
        let since = |then_ms: Option<i64>| then_ms.map(|then_ms| record.at_ms - then_ms);
        let (silence_ms, data_age_ms) = (since(heard_ms), since(answered_ms));
        let own = sends.iter().filter(|row| row.send.turn == record.turn);
        turns.push(Explaining { record: &record, program, event, silence_ms, data_age_ms }.turn(own));
    }
    Ok(turns)
}

/// Whether the shop's systems have said something.
fn is_answer(event: &Event) -> bool {
    matches!(event.kind, EventKind::Result { outcome: Outcome::Given(_), .. })
}

struct Explaining<'a> {
    record: &'a TurnRecord,
    program: Option<&'a Kept>,
    event: Option<Event>,
    silence_ms: Option<i64>,
    data_age_ms: Option<i64>,
}

impl Explaining<'_> {
    fn turn<'a>(&self, sends: impl Iterator<Item = &'a SendRow>) -> Turn {
        let Explaining { record, program, event, silence_ms, data_age_ms } = self;
        let trace: Trace = postcard::from_bytes(&record.trace).unwrap_or_default();
        let mut turn = Turn {
            turn: record.turn,
            at_ms: record.at_ms,
            revision: hex::encode(record.revision),
            event: event.as_ref().map_or("", |event| named(&event.kind)),
            states: Vec::new(),
            guards: Vec::new(),
            notes: Vec::new(),
            messages: Vec::new(),
        };
        for entry in &trace.entries {
            match entry {
                TraceEntry::Entered { flow, state } => turn.states.extend(state_name(*program, *flow, *state)),
                TraceEntry::Note { what, .. } => turn.notes.push(note(*what)),
                TraceEntry::Guard { flow, state, at, holds } => {
                    let span = program.and_then(|kept| Some((kept, guard_span(kept, *flow, *state, *at)?)));
                    turn.guards.push(Guard {
                        state: state_name(*program, *flow, *state).unwrap_or_default(),
                        line: span.and_then(|(kept, span)| line(kept, span)),
                        text: span.and_then(|(kept, span)| text(kept, span)),
                        holds: *holds,
                    });
                }
                TraceEntry::Reaction { .. }
                | TraceEntry::Line { .. }
                | TraceEntry::Jump { .. }
                | TraceEntry::Error { .. } => {}
            }
        }
        let told = |row| Sent { silence_ms: *silence_ms, ..sent(row, *program, &trace, *data_age_ms) };
        turn.messages = sends.map(told).collect();
        turn
    }
}

fn guard_span(kept: &Kept, flow: FlowId, state: StateId, at: Cursor) -> Option<Span> {
    walk::guard_span(kept.program.shop.flows.get(flow.index())?, state, at)
}

fn place(entry: &TraceEntry) -> (FlowId, StateId) {
    match entry {
        TraceEntry::Entered { flow, state }
        | TraceEntry::Reaction { flow, state, .. }
        | TraceEntry::Line { flow, state, .. }
        | TraceEntry::Guard { flow, state, .. }
        | TraceEntry::Jump { flow, state, .. }
        | TraceEntry::Error { flow, state, .. }
        | TraceEntry::Note { flow, state, .. } => (*flow, *state),
    }
}

fn state_name(program: Option<&Kept>, flow: FlowId, state: StateId) -> Option<String> {
    let flow = program?.program.shop.flows.get(flow.index())?;
    Some(format!("{}.{}", flow.path, flow.states.get(state.index())?.name))
}

fn sent(row: &SendRow, program: Option<&Kept>, trace: &Trace, answered_ms: Option<i64>) -> Sent {
    let outbound: Option<Outbound> = postcard::from_bytes(&row.send.body).ok();
    let (key, template) = match &outbound {
        Some(Outbound::Message(message)) => (message.key.to_string(), false),
        Some(Outbound::Template(template)) => (template.name.to_string(), true),
        None => (String::new(), false),
    };
    let said = program.and_then(|kept| if template { sender(kept, trace, &key) } else { speaker(kept, trace, &key) });
    let tells = said.as_ref().is_some_and(|said| tells(said, &key));
    Sent {
        id: hex::encode(row.send.id.0),
        data_age_ms: answered_ms.filter(|_| tells),
        line: said.as_ref().and_then(|said| line(program?, said.words)),
        state: said.as_ref().and_then(|said| Some(format!("{}.{}", said.flow.path, said.state?.name))),
        follow: said.as_ref().and_then(|said| followed(program?, said.flow, said.follower?)),
        key,
        template,
        sending: format!("{:?}", row.facts.state),
        delivery: format!("{:?}", row.facts.told.delivery),
        category: row.facts.told.category.to_string(),
        pricing: row.facts.told.pricing.to_string(),
        silence_ms: None,
        provider_id: row.facts.provider_id.to_string(),
        error: if row.facts.told.error == 0 { row.facts.error } else { row.facts.told.error },
    }
}

/// Where the words of a message stand, and what said them.
struct Said<'a> {
    flow: &'a Flow,
    words: Span,
    state: Option<&'a State>,
    /// The line of a `follow` that did, instead of a state.
    follower: Option<Cursor>,
}

/// Words have a name within their flow; of the flows that the turn went through, the last that knows it. The state is the
/// one whose own words they are; words of `anywhere` are said by the state that the turn ended in.
fn speaker<'a>(kept: &'a Kept, trace: &Trace, key: &str) -> Option<Said<'a>> {
    let visited: Vec<(FlowId, StateId)> = trace.entries.iter().map(place).collect();
    let flow_of = |flow: FlowId| kept.program.shop.flows.get(flow.index());
    let (words, flow, last) = visited.iter().rev().find_map(|(flow, state)| {
        let text = flow_of(*flow)?.texts.iter().find(|text| text.key == key)?;
        Some((text.span, *flow, *state))
    })?;
    let known = flow_of(flow)?;
    let states = visited.iter().filter(|(other, _)| *other == flow).filter_map(|(_, it)| known.states.get(it.index()));
    let own = states.clone().find(|state| state.span.start <= words.start && words.end <= state.span.end);
    Some(Said { flow: known, words, state: own.or(known.states.get(last.index())), follower: None })
}

/// A template goes by its line alone.
fn sender<'a>(kept: &'a Kept, trace: &Trace, name: &str) -> Option<Said<'a>> {
    trace.entries.iter().find_map(|entry| {
        let TraceEntry::Line { flow, state, at } = *entry else { return None };
        let flow = kept.program.shop.flows.get(flow.index())?;
        let StepKind::Send { template, .. } = walk::line_at(flow, state, at)?.kind else { return None };
        let template = flow.templates.get(template.index()).filter(|template| template.name == name)?;
        let is_follower = matches!(at.list, LineList::Follow { .. });
        let state = flow.states.get(state.index()).filter(|_| !is_follower);
        Some(Said { flow, words: template.span, state, follower: is_follower.then_some(at) })
    })
}

fn followed(kept: &Kept, flow: &Flow, at: Cursor) -> Option<Followed> {
    let LineList::Follow { follow, .. } = at.list else { return None };
    let of = flow.follows.get(usize::from(follow))?;
    let reaction = walk::reaction_of(flow, || None, at.list)?;
    Some(Followed {
        flow: flow.path.to_string(),
        name: format!("follow {}", of.name),
        on: text(kept, reaction.span),
        line: walk::line_span(flow, StateId::default(), at).and_then(|span| line(kept, span)),
    })
}

/// `boutique.duka:12`
fn line(kept: &Kept, span: Span) -> Option<String> {
    let file = kept.source.files.get(usize::from(span.file.0))?;
    let (line, _) = LineIndex::new(&file.text).line_column(&file.text, span.start as usize);
    Some(format!("{}:{line}", file.path))
}

/// What is written there.
fn text(kept: &Kept, span: Span) -> Option<String> {
    let file = kept.source.files.get(usize::from(span.file.0))?;
    let (line, _) = LineIndex::new(&file.text).line_column(&file.text, span.start as usize);
    Some(file.text.lines().nth(line.checked_sub(1)?)?.trim().to_string())
}

fn named(event: &EventKind) -> &'static str {
    match event {
        EventKind::Inbound(inbound) => match inbound {
            Inbound::Text(_) => "text",
            Inbound::Tap(_) => "tap",
            Inbound::TemplateTap { .. } => "template tap",
            Inbound::Media(_) => "media",
            Inbound::Location { .. } => "location",
            Inbound::Contact { .. } => "contact",
            Inbound::Form { .. } => "form",
            Inbound::Cart { .. } => "cart",
            Inbound::Product { .. } => "product",
            Inbound::Other { .. } => "other",
        },
        EventKind::Result { .. } => "result",
        EventKind::Wake => "wake",
        EventKind::Payment { .. } => "payment",
        EventKind::Order { .. } => "order",
        EventKind::HandoffClosed { .. } => "handoff closed",
        EventKind::HandoffOpened => "handoff opened",
        EventKind::MessageFailed { .. } => "message failed",
    }
}

fn note(note: Note) -> &'static str {
    match note {
        Note::StaleTap => "an old choice was tapped",
        Note::NotUnderstood => "nothing fitted what the customer sent",
        Note::OptOut => "the customer asked for no more marketing",
        Note::Outranked => "the news was older than what is known",
        Note::TooManySteps => "the flow went round without asking",
        Note::HandedOver => "a person has the conversation",
        Note::Expired => "the conversation had run out and began anew",
        Note::CardNumber => "a card number was written; it was not kept",
    }
}

/// Whether the words of that name, or the choices and cards beside them, tell what the shop's systems have said.
fn tells(Said { flow, state, .. }: &Said<'_>, key: &str) -> bool {
    let mut tells = false;
    let mut visit = |expr: &Expr| {
        tells |= match expr.kind {
            ExprKind::Slot(_) | ExprKind::Event(_) => true,
            ExprKind::Ambient(Ambient::Cart | Ambient::Customer | Ambient::Shop) => true,
            ExprKind::Ambient(Ambient::Now | Ambient::Language | Ambient::Channel)
            | ExprKind::Constant(_)
            | ExprKind::Customer(_)
            | ExprKind::Rule(_)
            | ExprKind::Experiment(_)
            | ExprKind::Consent(..)
            | ExprKind::Field(..)
            | ExprKind::Property(..)
            | ExprKind::Not(_)
            | ExprKind::Negate(_)
            | ExprKind::And(..)
            | ExprKind::Or(..)
            | ExprKind::Compare(..)
            | ExprKind::Arithmetic(..)
            | ExprKind::In(..)
            | ExprKind::Hook { .. }
            | ExprKind::Script { .. } => false,
        }
    };
    let of_template = format!("template.{key}.");
    for text in flow.texts.iter().filter(|text| text.key == key || text.key.starts_with(&of_template)) {
        text.languages.iter().flatten().for_each(|block| walk::in_block(block, &mut visit));
    }
    let Some(state) = state else { return tells };
    for reaction in state.reactions.iter().filter(|reaction| matches!(reaction.trigger, Trigger::Pick { .. })) {
        walk::in_trigger(flow, reaction, &mut visit);
    }
    for step in state.steps.iter().filter(|step| matches!(step.kind, StepKind::Show(_))) {
        walk::in_step(flow, step, &mut visit);
    }
    tells
}
