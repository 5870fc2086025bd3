//! What the conversation tests of a shop have been through (tests.md 3), counted from traces.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::graph::{Cause, End, Graph};
use crate::hir::{Flow, FlowId, GroupId, Reaction, Shop, StateId, Step, StepKind, TemplateId, Trigger};
use crate::session::{Cursor, LineList};
use crate::trace::{Trace, TraceEntry};

/// One way of a flow, as its author wrote it: a reaction of `anywhere` counts once, not once a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transition {
    pub flow: FlowId,
    pub home: Home,
    /// The entry line, or the reaction.
    pub index: u16,
    /// The action that jumps or fails; `None` for a reaction that leads nowhere by itself.
    pub action: Option<u16>,
    /// The line's error branch instead of its jump.
    pub error: bool,
}

/// Where a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    Entry(StateId),
    State(StateId),
    Group(GroupId),
    Anywhere,
    Template(TemplateId),
    Follow(u16),
}

/// A share: so many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub seen: usize,
    pub all: usize,
}

impl Share {
    /// Whole percent, rounded down; 100 of nothing.
    pub fn percent(self) -> usize {
        (self.seen * 100).checked_div(self.all).unwrap_or(100)
    }
}

/// Coverage of one flow.
#[derive(Clone, Debug)]
pub struct Coverage {
    pub flow: FlowId,
    pub transitions: Share,
    pub states: Share,
    /// Guards seen both true and false.
    pub guards: Share,
    /// Waiting states left once by silence.
    pub silence: Share,
    /// Calls seen failing; every one that ran is also seen succeeding.
    pub failure: Share,
    pub uncovered: Vec<Transition>,
}

/// Everything seen, collected from any number of traces.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub transitions: BTreeSet<Transition>,
    states: BTreeSet<(FlowId, StateId)>,
    /// By guard: seen false, seen true.
    guards: BTreeMap<(FlowId, Home, u16, Option<u16>), [bool; 2]>,
    silence: BTreeSet<(FlowId, StateId)>,
}

impl Seen {
    /// Takes in one step's trace; tells whether anything was new.
    pub fn add(&mut self, shop: &Shop, trace: &Trace) -> bool {
        let before = (self.transitions.len(), self.states.len(), self.silence.len());
        for entry in &trace.entries {
            self.add_entry(shop, entry);
        }
        before != (self.transitions.len(), self.states.len(), self.silence.len())
    }

    fn add_entry(&mut self, shop: &Shop, entry: &TraceEntry) {
        match entry {
            TraceEntry::Entered { flow, state } => {
                self.states.insert((*flow, *state));
            }
            TraceEntry::Reaction { flow, state, list } => {
                let Some((home, index)) = home_of(shop, *flow, *state, *list) else { return };
                let reaction = shop.flows.get(flow.index()).and_then(|flow| reaction_at(flow, home, index));
                let Some(reaction) = reaction else { return };
                if matches!(reaction.trigger, Trigger::Quiet { .. }) {
                    self.silence.insert((*flow, *state));
                }
                if jumps(&reaction.actions).is_empty() {
                    self.transitions.insert(Transition { flow: *flow, home, index, action: None, error: false });
                }
            }
            TraceEntry::Jump { flow, state, at } => self.line(shop, *flow, *state, *at, false),
            TraceEntry::Error { flow, state, at } => self.line(shop, *flow, *state, *at, true),
            TraceEntry::Guard { flow, state, at, holds } => {
                let Some((home, index, action)) = place(shop, *flow, *state, *at) else { return };
                let seen = self.guards.entry((*flow, home, index, action)).or_default();
                seen[usize::from(*holds)] = true;
            }
            TraceEntry::Line { .. } | TraceEntry::Note { .. } => {}
        }
    }

    fn line(&mut self, shop: &Shop, flow: FlowId, state: StateId, at: Cursor, error: bool) {
        if let Some((home, index, action)) = place(shop, flow, state, at) {
            self.transitions.insert(Transition { flow, home, index, action, error });
        }
    }

    /// Whether a state was entered.
    pub fn entered(&self, flow: FlowId, state: StateId) -> bool {
        self.states.contains(&(flow, state))
    }

    /// The coverage of one flow.
    pub fn of(&self, shop: &Shop, flow_id: FlowId) -> Option<Coverage> {
        let flow = shop.flows.get(flow_id.index())?;
        let graph = Graph::new(shop, flow_id)?;
        let all = transitions(flow_id, flow);
        let uncovered: Vec<Transition> = all.iter().filter(|way| !self.transitions.contains(way)).copied().collect();
        let of_flow = |(known, _): &&(FlowId, StateId)| *known == flow_id;
        let silent: Vec<StateId> = (0..flow.states.len())
            .filter_map(|index| u16::try_from(index).ok().map(StateId))
            .filter(|state| can_fall_silent(&graph, *state))
            .collect();
        let guards = guards(flow_id, flow);
        let both = guards.iter().filter(|guard| self.guards.get(guard).is_some_and(|seen| seen[0] && seen[1]));
        let errors = all.iter().filter(|way| way.error);
        Some(Coverage {
            flow: flow_id,
            transitions: Share { seen: all.len() - uncovered.len(), all: all.len() },
            states: Share { seen: self.states.iter().filter(of_flow).count(), all: flow.states.len() },
            guards: Share { seen: both.count(), all: guards.len() },
            silence: Share {
                seen: silent.iter().filter(|state| self.silence.contains(&(flow_id, **state))).count(),
                all: silent.len(),
            },
            failure: Share {
                seen: errors.clone().filter(|way| self.transitions.contains(way)).count(),
                all: errors.count(),
            },
            uncovered,
        })
    }
}

/// Whether a state has a `quiet` that no `after` takes away first: `pay` waits for half an hour, never for a day.
fn can_fall_silent(graph: &Graph<'_>, state: StateId) -> bool {
    let edges = graph.out(state);
    let leaves = |end: &End| !matches!(end, End::Again | End::Stay | End::Broken);
    let left_after =
        edges.iter().filter(|edge| edge.guards.is_empty() && leaves(&edge.to)).filter_map(|edge| match edge.cause {
            Cause::After(ms) => Some(ms),
            _ => None,
        });
    let left_after = left_after.min().unwrap_or(i64::MAX);
    edges.iter().any(|edge| matches!(edge.cause, Cause::Quiet(ms) if ms <= left_after))
}

/// Every transition that a flow's author wrote, in document order.
pub fn transitions(flow_id: FlowId, flow: &Flow) -> Vec<Transition> {
    let mut found = Vec::new();
    for (home, reactions) in homes(flow) {
        for (index, reaction) in reactions.iter().enumerate() {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            if matches!(reaction.trigger, Trigger::Failed | Trigger::Lost) {
                continue;
            }
            let jumps = jumps(&reaction.actions);
            if jumps.iter().all(|(_, error)| *error) {
                found.push(Transition { flow: flow_id, home, index, action: None, error: false });
            }
            let ways =
                jumps.into_iter().map(|(at, error)| Transition { flow: flow_id, home, index, action: Some(at), error });
            found.extend(ways);
        }
    }
    for (index, state) in flow.states.iter().enumerate() {
        let Ok(state_id) = u16::try_from(index).map(StateId) else { break };
        let home = Home::Entry(state_id);
        let ways = jumps(&state.steps).into_iter();
        found.extend(ways.map(|(at, error)| Transition { flow: flow_id, home, index: at, action: None, error }));
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn homes(flow: &Flow) -> Vec<(Home, &[Reaction])> {
    let id = |index: usize| u16::try_from(index).unwrap_or(u16::MAX);
    let mut homes: Vec<(Home, &[Reaction])> = vec![(Home::Anywhere, &flow.anywhere)];
    homes.extend(
        flow.groups.iter().enumerate().map(|(at, group)| (Home::Group(GroupId(id(at))), group.reactions.as_slice())),
    );
    homes.extend(
        flow.states.iter().enumerate().map(|(at, state)| (Home::State(StateId(id(at))), state.reactions.as_slice())),
    );
    homes.extend(
        flow.templates
            .iter()
            .enumerate()
            .map(|(at, found)| (Home::Template(TemplateId(id(at))), found.buttons.as_slice())),
    );
    homes.extend(
        flow.follows.iter().enumerate().map(|(at, follow)| (Home::Follow(id(at)), follow.reactions.as_slice())),
    );
    homes
}

/// The lines that lead elsewhere: their place, and whether by failing.
fn jumps(steps: &[Step]) -> Vec<(u16, bool)> {
    let places = steps.iter().enumerate().filter_map(|(at, step)| {
        let at = u16::try_from(at).ok()?;
        step.dest().map(|_| (at, !matches!(step.kind, StepKind::Jump { .. })))
    });
    places.collect()
}

/// The guarded jumps on entry: seen both ways or not.
fn guards(flow_id: FlowId, flow: &Flow) -> Vec<(FlowId, Home, u16, Option<u16>)> {
    let mut found = Vec::new();
    for (index, state) in flow.states.iter().enumerate() {
        let Ok(state_id) = u16::try_from(index).map(StateId) else { break };
        for (at, step) in state.steps.iter().enumerate() {
            if let (StepKind::Jump { guard: Some(_), .. }, Ok(at)) = (&step.kind, u16::try_from(at)) {
                found.push((flow_id, Home::Entry(state_id), at, None));
            }
        }
    }
    found
}

fn home_of(shop: &Shop, flow: FlowId, state: StateId, list: LineList) -> Option<(Home, u16)> {
    Some(match list {
        LineList::Entry => (Home::Entry(state), 0),
        LineList::State(reaction) => (Home::State(state), reaction),
        LineList::Group(reaction) => {
            let group = shop.flows.get(flow.index())?.states.get(state.index())?.group?;
            (Home::Group(group), reaction)
        }
        LineList::Anywhere { reaction, .. } => (Home::Anywhere, reaction),
        LineList::Template { template, button } => (Home::Template(TemplateId(template)), button),
        LineList::Follow { follow, reaction } => (Home::Follow(follow), reaction),
    })
}

fn place(shop: &Shop, flow: FlowId, state: StateId, at: Cursor) -> Option<(Home, u16, Option<u16>)> {
    let (home, index) = home_of(shop, flow, state, at.list)?;
    Some(match home {
        Home::Entry(_) => (home, at.index, None),
        Home::State(_) | Home::Group(_) | Home::Anywhere | Home::Template(_) | Home::Follow(_) => {
            (home, index, Some(at.index))
        }
    })
}

fn reaction_at(flow: &Flow, home: Home, index: u16) -> Option<&Reaction> {
    let reactions = match home {
        Home::Entry(_) => return None,
        Home::State(state) => &flow.states.get(state.index())?.reactions,
        Home::Group(group) => &flow.groups.get(group.index())?.reactions,
        Home::Anywhere => &flow.anywhere,
        Home::Template(template) => &flow.templates.get(template.index())?.buttons,
        Home::Follow(follow) => &flow.follows.get(usize::from(follow))?.reactions,
    };
    reactions.get(usize::from(index))
}

/// Where a transition is written, and what takes it. Its `Display` is for people: `bag: button checkout`, `anywhere: hears menu`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// `bag`, `group bag`, `anywhere`
    pub owner: String,
    pub by: By,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// This line, as the flow has it.
    Line(String),
    /// The line fails.
    Failure,
    /// The line of this number jumps by itself, from 1.
    Itself(u16),
}

impl fmt::Display for Described {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = &self.owner;
        match &self.by {
            By::Line(line) => write!(out, "{owner}: {line}"),
            By::Failure => write!(out, "{owner}: when it fails"),
            By::Itself(line) => write!(out, "{owner}: jump in line {line}"),
        }
    }
}

/// Where a transition is written.
pub fn describe(shop: &Shop, way: Transition) -> Described {
    let by = By::Itself(way.index + 1);
    let Some(flow) = shop.flows.get(way.flow.index()) else { return Described { owner: String::new(), by } };
    let owner = match way.home {
        Home::Entry(state) | Home::State(state) => flow.states.get(state.index()).map(|state| state.name.to_string()),
        Home::Group(group) => flow.groups.get(group.index()).map(|group| format!("group {}", group.name)),
        Home::Anywhere => Some("anywhere".to_string()),
        Home::Template(template) => {
            flow.templates.get(template.index()).map(|found| format!("template {}", found.name))
        }
        Home::Follow(follow) => flow.follows.get(usize::from(follow)).map(|follow| format!("follow {}", follow.name)),
    };
    let by = match (reaction_at(flow, way.home, way.index), way.error) {
        (_, true) => By::Failure,
        (Some(reaction), false) => By::Line(describe_trigger(flow, &reaction.trigger)),
        (None, false) => by,
    };
    Described { owner: owner.unwrap_or_default(), by }
}

fn describe_trigger(flow: &Flow, trigger: &Trigger) -> String {
    use crate::analysis::path::{duration, event_name};
    match trigger {
        Trigger::Button { name, .. } => format!("button {name}"),
        Trigger::Row { name, .. } => format!("row {name}"),
        Trigger::Pick { name, .. } => format!("pick {name}"),
        Trigger::Answer { name, .. } => format!("answer {name}"),
        Trigger::Fill { form, .. } => {
            format!("fill {}", flow.forms.get(form.index()).map_or("", |form| form.name.as_str()))
        }
        Trigger::Hears { words } => {
            format!("hears {}", flow.words.get(words.index()).map_or("", |words| words.name.as_str()))
        }
        Trigger::On { event } => format!("on {}", event_name(event)),
        Trigger::After { time } => format!("after {}", duration(time.ms(flow))),
        Trigger::Quiet { time } => format!("quiet {}", duration(time.ms(flow))),
        Trigger::Else { times: Some(times), .. } => format!("else {times} times"),
        Trigger::Else { times: None, .. } => "else".to_string(),
        Trigger::Failed => "failed".to_string(),
        Trigger::Lost => "lost".to_string(),
    }
}
