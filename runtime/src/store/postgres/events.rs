//! Turns as they were, and calls to the shops' systems.

use std::collections::BTreeSet;

use sqlx::Row;

use super::conversations::{id, number};
use super::{PostgresTx, scope, shop_number};
use crate::id::{ConversationId, ShopScope};
use crate::store::codes::bytes16;
use crate::store::error::Result;
use crate::store::rows::{Claim, ClaimedCall, EndedCall, NewCall, TurnRecord};

impl PostgresTx {
    pub async fn add_turns(&mut self, turns: &[TurnRecord]) -> Result<()> {
        let insert = sqlx::query(
            "INSERT INTO turn (shop, conversation, turn, at_ms, revision, event, trace, notes)
             SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[],
                 $7::bytea[], $8::bytea[])",
        );
        let insert = insert
            .bind(turns.iter().map(|turn| shop_number(turn.shop)).collect::<Vec<_>>())
            .bind(turns.iter().map(|turn| number(turn.conversation)).collect::<Vec<_>>())
            .bind(turns.iter().map(|turn| turn.turn as i64).collect::<Vec<_>>())
            .bind(turns.iter().map(|turn| turn.at_ms).collect::<Vec<_>>())
            .bind(turns.iter().map(|turn| &turn.revision[..]).collect::<Vec<_>>())
            .bind(turns.iter().map(|turn| turn.event.as_slice()).collect::<Vec<_>>())
            .bind(turns.iter().map(|turn| turn.trace.as_slice()).collect::<Vec<_>>())
            .bind(turns.iter().map(|turn| turn.notes.as_slice()).collect::<Vec<_>>());
        self.run(insert).await?;
        Ok(())
    }

    pub async fn turns_of(
        &mut self,
        shop: ShopScope,
        conversation: ConversationId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<TurnRecord>> {
        let select = sqlx::query(
            "SELECT turn, at_ms, revision, event, trace, notes FROM turn
             WHERE shop = $1 AND conversation = $2 AND turn >= $3 ORDER BY turn LIMIT $4",
        );
        let select = select.bind(shop_number(shop)).bind(number(conversation));
        let mut turns = Vec::new();
        for row in self.rows(select.bind(from as i64).bind(i64::from(limit))).await? {
            let (turn, revision) = (row.try_get::<i64, _>(0)? as u64, bytes16(row.try_get(2)?)?);
            let (event, trace, notes) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
            turns.push(TurnRecord { shop, conversation, turn, at_ms: row.try_get(1)?, revision, event, trace, notes });
        }
        Ok(turns)
    }

    pub async fn add_calls(&mut self, calls: &[NewCall]) -> Result<()> {
        let insert = sqlx::query(
            "INSERT INTO call (shop, conversation, turn, place, is_query, deadline_ms, body)
             SELECT shop, conversation, turn, place, is_query, deadline_ms, body
             FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::integer[], $5::boolean[], $6::bigint[], $7::bytea[])
                 WITH ORDINALITY AS t (shop, conversation, turn, place, is_query, deadline_ms, body, n)
             ORDER BY n",
        );
        let insert = insert
            .bind(calls.iter().map(|call| shop_number(call.shop)).collect::<Vec<_>>())
            .bind(calls.iter().map(|call| number(call.conversation)).collect::<Vec<_>>())
            .bind(calls.iter().map(|call| call.turn as i64).collect::<Vec<_>>())
            .bind(calls.iter().map(|call| i32::from(call.index)).collect::<Vec<_>>())
            .bind(calls.iter().map(|call| call.query).collect::<Vec<_>>())
            .bind(calls.iter().map(|call| call.deadline_ms).collect::<Vec<_>>())
            .bind(calls.iter().map(|call| call.body.as_slice()).collect::<Vec<_>>());
        self.run(insert).await?;
        Ok(())
    }

    pub async fn claim_calls(&mut self, shop: ShopScope, claim: Claim) -> Result<Vec<ClaimedCall>> {
        let update = sqlx::query(
            "WITH q AS MATERIALIZED (SELECT shop, seq FROM call
                 WHERE shop = $1 AND not_before_ms <= $2 AND lease_until_ms <= duka_clock_ms()
                 ORDER BY not_before_ms, seq LIMIT $3 FOR UPDATE SKIP LOCKED)
             UPDATE call c SET attempt = c.attempt + 1, lease_until_ms = duka_clock_ms() + $4
             FROM q WHERE c.shop = q.shop AND c.seq = q.seq
             RETURNING c.not_before_ms, c.seq, c.conversation, c.turn, c.place, c.is_query, c.deadline_ms, c.body, c.attempt",
        );
        let update = update.bind(shop_number(shop)).bind(claim.now_ms).bind(i64::from(claim.limit));
        let mut claimed = Vec::new();
        for row in self.rows(update.bind(claim.lease_ms)).await? {
            let call = NewCall {
                shop,
                conversation: id(row.try_get(2)?),
                turn: row.try_get::<i64, _>(3)? as u64,
                index: row.try_get::<i32, _>(4)? as u16,
                query: row.try_get(5)?,
                body: row.try_get(7)?,
                deadline_ms: row.try_get(6)?,
            };
            let order = (row.try_get::<i64, _>(0)?, row.try_get::<i64, _>(1)?);
            claimed.push((order, ClaimedCall { call, attempt: row.try_get::<i32, _>(8)? as u32 }));
        }
        claimed.sort_by_key(|(order, _)| *order);
        Ok(claimed.into_iter().map(|(_, call)| call).collect())
    }

    pub async fn end_calls(&mut self, ended: &[EndedCall]) -> Result<Vec<bool>> {
        let delete = sqlx::query(
            "DELETE FROM call c USING unnest($1::integer[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[])
                 AS t (shop, conversation, turn, place, attempt)
             WHERE c.shop = t.shop AND c.conversation = t.conversation AND c.turn = t.turn AND c.place = t.place
                 AND c.attempt = t.attempt
             RETURNING c.shop, c.conversation, c.turn, c.place, c.attempt",
        );
        let mut held = self.held(bind_calls(delete, ended)).await?;
        Ok(ended.iter().map(|call| held.remove(&key(call))).collect())
    }

    pub async fn postpone_calls(&mut self, calls: &[(EndedCall, i64)]) -> Result<Vec<bool>> {
        let update = sqlx::query(
            "UPDATE call c SET not_before_ms = t.not_before_ms, lease_until_ms = 0
             FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::bigint[])
                 AS t (shop, conversation, turn, place, attempt, not_before_ms)
             WHERE c.shop = t.shop AND c.conversation = t.conversation AND c.turn = t.turn AND c.place = t.place
                 AND c.attempt = t.attempt
             RETURNING c.shop, c.conversation, c.turn, c.place, c.attempt",
        );
        let keys: Vec<EndedCall> = calls.iter().map(|(call, _)| call.clone()).collect();
        let times: Vec<i64> = calls.iter().map(|(_, not_before_ms)| *not_before_ms).collect();
        let mut held = self.held(bind_calls(update, &keys).bind(times)).await?;
        Ok(keys.iter().map(|call| held.remove(&key(call))).collect())
    }

    pub async fn give_back_call(&mut self, call: &EndedCall) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE call SET attempt = attempt - 1, lease_until_ms = 0
             WHERE shop = $1 AND conversation = $2 AND turn = $3 AND place = $4 AND attempt = $5",
        );
        let update = update.bind(shop_number(call.shop)).bind(number(call.conversation)).bind(call.turn as i64);
        Ok(self.run(update.bind(i32::from(call.index)).bind(call.attempt as i32)).await? == 1)
    }

    async fn held(&mut self, query: super::Bound<'_>) -> Result<BTreeSet<Key>> {
        let rows = self.rows(query).await?;
        let key = |row: &sqlx::postgres::PgRow| {
            let place = (id(row.try_get(1)?), row.try_get::<i64, _>(2)? as u64, row.try_get::<i32, _>(3)? as u16);
            Ok((scope(row.try_get(0)?), place.0, place.1, place.2, row.try_get::<i32, _>(4)? as u32))
        };
        rows.iter().map(key).collect()
    }

    pub async fn release_calls(&mut self, shop: ShopScope) -> Result<()> {
        let update = sqlx::query("UPDATE call SET lease_until_ms = 0 WHERE shop = $1");
        self.run(update.bind(shop_number(shop))).await?;
        Ok(())
    }
}

type Key = (ShopScope, ConversationId, u64, u16, u32);

fn key(call: &EndedCall) -> Key {
    (call.shop, call.conversation, call.turn, call.index, call.attempt)
}

fn bind_calls<'q>(query: super::Bound<'q>, calls: &[EndedCall]) -> super::Bound<'q> {
    query
        .bind(calls.iter().map(|call| shop_number(call.shop)).collect::<Vec<_>>())
        .bind(calls.iter().map(|call| number(call.conversation)).collect::<Vec<_>>())
        .bind(calls.iter().map(|call| call.turn as i64).collect::<Vec<_>>())
        .bind(calls.iter().map(|call| i32::from(call.index)).collect::<Vec<_>>())
        .bind(calls.iter().map(|call| call.attempt as i32).collect::<Vec<_>>())
}
