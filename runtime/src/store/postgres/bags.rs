//! Bags of customers.

use sqlx::Row;

use super::conversations::number;
use super::{PostgresTx, shop_number};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::BagRow;

impl PostgresTx {
    pub async fn bag(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Option<BagRow>> {
        let select = sqlx::query("SELECT version, body FROM bag WHERE shop = $1 AND conversation = $2");
        let rows = self.rows(select.bind(shop_number(shop)).bind(number(conversation))).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let version = u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX);
        Ok(Some(BagRow { shop, conversation, version, body: row.try_get(1)? }))
    }

    pub async fn save_bag(&mut self, row: &BagRow) -> Result<bool> {
        self.write_fresh().await?;
        let write = if row.version == 0 {
            sqlx::query(
                "INSERT INTO bag (shop, conversation, version, body) SELECT shop, id, 1 + $3, $4 FROM conversation
                 WHERE shop = $1 AND id = $2 ON CONFLICT DO NOTHING",
            )
        } else {
            sqlx::query(
                "UPDATE bag SET version = version + 1, body = $4 WHERE shop = $1 AND conversation = $2 AND version = $3",
            )
        };
        let write = write.bind(shop_number(row.shop)).bind(number(row.conversation)).bind(i64::from(row.version));
        Ok(self.run(write.bind(&row.body)).await? == 1)
    }
}
