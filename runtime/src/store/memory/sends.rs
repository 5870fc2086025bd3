//! Sends and what the provider tells of them.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{Flaw, MemoryTx, QueuedSend, Tables, earliest};
use crate::id::{ConversationId, SendId, ShopScope};
use crate::store::error::Result;
use crate::store::facts::{SendFacts, Told};
use crate::store::free::FreeEntry;
use crate::store::rows::{
    AttemptEnd, Claim, ClaimedSend, Due, Lane, Leases, NewSend, Released, SendRow, SendState, Settled, Settlement,
    StatusEffect, StatusUpdate,
};

type Key = (ShopScope, ConversationId, i64);

impl MemoryTx {
    pub fn add_sends(&mut self, sends: &[NewSend]) -> Result<()> {
        let kept = if self.tables.has(Flaw::FirstSendOnly) { 1 } else { sends.len() };
        for send in sends.iter().take(kept) {
            let stands_behind = self.tables.stands_behind(send);
            let stands_behind = stands_behind && !self.tables.has(Flaw::AllReady);
            let state = if stands_behind { SendState::Waiting } else { SendState::Ready };
            let seq = self.tables.next_seq();
            let key = (send.shop, send.conversation, seq);
            self.tables.send_places.insert((send.shop, send.id), (send.conversation, seq));
            let facts = SendFacts::new(state, send.not_before_ms);
            self.tables.put_send(key, QueuedSend { send: send.clone(), facts, lease_until_ms: 0 });
        }
        Ok(())
    }

    /// Leaves the given number's sends to this claimer: at most `limit`, the first lane first.
    pub fn claim_sends(
        &mut self,
        shop: ShopScope,
        number: &str,
        lanes: &[Lane],
        claim: Claim,
    ) -> Result<Vec<ClaimedSend>> {
        let mut found: Vec<(usize, i64, i64, Key)> = Vec::new();
        for (key, queued) in self.tables.open_sends(shop) {
            let facts = &queued.facts;
            let lane = lanes.iter().position(|lane| *lane == queued.send.lane);
            let is_due = facts.state == SendState::Ready && facts.not_before_ms <= claim.now_ms;
            let is_due = is_due || (facts.state == SendState::Sending && self.tables.has(Flaw::ClaimsTwice));
            if let Some(lane) = lane.filter(|_| is_due && queued.send.number == number) {
                found.push((lane, facts.not_before_ms, key.2, key));
            }
        }
        found.sort();
        found.truncate(claim.limit as usize);
        let mut claimed = Vec::with_capacity(found.len());
        for (.., key) in found {
            let Some(mut queued) = self.tables.sends.get(&key).cloned() else { continue };
            queued.facts.state = SendState::Sending;
            queued.facts.attempt += 1;
            queued.lease_until_ms = claim.now_ms + claim.lease_ms;
            claimed.push(self.tables.claimed(&queued));
            self.tables.put_send(key, queued);
        }
        Ok(claimed)
    }

    pub fn settle_sends(&mut self, settlements: &[Settlement]) -> Result<Vec<Settled>> {
        let mut results = Vec::with_capacity(settlements.len());
        let mut touched = BTreeSet::new();
        for settlement in settlements {
            let mut result = Settled { held: false, failed: false };
            if let Some(key) = self.tables.key_of(settlement.shop, settlement.id)
                && let Some(mut queued) = self.tables.sends.get(&key).cloned()
            {
                result.held = queued.facts.settle(settlement.attempt, &settlement.end);
                if self.tables.has(Flaw::UnknownIsReady) && queued.facts.state == SendState::Unknown {
                    queued.facts.state = SendState::Ready;
                    queued.facts.not_before_ms = 0;
                }
                if let (true, AttemptEnd::Accepted { provider_id }) = (result.held, &settlement.end) {
                    result.failed = self.tables.adopt(settlement.shop, provider_id, &mut queued.facts);
                }
                if result.held {
                    self.tables.put_send(key, queued);
                    touched.insert((key.0, key.1));
                }
            }
            results.push(result);
        }
        self.tables.promote(&touched);
        Ok(results)
    }

    pub fn expire_leases(&mut self, shop: ShopScope, leases: Leases, hold_until_ms: i64) -> Result<u64> {
        let over: Vec<(Key, QueuedSend)> = self
            .tables
            .open_sends(shop)
            .filter(|(_, queued)| queued.facts.state == SendState::Sending)
            .filter(|(_, queued)| match leases {
                Leases::Over { now_ms } => queued.lease_until_ms <= now_ms,
                Leases::All => true,
            })
            .map(|(key, queued)| (key, queued.clone()))
            .collect();
        let count = over.len() as u64;
        for (key, mut queued) in over {
            queued.facts.state = match self.tables.flaw {
                Some(Flaw::LeaseIsReady) => SendState::Ready,
                Some(Flaw::LeaseIsFailed) => SendState::Failed,
                Some(_) | None => SendState::Unknown,
            };
            queued.facts.not_before_ms = hold_until_ms;
            self.tables.put_send(key, queued);
        }
        Ok(count)
    }

    pub fn extend_holds(&mut self, shop: ShopScope, by_ms: i64) -> Result<()> {
        let by_ms = if self.tables.has(Flaw::HoldsNotExtended) { 0 } else { by_ms };
        for (key, mut queued) in self.tables.held(shop, i64::MAX) {
            queued.facts.not_before_ms += by_ms;
            self.tables.put_send(key, queued);
        }
        Ok(())
    }

    pub fn release_unknown(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<Released>> {
        let mut released = Vec::new();
        let mut touched = BTreeSet::new();
        for (key, mut queued) in self.tables.held(shop, now_ms).into_iter().take(limit as usize) {
            let mut parked = queued.facts.release(queued.send.repeat);
            if self.tables.has(Flaw::ParksAtOnce) || self.tables.has(Flaw::RepeatsForever) {
                parked = self.tables.has(Flaw::ParksAtOnce);
                queued.facts.state = if parked { SendState::Parked } else { SendState::Ready };
            }
            let NewSend { id, conversation, turn, index, lane, .. } = queued.send;
            released.push(Released { id, conversation, turn, index, lane, parked });
            self.tables.put_send(key, queued);
            touched.insert((key.0, key.1));
        }
        self.tables.promote(&touched);
        Ok(released)
    }

    pub fn apply_statuses(&mut self, updates: &[StatusUpdate]) -> Result<Vec<Option<StatusEffect>>> {
        let mut effects = Vec::with_capacity(updates.len());
        let mut touched = BTreeSet::new();
        for update in updates {
            let told = Told::of(update);
            let by_id = update.send.and_then(|id| self.tables.key_of(update.shop, id));
            let by_id = by_id.filter(|_| !self.tables.has(Flaw::DeafToOpaqueIds));
            let by_provider = || self.tables.key_by_provider(update.shop, &update.provider_id);
            let found = by_id.or_else(by_provider).and_then(|key| Some((key, self.tables.sends.get(&key).cloned()?)));
            let Some((key, mut queued)) = found else {
                self.tables.keep_orphan(update.shop, &update.provider_id, &told);
                effects.push(None);
                continue;
            };
            let (known_before, state) = (queued.facts.provider_id.clone(), queued.facts.state);
            let told_before = queued.facts.told.clone();
            let mut heard = queued.facts.hear(&update.provider_id, &told);
            if self.tables.has(Flaw::StatusSettlesNothing) {
                queued.facts.state = state;
            }
            if self.tables.has(Flaw::RankFalls) {
                queued.facts.told = told;
            }
            if queued.facts.provider_id != known_before || heard.duplicate {
                heard.failed |= self.tables.adopt(update.shop, &update.provider_id, &mut queued.facts);
            }
            let NewSend { shop, id, conversation, turn, index, lane, .. } = queued.send;
            let (settled, failed, duplicate) = (heard.settled, heard.failed, heard.duplicate);
            let delivered = queued.facts.told.newly_counted(&told_before);
            effects.push(Some(StatusEffect {
                shop,
                id,
                conversation,
                turn,
                index,
                lane,
                settled,
                failed,
                duplicate,
                delivered,
            }));
            self.tables.put_send(key, queued);
            touched.insert((key.0, key.1));
        }
        self.tables.promote(&touched);
        Ok(effects)
    }

    pub fn sends_of(
        &mut self,
        shop: ShopScope,
        conversation: ConversationId,
        from_turn: u64,
        limit: u32,
    ) -> Result<Vec<SendRow>> {
        let range = self.tables.sends.range((shop, conversation, i64::MIN)..=(shop, conversation, i64::MAX));
        let later = range.map(|(_, queued)| queued).filter(|queued| queued.send.turn >= from_turn);
        let row = |queued: &QueuedSend| SendRow { send: queued.send.clone(), facts: queued.facts.clone() };
        Ok(later.take(limit as usize).map(row).collect())
    }

    pub fn send(&mut self, shop: ShopScope, id: SendId) -> Result<Option<SendRow>> {
        let queued = self.tables.key_of(shop, id).and_then(|key| self.tables.sends.get(&key));
        Ok(queued.map(|queued| SendRow { send: queued.send.clone(), facts: queued.facts.clone() }))
    }

    pub fn parked_sends(&mut self, shop: ShopScope, limit: u32) -> Result<Vec<SendRow>> {
        let sends = self.tables.sends.iter();
        let mut parked: Vec<_> =
            sends.filter(|(key, queued)| key.0 == shop && queued.facts.state == SendState::Parked).collect();
        parked.sort_by_key(|(key, _)| key.2);
        let row = |queued: &QueuedSend| SendRow { send: queued.send.clone(), facts: queued.facts.clone() };
        Ok(parked.into_iter().take(limit as usize).map(|(_, queued)| row(queued)).collect())
    }

    pub fn cancel_parked(&mut self, shop: ShopScope, id: SendId) -> Result<bool> {
        let found = self.tables.key_of(shop, id).and_then(|key| Some((key, self.tables.sends.get(&key).cloned()?)));
        let Some((key, mut queued)) = found.filter(|(_, queued)| queued.facts.state == SendState::Parked) else {
            return Ok(false);
        };
        queued.facts.state = SendState::Cancelled;
        self.tables.put_send(key, queued);
        Ok(true)
    }
}

impl Tables {
    fn key_of(&self, shop: ShopScope, id: SendId) -> Option<Key> {
        self.send_places.get(&(shop, id)).map(|place| (shop, place.0, place.1))
    }

    /// The oldest of the sends that a provider gave this id.
    fn key_by_provider(&self, shop: ShopScope, id: &SmolStr) -> Option<Key> {
        let holders = self.provider_places.range((shop, id.clone(), i64::MIN)..=(shop, id.clone(), i64::MAX));
        holders.map(|((shop, _, seq), conversation)| (*shop, *conversation, *seq)).next()
    }

    pub fn open_of(&self, shop: ShopScope, id: ConversationId) -> impl Iterator<Item = &Key> {
        self.open.range((shop, id, i64::MIN)..=(shop, id, i64::MAX)).map(|(key, ())| key)
    }

    fn open_sends(&self, shop: ShopScope) -> impl Iterator<Item = (Key, &QueuedSend)> {
        let range = self.open.range((shop, ConversationId(0), i64::MIN)..=(shop, ConversationId(u64::MAX), i64::MAX));
        range.filter_map(|(key, ())| Some((*key, self.sends.get(key)?)))
    }

    /// The unknown sends whose hold is over by then, the oldest hold first.
    fn held(&self, shop: ShopScope, until_ms: i64) -> Vec<(Key, QueuedSend)> {
        let is_held =
            |queued: &QueuedSend| queued.facts.state == SendState::Unknown && queued.facts.not_before_ms <= until_ms;
        let open = self.open_sends(shop).filter(|(_, queued)| is_held(queued));
        let mut held: Vec<_> = open.map(|(key, queued)| (key, queued.clone())).collect();
        held.sort_by_key(|(key, queued)| (queued.facts.not_before_ms, key.2));
        held
    }

    /// Writes a send with all that finds it.
    fn put_send(&mut self, key: Key, mut queued: QueuedSend) {
        queued.send.not_before_ms = queued.facts.not_before_ms;
        if queued.facts.state.is_final() {
            self.open.remove(&key);
        } else {
            self.open.insert(key, ());
        }
        let ids = |facts: &SendFacts| [facts.provider_id.clone(), facts.other_id.clone()];
        let before = self.sends.get(&key).map(|before| ids(&before.facts));
        let now = ids(&queued.facts);
        for gone in before.iter().flatten().filter(|id| !now.contains(id)) {
            self.provider_places.remove(&(key.0, gone.clone(), key.2));
        }
        for new in now.iter().filter(|id| !id.is_empty() && !before.as_ref().is_some_and(|ids| ids.contains(id))) {
            self.provider_places.insert((key.0, new.clone(), key.2), key.1);
        }
        self.sends.insert(key, queued);
    }

    /// Whether anything open of its conversation has to end first.
    fn stands_behind(&self, send: &NewSend) -> bool {
        let (shop, id) = (send.shop, send.conversation);
        let passes = send.lane < Lane::Marketing && self.head_rests(shop, id);
        self.open_of(shop, id).next().is_some() && !(passes && self.first_past_marketing(shop, id).is_none())
    }

    fn head_rests(&self, shop: ShopScope, id: ConversationId) -> bool {
        let head = self.open_of(shop, id).next().and_then(|key| self.sends.get(key));
        head.is_some_and(|queued| queued.facts.rests(queued.send.lane))
    }

    fn first_past_marketing(&self, shop: ShopScope, id: ConversationId) -> Option<Key> {
        let stays = |key: &&Key| self.sends.get(*key).is_some_and(|it| !it.facts.can_be_passed(it.send.lane));
        self.open_of(shop, id).find(stays).copied()
    }

    /// Makes the head of each conversation ready; where that is marketing that rests, also the first that may pass it.
    fn promote(&mut self, conversations: &BTreeSet<(ShopScope, ConversationId)>) {
        for (shop, id) in conversations {
            let head = match self.flaw {
                Some(Flaw::NeverPromoted) => None,
                Some(Flaw::LastPromoted) => self.open_of(*shop, *id).last().copied(),
                Some(_) | None if self.head_rests(*shop, *id) => self.first_past_marketing(*shop, *id),
                Some(_) | None => self.open_of(*shop, *id).next().copied(),
            };
            if let Some((key, mut queued)) = head.and_then(|key| Some((key, self.sends.get(&key).cloned()?)))
                && queued.facts.state == SendState::Waiting
            {
                queued.facts.state = SendState::Ready;
                self.put_send(key, queued);
            }
        }
    }

    fn keep_orphan(&mut self, shop: ShopScope, provider_id: &SmolStr, told: &Told) {
        if self.has(Flaw::OrphansForgotten) {
            return;
        }
        let key = (shop, provider_id.clone());
        let mut joined = self.orphans.get(&key).cloned().unwrap_or_default();
        joined.join(told);
        self.orphans.insert(key, joined);
    }

    /// Joins what was told of a message before we knew whose it is. `true`: it was a failure, and news.
    fn adopt(&mut self, shop: ShopScope, provider_id: &SmolStr, facts: &mut SendFacts) -> bool {
        let Some(told) = self.orphans.remove(&(shop, provider_id.clone())) else { return false };
        facts.adopt(&told)
    }

    fn claimed(&self, queued: &QueuedSend) -> ClaimedSend {
        let NewSend { shop, conversation, .. } = queued.send;
        let row = self.conversations.get(&(shop, conversation));
        ClaimedSend {
            send: queued.send.clone(),
            attempt: queued.facts.attempt,
            after_unknown: queued.facts.after_unknown,
            last_inbound_ms: row.map_or(0, |row| row.last_inbound_ms),
            free: row.map_or(FreeEntry::None, |row| row.free),
            identities: self.identities_of(shop, conversation),
        }
    }

    pub fn due_sends(&self, now_ms: i64) -> Vec<Due> {
        let open = self.open.iter().filter_map(|(key, ())| self.sends.get(key));
        let ready = open.filter(|queued| queued.facts.state == SendState::Ready);
        let due = ready.filter(|queued| queued.facts.not_before_ms <= now_ms);
        earliest(due.map(|queued| (queued.send.shop, queued.send.number.clone(), queued.facts.not_before_ms)))
    }

    pub fn due_holds(&self, now_ms: i64) -> Vec<Due> {
        let open = self.open.iter().filter_map(|(key, ())| self.sends.get(key));
        let over = open.filter_map(|queued| match queued.facts.state {
            SendState::Sending => Some((queued.send.shop, queued.lease_until_ms)),
            SendState::Unknown => Some((queued.send.shop, queued.facts.not_before_ms)),
            SendState::Waiting
            | SendState::Ready
            | SendState::Accepted
            | SendState::Failed
            | SendState::Expired
            | SendState::Parked
            | SendState::Cancelled => None,
        });
        earliest(over.filter(|(_, at_ms)| *at_ms <= now_ms).map(|(shop, at_ms)| (shop, "".into(), at_ms)))
    }
}
