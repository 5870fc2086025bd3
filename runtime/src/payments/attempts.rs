//! The attempts of one payment: what the provider calls each, which one has brought the money, and that a second one which did
//! is not swallowed (F87, I16). Pure, like the states.

use smol_str::SmolStr;

use super::facts::{Facts, Repeat};
use super::standing::{Alarm, Claimed, News, Payment, State};

/// More names of attempts are not kept.
const MOST: usize = 8;

impl Payment {
    /// What the provider calls an attempt; empty: it is not known, so nobody has its page.
    pub fn name_of(&self, attempt: usize) -> &str {
        self.references.get(attempt.wrapping_sub(1)).map_or("", SmolStr::as_str)
    }

    /// The attempts that the provider has a name for: first the one that has brought the money, then the newest.
    pub fn named_attempts(&self) -> Vec<usize> {
        let mut all: Vec<usize> =
            (1..=self.references.len()).rev().filter(|attempt| !self.name_of(*attempt).is_empty()).collect();
        all.sort_by_key(|attempt| *attempt != self.paid_by);
        all
    }

    /// Whether the answer to the latest attempt is awaited or was lost.
    pub fn is_nameless(&self) -> bool {
        self.state == State::Beginning && self.references.last().is_none_or(SmolStr::is_empty)
    }

    /// Whether a prompt whose answer was lost may have been paid, and nobody can be asked about it.
    pub fn may_be_paid_unseen(&self, facts: &Facts) -> bool {
        matches!(facts.repeat, Repeat::After(_)) && self.references.iter().any(SmolStr::is_empty)
    }

    /// Takes the provider's name for an attempt from a proved callback. `attempt`: which one it says that is. Returns which one
    /// it is: the one of that name, the one it says, one whose answer was lost, or else one that nobody knew of.
    pub fn name_attempt(&mut self, attempt: Option<usize>, name: &str) -> usize {
        if name.is_empty() || name == self.money {
            return attempt.unwrap_or(if self.paid_by > 0 { self.paid_by } else { self.references.len() });
        }
        if let Some(at) = self.references.iter().position(|known| known == name) {
            return at + 1;
        }
        let lost =
            || self.references.iter().rposition(SmolStr::is_empty).map_or(self.references.len() + 1, |at| at + 1);
        let attempt = attempt.unwrap_or_else(lost).clamp(1, MOST);
        if self.references.len() < attempt {
            self.references.resize(attempt, SmolStr::default());
        }
        if let Some(known) = self.references.get_mut(attempt - 1).filter(|known| known.is_empty()) {
            *known = name.into();
        }
        attempt
    }

    /// Takes the provider's name for an attempt from its own answer. A callback may have named another attempt here, or this
    /// one elsewhere.
    pub fn begin_as(&mut self, attempt: usize, name: &str) {
        let other = std::mem::take(match self.references.get_mut(attempt.wrapping_sub(1)) {
            Some(known) => known,
            None => return,
        });
        self.references.iter_mut().filter(|known| *known == name).for_each(|known| *known = SmolStr::default());
        if let Some(known) = self.references.get_mut(attempt - 1) {
            *known = name.into();
        }
        if !other.is_empty() && other != name {
            self.name_attempt(None, &other);
        }
    }

    /// Takes that a proved callback says paid of an attempt, where there is money already.
    pub fn claim_again(&mut self, attempt: usize) {
        let is_other = self.references.len() > 1 && attempt != self.paid_by;
        if self.state.is_money() && is_other && !self.alarms.contains(&Alarm::Twice) {
            (self.claimed, self.unanswered) = (Some(Claimed::Again(attempt)), 0);
        }
    }

    /// Takes by which attempt the money has come, and whether by a second one as well.
    pub fn came_by(&mut self, attempt: usize, second: Option<usize>, news: &mut Vec<News>) {
        if !self.state.is_money() {
            return;
        }
        if self.paid_by == 0 {
            self.paid_by = attempt;
        }
        if second.is_some() {
            self.alarm(Alarm::Twice, news);
        }
    }
}
