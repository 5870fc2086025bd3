//! What the shop's people are to be told, and whom the shop wrote to first.

use super::SqliteTx;
use super::conversations::{id, number};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::{Claim, ClaimedPost, NewPost};

impl SqliteTx {
    pub fn add_posts(&mut self, posts: &[NewPost]) -> Result<()> {
        let mut insert = self.sql("INSERT INTO post (shop, conversation, not_before_ms, body) VALUES (?, ?, ?, ?)")?;
        for NewPost { shop, conversation, not_before_ms, body } in posts {
            insert.execute((shop.number(), number(*conversation), not_before_ms, body))?;
        }
        Ok(())
    }

    pub fn claim_posts(&mut self, shop: ShopScope, claim: Claim) -> Result<Vec<ClaimedPost>> {
        let mut select = self.sql(
            "SELECT seq, conversation, attempt, body FROM post p
             WHERE shop = ?1 AND not_before_ms <= ?2 AND lease_until_ms <= ?2 AND NOT EXISTS (
                 SELECT 1 FROM post e WHERE e.shop = ?1 AND e.conversation = p.conversation AND e.seq < p.seq)
             ORDER BY seq LIMIT ?3",
        )?;
        let mut update = self.sql("UPDATE post SET attempt = attempt + 1, lease_until_ms = ? WHERE seq = ?")?;
        let mut rows = select.query((shop.number(), claim.now_ms, claim.limit))?;
        let mut claimed = Vec::new();
        while let Some(row) = rows.next()? {
            let (seq, attempt) = (row.get(0)?, row.get::<_, u32>(2)? + 1);
            claimed.push(ClaimedPost { shop, seq, conversation: id(row.get(1)?), attempt, body: row.get(3)? });
        }
        for post in &claimed {
            update.execute((claim.now_ms + claim.lease_ms, post.seq))?;
        }
        Ok(claimed)
    }

    pub fn end_post(&mut self, shop: ShopScope, seq: i64, attempt: u32) -> Result<bool> {
        let mut delete = self.sql("DELETE FROM post WHERE shop = ? AND seq = ? AND attempt = ?")?;
        Ok(delete.execute((shop.number(), seq, attempt))? == 1)
    }

    pub fn postpone_post(&mut self, shop: ShopScope, seq: i64, attempt: u32, not_before_ms: i64) -> Result<bool> {
        let mut update = self
            .sql("UPDATE post SET not_before_ms = ?, lease_until_ms = 0 WHERE shop = ? AND seq = ? AND attempt = ?")?;
        Ok(update.execute((not_before_ms, shop.number(), seq, attempt))? == 1)
    }

    pub fn note_recipients(&mut self, shop: ShopScope, recipients: &[(ConversationId, i64)]) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO recipient (shop, conversation, at_ms) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)",
        )?;
        for (conversation, at_ms) in recipients {
            insert.execute((shop.number(), number(*conversation), at_ms))?;
        }
        Ok(())
    }

    pub fn recipients(&mut self, shop: ShopScope, since_ms: i64) -> Result<Vec<(ConversationId, i64)>> {
        let mut select =
            self.sql("SELECT conversation, at_ms FROM recipient WHERE shop = ? AND at_ms >= ? ORDER BY conversation")?;
        let mut rows = select.query((shop.number(), since_ms))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((id(row.get(0)?), row.get(1)?));
        }
        found.sort_unstable();
        Ok(found)
    }
}
