//! What became of every message, seen from outside: the journal of the stand-in for the Graph API against what customers
//! were told `200` for. The shop numbers each conversation's messages, so a lost, doubled or overtaken one shows.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::ledger::Told;

/// One line of the stand-in's journal.
#[derive(Deserialize)]
struct Attempt {
    customer: String,
    #[serde(default)]
    accepted: String,
    #[serde(default)]
    fault: Option<String>,
    #[serde(default)]
    body: Option<Body>,
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

/// By customer and token, in order of acceptance: the numbers it was answered with.
pub type Answers = BTreeMap<String, BTreeMap<u64, Vec<(usize, u64)>>>;

/// # Errors
/// The journal can not be read.
pub fn answers(journal: &Path) -> io::Result<Answers> {
    let mut found = Answers::new();
    for (place, line) in std::fs::read_to_string(journal)?.lines().enumerate() {
        let Ok(attempt) = serde_json::from_str::<Attempt>(line) else { continue };
        let text = attempt.body.and_then(|body| body.text).map(|text| text.body).unwrap_or_default();
        let Some((token, n)) = text.strip_prefix("ack ").and_then(|rest| rest.split_once(" n=")) else { continue };
        if let (false, Ok(token), Ok(n)) = (attempt.accepted.is_empty(), token.parse(), n.replace(',', "").parse()) {
            found.entry(attempt.customer).or_default().entry(token).or_default().push((place, n));
        }
    }
    Ok(found)
}

/// What was found, in messages.
#[derive(Default)]
pub struct Verdict {
    pub lost: u64,
    /// Counted, and never answered: two attempts had an unknown fate, and the server says so itself.
    pub parked: u64,
    pub double: u64,
    pub disorder: u64,
    pub twice: u64,
    pub answered: u64,
    pub faults: BTreeMap<String, u64>,
}

impl Verdict {
    /// Nothing lost, doubled or overtaken. Without statuses a repeated message can be seen twice.
    pub fn held(&self, statuses: bool) -> bool {
        self.lost + self.double + self.disorder + if statuses { self.twice } else { 0 } == 0
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Verdict { lost, parked, double, disorder, twice, answered, faults } = self;
        writeln!(
            f,
            "answered {answered}, parked after two attempts of unknown fate {parked}; lost {lost}, counted twice {double}, \
             out of order {disorder}, visible twice {twice}"
        )?;
        write!(f, "provider faults hit: {faults:?}")
    }
}

/// What the journal says of the messages that were acknowledged, by customer how many; `told` is what the server says.
///
/// # Errors
/// The journal can not be read.
pub fn judge(journal: &Path, acknowledged: &BTreeMap<String, u64>, mut told: Vec<Told>) -> io::Result<Verdict> {
    let mut verdict = Verdict::default();
    let answers = answers(journal)?;
    for (customer, count) in acknowledged {
        let tokens = answers.get(customer).cloned().unwrap_or_default();
        let mut before = 0;
        let mut missing = BTreeSet::new();
        for token in 1..=*count {
            let Some(given) = tokens.get(&token) else {
                missing.insert(token);
                continue;
            };
            verdict.answered += 1;
            verdict.twice += given.len() as u64 - 1;
            // The customer's messages are counted from 1 in the order they were written: any other number is a message
            // that was counted twice, or left out.
            verdict.double += u64::from(given.iter().any(|(_, n)| *n != token));
            let first = given.first().map_or(0, |(place, _)| *place + 1);
            verdict.disorder += u64::from(first < before);
            before = first;
        }
        // The server does not say whose a conversation is: it must have one of so many messages, with these parked.
        let one = told.iter().position(|one| one.messages == *count && one.parked.is_superset(&missing));
        match one.filter(|_| !missing.is_empty()) {
            Some(one) => {
                told.swap_remove(one);
                verdict.parked += missing.len() as u64;
            }
            None => verdict.lost += missing.len() as u64,
        }
    }
    for line in std::fs::read_to_string(journal)?.lines() {
        if let Ok(Attempt { fault: Some(fault), .. }) = serde_json::from_str(line) {
            *verdict.faults.entry(fault).or_default() += 1;
        }
    }
    Ok(verdict)
}
