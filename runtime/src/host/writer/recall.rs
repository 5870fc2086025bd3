//! Sessions as the last turn left them, decoded, so that the next turn need not read them again. Forgetting is harmless.

use std::collections::HashMap;

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

/// Two generations: what is used moves to the young one, and the old one is dropped as a whole when the young is full.
#[derive(Debug)]
pub struct Recall {
    young: HashMap<Key, Memory>,
    old: HashMap<Key, Memory>,
    /// Of both generations together.
    most: usize,
}

impl Recall {
    pub fn of(most: usize) -> Recall {
        Recall { young: HashMap::new(), old: HashMap::new(), most }
    }

    /// Hands over what is remembered.
    pub fn take(&mut self, shop: ShopScope, id: ConversationId) -> Option<Memory> {
        self.young.remove(&(shop, id)).or_else(|| self.old.remove(&(shop, id)))
    }

    pub fn put(&mut self, shop: ShopScope, id: ConversationId, memory: Memory) {
        if self.young.len() >= self.most / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert((shop, id), memory);
    }

    /// Everything, when a session may have been changed by other means.
    pub fn forget(&mut self) {
        self.young.clear();
        self.old.clear();
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
        let mut recall = Recall::of(4);
        for id in 0..100 {
            let kept = recall.take(shop, ConversationId(7));
            recall.put(shop, ConversationId(7), kept.unwrap_or_else(|| memory(1)));
            recall.put(shop, ConversationId(1_000 + id), memory(id));
        }
        assert_eq!(recall.take(shop, ConversationId(7)).map(|it| it.turn), Some(1));
        assert!(recall.take(shop, ConversationId(1_000)).is_none());
        assert!(recall.young.len() + recall.old.len() <= 4);
    }
}
