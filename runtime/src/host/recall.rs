//! Sessions as the last turn left them, decoded, so that the next turn need not read them again. Forgetting is harmless.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use duka_engine::session::Session;

use crate::host::turn::Automated;
use crate::id::{ConversationId, ShopScope};

type Key = (ShopScope, ConversationId);

/// What is remembered of one conversation.
#[derive(Debug)]
pub struct Memory {
    /// The session belongs to the row of this turn and of no other.
    pub turn: u64,
    pub session: Session,
    pub automated: Automated,
}

/// What this process remembers.
#[derive(Debug)]
pub struct Recall {
    /// Of both generations together.
    most: usize,
    // Held only to take a session out or to put one in.
    kept: Mutex<Generations>,
}

/// What is used moves to the young one, and the old one is dropped as a whole when the young is full.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, Memory>,
    old: HashMap<Key, Memory>,
}

impl Recall {
    pub fn of(most: usize) -> Recall {
        Recall { most, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Generations> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over what is remembered.
    pub fn take(&self, shop: ShopScope, id: ConversationId) -> Option<Memory> {
        let mut kept = self.kept();
        kept.young.remove(&(shop, id)).or_else(|| kept.old.remove(&(shop, id)))
    }

    pub fn put(&self, shop: ShopScope, id: ConversationId, memory: Memory) {
        let mut kept = self.kept();
        if kept.young.len() >= self.most / 2 {
            kept.old = std::mem::take(&mut kept.young);
        }
        kept.young.insert((shop, id), memory);
    }

    /// Of a whole shop, when it was erased.
    pub fn forget_shop(&self, shop: ShopScope) {
        let mut kept = self.kept();
        kept.young.retain(|key, _| key.0 != shop);
        kept.old.retain(|key, _| key.0 != shop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(turn: u64) -> Memory {
        Memory { turn, session: Session::default(), automated: Automated::default() }
    }

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let shop = ShopScope::numbered(1);
        let recall = Recall::of(4);
        for id in 0..100 {
            let kept = recall.take(shop, ConversationId(7));
            recall.put(shop, ConversationId(7), kept.unwrap_or_else(|| memory(1)));
            recall.put(shop, ConversationId(1_000 + id), memory(id));
        }
        assert_eq!(recall.take(shop, ConversationId(7)).map(|it| it.turn), Some(1));
        assert!(recall.take(shop, ConversationId(1_000)).is_none());
        let kept = recall.kept();
        let held = kept.young.len() + kept.old.len();
        assert!(held <= 4, "{held}");
    }
}
