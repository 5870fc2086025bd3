//! Sends and what the provider tells of them. What a send becomes is decided in `facts`, for every store alike: rows are
//! read and kept, changed here, and written back, each with one statement.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::conversations::{id, number, split, text};
use super::queue::Queue;
use super::{Bound, PostgresTx, clean, scope, shop_number};
use crate::id::{ConversationId, SendId, ShopScope};
use crate::store::codes;
use crate::store::error::Result;
use crate::store::facts::{SendFacts, Told, in_sql};
use crate::store::rows::{
    AttemptEnd, Claim, ClaimedSend, Lane, Leases, NewSend, Released, Room, SendRow, Settled, Settlement, StatusEffect,
    StatusUpdate,
};

/// A send with its place in the queue, as it was read and as it is to be.
struct Queued {
    seq: i64,
    before: SendFacts,
    row: SendRow,
}

type Place = (ShopScope, ConversationId);

macro_rules! columns {
    () => {
        "o.seq, o.shop, o.id, o.conversation, o.number, o.turn, o.place, o.lane, o.repeat, o.expires_ms, o.state, o.attempt,
         o.after_unknown, o.not_before_ms, o.error, o.provider_id, o.other_id, o.delivery, o.delivery_at_ms,
         o.delivery_error, o.category, o.pricing, o.body"
    };
}
macro_rules! select_send {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM outbox o ", $rest)
    };
}

impl PostgresTx {
    /// Keeps the last open send of each conversation until the commit: whoever ends one before it finds, after us, what we
    /// add behind it; and none ends between the look and the insert. `BETWEEN`, here and below: so only the index of
    /// conversations has the order that is asked for.
    pub async fn add_sends(&mut self, sends: &[NewSend]) -> Result<()> {
        let places: BTreeSet<Place> = sends.iter().map(|send| (send.shop, send.conversation)).collect();
        let places: Vec<Place> = places.into_iter().collect();
        let (shops, ids) = split(&places);
        let select = sqlx::query(concat!(
            "SELECT last.shop, last.conversation, ",
            in_sql!(can_be_passed "last."),
            "
             FROM unnest($1::integer[], $2::bigint[]) AS t (shop, conversation), LATERAL (
                 SELECT o.shop, o.conversation, o.lane, o.state FROM outbox o
                 WHERE o.shop = t.shop AND o.conversation BETWEEN t.conversation AND t.conversation AND o.state < 5
                 ORDER BY o.conversation DESC, o.seq DESC LIMIT 1 FOR UPDATE) last",
        ));
        let mut queues: BTreeMap<Place, Queue> = BTreeMap::new();
        for row in self.rows(select.bind(shops).bind(ids)).await? {
            let place = (scope(row.try_get(0)?), id(row.try_get(1)?));
            queues.insert(place, Queue::ending_with_marketing(row.try_get(2)?));
        }
        self.look_past_marketing(&mut queues).await?;
        let state = |send: &NewSend| queues.entry((send.shop, send.conversation)).or_default().take(send.lane) as i16;
        let states: Vec<i16> = sends.iter().map(state).collect();
        let insert = sqlx::query(
            "INSERT INTO outbox (shop, id, conversation, number, turn, place, lane, repeat, expires_ms, not_before_ms,
                 body, state)
             SELECT shop, id, conversation, number, turn, place, lane, repeat, expires_ms, not_before_ms, body, state
             FROM unnest($1::integer[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[], $6::integer[],
                 $7::smallint[], $8::smallint[], $9::bigint[], $10::bigint[], $11::bytea[], $12::smallint[])
                 WITH ORDINALITY AS t (shop, id, conversation, number, turn, place, lane, repeat, expires_ms,
                     not_before_ms, body, state, n)
             ORDER BY n",
        );
        let insert = insert
            .bind(sends.iter().map(|send| shop_number(send.shop)).collect::<Vec<_>>())
            .bind(sends.iter().map(|send| &send.id.0[..]).collect::<Vec<_>>())
            .bind(sends.iter().map(|send| number(send.conversation)).collect::<Vec<_>>())
            .bind(sends.iter().map(|send| clean(&send.number)).collect::<Vec<_>>())
            .bind(sends.iter().map(|send| send.turn as i64).collect::<Vec<_>>())
            .bind(sends.iter().map(|send| i32::from(send.index)).collect::<Vec<_>>())
            .bind(sends.iter().map(|send| send.lane as i16).collect::<Vec<_>>())
            .bind(sends.iter().map(|send| send.repeat as i16).collect::<Vec<_>>())
            .bind(sends.iter().map(|send| send.expires_ms).collect::<Vec<_>>())
            .bind(sends.iter().map(|send| send.not_before_ms).collect::<Vec<_>>())
            .bind(sends.iter().map(|send| send.body.as_slice()).collect::<Vec<_>>())
            .bind(states);
        self.run(insert).await?;
        Ok(())
    }

    /// One statement for each lane, however many numbers.
    pub async fn claim_sends(&mut self, rooms: &[Room], lanes: &[Lane], claim: Claim) -> Result<Vec<ClaimedSend>> {
        self.write_fresh().await?;
        let mut left: BTreeMap<(ShopScope, SmolStr), i64> = BTreeMap::new();
        left.extend(rooms.iter().map(|room| ((room.shop, room.number.clone()), i64::from(room.limit))));
        let mut claimed: Vec<Queued> = Vec::new();
        for lane in lanes {
            let with_room = || left.iter().filter(|(_, limit)| **limit > 0);
            if with_room().next().is_none() {
                break;
            }
            let update = sqlx::query(concat!(
                // Materialised: run again for each row, the choice would claim more than its limit.
                "WITH q AS MATERIALIZED (
                     SELECT next.shop, next.seq FROM unnest($1::integer[], $2::text[], $3::bigint[]) AS t (shop, number, room),
                     LATERAL (SELECT o.shop, o.seq FROM outbox o
                         WHERE o.shop = t.shop AND o.number = t.number AND o.lane = $4 AND o.state = 2
                             AND o.not_before_ms <= $5
                         ORDER BY o.not_before_ms, o.seq LIMIT t.room FOR UPDATE SKIP LOCKED) next)
                 UPDATE outbox o SET state = 3, attempt = o.attempt + 1, lease_until_ms = duka_clock_ms() + $6
                 FROM q WHERE o.shop = q.shop AND o.seq = q.seq RETURNING ",
                columns!()
            ));
            let update = update
                .bind(with_room().map(|((shop, _), _)| shop_number(*shop)).collect::<Vec<_>>())
                .bind(with_room().map(|((_, number), _)| clean(number)).collect::<Vec<_>>())
                .bind(with_room().map(|(_, limit)| *limit).collect::<Vec<_>>());
            let mut rows = self.queued(update.bind(*lane as i16).bind(claim.now_ms).bind(claim.lease_ms)).await?;
            rows.sort_by_key(|queued| (queued.row.facts.not_before_ms, queued.seq));
            for queued in &rows {
                if let Some(limit) = left.get_mut(&(queued.row.send.shop, queued.row.send.number.clone())) {
                    *limit -= 1;
                }
            }
            claimed.extend(rows);
        }
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        let places: BTreeSet<Place> =
            claimed.iter().map(|queued| (queued.row.send.shop, queued.row.send.conversation)).collect();
        let places: Vec<Place> = places.into_iter().collect();
        let windows = self.windows(&places).await?;
        let identities = self.identities_by(&places).await?;
        let with_customer = |Queued { row: SendRow { send, facts }, .. }: Queued| {
            let place = (send.shop, send.conversation);
            let (last_inbound_ms, free) = windows.get(&place).copied().unwrap_or((0, 0));
            let free = codes::free_entry(free);
            let identities = identities.get(&place).cloned().unwrap_or_default();
            let (attempt, after_unknown) = (facts.attempt, facts.after_unknown);
            ClaimedSend { send, attempt, after_unknown, last_inbound_ms, free, identities }
        };
        Ok(claimed.into_iter().map(with_customer).collect())
    }

    async fn windows(&mut self, places: &[Place]) -> Result<BTreeMap<Place, (i64, i64)>> {
        let select = sqlx::query(
            "SELECT c.shop, c.id, c.last_inbound_ms, c.free_until_ms
             FROM unnest($1::integer[], $2::bigint[]) AS t (shop, id) JOIN conversation c USING (shop, id)",
        );
        let (shops, ids) = split(places);
        let rows = self.rows(select.bind(shops).bind(ids)).await?;
        let window =
            |row: &PgRow| Ok(((scope(row.try_get(0)?), id(row.try_get(1)?)), (row.try_get(2)?, row.try_get(3)?)));
        rows.iter().map(window).collect()
    }

    pub async fn settle_sends(&mut self, settlements: &[Settlement]) -> Result<Vec<Settled>> {
        let keys: Vec<_> = settlements.iter().map(|settlement| (settlement.shop, settlement.id)).collect();
        let mut book = Book::of(self.by_id(&keys).await?);
        let accepted = settlements.iter().filter_map(|settlement| match &settlement.end {
            AttemptEnd::Accepted { provider_id } => Some((settlement.shop, provider_id.clone())),
            AttemptEnd::Again { .. }
            | AttemptEnd::Unknown { .. }
            | AttemptEnd::Failed { .. }
            | AttemptEnd::Expired
            | AttemptEnd::Parked
            | AttemptEnd::Cancelled => None,
        });
        book.orphans = self.orphans(accepted.collect()).await?;
        let mut results = Vec::with_capacity(settlements.len());
        for settlement in settlements {
            let mut result = Settled { held: false, failed: false };
            if let Some(seq) = book.seq_of(settlement.shop, settlement.id)
                && let Some(queued) = book.rows.get_mut(&seq)
            {
                result.held = queued.row.facts.settle(settlement.attempt, &settlement.end);
                if let (true, AttemptEnd::Accepted { provider_id }) = (result.held, &settlement.end) {
                    result.failed = book.adopt(seq, settlement.shop, provider_id);
                }
            }
            results.push(result);
        }
        self.write(book).await?;
        Ok(results)
    }

    pub async fn expire_leases(&mut self, shop: ShopScope, leases: Leases, hold_until_ms: i64) -> Result<u64> {
        let update = sqlx::query(
            "UPDATE outbox SET state = 4, not_before_ms = $2
             WHERE shop = $1 AND state = 3 AND (lease_until_ms <= duka_clock_ms() OR $3)",
        );
        let all = match leases {
            Leases::Over { .. } => false,
            Leases::All => true,
        };
        self.run(update.bind(shop_number(shop)).bind(hold_until_ms).bind(all)).await
    }

    pub async fn extend_holds(&mut self, shop: ShopScope, by_ms: i64) -> Result<()> {
        let update = sqlx::query("UPDATE outbox SET not_before_ms = not_before_ms + $2 WHERE shop = $1 AND state = 4");
        self.run(update.bind(shop_number(shop)).bind(by_ms)).await?;
        Ok(())
    }

    pub async fn release_unknown(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<Released>> {
        let select = sqlx::query(select_send!(
            "WHERE o.shop = $1 AND o.state = 4 AND o.not_before_ms <= $2 ORDER BY o.not_before_ms, o.seq LIMIT $3
             FOR UPDATE SKIP LOCKED"
        ));
        let mut held = self.queued(select.bind(shop_number(shop)).bind(now_ms).bind(i64::from(limit))).await?;
        let release = |queued: &mut Queued| {
            let parked = queued.row.facts.release(queued.row.send.repeat);
            let NewSend { id, conversation, turn, index, lane, .. } = queued.row.send;
            Released { id, conversation, turn, index, lane, parked }
        };
        let released = held.iter_mut().map(release).collect();
        self.write(Book::of(held)).await?;
        Ok(released)
    }

    pub async fn apply_statuses(&mut self, updates: &[StatusUpdate]) -> Result<Vec<Option<StatusEffect>>> {
        let select = sqlx::query(select_send!(
            "WHERE (o.shop, o.seq) IN (
                 SELECT o.shop, o.seq FROM unnest($1::integer[], $2::bytea[]) AS t (shop, id) JOIN outbox o USING (shop, id)
                 UNION SELECT o.shop, o.seq FROM unnest($1::integer[], $3::bigint[], $4::text[])
                     AS t (shop, provider_hash, provider_id) JOIN outbox o USING (shop, provider_hash, provider_id)
                 WHERE o.provider_hash <> 0
                 UNION SELECT o.shop, o.seq FROM unnest($1::integer[], $4::text[]) AS t (shop, other_id)
                     JOIN outbox o USING (shop, other_id) WHERE o.other_id <> '')
             ORDER BY o.conversation, o.seq FOR UPDATE"
        ));
        let select = select
            .bind(updates.iter().map(|update| shop_number(update.shop)).collect::<Vec<_>>())
            .bind(updates.iter().map(|update| update.send.map(|id| id.0.to_vec())).collect::<Vec<_>>())
            .bind(updates.iter().map(|update| codes::provider_hash(&update.provider_id)).collect::<Vec<_>>())
            .bind(updates.iter().map(|update| clean(&update.provider_id)).collect::<Vec<_>>());
        let mut book = Book::of(self.queued(select).await?);
        let provider_ids = updates.iter().map(|update| (update.shop, update.provider_id.clone()));
        book.orphans = self.orphans(provider_ids.collect()).await?;
        let effects = updates.iter().map(|update| book.hear(update)).collect();
        self.write(book).await?;
        Ok(effects)
    }

    pub async fn sends_of(
        &mut self,
        shop: ShopScope,
        conversation: ConversationId,
        from_turn: u64,
        limit: u32,
    ) -> Result<Vec<SendRow>> {
        let select = sqlx::query(select_send!(
            "WHERE o.shop = $1 AND o.conversation = $2 AND o.turn >= $3 ORDER BY o.seq LIMIT $4"
        ));
        let select = select.bind(shop_number(shop)).bind(number(conversation));
        let rows = self.queued(select.bind(from_turn as i64).bind(i64::from(limit))).await?;
        Ok(rows.into_iter().map(|queued| queued.row).collect())
    }

    pub async fn send(&mut self, shop: ShopScope, id: SendId) -> Result<Option<SendRow>> {
        let select = sqlx::query(select_send!("WHERE o.shop = $1 AND o.id = $2"));
        let mut rows = self.queued(select.bind(shop_number(shop)).bind(id.0.to_vec())).await?;
        Ok(rows.pop().map(|queued| queued.row))
    }

    pub async fn parked_sends(&mut self, shop: ShopScope, limit: u32) -> Result<Vec<SendRow>> {
        let select = sqlx::query(select_send!("WHERE o.shop = $1 AND o.state = 8 ORDER BY o.seq LIMIT $2"));
        let rows = self.queued(select.bind(shop_number(shop)).bind(i64::from(limit))).await?;
        Ok(rows.into_iter().map(|queued| queued.row).collect())
    }

    pub async fn cancel_parked(&mut self, shop: ShopScope, id: SendId) -> Result<bool> {
        let update = sqlx::query("UPDATE outbox SET state = 9 WHERE shop = $1 AND id = $2 AND state = 8");
        Ok(self.run(update.bind(shop_number(shop)).bind(id.0.to_vec())).await? == 1)
    }

    async fn queued(&mut self, query: Bound<'_>) -> Result<Vec<Queued>> {
        self.rows(query).await?.iter().map(queued).collect()
    }

    async fn by_id(&mut self, keys: &[(ShopScope, SendId)]) -> Result<Vec<Queued>> {
        let select = sqlx::query(select_send!(
            "JOIN unnest($1::integer[], $2::bytea[]) AS t (shop, id) ON o.shop = t.shop AND o.id = t.id
             ORDER BY o.conversation, o.seq FOR UPDATE OF o"
        ));
        let shops: Vec<i32> = keys.iter().map(|(shop, _)| shop_number(*shop)).collect();
        let ids: Vec<&[u8]> = keys.iter().map(|(_, id)| &id.0[..]).collect();
        self.queued(select.bind(shops).bind(ids)).await
    }

    async fn orphans(&mut self, keys: Vec<(ShopScope, SmolStr)>) -> Result<BTreeMap<(ShopScope, SmolStr), Orphan>> {
        let mut found = BTreeMap::new();
        if keys.is_empty() {
            return Ok(found);
        }
        let select = sqlx::query(
            "SELECT o.shop, o.provider_id, o.delivery, o.delivery_at_ms, o.delivery_error, o.category, o.pricing
             FROM orphan_status o JOIN unnest($1::integer[], $2::text[]) AS t (shop, provider_id)
                 ON o.shop = t.shop AND o.provider_id = t.provider_id
             ORDER BY o.provider_id FOR UPDATE OF o",
        );
        let shops: Vec<i32> = keys.iter().map(|(shop, _)| shop_number(*shop)).collect();
        let ids: Vec<String> = keys.iter().map(|(_, id)| clean(id)).collect();
        for row in self.rows(select.bind(shops).bind(ids)).await? {
            let told = told(&row, 2)?;
            found.insert((scope(row.try_get(0)?), text(&row, 1)?), Orphan { stored: true, told: Some(told) });
        }
        Ok(found)
    }

    /// Writes what has changed, and makes the next one ready in each conversation in which a send has ended or rests.
    async fn write(&mut self, book: Book) -> Result<()> {
        let changed: Vec<Queued> = book.rows.into_values().filter(|queued| queued.before != queued.row.facts).collect();
        if !changed.is_empty() {
            self.write_sends(&changed).await?;
            let gives_way = |queued: &&Queued| {
                let SendRow { send, facts } = &queued.row;
                facts.rests(send.lane) || (facts.state.is_final() && !queued.before.state.is_final())
            };
            let ended = changed.iter().filter(gives_way);
            let places: BTreeSet<Place> =
                ended.map(|queued| (queued.row.send.shop, queued.row.send.conversation)).collect();
            if !places.is_empty() {
                self.promote(&places.into_iter().collect::<Vec<_>>()).await?;
            }
        }
        self.write_orphans(book.orphans).await
    }

    async fn write_sends(&mut self, changed: &[Queued]) -> Result<()> {
        let update = sqlx::query(
            "UPDATE outbox o SET state = t.state, attempt = t.attempt, after_unknown = t.after_unknown,
                 not_before_ms = t.not_before_ms, error = t.error, provider_id = t.provider_id,
                 provider_hash = t.provider_hash, other_id = t.other_id, delivery = t.delivery,
                 delivery_at_ms = t.delivery_at_ms, delivery_error = t.delivery_error, category = t.category,
                 pricing = t.pricing
             FROM unnest($1::integer[], $2::bigint[], $3::smallint[], $4::integer[], $5::boolean[], $6::bigint[],
                 $7::integer[], $8::text[], $9::bigint[], $10::text[], $11::smallint[], $12::bigint[], $13::integer[],
                 $14::text[], $15::text[])
                 AS t (shop, seq, state, attempt, after_unknown, not_before_ms, error, provider_id, provider_hash, other_id,
                     delivery, delivery_at_ms, delivery_error, category, pricing)
             WHERE o.shop = t.shop AND o.seq = t.seq",
        );
        let facts = || changed.iter().map(|queued| &queued.row.facts);
        let told = || facts().map(|facts| &facts.told);
        let update = update
            .bind(changed.iter().map(|queued| shop_number(queued.row.send.shop)).collect::<Vec<_>>())
            .bind(changed.iter().map(|queued| queued.seq).collect::<Vec<_>>())
            .bind(facts().map(|facts| facts.state as i16).collect::<Vec<_>>())
            .bind(facts().map(|facts| facts.attempt as i32).collect::<Vec<_>>())
            .bind(facts().map(|facts| facts.after_unknown).collect::<Vec<_>>())
            .bind(facts().map(|facts| facts.not_before_ms).collect::<Vec<_>>())
            .bind(facts().map(|facts| facts.error).collect::<Vec<_>>())
            .bind(facts().map(|facts| clean(&facts.provider_id)).collect::<Vec<_>>())
            .bind(facts().map(|facts| codes::provider_hash(&facts.provider_id)).collect::<Vec<_>>())
            .bind(facts().map(|facts| clean(&facts.other_id)).collect::<Vec<_>>())
            .bind(told().map(|told| told.delivery as i16).collect::<Vec<_>>())
            .bind(told().map(|told| told.at_ms).collect::<Vec<_>>())
            .bind(told().map(|told| told.error).collect::<Vec<_>>())
            .bind(told().map(|told| clean(&told.category)).collect::<Vec<_>>())
            .bind(told().map(|told| clean(&told.pricing)).collect::<Vec<_>>());
        self.run(update).await?;
        Ok(())
    }

    /// Makes the head of each conversation ready; where that is marketing that rests, the first that may pass it.
    async fn promote(&mut self, places: &[Place]) -> Result<()> {
        let (shops, ids) = split(places);
        let update = sqlx::query(concat!(
            "UPDATE outbox o SET state = 2
             FROM unnest($1::integer[], $2::bigint[]) AS t (shop, conversation), LATERAL (
                 SELECT CASE WHEN ",
            in_sql!(rests "h."),
            " THEN (SELECT n.seq FROM outbox n
                     WHERE n.shop = t.shop AND n.conversation BETWEEN t.conversation AND t.conversation AND n.state < 5
                         AND NOT (",
            in_sql!(can_be_passed "n."),
            ") ORDER BY n.conversation, n.seq LIMIT 1) ELSE h.seq END AS seq
                 FROM outbox h
                 WHERE h.shop = t.shop AND h.conversation BETWEEN t.conversation AND t.conversation AND h.state < 5
                 ORDER BY h.conversation, h.seq LIMIT 1) head
             WHERE o.shop = t.shop AND o.seq = head.seq AND o.state = 1",
        ));
        self.run(update.bind(shops).bind(ids)).await?;
        Ok(())
    }

    async fn write_orphans(&mut self, orphans: BTreeMap<(ShopScope, SmolStr), Orphan>) -> Result<()> {
        let adopted: Vec<_> = orphans.iter().filter(|(_, orphan)| orphan.stored && orphan.told.is_none()).collect();
        if !adopted.is_empty() {
            let delete = sqlx::query(
                "DELETE FROM orphan_status o USING unnest($1::integer[], $2::text[]) AS t (shop, provider_id)
                 WHERE o.shop = t.shop AND o.provider_id = t.provider_id",
            );
            let shops: Vec<i32> = adopted.iter().map(|((shop, _), _)| shop_number(*shop)).collect();
            let ids: Vec<String> = adopted.iter().map(|((_, id), _)| clean(id)).collect();
            self.run(delete.bind(shops).bind(ids)).await?;
        }
        let mut told: BTreeMap<(ShopScope, String), Told> = BTreeMap::new();
        for ((shop, id), orphan) in orphans {
            if let Some(more) = orphan.told {
                told.entry((shop, clean(&id))).or_default().join(&more);
            }
        }
        if told.is_empty() {
            return Ok(());
        }
        // Joined here as in `Told::join`, for one that another process has added meanwhile.
        let insert = sqlx::query(
            "INSERT INTO orphan_status AS o (shop, provider_id, delivery, delivery_at_ms, delivery_error, category, pricing)
             SELECT * FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::bigint[], $5::integer[], $6::text[],
                 $7::text[])
             ON CONFLICT (shop, provider_id) DO UPDATE SET
                 delivery_at_ms = CASE WHEN o.delivery > excluded.delivery THEN o.delivery_at_ms
                     WHEN o.delivery < excluded.delivery THEN excluded.delivery_at_ms
                     ELSE least(o.delivery_at_ms, excluded.delivery_at_ms) END,
                 delivery = greatest(o.delivery, excluded.delivery),
                 delivery_error = greatest(o.delivery_error, excluded.delivery_error),
                 category = greatest(o.category, excluded.category),
                 pricing = greatest(o.pricing, excluded.pricing)",
        );
        let insert = insert
            .bind(told.keys().map(|(shop, _)| shop_number(*shop)).collect::<Vec<_>>())
            .bind(told.keys().map(|(_, id)| id.as_str()).collect::<Vec<_>>())
            .bind(told.values().map(|told| told.delivery as i16).collect::<Vec<_>>())
            .bind(told.values().map(|told| told.at_ms).collect::<Vec<_>>())
            .bind(told.values().map(|told| told.error).collect::<Vec<_>>())
            .bind(told.values().map(|told| clean(&told.category)).collect::<Vec<_>>())
            .bind(told.values().map(|told| clean(&told.pricing)).collect::<Vec<_>>());
        self.run(insert).await?;
        Ok(())
    }
}

/// What was told of a message that no send is known for. `told` is taken by the send that turns out to be its own.
struct Orphan {
    stored: bool,
    told: Option<Told>,
}

/// The rows that a batch speaks of, and how they are found.
struct Book {
    rows: BTreeMap<i64, Queued>,
    ids: BTreeMap<(ShopScope, SendId), i64>,
    /// By seq within an id: the oldest send that has it comes first.
    providers: BTreeSet<(ShopScope, SmolStr, i64)>,
    orphans: BTreeMap<(ShopScope, SmolStr), Orphan>,
}

impl Book {
    fn of(rows: Vec<Queued>) -> Book {
        let mut book =
            Book { rows: BTreeMap::new(), ids: BTreeMap::new(), providers: BTreeSet::new(), orphans: BTreeMap::new() };
        for queued in rows {
            let SendRow { send, facts } = &queued.row;
            book.ids.insert((send.shop, send.id), queued.seq);
            for id in [&facts.provider_id, &facts.other_id] {
                if !id.is_empty() {
                    book.providers.insert((send.shop, id.clone(), queued.seq));
                }
            }
            book.rows.insert(queued.seq, queued);
        }
        book
    }

    fn seq_of(&self, shop: ShopScope, id: SendId) -> Option<i64> {
        self.ids.get(&(shop, id)).copied()
    }

    /// The oldest of the sends that a provider gave this id.
    fn seq_by_provider(&self, shop: ShopScope, id: &SmolStr) -> Option<i64> {
        let holders = self.providers.range((shop, id.clone(), i64::MIN)..=(shop, id.clone(), i64::MAX));
        holders.map(|(_, _, seq)| *seq).next()
    }

    fn hear(&mut self, update: &StatusUpdate) -> Option<StatusEffect> {
        let told = Told::of(update);
        let by_id = update.send.and_then(|id| self.seq_of(update.shop, id));
        let found = by_id.or_else(|| self.seq_by_provider(update.shop, &update.provider_id));
        let Some((seq, queued)) = found.and_then(|seq| Some((seq, self.rows.get_mut(&seq)?))) else {
            let key = (update.shop, update.provider_id.clone());
            let orphan = self.orphans.entry(key).or_insert(Orphan { stored: false, told: None });
            orphan.told.get_or_insert_default().join(&told);
            return None;
        };
        let before = [queued.row.facts.provider_id.clone(), queued.row.facts.other_id.clone()];
        let told_before = queued.row.facts.told.clone();
        let mut heard = queued.row.facts.hear(&update.provider_id, &told);
        let NewSend { shop, id, conversation, turn, index, lane, .. } = queued.row.send;
        let now = [queued.row.facts.provider_id.clone(), queued.row.facts.other_id.clone()];
        if now[0] != before[0] || heard.duplicate {
            for id in before {
                self.providers.remove(&(shop, id, seq));
            }
            self.providers.extend(now.into_iter().filter(|id| !id.is_empty()).map(|id| (shop, id, seq)));
            heard.failed |= self.adopt(seq, update.shop, &update.provider_id);
        }
        let (settled, failed, duplicate) = (heard.settled, heard.failed, heard.duplicate);
        let delivered = self.rows.get(&seq).and_then(|queued| queued.row.facts.told.newly_counted(&told_before));
        Some(StatusEffect { shop, id, conversation, turn, index, lane, settled, failed, duplicate, delivered })
    }

    /// Joins what was told of a message before we knew whose it is. `true`: it was a failure, and news.
    fn adopt(&mut self, seq: i64, shop: ShopScope, provider_id: &SmolStr) -> bool {
        let orphan = self.orphans.get_mut(&(shop, provider_id.clone())).and_then(|orphan| orphan.told.take());
        let (Some(told), Some(queued)) = (orphan, self.rows.get_mut(&seq)) else { return false };
        queued.row.facts.adopt(&told)
    }
}

fn queued(row: &PgRow) -> Result<Queued> {
    let send = NewSend {
        shop: scope(row.try_get(1)?),
        id: SendId(codes::bytes16(row.try_get(2)?)?),
        conversation: id(row.try_get(3)?),
        number: text(row, 4)?,
        turn: row.try_get::<i64, _>(5)? as u64,
        index: row.try_get::<i32, _>(6)? as u16,
        lane: codes::lane(row.try_get::<i16, _>(7)?.into())?,
        repeat: codes::repeat(row.try_get::<i16, _>(8)?.into())?,
        expires_ms: row.try_get(9)?,
        not_before_ms: row.try_get(13)?,
        body: row.try_get(22)?,
    };
    let facts = SendFacts {
        state: codes::send_state(row.try_get::<i16, _>(10)?.into())?,
        attempt: row.try_get::<i32, _>(11)? as u32,
        after_unknown: row.try_get(12)?,
        not_before_ms: send.not_before_ms,
        error: row.try_get(14)?,
        provider_id: text(row, 15)?,
        other_id: text(row, 16)?,
        told: told(row, 17)?,
    };
    Ok(Queued { seq: row.try_get(0)?, before: facts.clone(), row: SendRow { send, facts } })
}

fn told(row: &PgRow, from: usize) -> Result<Told> {
    Ok(Told {
        delivery: codes::delivery(row.try_get::<i16, _>(from)?.into())?,
        at_ms: row.try_get(from + 1)?,
        error: row.try_get(from + 2)?,
        category: text(row, from + 3)?,
        pricing: text(row, from + 4)?,
    })
}
