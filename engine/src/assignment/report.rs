//! The findings, each with the shortest conversation in which the value is missing.

use std::collections::{BTreeSet, VecDeque};

use duka_dsl::Diagnostic;
use duka_dsl::diagnostic::{Speaker, Turn};

use crate::analysis::Subject;
use crate::analysis::path::{edge_turn, says, turn};
use crate::graph::{Edge, End, Graph, Line, Node, Owner};
use crate::hir::{FlowId, Shop, StateId};

use super::reads::first_of_each;
use super::walk::{Missing, Way};
use super::{Solved, begins};

/// D404 and D305 of one flow.
pub(super) fn findings(shop: &Shop, id: FlowId, solved: &Solved) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for missing in first_of_each(&solved.missing) {
        let ways = shortest(shop, id, solved, missing);
        found.push(if missing.optional { may_be_empty(missing) } else { no_value(shop, id, missing, &ways) });
        if let (Some(last), false) = (found.last_mut(), ways.is_empty()) {
            last.conversation = conversation(shop, id, &ways);
        }
    }
    found
}

fn may_be_empty(missing: &Missing) -> Diagnostic {
    let name = &missing.name;
    Diagnostic::new(305, missing.span, format!("`{name}` may be empty here."))
        .help(format!("Test it first: `if {name}.is_set`, or go elsewhere with `if not {name}.is_set -> …`."))
}

fn no_value(shop: &Shop, id: FlowId, missing: &Missing, ways: &[&Way]) -> Diagnostic {
    let name = &missing.name;
    let state_name = |state: StateId| {
        let flow = shop.flows.get(id.index());
        flow.and_then(|flow| flow.states.get(state.index())).map_or("", |state| state.name.as_str())
    };
    let message = match ways.last() {
        Some(Way { from: Some(from), .. }) => {
            format!("`{name}` may have no value when the customer arrives from `{}`.", state_name(*from))
        }
        Some(way) => format!("`{name}` may have no value when {}.", begins(&way.cause)),
        None => format!("`{name}` may have no value here."),
    };
    let help = if name.starts_with("event.") {
        format!("Only some events bring `{name}`, and only for their own turn. Read it where that event leads.")
    } else {
        format!("Give `{name}` a value on every way here, or a default, or make it optional and test `{name}.is_set`.")
    };
    Diagnostic::new(404, missing.span, message).help(help).cause(format!("no value {name}"))
}

/// The shortest ways to the read on which nothing gives the value; none when the line itself takes it away.
fn shortest<'s>(shop: &Shop, id: FlowId, solved: &'s Solved, missing: &Missing) -> Vec<&'s Way> {
    let (Some(goal), Some(flow)) = (missing.state, shop.flows.get(id.index())) else { return Vec::new() };
    let number = solved.keys.known(&missing.key);
    let after = |way: &Way, has: bool| number.and_then(|number| way.changes(number)).unwrap_or(has);
    let at_start = number.is_some_and(|number| solved.initial.contains(number));
    let mut seen: BTreeSet<(StateId, bool)> = BTreeSet::from([(flow.start, at_start)]);
    let mut queue: VecDeque<((StateId, bool), Vec<&Way>)> = VecDeque::from([((flow.start, at_start), Vec::new())]);
    for way in solved.ways.iter().filter(|way| way.from.is_none()) {
        let node = (way.to, after(way, at_start));
        if seen.insert(node) {
            queue.push_back((node, vec![way]));
        }
    }
    while let Some(((state, has), path)) = queue.pop_front() {
        if (state, has) == (goal, false) {
            return path;
        }
        for way in solved.ways.iter().filter(|way| way.from == Some(state)) {
            let node = (way.to, after(way, has));
            if seen.insert(node) {
                queue.push_back((node, path.iter().copied().chain([way]).collect()));
            }
        }
    }
    Vec::new()
}

fn conversation(shop: &Shop, id: FlowId, ways: &[&Way]) -> Vec<Turn> {
    let Some(graph) = Graph::new(shop, id) else { return Vec::new() };
    let subject = Subject { shop, graph };
    let flow = subject.graph.flow;
    let mut turns = Vec::new();
    if ways.first().is_none_or(|way| way.from.is_some()) {
        turns.push(turn(Speaker::Customer, "\"hi\"".to_string(), "customer: hi".to_string()));
        turns.extend(says(flow, flow.start));
    }
    for way in ways {
        let node = |state: StateId| Node { flow: id, state };
        let edge = Edge {
            from: node(way.from.unwrap_or(flow.start)),
            to: End::State(node(way.to)),
            cause: way.cause.clone(),
            line: Line { owner: Owner::Entry, index: 0, action: 0 },
            guards: Vec::new(),
            actions: &[],
            span: flow.span,
        };
        turns.extend(edge_turn(&subject, &edge));
        turns.extend(says(flow, way.to));
    }
    turns
}
