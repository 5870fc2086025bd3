//! What operators did by the API.

use super::SqliteTx;
use super::conversations::text;
use crate::id::ShopScope;
use crate::store::error::Result;
use crate::store::rows::AuditEntry;

impl SqliteTx {
    pub fn add_audit(&mut self, entry: &AuditEntry, before_ms: i64) -> Result<i64> {
        self.sql("DELETE FROM audit WHERE shop = ? AND at_ms < ?")?.execute((entry.shop.number(), before_ms))?;
        let AuditEntry { shop, at_ms, who, act, object, status } = entry;
        let mut insert = self
            .sql("INSERT INTO audit (shop, at_ms, who, act, object, status) VALUES (?, ?, ?, ?, ?, ?) RETURNING seq")?;
        let row = (shop.number(), at_ms, who.as_str(), act.as_str(), object.as_str(), status);
        Ok(insert.query_row(row, |row| row.get(0))?)
    }

    pub fn end_audit(&mut self, shop: ShopScope, seq: i64, status: u16) -> Result<()> {
        self.sql("UPDATE audit SET status = ? WHERE shop = ? AND seq = ?")?.execute((status, shop.number(), seq))?;
        Ok(())
    }

    pub fn list_audit(&mut self, shop: ShopScope, before: i64, limit: u32) -> Result<Vec<(i64, AuditEntry)>> {
        let mut select = self.sql(
            "SELECT seq, at_ms, who, act, object, status FROM audit WHERE shop = ? AND seq < ?
             ORDER BY seq DESC LIMIT ?",
        )?;
        let before = if before == 0 { i64::MAX } else { before };
        let mut rows = select.query((shop.number(), before, limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (who, act, object) = (text(row, 2)?, text(row, 3)?, text(row, 4)?);
            let entry = AuditEntry { shop, at_ms: row.get(1)?, who, act, object, status: row.get(5)? };
            found.push((row.get(0)?, entry));
        }
        Ok(found)
    }
}
