//! Sends and what the provider tells of them. What a send becomes is decided in `facts`, for every store alike.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row};

use super::SqliteTx;
use super::conversations::{id, number, text};
use crate::id::{ConversationId, SendId, ShopScope};
use crate::store::codes;
use crate::store::error::Result;
use crate::store::facts::{SendFacts, Told, in_sql};
use crate::store::rows::{
    AttemptEnd, Claim, ClaimedSend, Lane, Leases, NewSend, Released, SendRow, Settled, Settlement, StatusEffect,
    StatusUpdate,
};

/// A send with its place in the queue.
struct Queued {
    seq: i64,
    row: SendRow,
}

type Touched = BTreeSet<(ShopScope, ConversationId)>;

macro_rules! select_send {
    ($rest:literal) => {
        concat!(
            "SELECT seq, shop, id, conversation, number, turn, place, lane, repeat, expires_ms, state, attempt,
                 after_unknown, not_before_ms, error, provider_id, other_id, delivery, delivery_at_ms, delivery_error,
                 category, pricing, body FROM outbox ",
            $rest
        )
    };
}

impl SqliteTx {
    pub fn add_sends(&mut self, sends: &[NewSend]) -> Result<()> {
        let mut insert = self.sql(concat!(
            "INSERT INTO outbox (shop, id, conversation, number, turn, place, lane, repeat, expires_ms, not_before_ms,
                 body, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
                 CASE WHEN NOT EXISTS (SELECT 1 FROM outbox WHERE shop = ?1 AND conversation = ?3 AND state < 5) THEN 2
                 -- Behind marketing that rests, and behind nothing else.
                 WHEN ?7 < 3 AND (SELECT ",
            in_sql!(rests ""),
            " FROM outbox
                         WHERE shop = ?1 AND conversation = ?3 AND state < 5 ORDER BY seq LIMIT 1)
                     AND NOT EXISTS (SELECT 1 FROM outbox
                         WHERE shop = ?1 AND conversation = ?3 AND state < 5 AND NOT (",
            in_sql!(can_be_passed ""),
            ")) THEN 2
                 ELSE 1 END)",
        ))?;
        for send in sends {
            insert.execute((
                send.shop.number(),
                &send.id.0[..],
                number(send.conversation),
                send.number.as_str(),
                send.turn as i64,
                send.index,
                send.lane as u8,
                send.repeat as u8,
                send.expires_ms,
                send.not_before_ms,
                &send.body,
            ))?;
        }
        Ok(())
    }

    pub fn claim_sends(
        &mut self,
        shop: ShopScope,
        number: &str,
        lanes: &[Lane],
        claim: Claim,
    ) -> Result<Vec<ClaimedSend>> {
        let mut found = Vec::new();
        for lane in lanes {
            let mut select = self.sql(select_send!(
                "WHERE shop = ? AND number = ? AND lane = ? AND state = 2 AND not_before_ms <= ?
                 ORDER BY not_before_ms, seq LIMIT ?"
            ))?;
            let room = (claim.limit as usize).saturating_sub(found.len());
            let mut rows = select.query((shop.number(), number, *lane as u8, claim.now_ms, room as i64))?;
            while let Some(row) = rows.next()? {
                found.push(queued(row)?);
            }
        }
        let mut update =
            self.sql("UPDATE outbox SET state = 3, attempt = attempt + 1, lease_until_ms = ? WHERE seq = ?")?;
        for queued in &found {
            update.execute((claim.now_ms + claim.lease_ms, queued.seq))?;
        }
        drop(update);
        found.into_iter().map(|queued| self.claimed(queued.row)).collect()
    }

    fn claimed(&mut self, row: SendRow) -> Result<ClaimedSend> {
        let SendRow { send, facts } = row;
        let mut select =
            self.sql("SELECT last_inbound_ms, free_until_ms FROM conversation WHERE shop = ? AND id = ?")?;
        let window =
            select.query_row((send.shop.number(), number(send.conversation)), |row| Ok((row.get(0)?, row.get(1)?)));
        let (last_inbound_ms, free) = window.optional()?.unwrap_or((0, 0));
        let free = codes::free_entry(free);
        drop(select);
        let identities = self.identities_of(send.shop, send.conversation)?;
        let (attempt, after_unknown) = (facts.attempt + 1, facts.after_unknown);
        Ok(ClaimedSend { send, attempt, after_unknown, last_inbound_ms, free, identities })
    }

    pub fn settle_sends(&mut self, settlements: &[Settlement]) -> Result<Vec<Settled>> {
        let mut results = Vec::with_capacity(settlements.len());
        let mut touched = Touched::new();
        for settlement in settlements {
            let mut result = Settled { held: false, failed: false };
            if let Some(mut queued) = self.by_id(settlement.shop, settlement.id)? {
                result.held = queued.row.facts.settle(settlement.attempt, &settlement.end);
                if let (true, AttemptEnd::Accepted { provider_id }) = (result.held, &settlement.end) {
                    result.failed = self.adopt(settlement.shop, provider_id, &mut queued.row.facts)?;
                }
                if result.held {
                    self.put(&queued, &mut touched)?;
                }
            }
            results.push(result);
        }
        self.promote(&touched)?;
        Ok(results)
    }

    pub fn expire_leases(&mut self, shop: ShopScope, leases: Leases, hold_until_ms: i64) -> Result<u64> {
        let now_ms = match leases {
            Leases::Over { now_ms } => now_ms,
            Leases::All => i64::MAX,
        };
        let mut update = self.sql(
            "UPDATE outbox SET state = 4, not_before_ms = ? WHERE shop = ? AND state = 3 AND lease_until_ms <= ?",
        )?;
        Ok(update.execute((hold_until_ms, shop.number(), now_ms))? as u64)
    }

    pub fn extend_holds(&mut self, shop: ShopScope, by_ms: i64) -> Result<()> {
        let mut update =
            self.sql("UPDATE outbox SET not_before_ms = not_before_ms + ? WHERE shop = ? AND state = 4")?;
        update.execute((by_ms, shop.number()))?;
        Ok(())
    }

    pub fn release_unknown(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<Released>> {
        let mut select = self.sql(select_send!(
            "WHERE shop = ? AND state = 4 AND not_before_ms <= ? ORDER BY not_before_ms, seq LIMIT ?"
        ))?;
        let mut rows = select.query((shop.number(), now_ms, limit))?;
        let mut held = Vec::new();
        while let Some(row) = rows.next()? {
            held.push(queued(row)?);
        }
        drop(rows);
        drop(select);
        let mut released = Vec::with_capacity(held.len());
        let mut touched = Touched::new();
        for mut queued in held {
            let parked = queued.row.facts.release(queued.row.send.repeat);
            self.put(&queued, &mut touched)?;
            let NewSend { id, conversation, turn, index, lane, .. } = queued.row.send;
            released.push(Released { id, conversation, turn, index, lane, parked });
        }
        self.promote(&touched)?;
        Ok(released)
    }

    pub fn apply_statuses(&mut self, updates: &[StatusUpdate]) -> Result<Vec<Option<StatusEffect>>> {
        let mut effects = Vec::with_capacity(updates.len());
        let mut touched = Touched::new();
        for update in updates {
            let told = Told::of(update);
            let by_id = match update.send {
                Some(id) => self.by_id(update.shop, id)?,
                None => None,
            };
            let found = match by_id {
                Some(queued) => Some(queued),
                None => self.by_provider(update.shop, &update.provider_id)?,
            };
            let Some(mut queued) = found else {
                self.keep_orphan(update.shop, &update.provider_id, told)?;
                effects.push(None);
                continue;
            };
            let before = queued.row.facts.clone();
            let mut heard = queued.row.facts.hear(&update.provider_id, &told);
            if before.provider_id != queued.row.facts.provider_id || heard.duplicate {
                heard.failed |= self.adopt(update.shop, &update.provider_id, &mut queued.row.facts)?;
            }
            if before != queued.row.facts {
                self.put(&queued, &mut touched)?;
            }
            let NewSend { shop, id, conversation, turn, index, lane, .. } = queued.row.send;
            let (settled, failed, duplicate) = (heard.settled, heard.failed, heard.duplicate);
            let delivered = queued.row.facts.told.newly_counted(&before.told);
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
        }
        self.promote(&touched)?;
        Ok(effects)
    }

    pub fn sends_of(
        &mut self,
        shop: ShopScope,
        conversation: ConversationId,
        from_turn: u64,
        limit: u32,
    ) -> Result<Vec<SendRow>> {
        let mut select =
            self.sql(select_send!("WHERE shop = ? AND conversation = ? AND turn >= ? ORDER BY seq LIMIT ?"))?;
        let mut rows = select.query((shop.number(), number(conversation), from_turn as i64, limit))?;
        let mut sends = Vec::new();
        while let Some(row) = rows.next()? {
            sends.push(queued(row)?.row);
        }
        Ok(sends)
    }

    pub fn send(&mut self, shop: ShopScope, id: SendId) -> Result<Option<SendRow>> {
        Ok(self.by_id(shop, id)?.map(|queued| queued.row))
    }

    pub fn parked_sends(&mut self, shop: ShopScope, limit: u32) -> Result<Vec<SendRow>> {
        let mut select = self.sql(select_send!("WHERE shop = ? AND state = 8 ORDER BY seq LIMIT ?"))?;
        let mut rows = select.query((shop.number(), limit))?;
        let mut sends = Vec::new();
        while let Some(row) = rows.next()? {
            sends.push(queued(row)?.row);
        }
        Ok(sends)
    }

    pub fn cancel_parked(&mut self, shop: ShopScope, id: SendId) -> Result<bool> {
        let mut update = self.sql("UPDATE outbox SET state = 9 WHERE shop = ? AND id = ? AND state = 8")?;
        Ok(update.execute((shop.number(), &id.0[..]))? == 1)
    }

    fn by_id(&self, shop: ShopScope, id: SendId) -> Result<Option<Queued>> {
        let mut select = self.sql(select_send!("WHERE shop = ? AND id = ?"))?;
        let mut rows = select.query((shop.number(), &id.0[..]))?;
        rows.next()?.map(queued).transpose()
    }

    /// The oldest of the sends that a provider gave this id.
    fn by_provider(&self, shop: ShopScope, provider_id: &str) -> Result<Option<Queued>> {
        let mut select = self.sql(select_send!(
            "WHERE seq = (SELECT min(seq) FROM (
                 SELECT seq FROM outbox WHERE shop = ?1 AND provider_hash = ?2 AND provider_hash <> 0
                     AND provider_id = ?3
                 UNION ALL SELECT seq FROM outbox WHERE shop = ?1 AND other_id = ?3 AND other_id <> ''))"
        ))?;
        let mut rows = select.query((shop.number(), codes::provider_hash(provider_id), provider_id))?;
        rows.next()?.map(queued).transpose()
    }

    /// Writes what changed in a send.
    fn put(&self, queued: &Queued, touched: &mut Touched) -> Result<()> {
        let SendRow { send, facts } = &queued.row;
        let told = &facts.told;
        let mut update = self.sql(
            "UPDATE outbox SET state = ?, attempt = ?, after_unknown = ?, not_before_ms = ?, error = ?,
                 provider_id = ?, provider_hash = ?, other_id = ?, delivery = ?, delivery_at_ms = ?, delivery_error = ?,
                 category = ?, pricing = ?
             WHERE seq = ?",
        )?;
        update.execute((
            facts.state as u8,
            facts.attempt,
            facts.after_unknown,
            facts.not_before_ms,
            facts.error,
            facts.provider_id.as_str(),
            codes::provider_hash(&facts.provider_id),
            facts.other_id.as_str(),
            told.delivery as u8,
            told.at_ms,
            told.error,
            told.category.as_str(),
            told.pricing.as_str(),
            queued.seq,
        ))?;
        touched.insert((send.shop, send.conversation));
        Ok(())
    }

    /// Makes the head of each conversation ready; where that is marketing that rests, also the first that may pass it.
    fn promote(&self, conversations: &Touched) -> Result<()> {
        let mut head = self.sql(concat!(
            "SELECT seq, state, ",
            in_sql!(rests ""),
            " FROM outbox WHERE shop = ? AND conversation = ? AND state < 5 ORDER BY seq LIMIT 1",
        ))?;
        let mut ready = self.sql("UPDATE outbox SET state = 2 WHERE seq = ?")?;
        let mut pass = self.sql(concat!(
            "UPDATE outbox SET state = 2 WHERE state = 1 AND seq = (SELECT seq FROM outbox
                 WHERE shop = ? AND conversation = ? AND state < 5 AND NOT (",
            in_sql!(can_be_passed ""),
            ") ORDER BY seq LIMIT 1)",
        ))?;
        for (shop, id) in conversations {
            let place = (shop.number(), number(*id));
            let found = head.query_row(place, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
            match found {
                Some((seq, 1, _)) => _ = ready.execute([seq])?,
                Some((_, _, true)) => _ = pass.execute(place)?,
                Some::<(i64, i64, bool)>(_) | None => {}
            }
        }
        Ok(())
    }

    fn keep_orphan(&self, shop: ShopScope, provider_id: &str, told: Told) -> Result<()> {
        let mut joined = self.orphan(shop, provider_id)?.unwrap_or_default();
        joined.join(&told);
        let mut insert = self.sql(
            "INSERT OR REPLACE INTO orphan_status (shop, provider_id, delivery, delivery_at_ms, delivery_error, category,
                 pricing)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        let Told { delivery, at_ms, error, category, pricing } = &joined;
        let key = (shop.number(), provider_id);
        insert.execute((key.0, key.1, *delivery as u8, at_ms, error, category.as_str(), pricing.as_str()))?;
        Ok(())
    }

    fn orphan(&self, shop: ShopScope, provider_id: &str) -> Result<Option<Told>> {
        let mut select = self.sql(
            "SELECT delivery, delivery_at_ms, delivery_error, category, pricing FROM orphan_status
             WHERE shop = ? AND provider_id = ?",
        )?;
        let mut rows = select.query((shop.number(), provider_id))?;
        rows.next()?.map(|row| told(row, 0)).transpose()
    }

    /// Joins what was told of a message before we knew whose it is. `true`: it was a failure, and news.
    fn adopt(&self, shop: ShopScope, provider_id: &str, facts: &mut SendFacts) -> Result<bool> {
        let Some(told) = self.orphan(shop, provider_id)? else { return Ok(false) };
        let mut delete = self.sql("DELETE FROM orphan_status WHERE shop = ? AND provider_id = ?")?;
        delete.execute((shop.number(), provider_id))?;
        Ok(facts.adopt(&told))
    }
}

fn queued(row: &Row<'_>) -> Result<Queued> {
    let send = NewSend {
        shop: ShopScope::numbered(row.get(1)?),
        id: SendId(row.get(2)?),
        conversation: id(row.get(3)?),
        number: text(row, 4)?,
        turn: row.get::<_, i64>(5)? as u64,
        index: row.get(6)?,
        lane: codes::lane(row.get(7)?)?,
        repeat: codes::repeat(row.get(8)?)?,
        expires_ms: row.get(9)?,
        not_before_ms: row.get(13)?,
        body: row.get(22)?,
    };
    let facts = SendFacts {
        state: codes::send_state(row.get(10)?)?,
        attempt: row.get(11)?,
        after_unknown: row.get(12)?,
        not_before_ms: send.not_before_ms,
        error: row.get(14)?,
        provider_id: text(row, 15)?,
        other_id: text(row, 16)?,
        told: told(row, 17)?,
    };
    Ok(Queued { seq: row.get(0)?, row: SendRow { send, facts } })
}

fn told(row: &Row<'_>, from: usize) -> Result<Told> {
    Ok(Told {
        delivery: codes::delivery(row.get(from)?)?,
        at_ms: row.get(from + 1)?,
        error: row.get(from + 2)?,
        category: text(row, from + 3)?,
        pricing: text(row, from + 4)?,
    })
}
