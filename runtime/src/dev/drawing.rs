//! A flow as cards and arrows: what every drawing shows, without a notation.

use duka_dsl::Span;
use duka_engine::hir::{
    DestKind, EventName, Flow, Reaction, Shop as Program, State, StateId, Step, StepKind, TextId, Time, Trigger,
};
use duka_engine::source::ShopSource;

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
    pub label: String,
    pub kind: RowKind,
    pub to: To,
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

    /// The ways out of one line that the shop runs; `label` is the reaction's, when it stands under one.
    fn step(&self, step: &Step, label: Option<(&str, RowKind)>, rows: &mut Vec<Row>) {
        match &step.kind {
            StepKind::Jump { guard, dest } => {
                let (label, kind) = match (label, guard) {
                    (Some((label, kind)), None) => (label.to_string(), kind),
                    (Some((label, kind)), Some(guard)) => (format!("{label}, if {}", self.source(guard.span)), kind),
                    (None, Some(guard)) => (format!("if {}", self.source(guard.span)), RowKind::Shop),
                    (None, None) => ("then".to_string(), RowKind::Shop),
                };
                rows.push(Row { label, kind, to: self.to(&dest.kind) });
            }
            StepKind::Call(call) => {
                if let Some(dest) = &call.on_error {
                    let name = self.program.operations.get(call.operation.index()).map(|found| found.path());
                    let label = format!("{} fails", name.unwrap_or_default());
                    rows.push(Row { label, kind: RowKind::Failure, to: self.to(&dest.kind) });
                }
            }
            StepKind::Send { template, on_error: Some(dest) } => {
                let name = self.flow.templates.get(template.index()).map_or("", |template| template.name.as_str());
                let label = format!("{name} not sent");
                rows.push(Row { label, kind: RowKind::Failure, to: self.to(&dest.kind) });
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
        let (label, kind) = self.trigger(&reaction.trigger);
        let before = rows.len();
        for action in &reaction.actions {
            self.step(action, Some((&label, kind)), rows);
        }
        if rows.len() == before {
            rows.push(Row { label, kind, to: To::Nowhere });
        }
    }

    fn trigger(&self, trigger: &Trigger) -> (String, RowKind) {
        let customer = |label: String| (label, RowKind::Customer);
        let event = |label: String| (label, RowKind::Event);
        match trigger {
            Trigger::Button { title, .. } | Trigger::Row { title, .. } => customer(self.words(*title)),
            Trigger::Pick { name, .. } => customer(format!("picks a {name}")),
            Trigger::Answer { name, .. } => customer(format!("answers: {name}")),
            Trigger::Fill { form, .. } => {
                let name = self.flow.forms.get(form.index()).map_or("", |form| form.name.as_str());
                customer(format!("fills {name}"))
            }
            Trigger::Hears { words } => {
                let name = self.flow.words.get(words.index()).map_or("", |words| words.name.as_str());
                customer(format!("says “{name}”"))
            }
            Trigger::On { event: name } => event(format!("on {}", event_name(name))),
            Trigger::After { time } => event(format!("after {}", self.time(*time))),
            Trigger::Quiet { time } => event(format!("quiet {}", self.time(*time))),
            Trigger::Else { times: None, .. } => customer("anything else".to_string()),
            Trigger::Else { times: Some(times), .. } => customer(format!("anything else, {times} times")),
            Trigger::Failed => ("something fails".to_string(), RowKind::Failure),
            Trigger::Lost => ("lost".to_string(), RowKind::Failure),
        }
    }

    fn time(&self, time: Time) -> String {
        let ms = time.ms(self.flow);
        let units =
            [("week", 604_800_000), ("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000)];
        let found = units.into_iter().find(|(_, length)| ms >= *length && ms % length == 0);
        let (unit, length) = found.unwrap_or(("second", 1_000));
        let amount = ms / length;
        format!("{amount} {unit}{}", if amount == 1 { "" } else { "s" })
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
