//! Whether everything that is read has a value: assigned on every way to it (D404), and tested where it may be empty (D305).
//!
//! A forward analysis over the states of each flow. What is known on entering a state is what all ways to it have in
//! common; a way may begin at the start, at `anywhere` after the conversation has ended, or at a template's button.
//! Every way only adds and removes facts, so one walk collects the ways, and a second one, with what is known, the reads.

mod facts;
mod reads;
mod report;
mod walk;

use duka_dsl::{Diagnostic, Span};

use crate::graph::Cause;
use crate::hir::{DestKind, Flow, FlowId, Shop, SlotKind, StateId, StepKind};

use facts::{Bits, Keys, Root};
use walk::{Walk, Way};

/// The findings of all flows. `broken` tells which states, by flow, have lines that could not be read: they may assign
/// anything. `mistakes` are the places of errors found before: what is missing behind one of them may be its consequence.
pub fn check(shop: &Shop, broken: &[Vec<bool>], mistakes: &[Span]) -> Vec<Diagnostic> {
    let mut sure = vec![true; shop.flows.len()];
    // What a flow gives for sure depends on what its own sub-flows give; it only ever becomes less sure.
    while let Some(less) = less_sure(shop, broken, &sure) {
        sure = less;
    }
    let mut found = Vec::new();
    for (index, flow) in shop.flows.iter().enumerate() {
        let id = FlowId(u16::try_from(index).unwrap_or(u16::MAX));
        let solved = solve(shop, flow, broken.get(index).map_or(&[], Vec::as_slice), &sure);
        found.extend(report::findings(shop, id, &solved, mistakes));
    }
    found
}

fn less_sure(shop: &Shop, broken: &[Vec<bool>], sure: &[bool]) -> Option<Vec<bool>> {
    let mut less = sure.to_vec();
    for (index, flow) in shop.flows.iter().enumerate() {
        if flow.gives.is_some() && sure.get(index) == Some(&true) {
            let solved = solve(shop, flow, broken.get(index).map_or(&[], Vec::as_slice), sure);
            less[index] = solved.gives_surely;
        }
    }
    (less != sure).then_some(less)
}

/// What is known about one flow.
struct Solved {
    keys: Keys,
    /// The facts of a conversation that has just begun.
    initial: Bits,
    ways: Vec<Way>,
    missing: Vec<walk::Missing>,
    gives_surely: bool,
}

fn solve(shop: &Shop, flow: &Flow, broken: &[bool], sure: &[bool]) -> Solved {
    let mut keys = Keys::default();
    let initial = initial(shop, flow, &mut keys);
    let mut at_start = initial.clone();
    if returns(flow) || shop.flows.first().is_none_or(|main| main.path != flow.path) {
        // A sub-flow goes on in the turn of its caller, whose event it may read.
        for field in walk::EVENT_FIELDS {
            at_start.insert(keys.root(Root::Event(smol_str::SmolStr::new_static(field))));
        }
    }
    let mut walk = Walk::new(shop, flow, sure, keys);
    for index in 0..flow.states.len() {
        walk.state(state_id(index), None);
    }
    walk.loose(&initial);
    let ways = std::mem::take(&mut walk.ways);
    let known = known(flow, &ways, (&initial, &at_start), broken);
    walk.begin_report();
    for (index, facts) in known.iter().enumerate() {
        // A state that nothing leads to has a finding of its own; a broken one may assign anything.
        let is_broken = broken.get(index).copied().unwrap_or(false);
        if let (Some(facts), false) = (facts, is_broken) {
            walk.state(state_id(index), Some(facts));
        }
    }
    walk.loose(&initial);
    let (missing, gives_surely) = (std::mem::take(&mut walk.missing), walk.gives_surely);
    Solved { keys: walk.keys, initial, ways, missing, gives_surely }
}

/// Whether a flow is made to be visited, even where it stands alone.
fn returns(flow: &Flow) -> bool {
    let mut steps = crate::walk::lines(flow).into_iter().flat_map(|lines| lines.steps);
    steps.any(|step| matches!(&step.kind, StepKind::Jump { dest, .. } if dest.kind == DestKind::Return))
}

fn state_id(index: usize) -> StateId {
    StateId(u16::try_from(index).unwrap_or(u16::MAX))
}

/// Defaults, and what callers hand over.
fn initial(shop: &Shop, flow: &Flow, keys: &mut Keys) -> Bits {
    let mut initial = Bits::default();
    for (index, slot) in flow.slots.iter().enumerate().filter(|(_, slot)| !is_local(slot.kind)) {
        let key = keys.root(Root::Slot(u16::try_from(index).unwrap_or(u16::MAX)));
        let taken = flow.takes.iter().any(|taken| taken.index() == index);
        if slot.default.is_some() || taken {
            initial.insert(key);
        }
    }
    for (index, slot) in shop.customer_slots.iter().enumerate() {
        let key = keys.root(Root::Customer(u16::try_from(index).unwrap_or(u16::MAX)));
        if slot.default.is_some() {
            initial.insert(key);
        }
    }
    initial
}

/// By state, what is known whenever it is entered; `None` where nothing leads to it.
fn known(flow: &Flow, ways: &[Way], (initial, at_start): (&Bits, &Bits), broken: &[bool]) -> Vec<Option<Bits>> {
    let mut known: Vec<Option<Bits>> = vec![None; flow.states.len()];
    let mut from: Vec<Vec<&Way>> = vec![Vec::new(); flow.states.len()];
    let mut waiting: Vec<StateId> = Vec::new();
    if let Some(start) = known.get_mut(flow.start.index()) {
        *start = Some(at_start.clone());
        waiting.push(flow.start);
    }
    for way in ways {
        match way.from {
            Some(state) => from[state.index()].push(way),
            None => meet(&mut known, way, initial, &mut waiting),
        }
    }
    while let Some(state) = waiting.pop() {
        let Some(facts) = known.get(state.index()).cloned().flatten() else { continue };
        let anything = broken.get(state.index()).copied().unwrap_or(false);
        for way in from.get(state.index()).into_iter().flatten() {
            match known.get_mut(way.to.index()) {
                // A broken state may assign anything.
                Some(place @ None) if anything => {
                    *place = Some(Bits::all(facts.len()));
                    waiting.push(way.to);
                }
                Some(_) if anything => {}
                Some(_) | None => meet(&mut known, way, &facts, &mut waiting),
            }
        }
    }
    known
}

/// Takes over what is known behind a way, of what was known before it.
fn meet(known: &mut [Option<Bits>], way: &Way, before: &Bits, waiting: &mut Vec<StateId>) {
    let Some(place) = known.get_mut(way.to.index()) else { return };
    let changed = match place {
        Some(known) => way.meets(known, before),
        None => {
            *place = Some(way.after(before));
            true
        }
    };
    if changed {
        waiting.push(way.to);
    }
}

/// Whether a slot lives only where it is filled.
fn is_local(kind: SlotKind) -> bool {
    match kind {
        SlotKind::Local(_) | SlotKind::Action | SlotKind::Each => true,
        SlotKind::Remembered | SlotKind::Customer | SlotKind::Followed | SlotKind::Answer(_) => false,
    }
}

/// How a conversation comes to a line outside the states.
fn begins(cause: &Cause) -> &'static str {
    if matches!(cause, Cause::Template(..)) {
        "the customer taps a button of a template later"
    } else {
        "a new conversation begins with it"
    }
}
