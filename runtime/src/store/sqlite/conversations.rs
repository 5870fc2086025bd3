//! Conversations, what finds them, and the events that wait for them.

use rusqlite::{OptionalExtension, Row};

use super::SqliteTx;
use crate::id::{ConversationId, ShopScope};
use crate::store::codes;
use crate::store::error::{Error, Result};
use crate::store::rows::{Advance, Claim, Conversation, Identity, InboxRow, Sighting};

impl SqliteTx {
    pub fn admit(&mut self, sightings: &[Sighting]) -> Result<Vec<bool>> {
        let mut insert =
            self.sql("INSERT INTO seen (shop, key, received_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")?;
        let mut first = Vec::with_capacity(sightings.len());
        for Sighting { shop, key, received_ms } in sightings {
            first.push(insert.execute((shop.number(), &key.0[..], received_ms))? == 1);
        }
        Ok(first)
    }

    pub fn find_conversations(&mut self, identities: &[Identity]) -> Result<Vec<Option<ConversationId>>> {
        identities.iter().map(|identity| self.find(identity)).collect()
    }

    fn find(&self, identity: &Identity) -> Result<Option<ConversationId>> {
        let Identity { shop, channel, kind, value } = identity;
        let mut select =
            self.sql("SELECT conversation FROM identity WHERE shop = ? AND channel = ? AND kind = ? AND value = ?")?;
        let key = (shop.number(), channel.as_str(), *kind as u8, value.as_str());
        Ok(select.query_row(key, |row| row.get(0)).optional()?.map(id))
    }

    pub fn create_conversations(&mut self, new: &[(Conversation, Vec<Identity>)]) -> Result<Vec<ConversationId>> {
        let mut ids = Vec::with_capacity(new.len());
        for (conversation, identities) in new {
            let found = self.find_conversations(identities)?;
            let known = found.iter().find_map(|found| *found);
            if known.is_none() {
                self.insert_conversation(conversation)?;
            }
            let id = known.unwrap_or(conversation.id);
            let unknown = identities.iter().zip(&found).filter(|(_, found)| found.is_none());
            let links: Vec<_> = unknown.map(|(identity, _)| (id, identity.clone())).collect();
            self.link_identities(&links)?;
            ids.push(id);
        }
        Ok(ids)
    }

    fn insert_conversation(&mut self, row: &Conversation) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO conversation (shop, id, channel, number, turn, last_inbound_ms, free_until_ms, wake_at_ms,
                 handed_over, session)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )?;
        insert.execute((
            row.shop.number(),
            number(row.id),
            row.channel.as_str(),
            row.number.as_str(),
            row.turn as i64,
            row.last_inbound_ms,
            codes::of_free_entry(row.free),
            row.wake_at_ms,
            row.handed_over,
            &row.session,
        ))?;
        Ok(())
    }

    pub fn link_identities(&mut self, links: &[(ConversationId, Identity)]) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO identity (shop, channel, kind, value, conversation) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET conversation = excluded.conversation",
        )?;
        for (id, Identity { shop, channel, kind, value }) in links {
            insert.execute((shop.number(), channel.as_str(), *kind as u8, value.as_str(), number(*id)))?;
        }
        Ok(())
    }

    pub fn unlink_identities(&mut self, identities: &[Identity]) -> Result<()> {
        let mut delete = self.sql("DELETE FROM identity WHERE shop = ? AND channel = ? AND kind = ? AND value = ?")?;
        for Identity { shop, channel, kind, value } in identities {
            delete.execute((shop.number(), channel.as_str(), *kind as u8, value.as_str()))?;
        }
        Ok(())
    }

    pub fn identities_of(&mut self, shop: ShopScope, id: ConversationId) -> Result<Vec<Identity>> {
        let mut select = self.sql(
            "SELECT channel, kind, value FROM identity WHERE shop = ? AND conversation = ? AND kind < 4
             ORDER BY channel, kind, value",
        )?;
        let mut rows = select.query((shop.number(), number(id)))?;
        let mut identities = Vec::new();
        while let Some(row) = rows.next()? {
            let kind = codes::identity_kind(row.get(1)?)?;
            identities.push(Identity { shop, channel: text(row, 0)?, kind, value: text(row, 2)? });
        }
        Ok(identities)
    }

    pub fn conversations(&mut self, places: &[(ShopScope, ConversationId)]) -> Result<Vec<Option<Conversation>>> {
        let mut select = self.sql(
            "SELECT id, channel, number, turn, last_inbound_ms, free_until_ms, wake_at_ms, handed_over, session,
                 (SELECT count(*) FROM inbox WHERE inbox.shop = ?1 AND inbox.conversation = ?2)
             FROM conversation WHERE shop = ?1 AND id = ?2",
        )?;
        let mut read = |(shop, id): &(ShopScope, ConversationId)| {
            let found = select.query_row((shop.number(), number(*id)), |row| conversation(*shop, row)).optional()?;
            Ok(found)
        };
        places.iter().map(&mut read).collect()
    }

    pub fn list_conversations(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        let mut select = self.sql(
            "SELECT id, channel, number, turn, last_inbound_ms, free_until_ms, wake_at_ms, handed_over, session,
                 (SELECT count(*) FROM inbox i WHERE i.shop = c.shop AND i.conversation = c.id)
             FROM conversation c WHERE shop = ? AND id > ? ORDER BY id LIMIT ?",
        )?;
        let after = after.map_or(-1, number);
        let rows = select.query_map((shop.number(), after, limit), |row| conversation(shop, row))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn list_handed_over(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        let mut select = self.sql(
            "SELECT id, channel, number, turn, last_inbound_ms, free_until_ms, wake_at_ms, handed_over, session,
                 (SELECT count(*) FROM inbox i WHERE i.shop = c.shop AND i.conversation = c.id)
             FROM conversation c INDEXED BY conversation_people
             WHERE shop = ? AND id > ? AND handed_over = 1 ORDER BY id LIMIT ?",
        )?;
        let after = after.map_or(-1, number);
        let rows = select.query_map((shop.number(), after, limit), |row| conversation(shop, row))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn open_free_entries(&mut self, until: &[(ShopScope, ConversationId, i64)]) -> Result<()> {
        let mut update =
            self.sql("UPDATE conversation SET free_until_ms = ?1 WHERE shop = ?2 AND id = ?3 AND free_until_ms < ?1")?;
        for (shop, id, until_ms) in until {
            update.execute((until_ms, shop.number(), number(*id)))?;
        }
        Ok(())
    }

    pub fn save_conversations(&mut self, advances: &[Advance<'_>]) -> Result<()> {
        let mut update = self.sql(
            "UPDATE conversation SET number = ?, turn = ?, last_inbound_ms = ?, free_until_ms = ?, wake_at_ms = ?,
                 handed_over = ?, session = ?
             WHERE shop = ? AND id = ? AND turn = ?",
        )?;
        let mut stale = Vec::new();
        for Advance { conversation: row, from_turn } in advances {
            let changed = update.execute((
                row.number.as_str(),
                row.turn as i64,
                row.last_inbound_ms,
                codes::of_free_entry(row.free),
                row.wake_at_ms,
                row.handed_over,
                &row.session,
                row.shop.number(),
                number(row.id),
                *from_turn as i64,
            ))?;
            if changed == 0 {
                stale.push(row.id);
            }
        }
        if stale.is_empty() { Ok(()) } else { Err(Error::Stale(stale)) }
    }

    pub fn due_wakes(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<ConversationId>> {
        let mut select = self.sql(
            "SELECT id FROM conversation WHERE shop = ? AND wake_at_ms IS NOT NULL AND wake_at_ms <= ?
             ORDER BY wake_at_ms, id LIMIT ?",
        )?;
        let rows = select.query_map((shop.number(), now_ms, limit), |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<Vec<i64>>>()?.into_iter().map(id).collect())
    }

    pub fn enqueue(&mut self, rows: &[InboxRow]) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO inbox (shop, conversation, kind, received_ms, attempts, body) VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        for row in rows {
            let (kind, body) = codes::inbox_parts(&row.body);
            insert.execute((row.shop.number(), number(row.conversation), kind, row.received_ms, row.attempts, body))?;
        }
        Ok(())
    }

    /// Walks from head to head along the index, so that the length of the queues does not matter.
    pub fn take_inbox(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        claim: Claim,
    ) -> Result<Vec<InboxRow>> {
        let start = after.map_or(-1, number);
        let mut taken = Vec::new();
        for (from, to) in [(start, i64::MAX), (-1, start)] {
            let mut place = from;
            while taken.len() < claim.limit as usize {
                let Some((head, lease_until_ms)) = self.next_head(shop, place, to)? else { break };
                place = number(head.conversation);
                if lease_until_ms <= claim.now_ms {
                    taken.push(head);
                }
            }
        }
        let mut update = self.sql("UPDATE inbox SET attempts = attempts + 1, lease_until_ms = ? WHERE seq = ?")?;
        for row in &mut taken {
            row.attempts += 1;
            update.execute((claim.now_ms + claim.lease_ms, row.seq))?;
        }
        Ok(taken)
    }

    fn next_head(&self, shop: ShopScope, after: i64, to: i64) -> Result<Option<(InboxRow, i64)>> {
        let mut select = self.sql(
            "SELECT seq, conversation, kind, received_ms, attempts, body, lease_until_ms FROM inbox
             WHERE shop = ? AND conversation > ? AND conversation <= ? ORDER BY conversation, seq LIMIT 1",
        )?;
        let mut rows = select.query((shop.number(), after, to))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let body = codes::inbox_body(row.get(2)?, row.get(5)?)?;
        let conversation = id(row.get(1)?);
        let (seq, received_ms, attempts) = (row.get(0)?, row.get(3)?, row.get(4)?);
        Ok(Some((InboxRow { shop, seq, conversation, body, received_ms, attempts }, row.get(6)?)))
    }

    pub fn release_inbox(&mut self, rows: &[(ShopScope, i64)]) -> Result<()> {
        let mut update = self
            .sql("UPDATE inbox SET lease_until_ms = 0, attempts = max(attempts - 1, 0) WHERE shop = ? AND seq = ?")?;
        for (shop, seq) in rows {
            update.execute((shop.number(), seq))?;
        }
        Ok(())
    }

    pub fn consume(&mut self, rows: &[(ShopScope, i64)]) -> Result<Vec<bool>> {
        let mut delete = self.sql("DELETE FROM inbox WHERE shop = ? AND seq = ?")?;
        rows.iter().map(|(shop, seq)| Ok(delete.execute((shop.number(), seq))? == 1)).collect()
    }
}

pub(super) fn id(number: i64) -> ConversationId {
    ConversationId(number as u64)
}

pub(super) fn number(id: ConversationId) -> i64 {
    id.0 as i64
}

pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<smol_str::SmolStr> {
    Ok(row.get_ref(column)?.as_str()?.into())
}

fn conversation(shop: ShopScope, row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        shop,
        id: id(row.get(0)?),
        channel: text(row, 1)?,
        number: text(row, 2)?,
        turn: row.get::<_, i64>(3)? as u64,
        last_inbound_ms: row.get(4)?,
        free: codes::free_entry(row.get(5)?),
        wake_at_ms: row.get(6)?,
        handed_over: row.get(7)?,
        session: row.get(8)?,
        pending: row.get(9)?,
    })
}
