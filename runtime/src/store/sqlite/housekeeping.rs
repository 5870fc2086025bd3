//! Erasure, retention and counts.

use smol_str::SmolStr;

use super::conversations::number;
use super::{BETWEEN_TRIES, PATIENCE, Sqlite, SqliteTx, waiting};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::{Error, Result};
use crate::store::rows::{Counts, Parked, Retention};
use crate::store::tables::{self, quarantined_names};

impl Sqlite {
    /// Empties the write-ahead log into the file, whose freed pages are zeroed (`secure_delete`).
    pub async fn scrub(&self) -> Result<()> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let connection = self.0.writer.lock().await;
            let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            drop(connection);
            if busy == 0 {
                return Ok(());
            }
            if tokio::time::Instant::now() > until {
                return Err(Error::Busy("a reader holds the log".into()));
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
    }
}

impl SqliteTx {
    pub fn erase_quarantined(&mut self, shop: ShopScope, names: &[SmolStr]) -> Result<u64> {
        let mut gone = 0;
        let mut delete = self.sql(
            "DELETE FROM quarantine WHERE shop = ?1 AND ?2 <> ''
             AND (instr(body, CAST(?2 AS BLOB)) > 0 OR instr(detail, ?2) > 0)",
        )?;
        for name in names {
            gone += delete.execute((shop.number(), name.as_str()))? as u64;
        }
        Ok(gone)
    }

    pub fn erase_conversation(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<bool> {
        let known = self.identities_of(shop, conversation)?;
        self.erase_quarantined(shop, &quarantined_names(conversation, known))?;
        let place = (shop.number(), number(conversation));
        for table in tables::of_conversations() {
            self.sql(&format!("DELETE FROM {table} WHERE shop = ? AND conversation = ?"))?.execute(place)?;
        }
        Ok(self.sql("DELETE FROM conversation WHERE shop = ? AND id = ?")?.execute(place)? == 1)
    }

    pub fn erase_shop(&mut self, shop: ShopScope) -> Result<()> {
        for table in tables::all() {
            self.sql(&format!("DELETE FROM {table} WHERE shop = ?"))?.execute([shop.number()])?;
        }
        Ok(())
    }

    pub fn park_open(&mut self, shop: ShopScope, now_ms: i64) -> Result<Parked> {
        let shop = shop.number();
        let mut insert = self.sql(
            "INSERT INTO quarantine (shop, at_ms, reason, detail, body)
             SELECT shop, ?, 'restored', 'conversation ' || printf('%016x', conversation)
                 || iif(kind = 3, ', with a file', ''), body FROM inbox WHERE shop = ?
             ORDER BY conversation, seq",
        )?;
        let events = insert.execute((now_ms, shop))? as u64;
        self.sql("DELETE FROM inbox WHERE shop = ?")?.execute([shop])?;
        self.sql("DELETE FROM post WHERE shop = ?")?.execute([shop])?;
        let sends = self.sql("UPDATE outbox SET state = 8 WHERE shop = ? AND state < 5")?.execute([shop])? as u64;
        let mut forget = self.sql("UPDATE conversation SET wake_at_ms = NULL WHERE shop = ? AND wake_at_ms <= ?")?;
        let wakes = forget.execute((shop, now_ms))? as u64;
        let end = "UPDATE call SET deadline_ms = 0, not_before_ms = 0, lease_until_ms = 0, attempt = attempt + 1
                   WHERE shop = ? AND deadline_ms > 0";
        let calls = self.sql(end)?.execute([shop])? as u64;
        Ok(Parked { sends, events, wakes, calls })
    }

    // `INDEXED BY`: a statement that would have to go through a table is refused, and not slow.

    pub fn old(&mut self, shop: ShopScope, retention: Retention) -> Result<Retention> {
        let mut select = self.sql(
            "SELECT EXISTS (SELECT 1 FROM seen INDEXED BY seen_age WHERE shop = ?1 AND received_ms < ?2)
                 OR EXISTS (SELECT 1 FROM orphan_status INDEXED BY orphan_status_age
                     WHERE shop = ?1 AND delivery_at_ms < ?2)
                 OR EXISTS (SELECT 1 FROM recipient INDEXED BY recipient_age WHERE shop = ?1 AND at_ms < ?2),
                 EXISTS (SELECT 1 FROM turn INDEXED BY turn_age WHERE shop = ?1 AND at_ms < ?3),
                 EXISTS (SELECT 1 FROM outbox INDEXED BY outbox_age WHERE shop = ?1 AND state >= 5 AND expires_ms < ?4),
                 EXISTS (SELECT 1 FROM quarantine INDEXED BY quarantine_age
                     WHERE shop = ?1 AND at_ms < ?5 AND reason <> 'data request'),
                 EXISTS (SELECT 1 FROM quarantine INDEXED BY quarantine_age
                     WHERE shop = ?1 AND at_ms < ?7 AND reason = 'data request'),
                 EXISTS (SELECT 1 FROM consent old INDEXED BY consent_age WHERE shop = ?1 AND at_ms < ?6 AND EXISTS (
                     SELECT 1 FROM consent new WHERE new.shop = ?1 AND new.conversation = old.conversation
                         AND new.name = old.name AND new.seq > old.seq))",
        )?;
        let Retention { seen_ms, turns_ms, sends_ms, quarantine_ms, requests_ms, consents_ms } = retention;
        let of = (shop.number(), seen_ms, turns_ms, sends_ms, quarantine_ms, consents_ms, requests_ms);
        let found = waiting(|| {
            select
                .query_row(of, |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?]))
        })?;
        Ok(retention.of(found))
    }

    pub fn sweep(&mut self, shop: ShopScope, retention: Retention, most: u32) -> Result<u64> {
        let Retention { seen_ms, turns_ms, sends_ms, quarantine_ms, requests_ms, consents_ms } = retention;
        let mut gone = 0;
        for (text, before_ms) in [
            (
                "DELETE FROM seen WHERE shop = ?1 AND key IN (
                     SELECT key FROM seen INDEXED BY seen_age WHERE shop = ?1 AND received_ms < ?2 LIMIT ?3)",
                seen_ms,
            ),
            (
                "DELETE FROM orphan_status WHERE shop = ?1 AND provider_id IN (
                     SELECT provider_id FROM orphan_status INDEXED BY orphan_status_age
                     WHERE shop = ?1 AND delivery_at_ms < ?2 LIMIT ?3)",
                seen_ms,
            ),
            (
                "DELETE FROM recipient WHERE shop = ?1 AND conversation IN (
                     SELECT conversation FROM recipient INDEXED BY recipient_age WHERE shop = ?1 AND at_ms < ?2 LIMIT ?3)",
                seen_ms,
            ),
            (
                "DELETE FROM turn WHERE rowid IN (
                     SELECT rowid FROM turn INDEXED BY turn_age WHERE shop = ?1 AND at_ms < ?2 LIMIT ?3)",
                turns_ms,
            ),
            (
                "DELETE FROM outbox WHERE seq IN (
                     SELECT seq FROM outbox INDEXED BY outbox_age WHERE shop = ?1 AND state >= 5 AND expires_ms < ?2 LIMIT ?3)",
                sends_ms,
            ),
            (
                "DELETE FROM quarantine WHERE seq IN (
                     SELECT seq FROM quarantine INDEXED BY quarantine_age
                     WHERE shop = ?1 AND at_ms < ?2 AND reason <> 'data request' LIMIT ?3)",
                quarantine_ms,
            ),
            (
                "DELETE FROM quarantine WHERE seq IN (
                     SELECT seq FROM quarantine INDEXED BY quarantine_age
                     WHERE shop = ?1 AND at_ms < ?2 AND reason = 'data request' LIMIT ?3)",
                requests_ms,
            ),
            (
                "DELETE FROM consent WHERE seq IN (
                     SELECT seq FROM consent old INDEXED BY consent_age WHERE shop = ?1 AND at_ms < ?2 AND EXISTS (
                         SELECT 1 FROM consent new WHERE new.shop = ?1 AND new.conversation = old.conversation
                             AND new.name = old.name AND new.seq > old.seq) LIMIT ?3)",
                consents_ms,
            ),
        ] {
            if before_ms > 0 {
                let mut delete = self.sql(text)?;
                gone += waiting(|| delete.execute((shop.number(), before_ms, most)))? as u64;
            }
        }
        Ok(gone)
    }

    pub fn counts(&mut self, shop: ShopScope) -> Result<Counts> {
        let mut select = self.sql(
            "SELECT (SELECT count(*) FROM conversation WHERE shop = ?1), (SELECT count(*) FROM inbox WHERE shop = ?1),
                 (SELECT count(*) FROM outbox WHERE shop = ?1 AND state < 5 AND state = 1),
                 (SELECT count(*) FROM outbox WHERE shop = ?1 AND state = 2),
                 (SELECT count(*) FROM outbox WHERE shop = ?1 AND state = 3),
                 (SELECT count(*) FROM outbox WHERE shop = ?1 AND state = 4),
                 (SELECT count(*) FROM outbox WHERE shop = ?1 AND state = 8),
                 (SELECT count(*) FROM call WHERE shop = ?1), (SELECT count(*) FROM quarantine WHERE shop = ?1),
                 (SELECT count(*) FROM post WHERE shop = ?1)",
        )?;
        Ok(select.query_row([shop.number()], |row| {
            let count = |column| row.get::<_, i64>(column).map(|count| count as u64);
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
        })?)
    }
}
