//! Whether a machine answers us: its one reply to each of ours would go on for ever (F97, TM28). Knows what the last turns
//! were told, and forgets with its process. Judges texts alone: whoever taps is a person. A machine that finds new words
//! each time is bounded by what is taken of one customer in a minute.

use std::hash::{DefaultHasher, Hash, Hasher};

use duka_engine::event::{Event, EventKind, Inbound};

use super::TurnLimits;

/// Faster than a person reads and writes, in ms.
const QUICK_MS: i64 = 2_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Echo {
    /// Of the last text.
    text: u64,
    /// How often it came in a row; a quick one counts twice.
    same: u32,
    said_ms: i64,
}

impl Echo {
    pub fn says(&mut self, now_ms: i64) {
        self.said_ms = now_ms;
    }

    pub fn hears(&mut self, event: Option<&Event>, now_ms: i64) {
        let Some(EventKind::Inbound(Inbound::Text(text))) = event.map(|event| &event.kind) else {
            self.same = 0;
            return;
        };
        let mut hasher = DefaultHasher::new();
        text.trim().hash(&mut hasher);
        let text = hasher.finish();
        let is_quick = self.said_ms > 0 && now_ms.saturating_sub(self.said_ms) <= QUICK_MS;
        let counts = if is_quick { 2 } else { 1 };
        self.same = if text == self.text { self.same.saturating_add(counts) } else { 1 };
        self.text = text;
    }

    pub fn is_machine(&self, limits: &TurnLimits) -> bool {
        self.same > limits.same_texts
    }
}
