//! Places that many ask for at once: nobody holds more than a part of what is free, so that there is always room for others,
//! however many of them are slow. Knows nothing of what is done in a place.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// All places.
#[derive(Debug)]
pub struct Places<K: Ord + Clone>(Arc<Shared<K>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct Place<K: Ord + Clone> {
    shared: Arc<Shared<K>>,
    of: K,
}

#[derive(Debug)]
struct Shared<K: Ord + Clone> {
    all: u32,
    part: u32,
    // Counted up and down, never held across a wait.
    state: Mutex<State<K>>,
}

#[derive(Debug)]
struct State<K: Ord + Clone> {
    taken: u32,
    taken_of: BTreeMap<K, u32>,
    /// The longest first. None of them can have a place just now.
    waiting: VecDeque<(K, oneshot::Sender<Place<K>>)>,
}

impl<K: Ord + Clone> Places<K> {
    /// So many in all. Who holds as many as a `part`th of what is free gets no more: alone, one of `part + 1` parts of all.
    pub fn new(all: u32, part: u32) -> Places<K> {
        let state = State { taken: 0, taken_of: BTreeMap::new(), waiting: VecDeque::new() };
        Places(Arc::new(Shared { all, part: part.max(1), state: Mutex::new(state) }))
    }

    /// A place, if there is one now.
    pub fn try_take(&self, of: &K) -> Option<Place<K>> {
        let mut state = self.0.state();
        self.0.has_room(&state, of).then(|| self.0.take(&mut state, of.clone()))
    }

    /// A place as soon as there is one: who waited longest goes first.
    pub async fn take(&self, of: &K) -> Place<K> {
        loop {
            let granted = {
                let mut state = self.0.state();
                if self.0.has_room(&state, of) {
                    return self.0.take(&mut state, of.clone());
                }
                let (grant, granted) = oneshot::channel();
                state.waiting.push_back((of.clone(), grant));
                granted
            };
            if let Ok(place) = granted.await {
                return place;
            }
        }
    }
}

impl<K: Ord + Clone> Shared<K> {
    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self, state: &State<K>, of: &K) -> bool {
        let free = self.all.saturating_sub(state.taken);
        let own = state.taken_of.get(of).copied().unwrap_or(0);
        free > 0 && own < (free / self.part).max(1)
    }

    fn take(self: &Arc<Self>, state: &mut State<K>, of: K) -> Place<K> {
        state.taken += 1;
        *state.taken_of.entry(of.clone()).or_default() += 1;
        Place { shared: Arc::clone(self), of }
    }

    fn give_back(self: &Arc<Self>, of: &K) {
        // What nobody takes any more is given back in its turn, when the lock is free again.
        let mut unwanted = Vec::new();
        let mut state = self.state();
        state.taken = state.taken.saturating_sub(1);
        if let Some(own) = state.taken_of.get_mut(of) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                state.taken_of.remove(of);
            }
        }
        state.waiting.retain(|(_, grant)| !grant.is_closed());
        let mut at = 0;
        while let Some((next, _)) = state.waiting.get(at) {
            if !self.has_room(&state, next) {
                at += 1;
            } else if let Some((of, grant)) = state.waiting.remove(at) {
                let place = self.take(&mut state, of);
                unwanted.extend(grant.send(place).err());
            }
        }
        drop(state);
    }
}

impl<K: Ord + Clone> Drop for Place<K> {
    fn drop(&mut self) {
        self.shared.give_back(&self.of);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn taken(places: &Places<u8>, of: u8) -> Vec<Place<u8>> {
        std::iter::from_fn(|| places.try_take(&of)).collect()
    }

    #[test]
    fn one_alone_gets_a_part_and_many_leave_room_for_one_more() {
        let places = Places::new(256, 7);
        let alone = taken(&places, 0);
        assert_eq!(alone.len(), 32);
        let mut held = vec![alone];
        for of in 1..20 {
            let more = taken(&places, of);
            assert!(!more.is_empty() && more.len() <= 32, "{of}: {}", more.len());
            held.push(more);
        }
        assert!(places.try_take(&0).is_none());
        assert!(places.try_take(&20).is_some(), "whoever holds none gets one");
        drop(held);
        assert_eq!(taken(&places, 0).len(), 32, "all were given back");
    }

    #[test]
    fn who_waits_gets_what_is_given_back_in_order_and_who_left_gets_nothing() {
        let places = Places::new(2, 1);
        let mut held = taken(&places, 0);
        assert_eq!(held.len(), 1);
        let mut left = Box::pin(places.take(&0));
        let (mut first, mut second) = (Box::pin(places.take(&0)), Box::pin(places.take(&0)));
        for waiting in [&mut left, &mut first, &mut second] {
            assert!(waiting.as_mut().now_or_never().is_none());
        }
        let other = places.take(&1).now_or_never();
        assert!(other.is_some(), "another one does not wait behind them");
        drop((left, held.pop()));
        assert!(second.as_mut().now_or_never().is_none());
        let place = first.as_mut().now_or_never();
        assert!(place.is_some());
        drop(place);
        drop(second);
        drop(other);
        assert_eq!(taken(&places, 0).len(), 1, "a place that nobody took is free again");
    }
}
