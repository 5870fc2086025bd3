//! What the shop's people are to be told, and whom the shop wrote to first.

use std::collections::BTreeSet;

use super::{Flaw, MemoryTx, QueuedPost, Tables, earliest};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::{Claim, ClaimedPost, Due, NewPost};

impl Tables {
    pub fn due_posts(&self, now_ms: i64) -> Vec<Due> {
        let free = self.posts.iter().filter(|(_, queued)| queued.lease_until_ms <= now_ms);
        let due = free.filter(|(_, queued)| queued.post.not_before_ms <= now_ms);
        earliest(due.map(|(key, queued)| (key.0, "".into(), queued.post.not_before_ms)))
    }
}

impl MemoryTx {
    pub fn add_posts(&mut self, posts: &[NewPost]) -> Result<()> {
        for post in posts {
            let seq = self.tables.next_seq();
            let queued = QueuedPost { post: post.clone(), attempt: 0, lease_until_ms: 0 };
            self.tables.posts.insert((post.shop, seq), queued);
        }
        Ok(())
    }

    pub fn claim_posts(&mut self, shop: ShopScope, claim: Claim) -> Result<Vec<ClaimedPost>> {
        let mut seen = BTreeSet::new();
        let range = self.tables.posts.range((shop, i64::MIN)..=(shop, i64::MAX));
        let heads = range.filter(|(_, queued)| seen.insert(queued.post.conversation));
        let free = heads
            .filter(|(_, queued)| queued.lease_until_ms <= claim.now_ms && queued.post.not_before_ms <= claim.now_ms);
        let free: Vec<_> = free.take(claim.limit as usize).map(|(key, queued)| (*key, queued.clone())).collect();
        let mut claimed = Vec::with_capacity(free.len());
        for (key, mut queued) in free {
            queued.attempt += 1;
            queued.lease_until_ms = claim.now_ms + claim.lease_ms;
            let (attempt, body) = (queued.attempt, queued.post.body.clone());
            claimed.push(ClaimedPost { shop, seq: key.1, conversation: queued.post.conversation, attempt, body });
            self.tables.posts.insert(key, queued);
        }
        Ok(claimed)
    }

    pub fn end_post(&mut self, shop: ShopScope, seq: i64, attempt: u32) -> Result<bool> {
        let held = self.tables.posts.get(&(shop, seq)).is_some_and(|queued| queued.attempt == attempt);
        if held {
            self.tables.posts.remove(&(shop, seq));
        }
        Ok(held)
    }

    pub fn postpone_post(&mut self, shop: ShopScope, seq: i64, attempt: u32, not_before_ms: i64) -> Result<bool> {
        let held = self.tables.posts.get(&(shop, seq)).filter(|queued| queued.attempt == attempt).cloned();
        let Some(mut queued) = held else { return Ok(false) };
        queued.post.not_before_ms = not_before_ms;
        queued.lease_until_ms = 0;
        self.tables.posts.insert((shop, seq), queued);
        Ok(true)
    }

    pub fn note_recipients(&mut self, shop: ShopScope, recipients: &[(ConversationId, i64)]) -> Result<()> {
        for (conversation, at_ms) in recipients {
            let key = (shop, *conversation);
            if self.tables.recipients.get(&key).is_none_or(|known| known < at_ms) {
                self.tables.recipients.insert(key, *at_ms);
            }
        }
        Ok(())
    }

    pub fn recipients(&mut self, shop: ShopScope, since_ms: i64) -> Result<Vec<(ConversationId, i64)>> {
        if self.tables.flaw == Some(Flaw::RecipientsForgotten) {
            return Ok(Vec::new());
        }
        let all = self.tables.recipients.iter().filter(|(key, at_ms)| key.0 == shop && **at_ms >= since_ms);
        Ok(all.map(|(key, at_ms)| (key.1, *at_ms)).collect())
    }
}
