//! The findings, each with the shortest conversation in which the value is missing.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use duka_dsl::diagnostic::{Speaker, Turn};
use duka_dsl::{Diagnostic, Span};

use crate::analysis::Subject;
use crate::analysis::path::{edge_turn, says, turn};
use crate::graph::{Edge, End, Graph, Line, Node, Owner};
use crate::hir::{FlowId, Shop, StateId};

use super::reads::first_of_each;
use super::walk::{Missing, Way};
use super::{Solved, begins};

/// After so many findings of a flow no conversation is looked for: nobody reads that many.
const MOST_CONVERSATIONS: usize = 20;

/// D404 and D305 of one flow.
pub(super) fn findings(shop: &Shop, id: FlowId, solved: &Solved, mistakes: &[Span]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let own = shop.flows.get(id.index()).map(|flow| flow.span.file).unwrap_or_default();
    let missing = first_of_each(&solved.missing, own);
    if missing.is_empty() {
        return found;
    }
    let mut leaving: BTreeMap<Option<StateId>, Vec<&Way>> = BTreeMap::new();
    for way in &solved.ways {
        leaving.entry(way.from).or_default().push(way);
    }
    for (index, missing) in missing.into_iter().enumerate() {
        let ways = if index < MOST_CONVERSATIONS { shortest(shop, id, solved, &leaving, missing) } else { Vec::new() };
        if is_consequence(shop, id, missing, &ways, mistakes) {
            continue;
        }
        found.push(if missing.optional { may_be_empty(missing) } else { no_value(shop, id, missing, &ways) });
        if let (Some(last), false) = (found.last_mut(), ways.is_empty()) {
            last.conversation = conversation(shop, id, &ways);
        }
    }
    found
}

/// Whether a state on the way, or the line itself, has a mistake of its own.
fn is_consequence(shop: &Shop, id: FlowId, missing: &Missing, ways: &[&Way], mistakes: &[Span]) -> bool {
    let Some(flow) = shop.flows.get(id.index()) else { return false };
    let states = ways.iter().flat_map(|way| [way.from, Some(way.to)]).chain([missing.state]);
    let mut spans = states.flatten().filter_map(|state| flow.states.get(state.index())).map(|state| state.span);
    spans.any(|span| {
        let inside = |at: &Span| at.file == span.file && span.start <= at.start && at.start < span.end;
        mistakes.iter().any(inside)
    })
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

/// A state, and whether the value is there on entering it.
type Place = (StateId, bool);

/// The shortest ways to the read on which nothing gives the value; none when the line itself takes it away.
fn shortest<'s>(
    shop: &Shop,
    id: FlowId,
    solved: &'s Solved,
    leaving: &BTreeMap<Option<StateId>, Vec<&'s Way>>,
    missing: &Missing,
) -> Vec<&'s Way> {
    let (Some(goal), Some(flow)) = (missing.state, shop.flows.get(id.index())) else { return Vec::new() };
    let number = solved.keys.known(&missing.key);
    let after = |way: &Way, has: bool| number.and_then(|number| way.changes(number)).unwrap_or(has);
    let at_start = number.is_some_and(|number| solved.initial.contains(number));
    // How each place was first come to; `None`: by the start of the flow.
    let mut came_by: BTreeMap<Place, Option<(Option<Place>, &Way)>> = BTreeMap::new();
    let mut queue: VecDeque<Place> = VecDeque::from([(flow.start, at_start)]);
    came_by.insert((flow.start, at_start), None);
    let ways_from = |from: Option<StateId>| leaving.get(&from).into_iter().flatten().copied();
    for way in ways_from(None) {
        let place = (way.to, after(way, at_start));
        if let Entry::Vacant(vacant) = came_by.entry(place) {
            vacant.insert(Some((None, way)));
            queue.push_back(place);
        }
    }
    while let Some((state, has)) = queue.pop_front() {
        if (state, has) == (goal, false) {
            return way_back(&came_by, (state, has));
        }
        for way in ways_from(Some(state)) {
            let place = (way.to, after(way, has));
            if let Entry::Vacant(vacant) = came_by.entry(place) {
                vacant.insert(Some((Some((state, has)), way)));
                queue.push_back(place);
            }
        }
    }
    Vec::new()
}

fn way_back<'s>(came_by: &BTreeMap<Place, Option<(Option<Place>, &'s Way)>>, goal: Place) -> Vec<&'s Way> {
    let mut ways = Vec::new();
    let mut at = Some(goal);
    while let Some(Some((before, way))) = at.and_then(|place| came_by.get(&place)) {
        ways.push(*way);
        at = *before;
    }
    ways.reverse();
    ways
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
