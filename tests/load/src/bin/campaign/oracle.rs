//! What became of every message, seen from outside: the journal of the stand-in for the Graph API against what customers
//! were told `200` for. The shop numbers each conversation's messages, so a lost, doubled or overtaken one shows.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use duka_load::bars;
use duka_load::judge::Judge;
use serde::Deserialize;

use crate::ledger::Told;

/// One line of the stand-in's journal.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Attempt(Attempt),
    Told(Statuses),
}

#[derive(Deserialize)]
struct Attempt {
    customer: String,
    at_ms: i64,
    #[serde(default)]
    accepted: String,
    #[serde(default)]
    code: u32,
    #[serde(default)]
    fault: Option<String>,
    #[serde(default)]
    body: Option<Body>,
}

/// Of these messages the server took a status.
#[derive(Deserialize)]
struct Statuses {
    told_ms: i64,
    ids: Vec<String>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    text: Option<Text>,
}

#[derive(Deserialize)]
struct Text {
    body: String,
}

/// One acceptance of an answer.
#[derive(Clone)]
pub struct Given {
    /// Its place in the journal.
    pub place: usize,
    /// The number that the shop gave the message.
    pub n: u64,
    at_ms: i64,
    /// When the first status of it that names it was taken; `None`: never, or it names nothing.
    told_ms: Option<i64>,
}

impl Given {
    /// The server could not know of it when it sent `next`: it had waited, and no status had come through.
    fn excuses(&self, next: &Given, hold_ms: i64) -> bool {
        next.at_ms - self.at_ms >= hold_ms / 2 && self.told_ms.is_none_or(|told| told >= next.at_ms)
    }
}

/// By customer and token, in order of acceptance.
pub type Answers = BTreeMap<String, BTreeMap<u64, Vec<Given>>>;

/// # Errors
/// The journal can not be read.
pub fn answers(journal: &Path) -> io::Result<Answers> {
    Ok(read(&std::fs::read_to_string(journal)?).0)
}

/// The answers; of each customer whether something was refused; how often each fault was hit.
fn read(journal: &str) -> (Answers, BTreeSet<String>, BTreeMap<String, u64>) {
    let (mut found, mut refused, mut faults) = (Answers::new(), BTreeSet::new(), BTreeMap::new());
    let lines: Vec<Line> = journal.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut told = BTreeMap::new();
    for line in &lines {
        let Line::Told(statuses) = line else { continue };
        for id in &statuses.ids {
            told.entry(id.as_str()).or_insert(statuses.told_ms);
        }
    }
    for (place, line) in lines.iter().enumerate() {
        let Line::Attempt(attempt) = line else { continue };
        if attempt.code != 0 {
            refused.insert(attempt.customer.clone());
        }
        if let Some(fault) = &attempt.fault {
            *faults.entry(fault.clone()).or_default() += 1;
        }
        let text = attempt.body.as_ref().and_then(|body| body.text.as_ref()).map_or("", |text| &text.body);
        let Some((token, n)) = text.strip_prefix("ack ").and_then(|rest| rest.split_once(" n=")) else { continue };
        if let (false, Ok(token), Ok(n)) = (attempt.accepted.is_empty(), token.parse(), n.replace(',', "").parse()) {
            let is_named = attempt.fault.as_deref() != Some("no_opaque");
            let told_ms = told.get(attempt.accepted.as_str()).copied().filter(|_| is_named);
            let given = Given { place, n, at_ms: attempt.at_ms, told_ms };
            found
                .entry(attempt.customer.clone())
                .or_insert_with(BTreeMap::new)
                .entry(token)
                .or_insert_with(Vec::new)
                .push(given);
        }
    }
    (found, refused, faults)
}

/// What was found, in messages.
#[derive(Default)]
pub struct Verdict {
    pub acknowledged: u64,
    pub lost: u64,
    /// Counted, and never answered: two attempts had an unknown fate, and the server says so itself.
    pub parked: u64,
    /// Counted, and refused by the provider for good, as the server says itself.
    pub refused: u64,
    pub double: u64,
    pub disorder: u64,
    pub twice: u64,
    /// Visible twice, where no status of the first had come through within the hold.
    pub excused: u64,
    pub answered: u64,
    pub faults: BTreeMap<String, u64>,
}

impl Verdict {
    /// Nothing lost, doubled or overtaken. Without statuses a repeated message can be seen twice.
    pub fn held(&self, statuses: bool) -> bool {
        self.lost + self.double + self.disorder + if statuses { self.twice } else { 0 } == 0
    }

    pub fn show(&self, judge: &Judge, of: &str, statuses: bool) {
        judge.see(&bars::LOST, of, self.lost as f64);
        judge.see(&bars::DOUBLE, of, self.double as f64);
        judge.see(&bars::DISORDER, of, self.disorder as f64);
        if statuses {
            judge.see(&bars::TWICE, of, self.twice as f64);
            judge.see(&bars::PARKED, of, 1_000.0 * self.parked as f64 / self.acknowledged.max(1) as f64);
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Verdict { acknowledged: _, lost, parked, refused, double, disorder, twice, excused, answered, faults } =
            self;
        writeln!(
            f,
            "answered {answered}, refused by the provider for good {refused}, parked after two attempts of unknown fate \
             {parked}; lost {lost}, counted twice {double}, out of order {disorder}, visible twice {twice} and {excused} \
             of whose first no status had come through within the hold"
        )?;
        for (fault, hits) in faults {
            writeln!(f, "{hits:>6}  the provider: {fault}")?;
        }
        Ok(())
    }
}

/// What the journal says of the messages that were acknowledged, by customer how many; `told` is what the server says. It
/// holds a message of unknown fate for `hold_ms` at least, unless it was told of it.
///
/// # Errors
/// The journal can not be read.
pub fn judge(
    journal: &Path,
    hold_ms: i64,
    acknowledged: &BTreeMap<String, u64>,
    mut told: Vec<Told>,
) -> io::Result<Verdict> {
    let (answers, refused, faults) = read(&std::fs::read_to_string(journal)?);
    let mut verdict = Verdict { acknowledged: acknowledged.values().sum(), faults, ..Verdict::default() };
    let mut unanswered = Vec::new();
    for (customer, count) in acknowledged {
        let tokens = answers.get(customer).cloned().unwrap_or_default();
        let missing = verdict.count(*count, &tokens, hold_ms);
        if !missing.is_empty() {
            unanswered.push((missing, *count, refused.contains(customer)));
        }
    }
    // The server does not say whose a conversation is: it must have one of so many messages, with these parked or failed.
    // The best known first, and for each the conversation that fits most closely.
    unanswered.sort_by_key(|(missing, ..)| std::cmp::Reverse(missing.len()));
    for (missing, count, was_refused) in unanswered {
        let explains = |one: &Told| {
            let may_fail = |token: &u64| was_refused && one.failed.contains(token);
            one.messages == count && missing.iter().all(|token| one.parked.contains(token) || may_fail(token))
        };
        let fitting = told.iter().enumerate().filter(|(_, one)| explains(one));
        let closest = fitting.min_by_key(|(_, one)| one.parked.len() + one.failed.len()).map(|(at, _)| at);
        match closest {
            Some(at) => {
                let one = told.swap_remove(at);
                let parked = missing.iter().filter(|token| one.parked.contains(token)).count() as u64;
                verdict.parked += parked;
                verdict.refused += missing.len() as u64 - parked;
            }
            None => verdict.lost += missing.len() as u64,
        }
    }
    Ok(verdict)
}

impl Verdict {
    /// Counts the answers of one customer; which tokens have none.
    fn count(&mut self, count: u64, tokens: &BTreeMap<u64, Vec<Given>>, hold_ms: i64) -> BTreeSet<u64> {
        let (mut before, mut missing) = (0, BTreeSet::new());
        for token in 1..=count {
            let Some(given) = tokens.get(&token) else {
                missing.insert(token);
                continue;
            };
            self.answered += 1;
            // Of all but the last the server could not know, or had to.
            for (one, next) in given.iter().zip(given.iter().skip(1)) {
                *if one.excuses(next, hold_ms) { &mut self.excused } else { &mut self.twice } += 1;
            }
            // The customer's messages are counted from 1 in the order they were written: any other number is a message
            // that was counted twice, or left out.
            self.double += u64::from(given.iter().any(|one| one.n != token));
            let first = given.first().map_or(0, |one| one.place + 1);
            self.disorder += u64::from(first < before);
            before = first;
        }
        missing
    }
}
