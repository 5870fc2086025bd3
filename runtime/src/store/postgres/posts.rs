//! What the shop's people are to be told, and whom the shop wrote to first.

use sqlx::Row;

use super::conversations::{id, number};
use super::{PostgresTx, shop_number};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::{Claim, ClaimedPost, NewPost};

impl PostgresTx {
    pub async fn add_posts(&mut self, posts: &[NewPost]) -> Result<()> {
        let insert = sqlx::query(
            "INSERT INTO post (shop, conversation, not_before_ms, body)
             SELECT shop, conversation, not_before_ms, body
             FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bytea[])
                 WITH ORDINALITY AS t (shop, conversation, not_before_ms, body, n)
             ORDER BY n",
        );
        let insert = insert
            .bind(posts.iter().map(|post| shop_number(post.shop)).collect::<Vec<_>>())
            .bind(posts.iter().map(|post| number(post.conversation)).collect::<Vec<_>>())
            .bind(posts.iter().map(|post| post.not_before_ms).collect::<Vec<_>>())
            .bind(posts.iter().map(|post| post.body.clone()).collect::<Vec<_>>());
        self.run(insert).await?;
        Ok(())
    }

    pub async fn claim_posts(&mut self, shop: ShopScope, claim: Claim) -> Result<Vec<ClaimedPost>> {
        let update = sqlx::query(
            "WITH q AS MATERIALIZED (SELECT shop, seq FROM post p
                 WHERE shop = $1 AND not_before_ms <= $2 AND lease_until_ms <= duka_clock_ms() AND NOT EXISTS (
                     SELECT FROM post e WHERE e.shop = p.shop AND e.conversation = p.conversation AND e.seq < p.seq)
                 ORDER BY seq LIMIT $3 FOR UPDATE SKIP LOCKED)
             UPDATE post p SET attempt = p.attempt + 1, lease_until_ms = duka_clock_ms() + $4
             FROM q WHERE p.shop = q.shop AND p.seq = q.seq
             RETURNING p.seq, p.conversation, p.attempt, p.body",
        );
        let update = update.bind(shop_number(shop)).bind(claim.now_ms).bind(i64::from(claim.limit));
        let mut claimed = Vec::new();
        for row in self.rows(update.bind(claim.lease_ms)).await? {
            let attempt = row.try_get::<i32, _>(2)? as u32;
            let (seq, conversation) = (row.try_get(0)?, id(row.try_get(1)?));
            claimed.push(ClaimedPost { shop, seq, conversation, attempt, body: row.try_get(3)? });
        }
        claimed.sort_by_key(|post| post.seq);
        Ok(claimed)
    }

    pub async fn end_post(&mut self, shop: ShopScope, seq: i64, attempt: u32) -> Result<bool> {
        let delete = sqlx::query("DELETE FROM post WHERE shop = $1 AND seq = $2 AND attempt = $3");
        Ok(self.run(delete.bind(shop_number(shop)).bind(seq).bind(attempt as i32)).await? == 1)
    }

    pub async fn postpone_post(&mut self, shop: ShopScope, seq: i64, attempt: u32, not_before_ms: i64) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE post SET not_before_ms = $4, lease_until_ms = 0 WHERE shop = $1 AND seq = $2 AND attempt = $3",
        );
        let update = update.bind(shop_number(shop)).bind(seq).bind(attempt as i32).bind(not_before_ms);
        Ok(self.run(update).await? == 1)
    }

    pub async fn note_recipients(&mut self, shop: ShopScope, recipients: &[(ConversationId, i64)]) -> Result<()> {
        for (conversation, at_ms) in recipients {
            let insert = sqlx::query(
                "INSERT INTO recipient AS r (shop, conversation, at_ms) VALUES ($1, $2, $3)
                 ON CONFLICT (shop, conversation) DO UPDATE SET at_ms = greatest(r.at_ms, excluded.at_ms)",
            );
            self.run(insert.bind(shop_number(shop)).bind(number(*conversation)).bind(at_ms)).await?;
        }
        Ok(())
    }

    pub async fn recipients(&mut self, shop: ShopScope, since_ms: i64) -> Result<Vec<(ConversationId, i64)>> {
        let select = sqlx::query("SELECT conversation, at_ms FROM recipient WHERE shop = $1 AND at_ms >= $2");
        let mut found = Vec::new();
        for row in self.rows(select.bind(shop_number(shop)).bind(since_ms)).await? {
            found.push((id(row.try_get(0)?), row.try_get(1)?));
        }
        found.sort_unstable();
        Ok(found)
    }
}
