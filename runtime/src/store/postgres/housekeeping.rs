//! Erasure, retention and counts.

use sqlx::{Executor, Row};

use super::conversations::number;
use super::{Postgres, PostgresTx, clean, shop_number};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::{Counts, Parked, Retention};

const TABLES_WITH_TEXT: &str = "VACUUM conversation, identity, inbox, turn, outbox, call, consent, quarantine, meta,
    orphan_status, template, health, revision, seen, post, recipient";

impl Postgres {
    /// Frees dead rows. What of them the disk and the database's own log still hold goes as PostgreSQL writes on.
    pub async fn scrub(&self) -> Result<()> {
        let mut connection = self.0.pool.acquire().await?.detach();
        connection.execute("RESET ROLE; SET statement_timeout = 0").await?;
        connection.execute(TABLES_WITH_TEXT).await?;
        Ok(())
    }
}

impl PostgresTx {
    /// Quarantined bytes name no conversation: those of the shop that hold one of the customer's names go as well.
    pub async fn erase_conversation(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<bool> {
        for identity in self.identities_of(shop, conversation).await? {
            let delete = sqlx::query(
                "DELETE FROM quarantine WHERE shop = $1 AND (position($2 IN body) > 0 OR position($3 IN detail) > 0)",
            );
            let name = clean(&identity.value);
            self.run(delete.bind(shop_number(shop)).bind(name.as_bytes().to_vec()).bind(name)).await?;
        }
        for text in [
            "DELETE FROM identity WHERE shop = $1 AND conversation = $2",
            "DELETE FROM inbox WHERE shop = $1 AND conversation = $2",
            "DELETE FROM turn WHERE shop = $1 AND conversation = $2",
            "DELETE FROM outbox WHERE shop = $1 AND conversation = $2",
            "DELETE FROM call WHERE shop = $1 AND conversation = $2",
            "DELETE FROM consent WHERE shop = $1 AND conversation = $2",
            "DELETE FROM post WHERE shop = $1 AND conversation = $2",
            "DELETE FROM recipient WHERE shop = $1 AND conversation = $2",
        ] {
            self.run(sqlx::query(text).bind(shop_number(shop)).bind(number(conversation))).await?;
        }
        let delete = sqlx::query("DELETE FROM conversation WHERE shop = $1 AND id = $2");
        Ok(self.run(delete.bind(shop_number(shop)).bind(number(conversation))).await? == 1)
    }

    pub async fn erase_shop(&mut self, shop: ShopScope) -> Result<()> {
        for text in [
            "DELETE FROM meta WHERE shop = $1",
            "DELETE FROM seen WHERE shop = $1",
            "DELETE FROM identity WHERE shop = $1",
            "DELETE FROM conversation WHERE shop = $1",
            "DELETE FROM inbox WHERE shop = $1",
            "DELETE FROM turn WHERE shop = $1",
            "DELETE FROM outbox WHERE shop = $1",
            "DELETE FROM orphan_status WHERE shop = $1",
            "DELETE FROM call WHERE shop = $1",
            "DELETE FROM consent WHERE shop = $1",
            "DELETE FROM quarantine WHERE shop = $1",
            "DELETE FROM template WHERE shop = $1",
            "DELETE FROM health WHERE shop = $1",
            "DELETE FROM revision WHERE shop = $1",
            "DELETE FROM post WHERE shop = $1",
            "DELETE FROM recipient WHERE shop = $1",
            "DELETE FROM cost WHERE shop = $1",
        ] {
            self.run(sqlx::query(text).bind(shop_number(shop))).await?;
        }
        Ok(())
    }

    pub async fn park_open(&mut self, shop: ShopScope, now_ms: i64) -> Result<Parked> {
        let shop = shop_number(shop);
        let insert = sqlx::query(
            "INSERT INTO quarantine (shop, at_ms, reason, detail, body)
             SELECT shop, $1, 'restored', 'conversation ' || conversation, body FROM inbox WHERE shop = $2
             ORDER BY conversation, seq",
        );
        let events = self.run(insert.bind(now_ms).bind(shop)).await?;
        self.run(sqlx::query("DELETE FROM inbox WHERE shop = $1").bind(shop)).await?;
        self.run(sqlx::query("DELETE FROM post WHERE shop = $1").bind(shop)).await?;
        let park = sqlx::query("UPDATE outbox SET state = 8 WHERE shop = $1 AND state < 5");
        let sends = self.run(park.bind(shop)).await?;
        let forget = sqlx::query("UPDATE conversation SET wake_at_ms = NULL WHERE shop = $1 AND wake_at_ms <= $2");
        let wakes = self.run(forget.bind(shop).bind(now_ms)).await?;
        Ok(Parked { sends, events, wakes })
    }

    pub async fn sweep(&mut self, shop: ShopScope, retention: Retention) -> Result<u64> {
        let Retention { seen_ms, turns_ms, sends_ms, quarantine_ms } = retention;
        let mut gone = 0;
        for (text, before_ms) in [
            ("DELETE FROM seen WHERE shop = $1 AND received_ms < $2", seen_ms),
            ("DELETE FROM turn WHERE shop = $1 AND at_ms < $2", turns_ms),
            ("DELETE FROM outbox WHERE shop = $1 AND state >= 5 AND expires_ms < $2", sends_ms),
            ("DELETE FROM orphan_status WHERE shop = $1 AND delivery_at_ms < $2", seen_ms),
            ("DELETE FROM quarantine WHERE shop = $1 AND at_ms < $2", quarantine_ms),
            ("DELETE FROM recipient WHERE shop = $1 AND at_ms < $2", seen_ms),
        ] {
            gone += self.run(sqlx::query(text).bind(shop_number(shop)).bind(before_ms)).await?;
        }
        Ok(gone)
    }

    pub async fn counts(&mut self, shop: ShopScope) -> Result<Counts> {
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
