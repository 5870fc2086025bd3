//! Consents, quarantine, templates, health of numbers, single values; erasure, retention and counts.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{Flaw, MemoryTx, QueuedSend};
use crate::id::{ConversationId, ShopScope};
use crate::store::codes;
use crate::store::error::Result;
use crate::store::health::{HealthNews, HeardHealth, NumberHealth};
use crate::store::rows::{
    ConsentEntry, Conversation, Counts, DATA_REQUEST, FlowRevision, Parked, QuarantineEntry, Quarantined, Retention,
    SendState,
};
use crate::store::tables::quarantined_names;
use crate::store::templates::{HeardTemplate, TemplateNews, TemplateRow};

impl MemoryTx {
    pub fn add_consents(&mut self, entries: &[ConsentEntry]) -> Result<()> {
        let flawed = self.tables.flaw == Some(Flaw::WithdrawalsLost);
        for entry in entries.iter().filter(|entry| entry.given || !flawed) {
            let seq = self.tables.next_seq();
            self.tables.consents.insert((entry.shop, entry.conversation, seq), entry.clone());
        }
        Ok(())
    }

    pub fn consents_of(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Vec<ConsentEntry>> {
        let range = self.tables.consents.range((shop, conversation, i64::MIN)..=(shop, conversation, i64::MAX));
        Ok(range.map(|(_, entry)| entry.clone()).collect())
    }

    pub fn standing_consents(
        &mut self,
        shop: ShopScope,
        conversations: &[ConversationId],
    ) -> Result<Vec<ConsentEntry>> {
        let mut standing = BTreeMap::<(ConversationId, SmolStr), ConsentEntry>::new();
        for conversation in conversations {
            for entry in self.consents_of(shop, *conversation)? {
                let key = (entry.conversation, entry.name.clone());
                if standing.get(&key).is_none_or(|known| known.at_ms <= entry.at_ms) {
                    standing.insert(key, entry);
                }
            }
        }
        Ok(standing.into_values().collect())
    }

    pub fn add_quarantine(&mut self, entries: &[QuarantineEntry]) -> Result<()> {
        for entry in entries {
            let seq = self.tables.next_seq();
            let shop = entry.shop.unwrap_or(ShopScope::NONE);
            self.tables.quarantine.insert((shop, seq), entry.clone());
        }
        Ok(())
    }

    pub fn list_quarantine(&mut self, shop: ShopScope, after: i64, limit: u32) -> Result<Quarantined> {
        let range = self.tables.quarantine.range((shop, after.saturating_add(1))..=(shop, i64::MAX));
        Ok(range.take(limit as usize).map(|(key, entry)| (key.1, entry.clone())).collect())
    }

    pub fn quarantined_since(
        &mut self,
        shop: ShopScope,
        reason: &str,
        since_ms: i64,
        limit: u32,
    ) -> Result<Quarantined> {
        let all = self.tables.quarantine.range((shop, i64::MIN)..=(shop, i64::MAX));
        let wanted = all.filter(|(_, entry)| entry.at_ms >= since_ms && entry.reason == reason);
        let mut found: Vec<_> = wanted.map(|(key, entry)| (key.1, entry.clone())).collect();
        found.sort_by_key(|(seq, entry)| std::cmp::Reverse((entry.at_ms, *seq)));
        found.truncate(limit as usize);
        Ok(found)
    }

    pub fn take_quarantine(&mut self, shop: ShopScope, seqs: &[i64]) -> Result<Vec<QuarantineEntry>> {
        Ok(seqs.iter().filter_map(|seq| self.tables.quarantine.remove(&(shop, *seq))).collect())
    }

    pub fn hear_templates(&mut self, news: &[TemplateNews]) -> Result<()> {
        let stays = self.tables.flaw == Some(Flaw::TemplatesStay);
        for news in news {
            let key = (news.shop, news.name.clone(), news.language.clone());
            let known = self.tables.templates.get(&key).cloned();
            if known.is_some() && stays {
                continue;
            }
            let mut heard = known.unwrap_or_else(|| HeardTemplate::new(news));
            heard.hear(news);
            self.tables.templates.insert(key, heard);
        }
        Ok(())
    }

    pub fn templates(&mut self, shop: ShopScope) -> Result<Vec<TemplateRow>> {
        let own = self.tables.templates.iter().filter(|(key, _)| key.0 == shop);
        Ok(own.map(|(_, heard)| heard.row.clone()).collect())
    }

    pub fn hear_health(&mut self, news: &[HealthNews]) -> Result<()> {
        for news in news {
            let key = (news.shop, news.number.clone());
            let known = self.tables.health.get(&key).cloned();
            let mut heard = known.unwrap_or_else(|| HeardHealth::new(news.shop, news.number.clone()));
            heard.hear(news);
            self.tables.health.insert(key, heard);
        }
        Ok(())
    }

    pub fn health(&mut self, shop: ShopScope) -> Result<Vec<NumberHealth>> {
        let own = self.tables.health.iter().filter(|(key, _)| key.0 == shop);
        Ok(own.map(|(_, heard)| heard.row.clone()).collect())
    }

    pub fn put_revisions(&mut self, rows: &[FlowRevision]) -> Result<()> {
        for row in rows {
            let key = (row.shop, row.revision);
            let row = match self.tables.revisions.get(&key) {
                Some(known) => FlowRevision { at_ms: known.at_ms.max(row.at_ms), ..known.clone() },
                None => row.clone(),
            };
            self.tables.revisions.insert(key, row);
        }
        Ok(())
    }

    pub fn revision(&mut self, shop: ShopScope, revision: [u8; 16]) -> Result<Option<FlowRevision>> {
        Ok(self.tables.revisions.get(&(shop, revision)).cloned())
    }

    pub fn revisions(&mut self, shop: ShopScope, limit: u32) -> Result<Vec<FlowRevision>> {
        let own = self.tables.revisions.iter().filter(|(key, _)| key.0 == shop);
        let mut rows: Vec<_> = own.map(|(_, row)| row.clone()).collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.at_ms), row.revision));
        rows.truncate(limit as usize);
        Ok(rows)
    }

    pub fn meta_get(&mut self, shop: ShopScope, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.tables.meta.get(&(shop, key.into())).cloned())
    }

    pub fn meta_set(&mut self, shop: ShopScope, key: &str, value: &[u8]) -> Result<()> {
        self.tables.meta.insert((shop, key.into()), value.to_vec());
        Ok(())
    }

    pub fn meta_remove(&mut self, shop: ShopScope, key: &str) -> Result<()> {
        self.tables.meta.remove(&(shop, key.into()));
        Ok(())
    }

    pub fn meta_keep(&mut self, shop: ShopScope, key: &str, value: &[u8]) -> Result<Vec<u8>> {
        if !self.tables.meta.contains(&(shop, key.into())) {
            self.meta_set(shop, key, value)?;
        }
        Ok(self.meta_get(shop, key)?.unwrap_or_default())
    }

    pub fn erase_quarantined(&mut self, shop: ShopScope, names: &[SmolStr]) -> Result<u64> {
        let names_them = |body: &[u8]| names.iter().any(|name| contains(body, name.as_bytes()));
        let quarantine = &mut self.tables.quarantine;
        Ok(quarantine.remove_where(|key, entry| {
            key.0 == shop && (names_them(&entry.body) || names_them(entry.detail.as_bytes()))
        }))
    }

    pub fn erase_conversation(&mut self, shop: ShopScope, id: ConversationId) -> Result<bool> {
        let place = (shop, id);
        let known = self.tables.identities_of(shop, id);
        self.erase_quarantined(shop, &quarantined_names(id, known))?;
        let tables = &mut *self.tables;
        tables.identities.remove_where(|key, owner| (key.shop, *owner) == place);
        tables.known_as.remove_where(|key, ()| (key.0, key.1) == place);
        let identities = &tables.identities;
        tables.parcels.remove_where(|order, _| order.shop == shop && !identities.contains(order));
        tables.inbox.remove_where(|key, _| (key.0, key.1) == place);
        tables.inbox_places.remove_where(|key, owner| (key.0, *owner) == place);
        tables.turns.remove_where(|key, _| (key.0, key.1) == place);
        tables.sends.remove_where(|key, _| (key.0, key.1) == place);
        tables.open.remove_where(|key, ()| (key.0, key.1) == place);
        tables.send_places.remove_where(|key, owner| (key.0, owner.0) == place);
        tables.provider_places.remove_where(|key, owner| (key.0, *owner) == place);
        tables.calls.remove_where(|key, queued| (key.0, queued.call.conversation) == place);
        tables.call_places.remove_where(|key, _| (key.0, key.1) == place);
        tables.consents.remove_where(|key, _| (key.0, key.1) == place);
        tables.posts.remove_where(|key, queued| (key.0, queued.post.conversation) == place);
        tables.recipients.remove(&place);
        tables.payments.remove_where(|_, row| (row.shop, row.conversation) == place);
        tables.bags.remove(&place);
        Ok(tables.conversations.remove(&place).is_some())
    }

    pub fn erase_shop(&mut self, shop: ShopScope) -> Result<()> {
        let tables = &mut *self.tables;
        tables.meta.remove_where(|key, _| key.0 == shop);
        tables.seen.remove_where(|key, _| key.0 == shop);
        tables.identities.remove_where(|key, _| key.shop == shop);
        tables.known_as.remove_where(|key, ()| key.0 == shop);
        tables.parcels.remove_where(|order, _| order.shop == shop);
        tables.conversations.remove_where(|key, _| key.0 == shop);
        tables.inbox.remove_where(|key, _| key.0 == shop);
        tables.inbox_places.remove_where(|key, _| key.0 == shop);
        tables.turns.remove_where(|key, _| key.0 == shop);
        tables.sends.remove_where(|key, _| key.0 == shop);
        tables.open.remove_where(|key, ()| key.0 == shop);
        tables.send_places.remove_where(|key, _| key.0 == shop);
        tables.provider_places.remove_where(|key, _| key.0 == shop);
        tables.orphans.remove_where(|key, _| key.0 == shop);
        tables.calls.remove_where(|key, _| key.0 == shop);
        tables.call_places.remove_where(|key, _| key.0 == shop);
        tables.consents.remove_where(|key, _| key.0 == shop);
        tables.quarantine.remove_where(|key, _| key.0 == shop);
        tables.templates.remove_where(|key, _| key.0 == shop);
        tables.health.remove_where(|key, _| key.0 == shop);
        tables.revisions.remove_where(|key, _| key.0 == shop);
        tables.posts.remove_where(|key, _| key.0 == shop);
        tables.recipients.remove_where(|key, _| key.0 == shop);
        tables.payments.remove_where(|key, _| key.0 == shop);
        tables.bags.remove_where(|key, _| key.0 == shop);
        tables.costs.remove_where(|key, _| key.0 == shop);
        tables.audit.remove_where(|key, _| key.0 == shop);
        Ok(())
    }

    pub fn park_open(&mut self, shop: ShopScope, now_ms: i64) -> Result<Parked> {
        let tables = &mut *self.tables;
        let events: Vec<_> =
            tables.inbox.iter().filter(|(key, _)| key.0 == shop).map(|(_, event)| event.row.clone()).collect();
        for row in &events {
            tables.inbox.remove(&(shop, row.conversation, row.seq));
            tables.inbox_places.remove(&(shop, row.seq));
            let (kind, body) = codes::inbox_parts(&row.body);
            let file = if kind == 3 { ", with a file" } else { "" };
            let detail = format!("conversation {:016x}{file}", row.conversation.0);
            let entry = QuarantineEntry {
                shop: Some(shop),
                at_ms: now_ms,
                reason: "restored".into(),
                detail,
                body: body.to_vec(),
            };
            let seq = tables.next_seq();
            tables.quarantine.insert((shop, seq), entry);
        }
        tables.posts.remove_where(|key, _| key.0 == shop);
        let open: Vec<_> = tables.open.iter().filter(|(key, ())| key.0 == shop).map(|(key, ())| *key).collect();
        for key in &open {
            tables.open.remove(key);
            if let Some(mut queued) = tables.sends.get(key).cloned() {
                queued.facts.state = SendState::Parked;
                tables.sends.insert(*key, queued);
            }
        }
        let woken = tables
            .conversations
            .iter()
            .filter(|(key, row)| key.0 == shop && row.wake_at_ms.is_some_and(|at_ms| at_ms <= now_ms));
        let woken: Vec<_> = woken.map(|(key, row)| (*key, row.clone())).collect();
        let (sends, events, wakes) = (open.len() as u64, events.len() as u64, woken.len() as u64);
        for (key, row) in woken {
            tables.conversations.insert(key, Conversation { wake_at_ms: None, ..row });
        }
        let asked = tables.calls.iter().filter(|(key, queued)| key.0 == shop && queued.call.deadline_ms > 0);
        let asked: Vec<_> = asked.map(|(key, queued)| (*key, queued.clone())).collect();
        let calls = asked.len() as u64;
        for (key, mut queued) in asked {
            queued.call.deadline_ms = 0;
            (queued.attempt, queued.not_before_ms, queued.lease_until_ms) = (queued.attempt + 1, 0, 0);
            tables.calls.insert(key, queued);
        }
        Ok(Parked { sends, events, wakes, calls })
    }

    pub fn old(&mut self, shop: ShopScope, retention: Retention) -> Result<Retention> {
        let tables = &*self.tables;
        let Retention { seen_ms, turns_ms, sends_ms, quarantine_ms, requests_ms, consents_ms } = retention;
        let seen = tables.seen.iter().any(|(key, at_ms)| key.0 == shop && *at_ms < seen_ms)
            || tables.orphans.iter().any(|(key, told)| key.0 == shop && told.at_ms < seen_ms)
            || tables.recipients.iter().any(|(key, at_ms)| key.0 == shop && *at_ms < seen_ms);
        let turns = tables.turns.iter().any(|(key, turn)| key.0 == shop && turn.at_ms < turns_ms);
        let is_old = |queued: &QueuedSend| queued.facts.state.is_final() && queued.send.expires_ms < sends_ms;
        let sends = tables.sends.iter().any(|(key, queued)| key.0 == shop && is_old(queued));
        let mut quarantine = [false; 2];
        for (_, entry) in tables.quarantine.iter().filter(|(key, _)| key.0 == shop) {
            let is_request = entry.reason == DATA_REQUEST;
            quarantine[usize::from(is_request)] |= entry.at_ms < if is_request { requests_ms } else { quarantine_ms };
        }
        let [quarantine, requests] = quarantine;
        let consents = !self.replaced_consents(shop, consents_ms, 1).is_empty();
        Ok(retention.of([seen, turns, sends, quarantine, requests, consents]))
    }

    pub fn sweep(&mut self, shop: ShopScope, retention: Retention, most: u32) -> Result<u64> {
        let tables = &mut *self.tables;
        let Retention { seen_ms, turns_ms, sends_ms, quarantine_ms, requests_ms, consents_ms } = retention;
        let mut gone = tables.seen.remove_some(most, |key, at_ms| key.0 == shop && *at_ms < seen_ms);
        gone += tables.orphans.remove_some(most, |key, told| key.0 == shop && told.at_ms < seen_ms);
        gone += tables.recipients.remove_some(most, |key, at_ms| key.0 == shop && *at_ms < seen_ms);
        gone += tables.turns.remove_some(most, |key, turn| key.0 == shop && turn.at_ms < turns_ms);
        let old: Vec<_> = tables
            .sends
            .iter()
            .filter(|(key, queued)| key.0 == shop && queued.facts.state.is_final() && queued.send.expires_ms < sends_ms)
            .take(most as usize)
            .map(|(key, queued)| (*key, queued.clone()))
            .collect();
        for (key, queued) in &old {
            tables.sends.remove(key);
            tables.send_places.remove(&(shop, queued.send.id));
            tables.provider_places.remove(&(shop, queued.facts.provider_id.clone(), key.2));
            tables.provider_places.remove(&(shop, queued.facts.other_id.clone(), key.2));
        }
        gone += old.len() as u64;
        for (is_request, before_ms) in [(false, quarantine_ms), (true, requests_ms)] {
            let is_old =
                |entry: &QuarantineEntry| entry.at_ms < before_ms && is_request == (entry.reason == DATA_REQUEST);
            gone += tables.quarantine.remove_some(most, |key, entry| key.0 == shop && is_old(entry));
        }
        for key in self.replaced_consents(shop, consents_ms, most) {
            self.tables.consents.remove(&key);
            gone += 1;
        }
        Ok(gone)
    }

    fn replaced_consents(&self, shop: ShopScope, before_ms: i64, most: u32) -> Vec<(ShopScope, ConversationId, i64)> {
        let consents = &self.tables.consents;
        let is_replaced = |key: &(ShopScope, ConversationId, i64), entry: &ConsentEntry| {
            let mut later = consents.range((key.0, key.1, key.2 + 1)..=(key.0, key.1, i64::MAX));
            later.any(|(_, other)| other.name == entry.name)
        };
        let old = consents.iter().filter(|(key, entry)| key.0 == shop && entry.at_ms < before_ms);
        old.filter(|(key, entry)| is_replaced(key, entry)).take(most as usize).map(|(key, _)| *key).collect()
    }

    pub fn counts(&mut self, shop: ShopScope) -> Result<Counts> {
        let tables = &*self.tables;
        let mut counts = Counts {
            conversations: tables.conversations.iter().filter(|(key, _)| key.0 == shop).count() as u64,
            inbox: tables.inbox.iter().filter(|(key, _)| key.0 == shop).count() as u64,
            calls: tables.calls.iter().filter(|(key, _)| key.0 == shop).count() as u64,
            posts: tables.posts.iter().filter(|(key, _)| key.0 == shop).count() as u64,
            quarantine: tables.quarantine.iter().filter(|(key, _)| key.0 == shop).count() as u64,
            ..Counts::default()
        };
        for (_, queued) in tables.sends.iter().filter(|(key, _)| key.0 == shop) {
            match queued.facts.state {
                SendState::Waiting => counts.waiting += 1,
                SendState::Ready => counts.ready += 1,
                SendState::Sending => counts.sending += 1,
                SendState::Unknown => counts.unknown += 1,
                SendState::Parked => counts.parked += 1,
                SendState::Accepted | SendState::Failed | SendState::Expired | SendState::Cancelled => {}
            }
        }
        Ok(counts)
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && text.windows(part.len()).any(|window| window == part)
}
