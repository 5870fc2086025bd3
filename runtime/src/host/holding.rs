//! How long a message of unknown fate is held for a status: as long as statuses of its number have taken, all but one in a
//! thousand, within a floor and a ceiling (reliability.md 4.3, 5). Counts what this process has seen; forgets with it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use smol_str::SmolStr;

use crate::id::{SendId, ShopScope};

/// The longest hold, in ms.
pub const MOST_MS: i64 = 10 * 60_000;

/// Messages that were taken and of which nothing is told yet; older ones are not counted.
const MOST_OPEN: usize = 8_192;

/// Upper bounds of the classes of waits: each is a quarter longer than the one before, from a tenth of a second.
const CLASSES: usize = 41;
const FIRST_MS: i64 = 100;

/// Of so many waits half are forgotten, so that a slow day does not count for ever.
const MOST_COUNTED: u64 = 100_000;

#[derive(Debug, Default)]
pub struct Holding(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    open: BTreeMap<(ShopScope, SendId), (SmolStr, i64)>,
    order: VecDeque<(ShopScope, SendId)>,
    numbers: BTreeMap<(ShopScope, SmolStr), [u64; CLASSES]>,
}

impl Holding {
    // Held for arithmetic only, never across a wait.
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The provider took a message, at this monotonic time.
    pub fn accepted(&self, shop: ShopScope, number: &SmolStr, send: SendId, at_ms: i64) {
        let mut seen = self.seen();
        let place = (shop, send);
        if seen.open.insert(place, (number.clone(), at_ms)).is_none() {
            seen.order.push_back(place);
        }
        while seen.order.len() > MOST_OPEN {
            if let Some(oldest) = seen.order.pop_front() {
                seen.open.remove(&oldest);
            }
        }
    }

    /// The provider told something of a message for the first time.
    pub fn heard(&self, shop: ShopScope, send: SendId, at_ms: i64) {
        let mut seen = self.seen();
        let Some((number, since_ms)) = seen.open.remove(&(shop, send)) else { return };
        let counts = seen.numbers.entry((shop, number)).or_insert([0; CLASSES]);
        if let Some(count) = counts.get_mut(class(at_ms.saturating_sub(since_ms))) {
            *count += 1;
        }
        if counts.iter().sum::<u64>() > MOST_COUNTED {
            counts.iter_mut().for_each(|count| *count /= 2);
        }
    }

    /// How long to hold a message of the number, between `floor_ms` and [`MOST_MS`].
    pub fn of(&self, shop: ShopScope, number: &SmolStr, floor_ms: i64) -> i64 {
        let slowest = self.seen().numbers.get(&(shop, number.clone())).map_or(0, slowest_ms);
        slowest.min(MOST_MS).max(floor_ms)
    }

    /// The same for all numbers of a shop.
    pub fn of_shop(&self, shop: ShopScope, floor_ms: i64) -> i64 {
        let seen = self.seen();
        let numbers = seen.numbers.iter().filter(|((of, _), _)| *of == shop);
        numbers.map(|(_, counts)| slowest_ms(counts)).max().unwrap_or(0).min(MOST_MS).max(floor_ms)
    }

    /// What the slowest number has taken; 0: nothing was seen.
    pub fn longest_ms(&self) -> i64 {
        self.seen().numbers.values().map(slowest_ms).max().unwrap_or(0)
    }
}

fn bound(class: usize) -> i64 {
    (0..class).fold(FIRST_MS, |bound_ms, _| bound_ms + bound_ms / 4)
}

fn class(wait_ms: i64) -> usize {
    (0..CLASSES).find(|class| wait_ms <= bound(*class)).unwrap_or(CLASSES - 1)
}

/// The bound of the class that all but one wait in a thousand are within.
fn slowest_ms(counts: &[u64; CLASSES]) -> i64 {
    let all: u64 = counts.iter().sum();
    let within = all.saturating_sub(all / 1_000);
    let mut known = 0;
    for (class, count) in counts.iter().enumerate() {
        known += count;
        if known >= within {
            return if all == 0 { 0 } else { bound(class) };
        }
    }
    MOST_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(waits: impl IntoIterator<Item = i64>) -> Holding {
        let holding = Holding::default();
        for (n, wait_ms) in waits.into_iter().enumerate() {
            let send = SendId((n as u128).to_le_bytes());
            holding.accepted(ShopScope::numbered(1), &"n".into(), send, 1_000);
            holding.heard(ShopScope::numbered(1), send, 1_000 + wait_ms);
            holding.heard(ShopScope::numbered(1), send, 99_000_000);
        }
        holding
    }

    fn hold(waits: impl IntoIterator<Item = i64>) -> i64 {
        holding(waits).of(ShopScope::numbered(1), &"n".into(), 30_000)
    }

    #[test]
    fn a_hold_is_as_long_as_all_but_one_wait_in_a_thousand() {
        assert_eq!(hold([]), 30_000, "the floor, while nothing is known");
        assert_eq!(hold([500; 100]), 30_000);
        assert_eq!(hold(std::iter::once(3_600_000)), MOST_MS, "the ceiling");
        let slow = hold([40_000; 50]);
        assert!((40_000..=50_000).contains(&slow), "{slow}");
        assert_eq!(hold((0..2_000).map(|n| if n == 7 { 200_000 } else { 900 })), 30_000, "one in two thousand");
        let many = hold((0..2_000).map(|n| if n % 100 == 7 { 200_000 } else { 900 }));
        assert!((200_000..=250_000).contains(&many), "{many}");
    }

    #[test]
    fn numbers_and_shops_are_counted_apart_and_what_is_never_told_is_forgotten() {
        let holding = holding([100_000]);
        assert_eq!(holding.of(ShopScope::numbered(1), &"m".into(), 5), 5);
        assert_eq!(holding.of_shop(ShopScope::numbered(2), 5), 5);
        assert!(holding.of_shop(ShopScope::numbered(1), 5) >= 100_000);
        for n in 0..2 * MOST_OPEN {
            holding.accepted(ShopScope::numbered(1), &"n".into(), SendId((n as u128 + 9).to_le_bytes()), 0);
        }
        assert_eq!(holding.seen().open.len(), MOST_OPEN);
    }
}
