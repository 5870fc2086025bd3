//! Turns as they were, and calls to the shops' systems.

use super::{MemoryTx, QueuedCall, Tables, earliest};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::{Claim, ClaimedCall, Due, EndedCall, NewCall, TurnRecord};

impl MemoryTx {
    pub fn add_turns(&mut self, turns: &[TurnRecord]) -> Result<()> {
        for turn in turns {
            self.tables.turns.insert((turn.shop, turn.conversation, turn.turn), turn.clone());
        }
        Ok(())
    }

    pub fn turns_of(
        &mut self,
        shop: ShopScope,
        conversation: ConversationId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<TurnRecord>> {
        let range = self.tables.turns.range((shop, conversation, from)..=(shop, conversation, u64::MAX));
        Ok(range.take(limit as usize).map(|(_, turn)| turn.clone()).collect())
    }

    pub fn add_calls(&mut self, calls: &[NewCall]) -> Result<()> {
        for call in calls {
            let seq = self.tables.next_seq();
            self.tables.call_places.insert((call.shop, call.conversation, call.turn, call.index), seq);
            let queued = QueuedCall { call: call.clone(), attempt: 0, not_before_ms: 0, lease_until_ms: 0 };
            self.tables.calls.insert((call.shop, seq), queued);
        }
        Ok(())
    }

    pub fn claim_calls(&mut self, shop: ShopScope, claim: Claim) -> Result<Vec<ClaimedCall>> {
        let mut free: Vec<_> = self
            .tables
            .calls
            .range((shop, i64::MIN)..=(shop, i64::MAX))
            .filter(|(_, queued)| queued.lease_until_ms <= claim.now_ms && queued.not_before_ms <= claim.now_ms)
            .map(|(key, queued)| (queued.not_before_ms, *key, queued.clone()))
            .collect();
        free.sort_by_key(|(not_before_ms, key, _)| (*not_before_ms, key.1));
        free.truncate(claim.limit as usize);
        let mut claimed = Vec::with_capacity(free.len());
        for (_, key, mut queued) in free {
            queued.attempt += 1;
            queued.lease_until_ms = claim.now_ms + claim.lease_ms;
            claimed.push(ClaimedCall { call: queued.call.clone(), attempt: queued.attempt });
            self.tables.calls.insert(key, queued);
        }
        Ok(claimed)
    }

    pub fn end_calls(&mut self, ended: &[EndedCall]) -> Result<Vec<bool>> {
        let mut results = Vec::with_capacity(ended.len());
        for call in ended {
            let held = self.tables.held_call(call);
            if let Some(seq) = held {
                self.tables.calls.remove(&(call.shop, seq));
                self.tables.call_places.remove(&(call.shop, call.conversation, call.turn, call.index));
            }
            results.push(held.is_some());
        }
        Ok(results)
    }

    pub fn postpone_calls(&mut self, calls: &[(EndedCall, i64)]) -> Result<Vec<bool>> {
        let mut results = Vec::with_capacity(calls.len());
        for (call, not_before_ms) in calls {
            let held = self.tables.held_call(call);
            let queued = held.and_then(|seq| Some((seq, self.tables.calls.get(&(call.shop, seq)).cloned()?)));
            if let Some((seq, queued)) = queued {
                let queued = QueuedCall { not_before_ms: *not_before_ms, lease_until_ms: 0, ..queued };
                self.tables.calls.insert((call.shop, seq), queued);
            }
            results.push(held.is_some());
        }
        Ok(results)
    }

    pub fn give_back_call(&mut self, call: &EndedCall) -> Result<bool> {
        let held = self.tables.held_call(call);
        let queued = held.and_then(|seq| Some((seq, self.tables.calls.get(&(call.shop, seq)).cloned()?)));
        if let Some((seq, queued)) = queued {
            let queued = QueuedCall { attempt: queued.attempt - 1, lease_until_ms: 0, ..queued };
            self.tables.calls.insert((call.shop, seq), queued);
        }
        Ok(held.is_some())
    }

    pub fn release_calls(&mut self, shop: ShopScope) -> Result<()> {
        let held: Vec<_> = self
            .tables
            .calls
            .range((shop, i64::MIN)..=(shop, i64::MAX))
            .filter(|(_, queued)| queued.lease_until_ms != 0)
            .map(|(key, queued)| (*key, queued.clone()))
            .collect();
        for (key, queued) in held {
            self.tables.calls.insert(key, QueuedCall { lease_until_ms: 0, ..queued });
        }
        Ok(())
    }
}

impl Tables {
    /// The call, if the attempt that speaks of it is its last.
    fn held_call(&self, call: &EndedCall) -> Option<i64> {
        let seq = *self.call_places.get(&(call.shop, call.conversation, call.turn, call.index))?;
        self.calls.get(&(call.shop, seq)).filter(|queued| queued.attempt == call.attempt).map(|_| seq)
    }

    pub fn due_calls(&self, now_ms: i64) -> Vec<Due> {
        let free = self.calls.iter().filter(|(_, queued)| queued.lease_until_ms <= now_ms);
        let due = free.filter(|(_, queued)| queued.not_before_ms <= now_ms);
        earliest(due.map(|(key, queued)| (key.0, "".into(), queued.not_before_ms)))
    }
}
