//! Conversations, what finds them, and the events that wait for them.

use std::ops::Bound;

use super::{Flaw, MemoryTx, QueuedEvent, Tables, earliest};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::{Error, Result};
use crate::store::free::FreeEntry;
use crate::store::rows::{Advance, Claim, Conversation, Due, Identity, IdentityKind, InboxRow, Sighting};

impl MemoryTx {
    pub fn admit(&mut self, sightings: &[Sighting]) -> Result<Vec<bool>> {
        if self.tables.has(Flaw::AdmitsCopies) {
            return Ok(vec![true; sightings.len()]);
        }
        let mut first = |seen: &Sighting| {
            let key = (seen.shop, seen.key);
            let is_new = !self.tables.seen.contains(&key);
            if is_new {
                self.tables.seen.insert(key, seen.received_ms);
            }
            is_new
        };
        Ok(sightings.iter().map(&mut first).collect())
    }

    pub fn find_conversations(&mut self, identities: &[Identity]) -> Result<Vec<Option<ConversationId>>> {
        if self.tables.has(Flaw::FindsNobody) {
            return Ok(vec![None; identities.len()]);
        }
        Ok(identities.iter().map(|identity| self.tables.identities.get(&self.tables.name(identity)).copied()).collect())
    }

    pub fn create_conversations(&mut self, new: &[(Conversation, Vec<Identity>)]) -> Result<Vec<ConversationId>> {
        let mut ids = Vec::with_capacity(new.len());
        for (conversation, identities) in new {
            let find = |identity| self.tables.identities.get(&self.tables.name(identity)).copied();
            let known = identities.iter().find_map(find).filter(|_| !self.tables.has(Flaw::FindsNobody));
            let id = known.unwrap_or(conversation.id);
            if known.is_none() && !self.tables.conversations.contains(&(conversation.shop, id)) {
                let row = Conversation { pending: 0, ..conversation.clone() };
                self.tables.conversations.insert((row.shop, id), row);
            }
            for identity in identities {
                if !self.tables.identities.contains(identity) {
                    self.tables.link(id, identity);
                }
            }
            ids.push(id);
        }
        Ok(ids)
    }

    pub fn link_identities(&mut self, links: &[(ConversationId, Identity)]) -> Result<()> {
        for (id, identity) in links {
            self.tables.link(*id, identity);
        }
        Ok(())
    }

    pub fn unlink_identities(&mut self, identities: &[Identity]) -> Result<()> {
        for identity in identities {
            self.tables.unlink(identity);
            self.tables.parcels.remove(identity);
        }
        Ok(())
    }

    pub fn identities_of(&mut self, shop: ShopScope, id: ConversationId) -> Result<Vec<Identity>> {
        Ok(self.tables.identities_of(shop, id))
    }

    pub fn conversations(&mut self, places: &[(ShopScope, ConversationId)]) -> Result<Vec<Option<Conversation>>> {
        let read = |place: &(ShopScope, ConversationId)| {
            let row = self.tables.conversations.get(place)?;
            let pending = u32::try_from(self.tables.inbox_of(place.0, place.1).count()).unwrap_or(u32::MAX);
            let pending = if self.tables.has(Flaw::PendingUnseen) { 0 } else { pending };
            Some(Conversation { pending, ..row.clone() })
        };
        Ok(places.iter().map(read).collect())
    }

    pub fn list_conversations(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        let from = after.map_or(Bound::Included((shop, ConversationId(0))), |id| Bound::Excluded((shop, id)));
        let range = self.tables.conversations.range((from, Bound::Included((shop, ConversationId(u64::MAX)))));
        let places: Vec<_> = range.take(limit as usize).map(|(place, _)| *place).collect();
        Ok(self.conversations(&places)?.into_iter().flatten().collect())
    }

    pub fn list_handed_over(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        let from = after.map_or(Bound::Included((shop, ConversationId(0))), |id| Bound::Excluded((shop, id)));
        let range = self.tables.conversations.range((from, Bound::Included((shop, ConversationId(u64::MAX)))));
        let waiting = range.filter(|(_, row)| row.handed_over);
        let places: Vec<_> = waiting.take(limit as usize).map(|(place, _)| *place).collect();
        Ok(self.conversations(&places)?.into_iter().flatten().collect())
    }

    pub fn open_free_entries(&mut self, until: &[(ShopScope, ConversationId, i64)]) -> Result<()> {
        for (shop, id, until_ms) in until {
            let known = self.tables.conversations.get(&(*shop, *id)).filter(|row| row.free.until_ms() < *until_ms);
            if let Some(row) = known.cloned() {
                self.tables
                    .conversations
                    .insert((*shop, *id), Conversation { free: FreeEntry::Until(*until_ms), ..row });
            }
        }
        Ok(())
    }

    pub fn save_conversations(&mut self, advances: &[Advance<'_>]) -> Result<()> {
        let is_stale = |advance: &&Advance<'_>| {
            let place = (advance.conversation.shop, advance.conversation.id);
            self.tables.conversations.get(&place).is_none_or(|row| row.turn != advance.from_turn)
        };
        let stale: Vec<_> = advances.iter().filter(is_stale).map(|advance| advance.conversation.id).collect();
        if !stale.is_empty() {
            return Err(Error::Stale(stale));
        }
        for Advance { conversation, .. } in advances {
            let row = Conversation { pending: 0, ..(*conversation).clone() };
            self.tables.conversations.insert((row.shop, row.id), row);
        }
        Ok(())
    }

    pub fn due_wakes(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<ConversationId>> {
        let range = self.tables.conversations.range((shop, ConversationId(0))..=(shop, ConversationId(u64::MAX)));
        let mut due: Vec<_> = range
            .filter_map(|(place, row)| Some((row.wake_at_ms?, place.1)))
            .filter(|(wake_at_ms, _)| *wake_at_ms <= now_ms)
            .collect();
        due.sort();
        Ok(due.into_iter().take(limit as usize).map(|(_, id)| id).collect())
    }

    pub fn enqueue(&mut self, rows: &[InboxRow]) -> Result<()> {
        for row in rows {
            let seq = self.tables.next_seq();
            let row = InboxRow { seq, ..row.clone() };
            self.tables.inbox_places.insert((row.shop, seq), row.conversation);
            self.tables.inbox.insert((row.shop, row.conversation, seq), QueuedEvent { row, lease_until_ms: 0 });
        }
        Ok(())
    }

    pub fn take_inbox(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        claim: Claim,
    ) -> Result<Vec<InboxRow>> {
        let mut heads: Vec<(ShopScope, ConversationId, i64)> = Vec::new();
        for (key, _) in self.tables.inbox_range(shop) {
            match heads.last_mut().filter(|head| head.1 == key.1) {
                Some(head) if self.tables.has(Flaw::NewestFirst) => *head = *key,
                Some(_) => {}
                None => heads.push(*key),
            }
        }
        let is_free = |key: &(ShopScope, ConversationId, i64)| {
            self.tables.inbox.get(key).is_some_and(|event| event.lease_until_ms <= claim.now_ms)
        };
        heads.retain(is_free);
        let start = heads.partition_point(|head| after.is_some_and(|after| head.1 <= after));
        heads.rotate_left(start);
        heads.truncate(claim.limit as usize);
        let mut taken = Vec::with_capacity(heads.len());
        for key in heads {
            if let Some(mut event) = self.tables.inbox.get(&key).cloned() {
                event.row.attempts += 1;
                event.lease_until_ms = claim.now_ms + claim.lease_ms;
                taken.push(event.row.clone());
                self.tables.inbox.insert(key, event);
            }
        }
        Ok(taken)
    }

    pub fn release_inbox(&mut self, rows: &[(ShopScope, i64)]) -> Result<()> {
        for (shop, seq) in rows {
            let place = self.tables.inbox_places.get(&(*shop, *seq)).map(|id| (*shop, *id, *seq));
            if let Some((key, event)) = place.and_then(|key| Some((key, self.tables.inbox.get(&key).cloned()?))) {
                let row = InboxRow { attempts: event.row.attempts.saturating_sub(1), ..event.row };
                self.tables.inbox.insert(key, QueuedEvent { row, lease_until_ms: 0 });
            }
        }
        Ok(())
    }

    pub fn consume(&mut self, rows: &[(ShopScope, i64)]) -> Result<Vec<bool>> {
        if self.tables.has(Flaw::NeverConsumed) {
            return Ok(vec![true; rows.len()]);
        }
        let mut consume = |(shop, seq): &(ShopScope, i64)| match self.tables.inbox_places.remove(&(*shop, *seq)) {
            Some(id) => self.tables.inbox.remove(&(*shop, id, *seq)).is_some(),
            None => false,
        };
        Ok(rows.iter().map(&mut consume).collect())
    }
}

impl Tables {
    pub fn identities_of(&self, shop: ShopScope, id: ConversationId) -> Vec<Identity> {
        let from = (shop, id, Identity::least(shop));
        let range = self.known_as.range(from..);
        let own = range.map(|(key, ())| key).take_while(|key| (key.0, key.1) == (shop, id));
        own.filter(|key| key.2.kind != IdentityKind::Order).map(|key| key.2.clone()).collect()
    }

    pub fn inbox_of(&self, shop: ShopScope, id: ConversationId) -> impl Iterator<Item = &QueuedEvent> {
        self.inbox.range((shop, id, i64::MIN)..=(shop, id, i64::MAX)).map(|(_, event)| event)
    }

    fn inbox_range(&self, shop: ShopScope) -> impl Iterator<Item = (&(ShopScope, ConversationId, i64), &QueuedEvent)> {
        self.inbox.range((shop, ConversationId(0), i64::MIN)..=(shop, ConversationId(u64::MAX), i64::MAX))
    }

    /// Under what an identity is kept.
    fn name(&self, identity: &Identity) -> Identity {
        let shop = if self.has(Flaw::ShopsMixed) { ShopScope::numbered(1) } else { identity.shop };
        Identity { shop, ..identity.clone() }
    }

    fn unlink(&mut self, identity: &Identity) {
        if let Some(before) = self.identities.get(identity).copied() {
            self.known_as.remove(&(identity.shop, before, identity.clone()));
            self.identities.remove(identity);
        }
    }

    fn link(&mut self, id: ConversationId, identity: &Identity) {
        let identity = &self.name(identity);
        self.unlink(identity);
        self.identities.insert(identity.clone(), id);
        self.known_as.insert((identity.shop, id, identity.clone()), ());
    }

    pub fn due_inbox(&self, now_ms: i64) -> Vec<Due> {
        let mut last = None;
        let heads = self.inbox.iter().filter(|(key, _)| last.replace((key.0, key.1)) != Some((key.0, key.1)));
        let free = heads.filter(|(_, event)| event.lease_until_ms <= now_ms);
        earliest(free.map(|(key, event)| (key.0, "".into(), event.row.received_ms)))
    }

    pub fn due_wakes(&self, now_ms: i64) -> Vec<Due> {
        let wakes = self.conversations.iter().filter_map(|(place, row)| Some((place.0, "".into(), row.wake_at_ms?)));
        earliest(wakes.filter(|(_, _, at_ms)| *at_ms <= now_ms))
    }
}
