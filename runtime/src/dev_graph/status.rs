//! Which statuses follow an accepted message, and when. Chance comes from the caller; delivers nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use smol_str::SmolStr;

use super::fault::{Fault, FaultKind};
use super::plan::Statuses;
use super::refusal::Refusal;

/// How late statuses are, unless a fault says otherwise.
const HELD_MS: i64 = 60_000;

/// An accepted message, as its statuses speak of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Accepted {
    pub number: SmolStr,
    pub wamid: SmolStr,
    pub customer: SmolStr,
    pub is_user_id: bool,
    pub opaque: SmolStr,
    /// `service`, `utility`, `marketing`, …
    pub category: SmolStr,
    /// `regular`, `free_customer_service`, `free_entry_point`
    pub pricing: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Sent,
    Delivered,
    Read,
    Failed { code: u32 },
}

impl Word {
    /// The vendor's word, and the code of a failure; 0: none.
    pub fn told(self) -> (&'static str, u32) {
        match self {
            Word::Sent => ("sent", 0),
            Word::Delivered => ("delivered", 0),
            Word::Read => ("read", 0),
            Word::Failed { code } => ("failed", code),
        }
    }
}

/// One status, due at a time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Due {
    pub word: Word,
    pub of: std::sync::Arc<Accepted>,
}

/// The statuses of a message with the times at which they are due, in the order in which they happen.
pub(super) fn follow(
    of: Accepted,
    at_ms: i64,
    fault: Option<&Fault>,
    statuses: &Statuses,
    chance: &mut fastrand::Rng,
) -> Vec<(i64, Due)> {
    if statuses.off {
        return Vec::new();
    }
    let mut between = |[from, to]: [u32; 2]| i64::from(chance.u32(from..=to.max(from)));
    let sent = at_ms + between(statuses.sent_ms);
    let delivered = sent + between(statuses.delivered_ms);
    let read = delivered + between(statuses.read_ms);
    let code = |fault: &Fault| fault.code.unwrap_or(131026);
    let mut of = of;
    let mut words = vec![(sent, Word::Sent)];
    let late = fault.and_then(|fault| fault.after_ms).and_then(|late| i64::try_from(late).ok());
    match fault.map(|fault| (fault.kind, fault)) {
        Some((FaultKind::NoStatus, _)) => return Vec::new(),
        Some((FaultKind::Held, fault)) if fault.code.is_some() => {
            words = vec![(sent + late.unwrap_or(HELD_MS), Word::Failed { code: code(fault) })];
        }
        Some((FaultKind::FailedStatus, fault)) => words = vec![(sent, Word::Failed { code: code(fault) })],
        Some((FaultKind::SentThenFailed, fault)) => words.push((delivered, Word::Failed { code: code(fault) })),
        other => {
            if matches!(other, Some((FaultKind::NoOpaque, _))) {
                of.opaque = SmolStr::default();
            }
            if chance.f64() < statuses.delivered {
                words.push((delivered, Word::Delivered));
                if chance.f64() < statuses.read {
                    words.push((read, Word::Read));
                }
            }
            if matches!(other, Some((FaultKind::LateStatus | FaultKind::Held, _))) {
                words.iter_mut().for_each(|(at, _)| *at += late.unwrap_or(HELD_MS));
            }
        }
    }
    disturb(&mut words, statuses, chance);
    let of = std::sync::Arc::new(of);
    words.into_iter().map(|(at, word)| (at, Due { word, of: of.clone() })).collect()
}

fn disturb(words: &mut Vec<(i64, Word)>, statuses: &Statuses, chance: &mut fastrand::Rng) {
    if statuses.swapped > 0.0 && words.len() > 1 && chance.f64() < statuses.swapped {
        let (first, second) = (chance.usize(..words.len()), chance.usize(..words.len()));
        let (a, b) = (words.get(first).map(|(at, _)| *at), words.get(second).map(|(at, _)| *at));
        for (place, at) in [(first, b), (second, a)] {
            if let (Some(word), Some(at)) = (words.get_mut(place), at) {
                word.0 = at;
            }
        }
    }
    if statuses.twice > 0.0 {
        let mut copies = Vec::new();
        for (at, word) in words.iter() {
            if chance.f64() < statuses.twice {
                copies.push((at + i64::from(chance.u32(0..=2_000)), *word));
            }
        }
        words.append(&mut copies);
    }
}

/// What is still to come, by time and then by the order in which it was planned.
#[derive(Debug, Default)]
pub(super) struct Queue {
    due: BTreeMap<(i64, u64), Due>,
    planned: u64,
}

impl Queue {
    /// Statuses that wait; more are given up, the newest first.
    pub const MOST: usize = 2_000_000;

    /// `false`: there was no room.
    pub fn add(&mut self, at_ms: i64, due: Due) -> bool {
        if self.due.len() >= Queue::MOST {
            return false;
        }
        self.planned += 1;
        self.due.insert((at_ms, self.planned), due);
        true
    }

    pub fn next_ms(&self) -> Option<i64> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Takes those that are due, at most `most`.
    pub fn take(&mut self, now_ms: i64, most: usize) -> Vec<(i64, Due)> {
        let mut taken = Vec::new();
        while taken.len() < most {
            match self.due.first_entry() {
                Some(entry) if entry.key().0 <= now_ms => {
                    let ((at, _), due) = entry.remove_entry();
                    taken.push((at, due));
                }
                Some(_) | None => break,
            }
        }
        taken
    }
}

/// The element of `statuses[]`, and its contact unless it has failed.
pub(super) fn wire(at_ms: i64, due: &Due) -> (Value, Option<Value>) {
    let of = &due.of;
    let (word, _) = due.word.told();
    let mut status = json!({"id": of.wamid.as_str(), "status": word, "timestamp": at_ms.div_euclid(1000).to_string()});
    let Some(fields) = status.as_object_mut() else {
        return (status, None);
    };
    let recipient = if of.is_user_id { "recipient_user_id" } else { "recipient_id" };
    fields.insert(recipient.to_string(), of.customer.as_str().into());
    if !of.opaque.is_empty() {
        fields.insert("biz_opaque_callback_data".to_string(), of.opaque.as_str().into());
    }
    match due.word {
        Word::Failed { code } => {
            let error = Refusal::new(code, "As planned.").in_status();
            fields.insert("errors".to_string(), json!([error]));
            return (status, None);
        }
        Word::Sent | Word::Delivered => {
            let pricing = json!({"billable": of.pricing == "regular", "pricing_model": "PMP", "type": of.pricing,
                "category": of.category.as_str()});
            fields.insert("pricing".to_string(), pricing);
        }
        Word::Read => {}
    }
    let key = if of.is_user_id { "user_id" } else { "wa_id" };
    let contact = json!({"profile": {"name": "Customer"}, key: of.customer.as_str()});
    (status, Some(contact))
}
