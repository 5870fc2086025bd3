//! Why something was sent: each turn of a conversation with the states it went through, and each message with the line
//! of the flow that it came from, in the revision that ran.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use duka_dsl::Span;
use duka_dsl::span::LineIndex;
use duka_engine::event::{Event, EventKind, Inbound};
use duka_engine::hir::{FlowId, StateId};
use duka_engine::outbound::Outbound;
use duka_engine::trace::{Note, Trace, TraceEntry};
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
    /// What the engine did of its own accord.
    pub notes: Vec<&'static str>,
    pub messages: Vec<Sent>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Sent {
    pub id: String,
    /// The name of its words: `welcome.ask`; of a template its own.
    pub key: String,
    pub template: bool,
    /// Where those words stand: `boutique.duka:12`.
    pub line: Option<String>,
    /// `flow.state` that said it.
    pub state: Option<String>,
    /// `Accepted`, `Failed`, …
    pub sending: String,
    /// `Delivered`, `Read`, …
    pub delivery: String,
    pub category: String,
    pub pricing: String,
    /// The provider's code of a failure; 0: none.
    pub error: i32,
}

/// The turns from that one on, oldest first.
pub(super) async fn turns(
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
    for record in records {
        if let Entry::Vacant(place) = programs.entry(record.revision) {
            place.insert(kept(store, shop, record.revision).await?);
        }
        let program = programs.get(&record.revision).and_then(Option::as_ref);
        turns.push(turn(&record, program, sends.iter().filter(|row| row.send.turn == record.turn)));
    }
    Ok(turns)
}

fn turn<'a>(record: &TurnRecord, program: Option<&Kept>, sends: impl Iterator<Item = &'a SendRow>) -> Turn {
    let event: Option<Event> = postcard::from_bytes(&record.event).ok();
    let trace: Trace = postcard::from_bytes(&record.trace).unwrap_or_default();
    let mut turn = Turn {
        turn: record.turn,
        at_ms: record.at_ms,
        revision: hex::encode(record.revision),
        event: event.as_ref().map_or("", |event| named(&event.kind)),
        states: Vec::new(),
        notes: Vec::new(),
        messages: Vec::new(),
    };
    let mut visited: Vec<(FlowId, StateId)> = Vec::new();
    for entry in &trace.entries {
        match entry {
            TraceEntry::Entered { flow, state } => turn.states.extend(state_name(program, *flow, *state)),
            TraceEntry::Note { what, .. } => turn.notes.push(note(*what)),
            TraceEntry::Reaction { .. }
            | TraceEntry::Line { .. }
            | TraceEntry::Guard { .. }
            | TraceEntry::Jump { .. }
            | TraceEntry::Error { .. } => {}
        }
        visited.push(place(entry));
    }
    turn.messages = sends.map(|row| sent(row, program, &visited)).collect();
    turn
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

fn sent(row: &SendRow, program: Option<&Kept>, visited: &[(FlowId, StateId)]) -> Sent {
    let outbound: Option<Outbound> = postcard::from_bytes(&row.send.body).ok();
    let (key, template) = match &outbound {
        Some(Outbound::Message(message)) => (message.key.to_string(), false),
        Some(Outbound::Template(template)) => (template.name.to_string(), true),
        None => (String::new(), false),
    };
    // Words have a name within their flow; of the flows that the turn went through, the last that knows it.
    let found = visited.iter().rev().find_map(|(flow, state)| {
        let flow_of = program?.program.shop.flows.get(flow.index())?;
        let text = flow_of.texts.iter().find(|text| text.key == key).map(|text| text.span);
        let of_template = || flow_of.templates.iter().find(|known| known.name == key).map(|known| known.span);
        Some((text.filter(|_| !template).or_else(of_template)?, *flow, *state))
    });
    Sent {
        id: hex::encode(row.send.id.0),
        line: found.and_then(|(span, ..)| line(program?, span)),
        state: found.and_then(|(_, flow, state)| state_name(program, flow, state)),
        key,
        template,
        sending: format!("{:?}", row.facts.state),
        delivery: format!("{:?}", row.facts.told.delivery),
        category: row.facts.told.category.to_string(),
        pricing: row.facts.told.pricing.to_string(),
        error: if row.facts.told.error == 0 { row.facts.error } else { row.facts.told.error },
    }
}

/// `boutique.duka:12`
fn line(kept: &Kept, span: Span) -> Option<String> {
    let file = kept.source.files.get(usize::from(span.file.0))?;
    let (line, _) = LineIndex::new(&file.text).line_column(&file.text, span.start as usize);
    Some(format!("{}:{line}", file.path))
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
