//! Conversations, what finds them, and the events that wait for them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::{PostgresTx, clean, scope, shop_number};
use crate::id::{ConversationId, ShopScope};
use crate::store::codes;
use crate::store::error::{Error, Result};
use crate::store::rows::{Advance, Claim, Conversation, Identity, InboxRow, Sighting};

type Place = (ShopScope, ConversationId);

impl PostgresTx {
    pub async fn admit(&mut self, sightings: &[Sighting]) -> Result<Vec<bool>> {
        let shops: Vec<i32> = sightings.iter().map(|seen| shop_number(seen.shop)).collect();
        let keys: Vec<&[u8]> = sightings.iter().map(|seen| &seen.key.0[..]).collect();
        let times: Vec<i64> = sightings.iter().map(|seen| seen.received_ms).collect();
        // In the order of the keys, so that two of these wait for each other in one direction only.
        let insert = sqlx::query(
            "INSERT INTO seen (shop, key, received_ms)
             SELECT * FROM unnest($1::integer[], $2::bytea[], $3::bigint[]) AS t (shop, key, received_ms)
             ORDER BY shop, key ON CONFLICT DO NOTHING RETURNING shop, key",
        );
        let rows = self.rows(insert.bind(shops).bind(keys).bind(times)).await?;
        let mut new = BTreeSet::new();
        for row in rows {
            new.insert((scope(row.try_get(0)?), codes::bytes16(row.try_get(1)?)?));
        }
        Ok(sightings.iter().map(|seen| new.remove(&(seen.shop, seen.key.0))).collect())
    }

    pub async fn find_conversations(&mut self, identities: &[Identity]) -> Result<Vec<Option<ConversationId>>> {
        let (shops, channels, kinds, values) = columns(identities.iter());
        let select = sqlx::query(
            "SELECT t.n, i.conversation
             FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::text[]) WITH ORDINALITY
                 AS t (shop, channel, kind, value, n)
             JOIN identity i USING (shop, channel, kind, value)",
        );
        let mut found = vec![None; identities.len()];
        for row in self.rows(select.bind(shops).bind(channels).bind(kinds).bind(values)).await? {
            let place = row.try_get::<i64, _>(0)? as usize - 1;
            if let Some(slot) = found.get_mut(place) {
                *slot = Some(id(row.try_get(1)?));
            }
        }
        Ok(found)
    }

    /// Nobody is looked for first: where an identity turns out to be known, what was linked is taken back, and it is done
    /// the long way. Refused as busy if another process links one of these identities meanwhile: the next try finds what
    /// it did.
    pub async fn create_conversations(&mut self, new: &[(Conversation, Vec<Identity>)]) -> Result<Vec<ConversationId>> {
        let begun = Begun::of(new, BTreeMap::new());
        let linked = self.insert_identities(&begun.links).await?;
        if linked.len() == begun.links.len() {
            return Ok(self.begun(begun));
        }
        self.unlink_identities(&linked).await?;
        let wanted: Vec<Identity> = new.iter().flat_map(|(_, identities)| identities.clone()).collect();
        let found = self.find_conversations(&wanted).await?;
        let known = wanted.into_iter().zip(found).filter_map(|(identity, id)| Some((identity, id?)));
        let begun = Begun::of(new, known.collect());
        if self.insert_identities(&begun.links).await?.len() < begun.links.len() {
            return Err(Error::Busy("another process has just heard of the same customer".into()));
        }
        Ok(self.begun(begun))
    }

    fn begun(&mut self, begun: Begun) -> Vec<ConversationId> {
        self.fresh.extend(begun.created.into_iter().map(|row| ((row.shop, row.id), row)));
        begun.ids
    }

    /// Those that nobody had, which find these conversations now.
    async fn insert_identities(&mut self, links: &[(ConversationId, Identity)]) -> Result<Vec<Identity>> {
        if links.is_empty() {
            return Ok(Vec::new());
        }
        let (shops, channels, kinds, values) = columns(links.iter().map(|(_, identity)| identity));
        let owners: Vec<i64> = links.iter().map(|(id, _)| number(*id)).collect();
        let insert = sqlx::query(
            "INSERT INTO identity (shop, channel, kind, value, conversation)
             SELECT * FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::text[], $5::bigint[])
             ON CONFLICT DO NOTHING RETURNING shop, channel, kind, value",
        );
        let insert = insert.bind(shops).bind(channels).bind(kinds).bind(values).bind(owners);
        let identity = |row: &PgRow| {
            let (shop, kind) = (scope(row.try_get(0)?), codes::identity_kind(row.try_get::<i16, _>(2)?.into())?);
            Ok(Identity { shop, channel: text(row, 1)?, kind, value: text(row, 3)? })
        };
        self.rows(insert).await?.iter().map(identity).collect()
    }

    /// Before whatever reads conversations otherwise than to keep them.
    pub(super) async fn write_fresh(&mut self) -> Result<()> {
        let fresh = std::mem::take(&mut self.fresh);
        if !fresh.is_empty() {
            self.insert_conversations(&fresh.values().collect::<Vec<_>>()).await?;
        }
        Ok(())
    }

    /// How many there were none of.
    async fn insert_conversations(&mut self, rows: &[&Conversation]) -> Result<u64> {
        let insert = sqlx::query(
            "INSERT INTO conversation (shop, id, channel, number, turn, last_inbound_ms, free_until_ms, wake_at_ms,
                 handed_over, session)
             SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
                 $7::bigint[], $8::bigint[], $9::boolean[], $10::bytea[]) ON CONFLICT DO NOTHING",
        );
        let insert = insert
            .bind(rows.iter().map(|row| shop_number(row.shop)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| number(row.id)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| clean(&row.channel)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| clean(&row.number)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.turn as i64).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.last_inbound_ms).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| codes::of_free_entry(row.free)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.wake_at_ms).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.handed_over).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.session.as_slice()).collect::<Vec<_>>());
        self.run(insert).await
    }

    pub async fn link_identities(&mut self, links: &[(ConversationId, Identity)]) -> Result<()> {
        // The last word on each identity, in their order.
        let last: BTreeMap<&Identity, ConversationId> = links.iter().map(|(id, identity)| (identity, *id)).collect();
        let (shops, channels, kinds, values) = columns(last.keys().copied());
        let owners: Vec<i64> = last.values().map(|id| number(*id)).collect();
        let insert = sqlx::query(
            "INSERT INTO identity (shop, channel, kind, value, conversation)
             SELECT * FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::text[], $5::bigint[])
             ON CONFLICT (shop, channel, kind, value) DO UPDATE SET conversation = excluded.conversation",
        );
        self.run(insert.bind(shops).bind(channels).bind(kinds).bind(values).bind(owners)).await?;
        Ok(())
    }

    pub async fn unlink_identities(&mut self, identities: &[Identity]) -> Result<()> {
        let (shops, channels, kinds, values) = columns(identities.iter());
        let delete = sqlx::query(
            "DELETE FROM identity i
             USING unnest($1::integer[], $2::text[], $3::smallint[], $4::text[]) AS t (shop, channel, kind, value)
             WHERE (i.shop, i.channel, i.kind, i.value) = (t.shop, t.channel, t.kind, t.value)",
        );
        self.run(delete.bind(shops).bind(channels).bind(kinds).bind(values)).await?;
        Ok(())
    }

    pub async fn identities_of(&mut self, shop: ShopScope, id: ConversationId) -> Result<Vec<Identity>> {
        Ok(self.identities_by(&[(shop, id)]).await?.into_values().next().unwrap_or_default())
    }

    pub(super) async fn identities_by(&mut self, places: &[Place]) -> Result<BTreeMap<Place, Vec<Identity>>> {
        let select = sqlx::query(
            "SELECT i.shop, i.conversation, i.channel, i.kind, i.value
             FROM unnest($1::integer[], $2::bigint[]) AS t (shop, conversation) JOIN identity i USING (shop, conversation)
             WHERE i.kind < 4 ORDER BY i.conversation, i.channel, i.kind, i.value",
        );
        let (shops, ids) = split(places);
        let mut identities = BTreeMap::<Place, Vec<Identity>>::new();
        for row in self.rows(select.bind(shops).bind(ids)).await? {
            let (shop, kind) = (scope(row.try_get(0)?), codes::identity_kind(row.try_get::<i16, _>(3)?.into())?);
            let identity = Identity { shop, channel: text(&row, 2)?, kind, value: text(&row, 4)? };
            identities.entry((shop, id(row.try_get(1)?))).or_default().push(identity);
        }
        Ok(identities)
    }

    pub async fn conversations(&mut self, places: &[Place]) -> Result<Vec<Option<Conversation>>> {
        self.write_fresh().await?;
        let select = sqlx::query(
            "SELECT c.shop, c.id, c.channel, c.number, c.turn, c.last_inbound_ms, c.free_until_ms, c.wake_at_ms,
                 c.handed_over, c.session
             FROM unnest($1::integer[], $2::bigint[]) AS t (shop, id) JOIN conversation c USING (shop, id)",
        );
        self.read_conversations(places, select).await
    }

    /// One that another transaction holds is passed over: its event waits in the inbox.
    pub async fn lock_conversations(&mut self, places: &[Place]) -> Result<Vec<Option<Conversation>>> {
        let select = sqlx::query(
            "SELECT c.shop, c.id, c.channel, c.number, c.turn, c.last_inbound_ms, c.free_until_ms, c.wake_at_ms,
                 c.handed_over, c.session
             FROM unnest($1::integer[], $2::bigint[]) AS t (shop, id) JOIN conversation c USING (shop, id)
             FOR UPDATE OF c SKIP LOCKED",
        );
        self.read_conversations(places, select).await
    }

    /// The queues are counted after the rows are locked: what was committed before counts.
    async fn read_conversations(
        &mut self,
        places: &[Place],
        select: super::Bound<'_>,
    ) -> Result<Vec<Option<Conversation>>> {
        let (shops, ids) = split(places);
        let mut found = BTreeMap::new();
        for row in self.rows(select.bind(shops.clone()).bind(ids.clone())).await? {
            let row = conversation(&row)?;
            self.fresh.remove(&(row.shop, row.id));
            found.insert((row.shop, row.id), row);
        }
        for place in places {
            if let Some(row) = self.fresh.get(place) {
                found.insert(*place, row.clone());
            }
        }
        let count = sqlx::query(
            "SELECT i.shop, i.conversation, count(*)
             FROM (SELECT DISTINCT * FROM unnest($1::integer[], $2::bigint[]) AS t (shop, conversation)) t
             JOIN inbox i USING (shop, conversation) GROUP BY 1, 2",
        );
        for row in self.rows(count.bind(shops).bind(ids)).await? {
            if let Some(conversation) = found.get_mut(&(scope(row.try_get(0)?), id(row.try_get(1)?))) {
                conversation.pending = u32::try_from(row.try_get::<i64, _>(2)?).unwrap_or(u32::MAX);
            }
        }
        Ok(places.iter().map(|place| found.get(place).cloned()).collect())
    }

    pub async fn list_conversations(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        self.write_fresh().await?;
        let select = sqlx::query("SELECT id FROM conversation WHERE shop = $1 AND id > $2 ORDER BY id LIMIT $3");
        let select = select.bind(shop_number(shop)).bind(after.map_or(-1, number)).bind(i64::from(limit));
        let mut places = Vec::new();
        for row in self.rows(select).await? {
            places.push((shop, id(row.try_get(0)?)));
        }
        Ok(self.conversations(&places).await?.into_iter().flatten().collect())
    }

    pub async fn list_handed_over(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        self.write_fresh().await?;
        let select =
            sqlx::query("SELECT id FROM conversation WHERE shop = $1 AND id > $2 AND handed_over ORDER BY id LIMIT $3");
        let select = select.bind(shop_number(shop)).bind(after.map_or(-1, number)).bind(i64::from(limit));
        let mut places = Vec::new();
        for row in self.rows(select).await? {
            places.push((shop, id(row.try_get(0)?)));
        }
        Ok(self.conversations(&places).await?.into_iter().flatten().collect())
    }

    pub async fn save_conversations(&mut self, advances: &[Advance<'_>]) -> Result<()> {
        let mut first = Vec::new();
        let mut later = Vec::new();
        for advance in advances {
            let place = (advance.conversation.shop, advance.conversation.id);
            match self.fresh.get(&place).is_some_and(|fresh| fresh.turn == advance.from_turn) {
                true => first.push(advance.conversation),
                false => later.push(*advance),
            }
        }
        for row in &first {
            self.fresh.remove(&(row.shop, row.id));
        }
        if !first.is_empty() && self.insert_conversations(&first).await? < first.len() as u64 {
            return Err(Error::Stale(first.iter().map(|row| row.id).collect()));
        }
        if later.is_empty() { Ok(()) } else { self.update_conversations(&later).await }
    }

    pub async fn open_free_entries(&mut self, until: &[(ShopScope, ConversationId, i64)]) -> Result<()> {
        // In one order for all processes.
        let until: BTreeSet<_> = until.iter().copied().collect();
        for (shop, id, until_ms) in until {
            let update = sqlx::query(
                "UPDATE conversation SET free_until_ms = $1 WHERE shop = $2 AND id = $3 AND free_until_ms < $1",
            );
            self.run(update.bind(until_ms).bind(shop_number(shop)).bind(number(id))).await?;
        }
        Ok(())
    }

    async fn update_conversations(&mut self, advances: &[Advance<'_>]) -> Result<()> {
        let update = sqlx::query(
            "UPDATE conversation c SET number = t.number, turn = t.turn, last_inbound_ms = t.last_inbound_ms,
                 free_until_ms = t.free_until_ms, wake_at_ms = t.wake_at_ms, handed_over = t.handed_over,
                 session = t.session
             FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[],
                 $7::bigint[], $8::bigint[], $9::boolean[], $10::bytea[])
                 AS t (shop, id, from_turn, number, turn, last_inbound_ms, free_until_ms, wake_at_ms, handed_over, session)
             WHERE c.shop = t.shop AND c.id = t.id AND c.turn = t.from_turn RETURNING c.shop, c.id",
        );
        let rows = || advances.iter().map(|advance| advance.conversation);
        let update = update
            .bind(rows().map(|row| shop_number(row.shop)).collect::<Vec<_>>())
            .bind(rows().map(|row| number(row.id)).collect::<Vec<_>>())
            .bind(advances.iter().map(|advance| advance.from_turn as i64).collect::<Vec<_>>())
            .bind(rows().map(|row| clean(&row.number)).collect::<Vec<_>>())
            .bind(rows().map(|row| row.turn as i64).collect::<Vec<_>>())
            .bind(rows().map(|row| row.last_inbound_ms).collect::<Vec<_>>())
            .bind(rows().map(|row| codes::of_free_entry(row.free)).collect::<Vec<_>>())
            .bind(rows().map(|row| row.wake_at_ms).collect::<Vec<_>>())
            .bind(rows().map(|row| row.handed_over).collect::<Vec<_>>())
            .bind(rows().map(|row| row.session.as_slice()).collect::<Vec<_>>());
        let mut saved = BTreeSet::new();
        for row in self.rows(update).await? {
            saved.insert((scope(row.try_get(0)?), id(row.try_get(1)?)));
        }
        let stale: Vec<_> = rows().filter(|row| !saved.contains(&(row.shop, row.id))).map(|row| row.id).collect();
        if stale.is_empty() { Ok(()) } else { Err(Error::Stale(stale)) }
    }

    pub async fn due_wakes(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<ConversationId>> {
        self.write_fresh().await?;
        let select = sqlx::query(
            "SELECT id FROM conversation WHERE shop = $1 AND wake_at_ms <= $2 ORDER BY wake_at_ms, id LIMIT $3",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(now_ms).bind(i64::from(limit))).await?;
        rows.iter().map(|row| Ok(id(row.try_get(0)?))).collect()
    }

    pub async fn enqueue(&mut self, rows: &[InboxRow]) -> Result<()> {
        let insert = sqlx::query(
            "INSERT INTO inbox (shop, conversation, kind, received_ms, attempts, body)
             SELECT shop, conversation, kind, received_ms, attempts, body
             FROM unnest($1::integer[], $2::bigint[], $3::smallint[], $4::bigint[], $5::integer[], $6::bytea[])
                 WITH ORDINALITY AS t (shop, conversation, kind, received_ms, attempts, body, n)
             ORDER BY n",
        );
        let parts: Vec<(i64, &[u8])> = rows.iter().map(|row| codes::inbox_parts(&row.body)).collect();
        let insert = insert
            .bind(rows.iter().map(|row| shop_number(row.shop)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| number(row.conversation)).collect::<Vec<_>>())
            .bind(parts.iter().map(|(kind, _)| *kind as i16).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.received_ms).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.attempts as i32).collect::<Vec<_>>())
            .bind(parts.iter().map(|(_, body)| *body).collect::<Vec<_>>());
        self.run(insert).await?;
        Ok(())
    }

    pub async fn take_inbox(
        &mut self,
        shop: ShopScope,
        after: Option<ConversationId>,
        claim: Claim,
    ) -> Result<Vec<InboxRow>> {
        let start = after.map_or(-1, number);
        let mut heads = self.free_heads(shop, (start, i64::MAX), claim.limit as usize).await?;
        if heads.len() < claim.limit as usize {
            let room = claim.limit as usize - heads.len();
            heads.extend(self.free_heads(shop, (-1, start), room).await?);
        }
        let update = sqlx::query(
            "UPDATE inbox SET attempts = attempts + 1, lease_until_ms = duka_clock_ms() + $3
             WHERE shop = $1 AND seq IN (SELECT seq FROM inbox WHERE shop = $1 AND seq = ANY ($2)
                 AND lease_until_ms <= duka_clock_ms() FOR UPDATE SKIP LOCKED)
             RETURNING seq, conversation, kind, received_ms, attempts, body",
        );
        let mut taken = Vec::new();
        for row in self.rows(update.bind(shop_number(shop)).bind(&heads).bind(claim.lease_ms)).await? {
            let body = codes::inbox_body(row.try_get::<i16, _>(2)?.into(), row.try_get(5)?)?;
            let attempts = row.try_get::<i32, _>(4)? as u32;
            let (seq, conversation, received_ms) = (row.try_get(0)?, id(row.try_get(1)?), row.try_get(3)?);
            taken.push(InboxRow { shop, seq, conversation, body, received_ms, attempts });
        }
        taken.sort_by_key(|row| heads.iter().position(|seq| *seq == row.seq));
        Ok(taken)
    }

    /// Steps from head to head along the index, so that the length of the queues does not matter.
    async fn free_heads(&mut self, shop: ShopScope, (from, to): (i64, i64), limit: usize) -> Result<Vec<i64>> {
        let select = sqlx::query(
            "WITH RECURSIVE head AS (
                 (SELECT conversation, seq, lease_until_ms FROM inbox
                  WHERE shop = $1 AND conversation > $2 AND conversation <= $3 ORDER BY conversation, seq LIMIT 1)
                 UNION ALL
                 SELECT next.* FROM head, LATERAL (SELECT conversation, seq, lease_until_ms FROM inbox
                  WHERE shop = $1 AND conversation > head.conversation AND conversation <= $3
                  ORDER BY conversation, seq LIMIT 1) next)
             SELECT seq FROM head WHERE lease_until_ms <= duka_clock_ms() LIMIT $4",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(from).bind(to).bind(limit as i64)).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    pub async fn release_inbox(&mut self, rows: &[(ShopScope, i64)]) -> Result<()> {
        let update = sqlx::query(
            "UPDATE inbox i SET lease_until_ms = 0, attempts = greatest(attempts - 1, 0)
             FROM unnest($1::integer[], $2::bigint[]) AS t (shop, seq) WHERE i.shop = t.shop AND i.seq = t.seq",
        );
        let (shops, seqs): (Vec<i32>, Vec<i64>) = rows.iter().map(|(shop, seq)| (shop_number(*shop), *seq)).unzip();
        self.run(update.bind(shops).bind(seqs)).await?;
        Ok(())
    }

    pub async fn consume(&mut self, rows: &[(ShopScope, i64)]) -> Result<Vec<bool>> {
        let delete = sqlx::query(
            "DELETE FROM inbox i USING unnest($1::integer[], $2::bigint[]) AS t (shop, seq)
             WHERE i.shop = t.shop AND i.seq = t.seq RETURNING i.shop, i.seq",
        );
        let (shops, seqs): (Vec<i32>, Vec<i64>) = rows.iter().map(|(shop, seq)| (shop_number(*shop), *seq)).unzip();
        let mut gone = BTreeSet::new();
        for row in self.rows(delete.bind(shops).bind(seqs)).await? {
            gone.insert((scope(row.try_get(0)?), row.try_get::<i64, _>(1)?));
        }
        Ok(rows.iter().map(|row| gone.remove(row)).collect())
    }
}

/// What becomes of new conversations, as far as is known of their identities.
struct Begun {
    ids: Vec<ConversationId>,
    created: Vec<Conversation>,
    /// In the order of the identities, so that two processes wait for each other in one direction only.
    links: Vec<(ConversationId, Identity)>,
}

impl Begun {
    fn of(new: &[(Conversation, Vec<Identity>)], mut known: BTreeMap<Identity, ConversationId>) -> Begun {
        let mut begun = Begun { ids: Vec::new(), created: Vec::new(), links: Vec::new() };
        for (conversation, identities) in new {
            let finds = identities.iter().find_map(|identity| known.get(identity).copied());
            let id = finds.unwrap_or(conversation.id);
            if finds.is_none() {
                begun.created.push(conversation.clone());
            }
            for identity in identities {
                if !known.contains_key(identity) {
                    known.insert(identity.clone(), id);
                    begun.links.push((id, identity.clone()));
                }
            }
            begun.ids.push(id);
        }
        begun.links.sort_by(|a, b| a.1.cmp(&b.1));
        begun
    }
}

pub(super) fn id(number: i64) -> ConversationId {
    ConversationId(number as u64)
}

pub(super) fn number(id: ConversationId) -> i64 {
    id.0 as i64
}

pub(super) fn text(row: &PgRow, column: usize) -> Result<smol_str::SmolStr> {
    Ok(row.try_get::<&str, _>(column)?.into())
}

pub(super) fn split(places: &[Place]) -> (Vec<i32>, Vec<i64>) {
    places.iter().map(|(shop, id)| (shop_number(*shop), number(*id))).unzip()
}

type Columns = (Vec<i32>, Vec<String>, Vec<i16>, Vec<String>);

fn columns<'a>(identities: impl Iterator<Item = &'a Identity>) -> Columns {
    let mut columns = Columns::default();
    for Identity { shop, channel, kind, value } in identities {
        columns.0.push(shop_number(*shop));
        columns.1.push(clean(channel));
        columns.2.push(*kind as i16);
        columns.3.push(clean(value));
    }
    columns
}

fn conversation(row: &PgRow) -> Result<Conversation> {
    Ok(Conversation {
        shop: scope(row.try_get(0)?),
        id: id(row.try_get(1)?),
        channel: text(row, 2)?,
        number: text(row, 3)?,
        turn: row.try_get::<i64, _>(4)? as u64,
        last_inbound_ms: row.try_get(5)?,
        free: codes::free_entry(row.try_get(6)?),
        wake_at_ms: row.try_get(7)?,
        handed_over: row.try_get(8)?,
        session: row.try_get(9)?,
        pending: 0,
    })
}
