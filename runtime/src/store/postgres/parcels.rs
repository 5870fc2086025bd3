//! Parcels of orders, as they were told. Each stands in the row that finds its order, and goes with it.

use smol_str::SmolStr;
use sqlx::Row;

use super::conversations::{number, text};
use super::{PostgresTx, clean, shop_number};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;

impl PostgresTx {
    pub async fn lock_parcels(&mut self, shop: ShopScope, order: &str) -> Result<Option<Vec<u8>>> {
        let select = sqlx::query(
            "SELECT coalesce(parcels, ''::bytea) FROM identity
             WHERE shop = $1 AND channel = 'orders' AND kind = 4 AND value = $2 FOR NO KEY UPDATE",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(clean(order))).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
    }

    pub async fn save_parcels(&mut self, shop: ShopScope, order: &str, body: &[u8]) -> Result<()> {
        let update = sqlx::query(
            "UPDATE identity SET parcels = $3 WHERE shop = $1 AND channel = 'orders' AND kind = 4 AND value = $2",
        );
        self.run(update.bind(shop_number(shop)).bind(clean(order)).bind(body)).await?;
        Ok(())
    }

    pub async fn parcels_of(&mut self, shop: ShopScope, id: ConversationId) -> Result<Vec<(SmolStr, Vec<u8>)>> {
        let select = sqlx::query(
            "SELECT value, parcels FROM identity
             WHERE shop = $1 AND conversation = $2 AND kind = 4 AND parcels IS NOT NULL ORDER BY value",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(number(id))).await?;
        rows.iter().map(|row| Ok((text(row, 0)?, row.try_get(1)?))).collect()
    }
}
