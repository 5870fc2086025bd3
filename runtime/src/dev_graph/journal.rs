//! What was attempted and what was answered: the stand-in's memory, against which invariants are checked.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use smol_str::SmolStr;

use super::fault::FaultKind;

/// How much of each attempt is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// All of it, with the body.
    #[default]
    All,
    /// Only how many: for load.
    Counts,
}

/// One call of `/messages`.
#[derive(Clone, Debug, Serialize)]
pub struct Attempt {
    /// From 1.
    pub n: u64,
    pub at_ms: i64,
    pub number: SmolStr,
    /// The token was the number's own, or none was asked for.
    pub authorized: bool,
    /// Digits of a phone, or a user id; empty: the body named none.
    pub customer: SmolStr,
    /// `text`, `interactive`, `template`, `read`, …; empty: not readable.
    #[serde(rename = "type")]
    pub message: SmolStr,
    /// Our `biz_opaque_callback_data`.
    pub opaque: SmolStr,
    /// The message id that the provider gave it, told to the caller or not; empty: not taken.
    pub accepted: SmolStr,
    /// The HTTP status of the answer; 0: none was given.
    pub http: u16,
    /// The code of a refusal; 0: none.
    pub code: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<RawValue>>,
}

/// How many of what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub attempts: u64,
    /// Messages taken, whatever the caller was told.
    pub accepted: u64,
    pub refused: u64,
    /// Read marks.
    pub read: u64,
    pub by_code: BTreeMap<u32, u64>,
    pub by_fault: BTreeMap<FaultKind, u64>,
    /// Statuses handed out in webhooks, copies included.
    pub statuses: u64,
    pub webhooks: u64,
    /// Webhooks that were not answered 200.
    pub undelivered: u64,
    /// Statuses given up because too many were waiting.
    pub dropped: u64,
}

/// The attempts, newest last.
#[derive(Debug, Default)]
pub struct Journal {
    keep: Keep,
    attempts: VecDeque<Attempt>,
    pub counts: Counts,
}

impl Journal {
    /// Attempts in memory; older ones are only counted.
    pub const MOST: usize = 1_000_000;

    pub(super) fn new(keep: Keep) -> Journal {
        Journal { keep, ..Journal::default() }
    }

    pub(super) fn keeps_all(&self) -> bool {
        self.keep == Keep::All
    }

    pub(super) fn add(&mut self, attempt: Attempt) {
        let counts = &mut self.counts;
        counts.attempts += 1;
        if attempt.code != 0 {
            counts.refused += 1;
            *counts.by_code.entry(attempt.code).or_default() += 1;
        } else if attempt.message == "read" {
            counts.read += 1;
        }
        if !attempt.accepted.is_empty() {
            counts.accepted += 1;
        }
        if let Some(fault) = attempt.fault {
            *counts.by_fault.entry(fault).or_default() += 1;
        }
        if self.keep == Keep::All {
            if self.attempts.len() == Journal::MOST {
                self.attempts.pop_front();
            }
            self.attempts.push_back(attempt);
        }
    }

    /// The attempts after number `n`, oldest first.
    pub fn after(&self, n: u64) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().skip_while(move |attempt| attempt.n <= n)
    }

    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.back()
    }

    pub(super) fn clear(&mut self) {
        *self = Journal::new(self.keep);
    }
}
