//! A flow as cards and arrows: what every drawing shows, without a notation.

use std::fmt;

use duka_dsl::Span;
use duka_engine::hir::{
    DestKind, EventName, Flow, Reaction, Shop as Program, State, StateId, Step, StepKind, TextId, Trigger,
};
use duka_engine::source::ShopSource;
use schemars::JsonSchema;
use serde::Serialize;

/// What one drawing shows.
#[derive(Debug)]
pub struct Graph {
    pub title: String,
    pub groups: Vec<String>,
    pub cards: Vec<Card>,
    /// The card where conversations begin.
    pub start: usize,
}

/// A state, or the lines that hold for a whole group or everywhere.
#[derive(Debug)]
pub struct Card {
    pub name: String,
    pub kind: CardKind,
    /// Into [`Graph::groups`].
    pub group: Option<usize>,
    /// What the customer is asked or told here, first line only.
    pub words: String,
    pub rows: Vec<Row>,
    /// Where it is written.
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardKind {
    /// Waits for the customer.
    Waiting,
    /// Goes on by itself.
    Passing,
    /// Holds in every state of the group.
    Group,
    /// Holds in every state.
    Anywhere,
    /// Runs beside every order.
    Follow,
}

/// One way out of a card.
#[derive(Debug)]
pub struct Row {
    pub label: Label,
    pub kind: RowKind,
    pub to: To,
}

/// Why a way is taken. Its `Display` is the English of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub what: What,
    /// The condition, as it is written.
    pub guard: Option<String>,
}

/// What takes a conversation along a way; names and words are the flow's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", content = "about", rename_all = "snake_case")]
pub enum What {
    /// A button or a row with these words.
    Words(String),
    Picks(String),
    Answers(String),
    Fills(String),
    /// One of these words is written.
    Says(String),
    /// This event.
    On(String),
    /// So many milliseconds in the state.
    After(i64),
    /// So many milliseconds without a word.
    Quiet(i64),
    Else,
    /// The same, so many times.
    ElseTimes(u32),
    Failed,
    Lost,
    /// By itself.
    Then,
    /// This operation fails.
    Fails(String),
    /// This template is not sent.
    NotSent(String),
}

impl fmt::Display for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.what, &self.guard) {
            (What::Then, Some(guard)) => write!(out, "if {guard}"),
            (what, Some(guard)) => write!(out, "{what}, if {guard}"),
            (what, None) => write!(out, "{what}"),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Words(words) => write!(out, "{words}"),
            What::Picks(name) => write!(out, "picks a {name}"),
            What::Answers(name) => write!(out, "answers: {name}"),
            What::Fills(name) => write!(out, "fills {name}"),
            What::Says(name) => write!(out, "says “{name}”"),
            What::On(event) => write!(out, "on {event}"),
            What::After(ms) => write!(out, "after {}", time(*ms)),
            What::Quiet(ms) => write!(out, "quiet {}", time(*ms)),
            What::Else => write!(out, "anything else"),
            What::ElseTimes(times) => write!(out, "anything else, {times} times"),
            What::Failed => write!(out, "something fails"),
            What::Lost => write!(out, "lost"),
            What::Then => write!(out, "then"),
            What::Fails(operation) => write!(out, "{operation} fails"),
            What::NotSent(template) => write!(out, "{template} not sent"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// The customer taps or types.
    Customer,
    /// Time passes, or an event arrives.
    Event,
    /// The shop decides by itself.
    Shop,
    /// Something went wrong.
    Failure,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    Card(usize),
    /// Another flow and back.
    Visit(String),
    /// `end`, `again`, `back`, `return`, another flow for good.
    Place(String),
    Nowhere,
}

impl Graph {
    pub fn of(program: &Program, flow: &Flow, files: &ShopSource) -> Graph {
        let drawer = Drawer { program, flow, files };
        let mut cards: Vec<Card> = flow.states.iter().map(|state| drawer.state(state)).collect();
        for (index, group) in flow.groups.iter().enumerate() {
            if !group.reactions.is_empty() {
                cards.push(drawer.reactions(&group.name, CardKind::Group, Some(index), &group.reactions));
            }
        }
        if !flow.anywhere.is_empty() {
            cards.push(drawer.reactions("anywhere", CardKind::Anywhere, None, &flow.anywhere));
        }
        for follow in &flow.follows {
            let name = format!("follow {}", follow.name);
            cards.push(drawer.reactions(&name, CardKind::Follow, None, &follow.reactions));
        }
        Graph {
            title: flow.path.to_string(),
            groups: flow.groups.iter().map(|group| group.name.to_string()).collect(),
            cards,
            start: flow.start.index(),
        }
    }
}

struct Drawer<'a> {
    program: &'a Program,
    flow: &'a Flow,
    files: &'a ShopSource,
}

impl Drawer<'_> {
    fn state(&self, state: &State) -> Card {
        let mut rows = Vec::new();
        for step in &state.steps {
            self.step(step, None, &mut rows);
        }
        for reaction in &state.reactions {
            self.reaction(reaction, &mut rows);
        }
        let asked = state.steps.iter().find_map(|step| match &step.kind {
            StepKind::Ask { text, .. } => Some(*text),
            _ => None,
        });
        let said = state.steps.iter().find_map(|step| match &step.kind {
            StepKind::Say { text, .. } => Some(*text),
            _ => None,
        });
        Card {
            name: state.name.to_string(),
            kind: if state.is_waiting() { CardKind::Waiting } else { CardKind::Passing },
            group: state.group.map(|group| group.index()),
            words: asked.or(said).map(|text| self.words(text)).unwrap_or_default(),
            rows,
            span: state.span,
        }
    }

    fn reactions(&self, name: &str, kind: CardKind, group: Option<usize>, reactions: &[Reaction]) -> Card {
        let mut rows = Vec::new();
        for reaction in reactions {
            self.reaction(reaction, &mut rows);
        }
        let span = reactions.first().map(|reaction| reaction.span).unwrap_or(self.flow.span);
        Card { name: name.to_string(), kind, group, words: String::new(), rows, span }
    }

    /// The ways out of one line that the shop runs; `by` is what it stands under, when it stands under something.
    fn step(&self, step: &Step, by: Option<(&What, RowKind)>, rows: &mut Vec<Row>) {
        let mut add = |what: What, guard: Option<String>, kind: RowKind, to: To| {
            rows.push(Row { label: Label { what, guard }, kind, to });
        };
        match &step.kind {
            StepKind::Jump { guard, dest } => {
                let (what, kind) = by.map_or((What::Then, RowKind::Shop), |(what, kind)| (what.clone(), kind));
                add(what, guard.as_ref().map(|guard| self.source(guard.span)), kind, self.to(&dest.kind));
            }
            StepKind::Call(call) => {
                if let Some(dest) = &call.on_error {
                    let name = self.program.operations.get(call.operation.index()).map(|found| found.path());
                    add(What::Fails(name.unwrap_or_default()), None, RowKind::Failure, self.to(&dest.kind));
                }
            }
            StepKind::Send { template, on_error: Some(dest) } => {
                let name = self.flow.templates.get(template.index()).map_or("", |template| template.name.as_str());
                add(What::NotSent(name.to_string()), None, RowKind::Failure, self.to(&dest.kind));
            }
            StepKind::Send { on_error: None, .. }
            | StepKind::Say { .. }
            | StepKind::Ask { .. }
            | StepKind::Media { .. }
            | StepKind::List { .. }
            | StepKind::Footer { .. }
            | StepKind::Show(_)
            | StepKind::Alert { .. }
            | StepKind::Link { .. }
            | StepKind::Consent { .. }
            | StepKind::Set { .. } => {}
        }
    }

    fn reaction(&self, reaction: &Reaction, rows: &mut Vec<Row>) {
        let (what, kind) = self.trigger(&reaction.trigger);
        let before = rows.len();
        for action in &reaction.actions {
            self.step(action, Some((&what, kind)), rows);
        }
        if rows.len() == before {
            rows.push(Row { label: Label { what, guard: None }, kind, to: To::Nowhere });
        }
    }

    fn trigger(&self, trigger: &Trigger) -> (What, RowKind) {
        let what = match trigger {
            Trigger::Button { title, .. } | Trigger::Row { title, .. } => What::Words(self.words(*title)),
            Trigger::Pick { name, .. } => What::Picks(name.to_string()),
            Trigger::Answer { name, .. } => What::Answers(name.to_string()),
            Trigger::Fill { form, .. } => {
                let name = self.flow.forms.get(form.index()).map_or("", |form| form.name.as_str());
                What::Fills(name.to_string())
            }
            Trigger::Hears { words } => {
                let name = self.flow.words.get(words.index()).map_or("", |words| words.name.as_str());
                What::Says(name.to_string())
            }
            Trigger::On { event: name } => What::On(event_name(name)),
            Trigger::After { time } => What::After(time.ms(self.flow)),
            Trigger::Quiet { time } => What::Quiet(time.ms(self.flow)),
            Trigger::Else { times: None, .. } => What::Else,
            Trigger::Else { times: Some(times), .. } => What::ElseTimes(*times),
            Trigger::Failed => What::Failed,
            Trigger::Lost => What::Lost,
        };
        let kind = match trigger {
            Trigger::On { .. } | Trigger::After { .. } | Trigger::Quiet { .. } => RowKind::Event,
            Trigger::Failed | Trigger::Lost => RowKind::Failure,
            Trigger::Button { .. }
            | Trigger::Row { .. }
            | Trigger::Pick { .. }
            | Trigger::Answer { .. }
            | Trigger::Fill { .. }
            | Trigger::Hears { .. }
            | Trigger::Else { .. } => RowKind::Customer,
        };
        (what, kind)
    }

    fn to(&self, dest: &DestKind) -> To {
        let flow = |id: &duka_engine::hir::FlowId| {
            self.program.flows.get(id.index()).map(|flow| flow.path.to_string()).unwrap_or_default()
        };
        match dest {
            DestKind::State(StateId(index)) => To::Card(usize::from(*index)),
            DestKind::Flow(id) => To::Place(flow(id)),
            DestKind::End => To::Place("end".to_string()),
            DestKind::Again => To::Place("again".to_string()),
            DestKind::Back => To::Place("back".to_string()),
            DestKind::Return => To::Place("return".to_string()),
            DestKind::Visit { flow: id, .. } => To::Visit(flow(id)),
            DestKind::Broken => To::Nowhere,
        }
    }

    /// The first line of a text, as its author wrote it.
    fn words(&self, text: TextId) -> String {
        let entry = self.flow.texts.get(text.index());
        let span = entry.and_then(|entry| entry.languages.first()?.as_ref()?.span.or(Some(entry.span)));
        let source = span.map(|span| self.source(span)).unwrap_or_default();
        let line = source.lines().map(|line| line.trim().trim_start_matches('|').trim()).find(|line| !line.is_empty());
        line.unwrap_or("").trim_matches('"').to_string()
    }

    fn source(&self, span: Span) -> String {
        let file = self.files.files.get(usize::from(span.file.0));
        file.and_then(|file| file.text.get(span.range())).unwrap_or("").to_string()
    }
}

fn time(ms: i64) -> String {
    let units =
        [("week", 604_800_000), ("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000)];
    let found = units.into_iter().find(|(_, length)| ms >= *length && ms % length == 0);
    let (unit, length) = found.unwrap_or(("second", 1_000));
    let amount = ms / length;
    format!("{amount} {unit}{}", if amount == 1 { "" } else { "s" })
}

fn event_name(event: &EventName) -> String {
    match event {
        EventName::CartSent => "cart.sent".to_string(),
        EventName::ProductAsked => "product.asked".to_string(),
        EventName::Payment(status) => format!("payment.{status}"),
        EventName::Order(status) => format!("order.{status}"),
        EventName::WindowClosing => "window.closing".to_string(),
        EventName::HandoffClosed => "handoff.closed".to_string(),
        EventName::MessageFailed => "message.failed".to_string(),
    }
}
