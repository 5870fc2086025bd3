//! What operators did by the API.

use sqlx::Row;

use super::conversations::text;
use super::{PostgresTx, clean, shop_number};
use crate::id::ShopScope;
use crate::store::error::Result;
use crate::store::rows::AuditEntry;

impl PostgresTx {
    pub async fn add_audit(&mut self, entry: &AuditEntry, before_ms: i64) -> Result<i64> {
        let shop = shop_number(entry.shop);
        self.run(sqlx::query("DELETE FROM audit WHERE shop = $1 AND at_ms < $2").bind(shop).bind(before_ms)).await?;
        let insert = sqlx::query(
            "INSERT INTO audit (shop, at_ms, who, act, object, status) VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq",
        );
        let insert = insert.bind(shop).bind(entry.at_ms).bind(clean(&entry.who)).bind(clean(&entry.act));
        let rows = self.rows(insert.bind(clean(&entry.object)).bind(i32::from(entry.status))).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
    }

    pub async fn end_audit(&mut self, shop: ShopScope, seq: i64, status: u16) -> Result<()> {
        let update = sqlx::query("UPDATE audit SET status = $1 WHERE shop = $2 AND seq = $3");
        self.run(update.bind(i32::from(status)).bind(shop_number(shop)).bind(seq)).await?;
        Ok(())
    }

    pub async fn list_audit(&mut self, shop: ShopScope, before: i64, limit: u32) -> Result<Vec<(i64, AuditEntry)>> {
        let select = sqlx::query(
            "SELECT seq, at_ms, who, act, object, status FROM audit WHERE shop = $1 AND seq < $2
             ORDER BY seq DESC LIMIT $3",
        );
        let before = if before == 0 { i64::MAX } else { before };
        let mut found = Vec::new();
        for row in self.rows(select.bind(shop_number(shop)).bind(before).bind(i64::from(limit))).await? {
            let (who, act, object) = (text(&row, 2)?, text(&row, 3)?, text(&row, 4)?);
            let status = row.try_get::<i32, _>(5)? as u16;
            found.push((row.try_get(0)?, AuditEntry { shop, at_ms: row.try_get(1)?, who, act, object, status }));
        }
        Ok(found)
    }
}
