//! Erasure, retention and counts.

use smol_str::SmolStr;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::conversations::number;
use super::{Postgres, PostgresTx, clean, shop_number};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::{Counts, Parked, Retention};
use crate::store::tables::{self, quarantined_names};

impl Postgres {
    /// Frees dead rows. What of them the disk and the database's own log still hold goes as PostgreSQL writes on.
    pub async fn scrub(&self) -> Result<()> {
        let mut connection = self.0.pool.acquire().await?.detach();
        connection.execute("RESET ROLE; SET statement_timeout = 0").await?;
        let tables: Vec<&str> = tables::all().collect();
        connection.execute(AssertSqlSafe(format!("VACUUM {}", tables.join(", ")))).await?;
        Ok(())
    }
}

impl PostgresTx {
    pub async fn erase_quarantined(&mut self, shop: ShopScope, names: &[SmolStr]) -> Result<u64> {
        let mut gone = 0;
        for name in names.iter().filter(|name| !name.is_empty()) {
            let delete = sqlx::query(
                "DELETE FROM quarantine WHERE shop = $1 AND (position($2 IN body) > 0 OR position($3 IN detail) > 0)",
            );
            let name = clean(name);
            gone += self.run(delete.bind(shop_number(shop)).bind(name.as_bytes().to_vec()).bind(name)).await?;
        }
        Ok(gone)
    }

    pub async fn erase_conversation(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<bool> {
        self.write_fresh().await?;
        let known = self.identities_of(shop, conversation).await?;
        self.erase_quarantined(shop, &quarantined_names(conversation, known)).await?;
        for table in tables::of_conversations() {
            let delete = AssertSqlSafe(format!("DELETE FROM {table} WHERE shop = $1 AND conversation = $2"));
            self.run(sqlx::query(delete).bind(shop_number(shop)).bind(number(conversation))).await?;
        }
        let delete = sqlx::query("DELETE FROM conversation WHERE shop = $1 AND id = $2");
        Ok(self.run(delete.bind(shop_number(shop)).bind(number(conversation))).await? == 1)
    }

    pub async fn erase_shop(&mut self, shop: ShopScope) -> Result<()> {
        self.write_fresh().await?;
        for table in tables::all() {
            let delete = AssertSqlSafe(format!("DELETE FROM {table} WHERE shop = $1"));
            self.run(sqlx::query(delete).bind(shop_number(shop))).await?;
        }
        Ok(())
    }

    pub async fn park_open(&mut self, shop: ShopScope, now_ms: i64) -> Result<Parked> {
        self.write_fresh().await?;
        let shop = shop_number(shop);
        let insert = sqlx::query(
            "INSERT INTO quarantine (shop, at_ms, reason, detail, body)
             SELECT shop, $1, 'restored', 'conversation ' || lpad(to_hex(conversation), 16, '0')
                 || CASE WHEN kind = 3 THEN ', with a file' ELSE '' END, body FROM inbox WHERE shop = $2
             ORDER BY conversation, seq",
        );
        let events = self.run(insert.bind(now_ms).bind(shop)).await?;
        self.run(sqlx::query("DELETE FROM inbox WHERE shop = $1").bind(shop)).await?;
        self.run(sqlx::query("DELETE FROM post WHERE shop = $1").bind(shop)).await?;
        let park = sqlx::query("UPDATE outbox SET state = 8 WHERE shop = $1 AND state < 5");
        let sends = self.run(park.bind(shop)).await?;
        let forget = sqlx::query("UPDATE conversation SET wake_at_ms = NULL WHERE shop = $1 AND wake_at_ms <= $2");
        let wakes = self.run(forget.bind(shop).bind(now_ms)).await?;
        let end = sqlx::query(
            "UPDATE call SET deadline_ms = 0, not_before_ms = 0, lease_until_ms = 0, attempt = attempt + 1
             WHERE shop = $1 AND deadline_ms > 0",
        );
        let calls = self.run(end.bind(shop)).await?;
        Ok(Parked { sends, events, wakes, calls })
    }

    pub async fn old(&mut self, shop: ShopScope, retention: Retention) -> Result<Retention> {
        let select = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM seen WHERE shop = $1 AND received_ms < $2)
                 OR EXISTS (SELECT 1 FROM orphan_status WHERE shop = $1 AND delivery_at_ms < $2)
                 OR EXISTS (SELECT 1 FROM recipient WHERE shop = $1 AND at_ms < $2),
                 EXISTS (SELECT 1 FROM turn WHERE shop = $1 AND at_ms < $3),
                 EXISTS (SELECT 1 FROM outbox WHERE shop = $1 AND state >= 5 AND expires_ms < $4),
                 EXISTS (SELECT 1 FROM quarantine WHERE shop = $1 AND at_ms < $5 AND reason <> 'data request'),
                 EXISTS (SELECT 1 FROM quarantine WHERE shop = $1 AND at_ms < $7 AND reason = 'data request'),
                 EXISTS (SELECT 1 FROM consent before WHERE shop = $1 AND at_ms < $6 AND EXISTS (
                     SELECT 1 FROM consent later WHERE later.shop = $1 AND later.conversation = before.conversation
                         AND later.name = before.name AND later.seq > before.seq))",
        );
        let Retention { seen_ms, turns_ms, sends_ms, quarantine_ms, requests_ms, consents_ms } = retention;
        let select = select.bind(shop_number(shop)).bind(seen_ms).bind(turns_ms).bind(sends_ms).bind(quarantine_ms);
        let select = select.bind(consents_ms).bind(requests_ms);
        let rows = self.rows(select).await?;
        let Some(row) = rows.first() else { return Ok(Retention::default()) };
        Ok(retention.of([
            row.try_get(0)?,
            row.try_get(1)?,
            row.try_get(2)?,
            row.try_get(3)?,
            row.try_get(4)?,
            row.try_get(5)?,
        ]))
    }

    pub async fn sweep(&mut self, shop: ShopScope, retention: Retention, most: u32) -> Result<u64> {
        let Retention { seen_ms, turns_ms, sends_ms, quarantine_ms, requests_ms, consents_ms } = retention;
        let mut gone = 0;
        for (text, before_ms) in [
            (
                "DELETE FROM seen WHERE shop = $1 AND key IN (
                     SELECT key FROM seen WHERE shop = $1 AND received_ms < $2 ORDER BY received_ms LIMIT $3)",
                seen_ms,
            ),
            (
                "DELETE FROM orphan_status WHERE shop = $1 AND provider_id IN (
                     SELECT provider_id FROM orphan_status WHERE shop = $1 AND delivery_at_ms < $2 ORDER BY delivery_at_ms LIMIT $3)",
                seen_ms,
            ),
            (
                "DELETE FROM recipient WHERE shop = $1 AND conversation IN (
                     SELECT conversation FROM recipient WHERE shop = $1 AND at_ms < $2 ORDER BY at_ms LIMIT $3)",
                seen_ms,
            ),
            (
                "DELETE FROM turn WHERE shop = $1 AND (conversation, turn) IN (
                     SELECT conversation, turn FROM turn WHERE shop = $1 AND at_ms < $2 ORDER BY at_ms LIMIT $3)",
                turns_ms,
            ),
            (
                "DELETE FROM outbox WHERE shop = $1 AND state >= 5 AND seq IN (
                     SELECT seq FROM outbox WHERE shop = $1 AND state >= 5 AND expires_ms < $2 ORDER BY expires_ms LIMIT $3)",
                sends_ms,
            ),
            (
                "DELETE FROM quarantine WHERE shop = $1 AND seq IN (
                     SELECT seq FROM quarantine WHERE shop = $1 AND at_ms < $2 AND reason <> 'data request'
                     ORDER BY at_ms LIMIT $3)",
                quarantine_ms,
            ),
            (
                "DELETE FROM quarantine WHERE shop = $1 AND seq IN (
                     SELECT seq FROM quarantine WHERE shop = $1 AND at_ms < $2 AND reason = 'data request'
                     ORDER BY at_ms LIMIT $3)",
                requests_ms,
            ),
            (
                "DELETE FROM consent WHERE shop = $1 AND seq IN (
                     SELECT seq FROM consent before WHERE shop = $1 AND at_ms < $2 AND EXISTS (
                         SELECT 1 FROM consent later WHERE later.shop = $1 AND later.conversation = before.conversation
                             AND later.name = before.name AND later.seq > before.seq) ORDER BY at_ms LIMIT $3)",
                consents_ms,
            ),
        ] {
            if before_ms > 0 {
                let delete = sqlx::query(text).bind(shop_number(shop)).bind(before_ms).bind(i64::from(most));
                gone += self.run(delete).await?;
            }
        }
        Ok(gone)
    }

    pub async fn counts(&mut self, shop: ShopScope) -> Result<Counts> {
        self.write_fresh().await?;
        let select = sqlx::query(
            "SELECT (SELECT count(*) FROM conversation WHERE shop = $1), (SELECT count(*) FROM inbox WHERE shop = $1),
                 (SELECT count(*) FROM outbox WHERE shop = $1 AND state < 5 AND state = 1),
                 (SELECT count(*) FROM outbox WHERE shop = $1 AND state = 2),
                 (SELECT count(*) FROM outbox WHERE shop = $1 AND state = 3),
                 (SELECT count(*) FROM outbox WHERE shop = $1 AND state = 4),
                 (SELECT count(*) FROM outbox WHERE shop = $1 AND state = 8),
                 (SELECT count(*) FROM call WHERE shop = $1), (SELECT count(*) FROM quarantine WHERE shop = $1),
                 (SELECT count(*) FROM post WHERE shop = $1)",
        );
        let rows = self.rows(select.bind(shop_number(shop))).await?;
        let Some(row) = rows.first() else { return Ok(Counts::default()) };
        let count = |column: usize| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)? as u64);
        Ok(Counts {
            conversations: count(0)?,
            inbox: count(1)?,
            waiting: count(2)?,
            ready: count(3)?,
            sending: count(4)?,
            unknown: count(5)?,
            parked: count(6)?,
            calls: count(7)?,
            quarantine: count(8)?,
            posts: count(9)?,
        })
    }
}
