//! What became of every message, seen from outside: the journal of the stand-in for the Graph API against what customers
//! were told `200` for. The shop numbers each conversation's messages, so a lost, doubled or overtaken one shows.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;

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

/// Waits until every message is answered, or nothing has moved for half a minute.
///
/// # Errors
/// The journal can not be read.
pub async fn settle(journal: &Path, total: u64) -> io::Result<Duration> {
    let begun = Instant::now();
    let (mut last, mut moved) = (0, Instant::now());
    loop {
        let answered = answers(journal)?.values().map(|by_token| by_token.len() as u64).sum::<u64>();
        if answered != last {
            (last, moved) = (answered, Instant::now());
        }
        if answered >= total || moved.elapsed() > Duration::from_secs(30) {
            return Ok(begun.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
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
        if let (false, Ok(token), Ok(n)) = (attempt.accepted.is_empty(), token.parse(), n.parse()) {
            found.entry(attempt.customer).or_default().entry(token).or_default().push((place, n));
        }
    }
    Ok(found)
}

/// What was found, in messages.
#[derive(Default)]
pub struct Verdict {
    pub lost: u64,
    pub double: u64,
    pub disorder: u64,
    pub twice: u64,
    pub answered: u64,
    pub faults: BTreeMap<String, u64>,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Verdict { lost, double, disorder, twice, answered, faults } = self;
        writeln!(
            f,
            "answered {answered}; lost {lost}, counted twice {double}, out of order {disorder}, visible twice {twice}"
        )?;
        write!(f, "provider faults hit: {faults:?}")
    }
}

/// What the journal says of the messages that were acknowledged, by customer how many.
///
/// # Errors
/// The journal can not be read.
pub fn judge(journal: &Path, acknowledged: &BTreeMap<String, u64>) -> io::Result<Verdict> {
    let mut verdict = Verdict::default();
    let answers = answers(journal)?;
    for (customer, count) in acknowledged {
        let tokens = answers.get(customer).cloned().unwrap_or_default();
        let mut before = 0;
        for token in 1..=*count {
            let Some(given) = tokens.get(&token) else {
                verdict.lost += 1;
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
    }
    for line in std::fs::read_to_string(journal)?.lines() {
        if let Ok(Attempt { fault: Some(fault), .. }) = serde_json::from_str(line) {
            *verdict.faults.entry(fault).or_default() += 1;
        }
    }
    Ok(verdict)
}
