//! What goes back of a payment: by whose command, by which name, how much of it is there. Pure, like the states.

use smol_str::SmolStr;

use super::standing::{Alarm, News, Payment, Refund, Said};

/// More disputes of one payment are not told apart.
const MOST_DISPUTES: usize = 16;

/// How long it may be unknown whether money goes back, before people are told.
const MOST_UNKNOWN_MS: i64 = 600_000;

impl Payment {
    /// What commands have given back, done or not.
    pub fn commanded_minor(&self) -> i64 {
        self.refunds.iter().filter(|refund| !refund.key.is_empty()).map(|refund| refund.minor).sum()
    }

    /// What has gone back once all of that is done: by commands, and by somebody's hand at the provider.
    pub fn gone_minor(&self) -> i64 {
        self.commanded_minor().saturating_add(self.by_hand_minor).min(self.amount.minor)
    }

    /// Takes what nobody's command gave back. What is more than before is told to people.
    pub fn part_by_hand(&mut self, minor: i64, news: &mut Vec<News>) {
        if minor > self.by_hand_minor {
            self.by_hand_minor = minor;
            self.alarm_anew(Alarm::PartRefund, news);
        }
    }

    /// Takes a dispute that a proved callback tells of. Each is told to people once.
    pub fn dispute(&mut self, event: &str, news: &mut Vec<News>) {
        if self.disputes.len() < MOST_DISPUTES && !self.disputes.iter().any(|known| known == event) {
            self.disputes.push(event.into());
            self.alarm_anew(Alarm::Disputed, news);
        }
    }

    /// Notes a refund that a callback has named. Returns what all that are known come to.
    pub fn note_refund(&mut self, name: &str, minor: i64, at_ms: i64) -> i64 {
        let known = self.refunds.iter().any(|refund| refund.name == name);
        // One of ours whose answer was lost has no name of the provider's yet.
        let nameless = |it: &&mut Refund| !it.key.is_empty() && (it.name.is_empty() || it.name == it.key);
        match self.refunds.iter_mut().filter(nameless).find(|refund| refund.minor == minor) {
            _ if known => {}
            Some(refund) => refund.name = name.into(),
            None => self.refunds.push(Refund { key: SmolStr::default(), minor, name: name.into(), at_ms }),
        }
        self.refunds.iter().filter(|refund| !refund.name.is_empty()).map(|refund| refund.minor).sum()
    }

    /// Takes what is called of a refund that the provider can not be asked about, at an address that nobody can guess, by the name
    /// that it gave to our command. `None`: no command of ours has it. Returns what all that are done come to.
    pub fn called_back(&mut self, name: &str, said: Said, news: &mut Vec<News>) -> Option<i64> {
        let ours = |it: &Refund| !it.key.is_empty() && (it.name == name || it.name.is_empty());
        let at = self.refunds.iter().position(ours)?;
        if said == Said::NotReversed {
            // The shop may command it again.
            if !self.done.iter().any(|done| done == name) {
                self.refunds.remove(at);
                self.alarm(Alarm::NotReversed, news);
            }
        } else if let Some(refund) = self.refunds.get_mut(at) {
            refund.name = name.into();
            if !self.done.contains(&refund.name) {
                self.done.push(refund.name.clone());
            }
        }
        Some(self.done_minor())
    }

    /// What was given back by refunds that a callback says are done.
    pub fn done_minor(&self) -> i64 {
        self.refunds.iter().filter(|refund| self.done.contains(&refund.name)).map(|refund| refund.minor).sum()
    }

    /// What has not been given back yet and is on its way to nobody.
    pub fn left_minor(&self) -> i64 {
        let gone = self.gone_minor().max(self.refunded_minor);
        if self.state.is_money() { self.amount.minor.saturating_sub(gone).max(0) } else { 0 }
    }

    /// Whether the provider may have got this command, and has not said so.
    pub fn is_unknown(&self, refund: &Refund) -> bool {
        refund.name.is_empty() && self.sent.contains(&refund.key)
    }

    /// Once the provider says that all is back, no command's fate is unknown any more; until then people hear of it after a while.
    pub fn settle_refunds(&mut self, now_ms: i64, news: &mut Vec<News>) {
        let is_all_back = self.refunded_minor >= self.gone_minor();
        let sent = std::mem::take(&mut self.sent);
        let unknown = |it: &&mut Refund| it.name.is_empty() && sent.contains(&it.key);
        let is_late = |it: &Refund| it.at_ms.saturating_add(MOST_UNKNOWN_MS) <= now_ms;
        let mut late = false;
        for refund in self.refunds.iter_mut().filter(unknown) {
            if is_all_back {
                refund.name = refund.key.clone();
            } else {
                late |= is_late(refund);
            }
        }
        self.sent = sent;
        if late {
            self.alarm(Alarm::RefundUnknown, news);
        }
    }

    /// Notes that all of what nobody is to keep goes back.
    pub fn note_unwanted(&mut self, key: &SmolStr, at_ms: i64) {
        let is_untouched = self.refunded_minor == 0 && self.refunds.is_empty();
        if self.state.is_unwanted() && is_untouched && !self.alarms.contains(&Alarm::NotReversed) {
            let (key, name) = (key.clone(), SmolStr::default());
            self.refunds.push(Refund { key, minor: self.amount.minor, name, at_ms });
        }
    }

    /// Whether that is noted, and not known to be on its way.
    pub fn is_to_go_back(&self, key: &SmolStr) -> bool {
        self.refunds.iter().any(|refund| refund.key == *key && refund.name.is_empty())
    }
}
