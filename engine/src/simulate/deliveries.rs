//! News of money and of orders that come twice, late or in the wrong order (lints.md 11, analysis 6): played at every
//! state of the main flow, and compared by the commands that the shop's systems get. Queries and messages may differ.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use duka_dsl::Span;
use duka_dsl::ast::TestLine;
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::explore::{FoundTest, event_line};
use super::{LogKind, Simulator, test};
use crate::analysis::path::event_name;
use crate::effect::EffectKind;
use crate::hir::{EventName, Shop, Trigger};
use crate::program::Program;

/// What was played, and what did not end as it should.
#[derive(Clone, Debug, Default)]
pub struct Deliveries {
    /// Orders of events that were compared.
    pub tried: usize,
    /// Each as a test that fails.
    pub upset: Vec<FoundTest>,
}

/// The commands of a conversation, by operation, with how often.
type Commands = BTreeMap<SmolStr, usize>;

struct Played {
    simulator: Simulator,
    commands: Commands,
    /// The last event was dropped, because one that ranks above it had come before.
    outranked: bool,
}

/// Plays every pair of events that the flows listen for, at every state of the main flow: twice, the first one again after
/// the second, and in both orders.
pub fn explore(program: &Arc<Program>, fixture: &Json) -> Deliveries {
    let mut found = Deliveries::default();
    let Some(flow) = program.shop.flows.first() else { return found };
    let events = events(&program.shop);
    let base = Simulator::new(Arc::clone(program), fixture);
    for state in &flow.states {
        let mut start = base.clone();
        if !start.start_at(&state.name) {
            continue;
        }
        let mut round = Round { state: &state.name, found: &mut found };
        let alone: Vec<(&str, Played)> = events.iter().map(|event| (event.as_str(), play(&start, event))).collect();
        for (at, a) in alone.iter().enumerate() {
            round.same(&[a.0, a.0], &a.1.commands, &play(&a.1.simulator, a.0).commands);
            for b in alone.iter().skip(at + 1) {
                round.pair(a, b);
            }
        }
    }
    found
}

/// The events of payments and orders that any line waits for.
fn events(shop: &Shop) -> BTreeSet<String> {
    let flows = shop.flows.iter().flat_map(|flow| {
        let states = flow.states.iter().flat_map(|state| &state.reactions);
        let groups = flow.groups.iter().flat_map(|group| &group.reactions);
        let follows = flow.follows.iter().flat_map(|follow| &follow.reactions);
        states.chain(groups).chain(follows).chain(&flow.anywhere)
    });
    let named =
        flows.filter_map(|reaction| if let Trigger::On { event } = &reaction.trigger { Some(event) } else { None });
    named.filter(|event| matches!(event, EventName::Payment(_) | EventName::Order(_))).map(event_name).collect()
}

fn play(before: &Simulator, event: &str) -> Played {
    let mut simulator = before.clone();
    let seen = simulator.log.len();
    let line = TestLine { kind: event_line(&simulator, event), span: Span::default() };
    // An event that the shop's systems have no order for changes nothing.
    let _ = test::run_line(&mut simulator, &line);
    let mut commands = Commands::new();
    for entry in &simulator.log {
        if let LogKind::Called(request, true) = &entry.kind {
            *commands.entry(request.name.clone()).or_default() += 1;
        }
    }
    let dropped =
        |kind: &LogKind| matches!(kind, LogKind::Other(EffectKind::Record { what, .. }) if what == "outranked");
    let outranked = simulator.log.iter().skip(seen).any(|entry| dropped(&entry.kind));
    Played { simulator, commands, outranked }
}

struct Round<'a> {
    state: &'a str,
    found: &'a mut Deliveries,
}

impl Round<'_> {
    fn pair(&mut self, a: &(&str, Played), b: &(&str, Played)) {
        let (ab, ba) = (play(&a.1.simulator, b.0), play(&b.1.simulator, a.0));
        for (first, second, both) in [(a.0, b.0, &ab), (b.0, a.0, &ba)] {
            for again in [first, second] {
                self.same(&[first, second, again], &both.commands, &play(&both.simulator, again).commands);
            }
        }
        match (ab.outranked, ba.outranked) {
            // What ranks lower does nothing when it comes late, and takes nothing away when it comes in time.
            (true, false) => self.ranked(a, b.0, &ab.commands, &ba.commands),
            (false, true) => self.ranked(b, a.0, &ba.commands, &ab.commands),
            // Events that do not rank against each other do the same in both orders.
            (false, false) | (true, true) => self.same(&[b.0, a.0], &ab.commands, &ba.commands),
        }
    }

    fn ranked(&mut self, higher: &(&str, Played), lower: &str, late: &Commands, in_time: &Commands) {
        self.same(&[higher.0, lower], &higher.1.commands, late);
        self.found.tried += 1;
        let lost = higher.1.commands.keys().find(|operation| !in_time.contains_key(*operation));
        if let Some(operation) = lost {
            self.tell(&[lower, higher.0], format!("called: {operation}"));
        }
    }

    fn same(&mut self, events: &[&str], wanted: &Commands, found: &Commands) {
        self.found.tried += 1;
        let differs = |operation: &&SmolStr| wanted.get(*operation) != found.get(*operation);
        let Some(operation) = wanted.keys().chain(found.keys()).find(differs) else { return };
        self.tell(
            events,
            match wanted.get(operation) {
                None => format!("not called: {operation}"),
                Some(1) => format!("called: {operation} once"),
                Some(_) => format!("called: {operation}"),
            },
        );
    }

    fn tell(&mut self, events: &[&str], expected: String) {
        let title = format!("{} at {}", events.join(", then "), self.state);
        let start = format!("start at {}", self.state);
        let events = events.iter().map(|event| format!("event {event}"));
        let lines = std::iter::once(start).chain(events).chain([expected]).collect();
        self.found.upset.push(FoundTest { title, lines });
    }
}
