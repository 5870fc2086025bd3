//! What operators did by the API.

use super::MemoryTx;
use crate::id::ShopScope;
use crate::store::error::Result;
use crate::store::rows::AuditEntry;

impl MemoryTx {
    pub fn add_audit(&mut self, entry: &AuditEntry, before_ms: i64) -> Result<i64> {
        self.tables.audit.remove_where(|key, row| key.0 == entry.shop && row.at_ms < before_ms);
        let seq = self.tables.next_seq();
        self.tables.audit.insert((entry.shop, seq), entry.clone());
        Ok(seq)
    }

    pub fn end_audit(&mut self, shop: ShopScope, seq: i64, status: u16) -> Result<()> {
        if let Some(entry) = self.tables.audit.get(&(shop, seq)).cloned() {
            self.tables.audit.insert((shop, seq), AuditEntry { status, ..entry });
        }
        Ok(())
    }

    pub fn list_audit(&mut self, shop: ShopScope, before: i64, limit: u32) -> Result<Vec<(i64, AuditEntry)>> {
        let before = if before == 0 { i64::MAX } else { before };
        let rows = self.tables.audit.range((shop, i64::MIN)..(shop, before)).rev();
        Ok(rows.take(limit as usize).map(|(key, entry)| (key.1, entry.clone())).collect())
    }
}
