//! How long customers wait for their replies: from when each message was due to when the stand-in for the Graph API took the
//! answer, by its journal.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use hdrhistogram::Histogram;
use serde::Deserialize;

use crate::process::{self, Process};

/// When each acknowledged message was due, ms since 1970, by its number.
pub type Due = HashMap<u64, i64>;

/// The stand-in takes whatever is well formed, and keeps what it took.
const PLAN: &str = "[limits]\nwindow = false\npair = false\nthroughput = 0\nmedia = false\ntemplates = false\n";

#[derive(Deserialize)]
struct Attempt {
    at_ms: i64,
    number: String,
    #[serde(default)]
    accepted: String,
    body: Option<Body>,
}

#[derive(Deserialize)]
struct Body {
    text: Option<Text>,
}

#[derive(Deserialize)]
struct Text {
    body: String,
}

/// A stand-in that writes a journal, and where.
///
/// # Errors
/// It does not start.
pub async fn graph(duka: &Path, folder: &Path) -> io::Result<(Process, PathBuf)> {
    let (journal, plan) = (folder.join("journal.jsonl"), folder.join("plan.toml"));
    std::fs::write(&plan, PLAN)?;
    let (plan, to) = (plan.display().to_string(), journal.display().to_string());
    Ok((process::graph(duka, folder, &["--plan", &plan, "--journal", &to]).await?, journal))
}

/// How long each reply took, in ms, and how many have not come. Replies from `but` are left out.
///
/// # Errors
/// The journal can not be read.
pub fn latencies(journal: &Path, due: &Due, but: &str) -> io::Result<(Histogram<u64>, u64)> {
    let mut latency = Histogram::new_with_bounds(1, 600_000, 3).expect("the bounds are in order");
    for line in std::fs::read_to_string(journal)?.lines() {
        let Ok(attempt) = serde_json::from_str::<Attempt>(line) else { continue };
        if attempt.number == but || attempt.accepted.is_empty() {
            continue;
        }
        let text = attempt.body.and_then(|body| body.text).map(|text| text.body).unwrap_or_default();
        let token = text.strip_prefix("ack ").and_then(|rest| rest.split_once(" n=")).map(|(token, _)| token);
        let due = token.and_then(|token| token.parse().ok()).and_then(|token: u64| due.get(&token));
        if let Some(due_ms) = due {
            latency.saturating_record((attempt.at_ms - due_ms).max(1) as u64);
        }
    }
    let lost = due.len() as u64 - latency.len().min(due.len() as u64);
    Ok((latency, lost))
}
