//! Parcels of orders, as they were told. Each stands in the row that finds its order, and goes with it.

use rusqlite::OptionalExtension;
use smol_str::SmolStr;

use super::SqliteTx;
use super::conversations::{number, text};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;

impl SqliteTx {
    pub fn lock_parcels(&mut self, shop: ShopScope, order: &str) -> Result<Option<Vec<u8>>> {
        let mut select = self.sql(
            "SELECT coalesce(parcels, x'') FROM identity
             WHERE shop = ? AND channel = 'orders' AND kind = 4 AND value = ?",
        )?;
        Ok(select.query_row((shop.number(), order), |row| row.get(0)).optional()?)
    }

    pub fn save_parcels(&mut self, shop: ShopScope, order: &str, body: &[u8]) -> Result<()> {
        let mut update = self.sql(
            "UPDATE identity SET parcels = ?3 WHERE shop = ?1 AND channel = 'orders' AND kind = 4 AND value = ?2",
        )?;
        update.execute((shop.number(), order, body))?;
        Ok(())
    }

    pub fn parcels_of(&mut self, shop: ShopScope, id: ConversationId) -> Result<Vec<(SmolStr, Vec<u8>)>> {
        let mut select = self.sql(
            "SELECT value, parcels FROM identity
             WHERE shop = ? AND conversation = ? AND kind = 4 AND parcels IS NOT NULL ORDER BY value",
        )?;
        let rows = select.query_map((shop.number(), number(id)), |row| Ok((text(row, 0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
