//! Whom the shops of a portfolio wrote to first within a day, newest and oldest at hand. Holds no more than the day's.

use std::collections::{BTreeSet, HashMap};

use crate::id::{ConversationId, ShopScope};

pub(super) const DAY_MS: i64 = 24 * 3_600_000;

/// A person who knows two shops counts twice.
pub(super) type Customer = (ShopScope, ConversationId);

#[derive(Debug, Default)]
pub(super) struct Recipients {
    last: HashMap<Customer, i64>,
    by_time: BTreeSet<(i64, Customer)>,
}

impl Recipients {
    /// They were written to then, ms since 1970.
    pub fn note(&mut self, customer: Customer, at_ms: i64) {
        let before = self.last.get(&customer).copied();
        if before.is_some_and(|before| before >= at_ms) {
            return;
        }
        if let Some(before) = before {
            self.by_time.remove(&(before, customer));
        }
        self.last.insert(customer, at_ms);
        self.by_time.insert((at_ms, customer));
    }

    pub fn knows(&self, customer: Customer) -> bool {
        self.last.contains_key(&customer)
    }

    /// How many there were within the day before `now_ms`, and when the oldest of them was.
    pub fn of_a_day(&mut self, now_ms: i64) -> (usize, Option<i64>) {
        while let Some((at_ms, customer)) = self.by_time.first().copied()
            && at_ms.saturating_add(DAY_MS) <= now_ms
        {
            self.by_time.pop_first();
            self.last.remove(&customer);
        }
        (self.last.len(), self.by_time.first().map(|(at_ms, _)| *at_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Recipients};
    use crate::id::{ConversationId, ShopScope};

    #[test]
    fn a_day_later_nobody_is_counted_any_more() {
        let mut known = Recipients::default();
        let customer = |n| (ShopScope::numbered(1), ConversationId(n));
        for (n, at_ms) in [(1, 10), (2, 20), (1, 30), (3, 30), (2, 5)] {
            known.note(customer(n), at_ms);
        }
        assert_eq!(known.of_a_day(30), (3, Some(20)));
        assert_eq!(known.of_a_day(DAY_MS + 20), (2, Some(30)), "the second was written to at 20 last");
        assert!(known.knows(customer(1)) && !known.knows(customer(2)));
        assert_eq!(known.of_a_day(DAY_MS + 30), (0, None));
        assert!(known.last.is_empty() && known.by_time.is_empty(), "nothing is left of them");
    }
}
