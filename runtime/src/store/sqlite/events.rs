//! Turns as they were, and calls to the shops' systems.

use super::SqliteTx;
use super::conversations::{id, number};
use crate::id::{ConversationId, ShopScope};
use crate::store::codes::bytes16;
use crate::store::error::Result;
use crate::store::rows::{Claim, ClaimedCall, EndedCall, NewCall, TurnRecord};

impl SqliteTx {
    pub fn add_turns(&mut self, turns: &[TurnRecord]) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO turn (shop, conversation, turn, at_ms, revision, event, trace, notes)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        for turn in turns {
            insert.execute((
                turn.shop.number(),
                number(turn.conversation),
                turn.turn as i64,
                turn.at_ms,
                &turn.revision[..],
                &turn.event,
                &turn.trace,
                &turn.notes,
            ))?;
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
        let mut select = self.sql(
            "SELECT turn, at_ms, revision, event, trace, notes FROM turn
             WHERE shop = ? AND conversation = ? AND turn >= ? ORDER BY turn LIMIT ?",
        )?;
        let mut rows = select.query((shop.number(), number(conversation), from as i64, limit))?;
        let mut turns = Vec::new();
        while let Some(row) = rows.next()? {
            let turn = row.get::<_, i64>(0)? as u64;
            let revision = bytes16(row.get_ref(2)?.as_blob().unwrap_or_default())?;
            let (event, trace, notes) = (row.get(3)?, row.get(4)?, row.get(5)?);
            turns.push(TurnRecord { shop, conversation, turn, at_ms: row.get(1)?, revision, event, trace, notes });
        }
        Ok(turns)
    }

    pub fn add_calls(&mut self, calls: &[NewCall]) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO call (shop, conversation, turn, place, is_query, deadline_ms, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        for call in calls {
            insert.execute((
                call.shop.number(),
                number(call.conversation),
                call.turn as i64,
                call.index,
                call.query,
                call.deadline_ms,
                &call.body,
            ))?;
        }
        Ok(())
    }

    pub fn claim_calls(&mut self, shop: ShopScope, claim: Claim) -> Result<Vec<ClaimedCall>> {
        let mut select = self.sql(
            "SELECT seq, conversation, turn, place, is_query, deadline_ms, body, attempt FROM call
             WHERE shop = ? AND not_before_ms <= ?2 AND lease_until_ms <= ?2 ORDER BY not_before_ms, seq LIMIT ?3",
        )?;
        let mut update = self.sql("UPDATE call SET attempt = attempt + 1, lease_until_ms = ? WHERE seq = ?")?;
        let mut rows = select.query((shop.number(), claim.now_ms, claim.limit))?;
        let mut claimed = Vec::new();
        while let Some(row) = rows.next()? {
            let call = NewCall {
                shop,
                conversation: id(row.get(1)?),
                turn: row.get::<_, i64>(2)? as u64,
                index: row.get(3)?,
                query: row.get(4)?,
                body: row.get(6)?,
                deadline_ms: row.get(5)?,
            };
            claimed.push((row.get::<_, i64>(0)?, ClaimedCall { call, attempt: row.get::<_, u32>(7)? + 1 }));
        }
        for (seq, _) in &claimed {
            update.execute((claim.now_ms + claim.lease_ms, seq))?;
        }
        Ok(claimed.into_iter().map(|(_, call)| call).collect())
    }

    pub fn end_calls(&mut self, ended: &[EndedCall]) -> Result<Vec<bool>> {
        let mut delete = self
            .sql("DELETE FROM call WHERE shop = ? AND conversation = ? AND turn = ? AND place = ? AND attempt = ?")?;
        ended.iter().map(|call| Ok(delete.execute(key(call))? == 1)).collect()
    }

    pub fn postpone_calls(&mut self, calls: &[(EndedCall, i64)]) -> Result<Vec<bool>> {
        let mut update = self.sql(
            "UPDATE call SET not_before_ms = ?6, lease_until_ms = 0
             WHERE shop = ?1 AND conversation = ?2 AND turn = ?3 AND place = ?4 AND attempt = ?5",
        )?;
        let mut postpone = |(call, not_before_ms): &(EndedCall, i64)| {
            let (shop, conversation, turn, place, attempt) = key(call);
            Ok(update.execute((shop, conversation, turn, place, attempt, not_before_ms))? == 1)
        };
        calls.iter().map(&mut postpone).collect()
    }

    pub fn give_back_call(&mut self, call: &EndedCall) -> Result<bool> {
        let mut update = self.sql(
            "UPDATE call SET attempt = attempt - 1, lease_until_ms = 0
             WHERE shop = ? AND conversation = ? AND turn = ? AND place = ? AND attempt = ?",
        )?;
        Ok(update.execute(key(call))? == 1)
    }

    pub fn release_calls(&mut self, shop: ShopScope) -> Result<()> {
        self.sql("UPDATE call SET lease_until_ms = 0 WHERE shop = ?")?.execute([shop.number()])?;
        Ok(())
    }
}

fn key(call: &EndedCall) -> (u32, i64, i64, u16, u32) {
    (call.shop.number(), number(call.conversation), call.turn as i64, call.index, call.attempt)
}
