//! Coverage of the merchant's own flows, for people and for programs.

use std::fmt::Write;

use duka_engine::hir::{FlowId, Shop};
use duka_engine::simulate::coverage::{Coverage, Seen, Share, describe};
use serde_json::{Map, Value as Json, json};

use crate::terminal::{self, paint};

/// The kinds of coverage, in the order of their worth.
pub const KINDS: [&str; 5] = ["transitions", "states", "guards", "silence", "failures"];
/// How many untaken transitions are named.
const NAMED: usize = 20;

/// One kind of coverage over all own flows.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    pub kind: &'static str,
    pub share: Share,
}

fn own(seen: &Seen, shop: &Shop) -> Vec<Coverage> {
    let flows = shop.flows.iter().enumerate().filter(|(_, flow)| !flow.standard);
    flows.filter_map(|(index, _)| seen.of(shop, FlowId(u16::try_from(index).ok()?))).collect()
}

fn shares(coverage: &Coverage) -> [Share; 5] {
    [coverage.transitions, coverage.states, coverage.guards, coverage.silence, coverage.failure]
}

/// All own flows together.
pub fn figures(seen: &Seen, shop: &Shop) -> Vec<Figure> {
    let mut sums = [Share::default(); 5];
    for coverage in own(seen, shop) {
        for (sum, share) in sums.iter_mut().zip(shares(&coverage)) {
            *sum = Share { seen: sum.seen + share.seen, all: sum.all + share.all };
        }
    }
    KINDS.into_iter().zip(sums).map(|(kind, share)| Figure { kind, share }).collect()
}

pub fn text(seen: &Seen, shop: &Shop) -> String {
    let mut out = String::new();
    for coverage in own(seen, shop) {
        let name = shop.flows.get(coverage.flow.index()).map_or("", |flow| flow.path.as_str());
        let _ = writeln!(out, "{}", paint(terminal::STRONG, format!("Coverage of {name}")));
        for (kind, share) in KINDS.into_iter().zip(shares(&coverage)) {
            let _ = writeln!(out, "  {kind:<12} {:>4} of {:<4} {:>3} %", share.seen, share.all, share.percent());
        }
        let untaken: Vec<String> = coverage.uncovered.iter().map(|way| describe(shop, *way).to_string()).collect();
        for way in untaken.iter().take(NAMED) {
            let _ = writeln!(out, "    {}", paint(terminal::FAINT, format!("not taken: {way}")));
        }
        if untaken.len() > NAMED {
            let rest = format!("… and {} more; `duka explore --write` writes tests for them", untaken.len() - NAMED);
            let _ = writeln!(out, "    {}", paint(terminal::FAINT, rest));
        }
    }
    out
}

pub fn json(figures: &[Figure]) -> Json {
    let entries = figures.iter().map(|Figure { kind, share }| {
        let value = json!({ "seen": share.seen, "all": share.all, "percent": share.percent() });
        ((*kind).to_string(), value)
    });
    Json::Object(entries.collect::<Map<_, _>>())
}
