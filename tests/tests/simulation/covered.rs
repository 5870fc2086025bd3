//! Which states of the shops that are played were entered, and from which to which: read from the records of turns that the
//! server keeps. Says nothing of what was right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use duka_engine::program::Program;
use duka_engine::trace::{Trace, TraceEntry};
use duka_runtime::id::ShopScope;
use duka_runtime::store::Store;

/// Names of states, `flow.state`, by shop.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    entered: BTreeMap<&'static str, BTreeSet<String>>,
    moves: BTreeMap<&'static str, BTreeSet<(String, String)>>,
}

impl Covered {
    /// Adds what the conversations of a shop went through.
    pub async fn look(&mut self, store: &Store, scope: ShopScope, shop: &'static str, program: &Program) {
        let mut tx = store.begin(scope).await.expect("a transaction");
        let entered = self.entered.entry(shop).or_default();
        let moves = self.moves.entry(shop).or_default();
        for row in tx.list_conversations(scope, None, 1_000).await.expect("the conversations") {
            let mut last: Option<String> = None;
            for record in tx.turns_of(scope, row.id, 0, 10_000).await.expect("the turns") {
                let trace: Trace = postcard::from_bytes(&record.trace).unwrap_or_default();
                for entry in trace.entries {
                    let TraceEntry::Entered { flow, state } = entry else { continue };
                    let Some(flow) = program.shop.flows.get(flow.index()) else { continue };
                    let Some(state) = flow.states.get(state.index()) else { continue };
                    let name = format!("{}.{}", flow.path, state.name);
                    if let Some(last) = last.replace(name.clone()) {
                        moves.insert((last, name.clone()));
                    }
                    entered.insert(name);
                }
            }
        }
    }

    pub fn add(&mut self, other: &Covered) {
        for (shop, states) in &other.entered {
            self.entered.entry(shop).or_default().extend(states.iter().cloned());
        }
        for (shop, moves) in &other.moves {
            self.moves.entry(shop).or_default().extend(moves.iter().cloned());
        }
    }

    /// How many states of a shop were entered.
    pub fn states(&self, shop: &str) -> usize {
        self.entered.get(shop).map_or(0, BTreeSet::len)
    }

    /// For people: how many of how many, and which never.
    pub fn report(&self, shops: &[(&'static str, &Program)]) -> String {
        let mut report = String::new();
        for (shop, program) in shops {
            let flows = program.shop.flows.iter();
            let all = flows.flat_map(|flow| flow.states.iter().map(|state| format!("{}.{}", flow.path, state.name)));
            let all: BTreeSet<String> = all.collect();
            let moves = self.moves.get(shop).map_or(0, BTreeSet::len);
            let _ = writeln!(report, "{shop}: {} of {} states, {moves} transitions", self.states(shop), all.len());
            let never = all.iter().filter(|state| !self.entered.get(shop).is_some_and(|known| known.contains(*state)));
            let _ = writeln!(report, "  never: {}", never.cloned().collect::<Vec<_>>().join(", "));
        }
        report
    }
}
