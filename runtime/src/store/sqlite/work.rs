//! Which shops there are, and which have work due. Steps from shop to shop along an index, past the rows between.

use rusqlite::{OptionalExtension, Row};
use smol_str::SmolStr;

use super::conversations::text;
use super::{Sqlite, SqliteTx};
use crate::id::ShopScope;
use crate::store::error::Result;
use crate::store::rows::{Due, Work};

impl Sqlite {
    pub async fn shop(&self, slug: &str) -> Result<ShopScope> {
        let known = self.read()?.find_shop(slug)?;
        if let Some(known) = known {
            return Ok(known);
        }
        let tx = self.begin().await?;
        let insert = "INSERT INTO shops (number, slug) SELECT coalesce(max(number), 0) + 1, ? FROM shops
                      WHERE true ON CONFLICT DO NOTHING";
        tx.sql(insert)?.execute([slug])?;
        let scope = tx.find_shop(slug)?;
        tx.commit()?;
        scope.ok_or_else(|| crate::store::Error::Refused("a shop was not numbered".into(), None))
    }

    pub fn shops(&self) -> Result<Vec<(ShopScope, SmolStr)>> {
        let tx = self.read()?;
        let mut select = tx.sql("SELECT number, slug FROM shops ORDER BY number")?;
        let rows = select.query_map([], |row| Ok((ShopScope::numbered(row.get(0)?), text(row, 1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn due(&self, work: Work, now_ms: i64) -> Result<Vec<Due>> {
        let tx = self.read()?;
        match work {
            Work::Inbox => tx.due_per_shop(
                "SELECT min(shop) FROM inbox WHERE shop > ?",
                "SELECT received_ms FROM inbox i WHERE shop = ? AND lease_until_ms <= ? AND NOT EXISTS (
                     SELECT 1 FROM inbox e WHERE e.shop = i.shop AND e.conversation = i.conversation AND e.seq < i.seq)
                 ORDER BY seq LIMIT 1",
                now_ms,
            ),
            Work::Wakes => tx.due_per_shop(
                "SELECT min(shop) FROM conversation WHERE shop > ? AND wake_at_ms IS NOT NULL",
                "SELECT wake_at_ms FROM conversation WHERE shop = ? AND wake_at_ms <= ? AND wake_at_ms IS NOT NULL
                 ORDER BY wake_at_ms LIMIT 1",
                now_ms,
            ),
            Work::Calls => tx.due_per_shop(
                "SELECT min(shop) FROM call WHERE shop > ?",
                "SELECT not_before_ms FROM call WHERE shop = ?1 AND not_before_ms <= ?2 AND lease_until_ms <= ?2
                 ORDER BY not_before_ms, seq LIMIT 1",
                now_ms,
            ),
            Work::Posts => tx.due_per_shop(
                "SELECT min(shop) FROM post WHERE shop > ?",
                "SELECT not_before_ms FROM post WHERE shop = ?1 AND not_before_ms <= ?2 AND lease_until_ms <= ?2
                 ORDER BY not_before_ms LIMIT 1",
                now_ms,
            ),
            Work::Holds => tx.due_per_shop(
                "SELECT min(shop) FROM (SELECT min(shop) AS shop FROM outbox WHERE shop > ?1 AND state = 3
                     UNION ALL SELECT min(shop) FROM outbox WHERE shop > ?1 AND state = 4)",
                "SELECT min(at_ms) FROM (
                     SELECT min(lease_until_ms) AS at_ms FROM outbox WHERE shop = ?1 AND state = 3
                     AND lease_until_ms <= ?2
                     UNION ALL SELECT min(not_before_ms) FROM outbox WHERE shop = ?1 AND state = 4
                     AND not_before_ms <= ?2)",
                now_ms,
            ),
            Work::Payments => tx.due_per_shop(
                "SELECT min(shop) FROM payment WHERE shop > ? AND due_ms IS NOT NULL",
                "SELECT min(due_ms) FROM payment WHERE shop = ? AND due_ms <= ? AND due_ms IS NOT NULL",
                now_ms,
            ),
            Work::Sends => tx.due_sends(now_ms),
        }
    }
}

impl SqliteTx {
    fn find_shop(&self, slug: &str) -> Result<Option<ShopScope>> {
        let mut select = self.sql("SELECT number FROM shops WHERE shop = 0 AND slug = ?")?;
        Ok(select.query_row([slug], |row| row.get(0)).optional()?.map(ShopScope::numbered))
    }

    fn due_per_shop(&self, next: &'static str, earliest: &'static str, now_ms: i64) -> Result<Vec<Due>> {
        let (mut next, mut earliest) = (self.sql(next)?, self.sql(earliest)?);
        let mut due = Vec::new();
        let mut last = 0;
        while let Some(shop) = next.query_row([last], |row| row.get::<_, Option<u32>>(0))? {
            let found = earliest.query_row((shop, now_ms), |row| row.get::<_, Option<i64>>(0)).optional()?.flatten();
            if let Some(since_ms) = found {
                due.push(Due { shop: ShopScope::numbered(shop), number: SmolStr::default(), since_ms });
            }
            last = shop;
        }
        Ok(due)
    }

    /// As above, from number to number, and over its three lanes.
    fn due_sends(&self, now_ms: i64) -> Result<Vec<Due>> {
        let mut next = self.sql(
            "SELECT shop, number FROM outbox WHERE state = 2 AND (shop, number) > (?, ?) ORDER BY shop, number LIMIT 1",
        )?;
        let mut earliest = self.sql(
            "SELECT min(at_ms) FROM (
                 SELECT min(not_before_ms) AS at_ms FROM outbox WHERE shop = ?1 AND number = ?2 AND lane = 1 AND state = 2
                 UNION ALL SELECT min(not_before_ms) FROM outbox WHERE shop = ?1 AND number = ?2 AND lane = 2 AND state = 2
                 UNION ALL SELECT min(not_before_ms) FROM outbox WHERE shop = ?1 AND number = ?2 AND lane = 3 AND state = 2
             ) WHERE at_ms <= ?3",
        )?;
        let place = |row: &Row<'_>| Ok((row.get::<_, u32>(0)?, text(row, 1)?));
        let mut due = Vec::new();
        let mut last = (0, SmolStr::default());
        while let Some((shop, number)) = next.query_row((last.0, last.1.as_str()), place).optional()? {
            let key = (shop, number.as_str(), now_ms);
            if let Some(since_ms) = earliest.query_row(key, |row| row.get::<_, Option<i64>>(0))? {
                due.push(Due { shop: ShopScope::numbered(shop), number: number.clone(), since_ms });
            }
            last = (shop, number);
        }
        Ok(due)
    }
}
