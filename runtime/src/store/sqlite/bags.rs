//! Bags of customers.

use rusqlite::OptionalExtension;

use super::SqliteTx;
use super::conversations::number;
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::BagRow;

impl SqliteTx {
    pub fn bag(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Option<BagRow>> {
        let mut select = self.sql("SELECT version, body FROM bag WHERE shop = ? AND conversation = ?")?;
        let found = select.query_row((shop.number(), number(conversation)), |row| {
            Ok(BagRow { shop, conversation, version: row.get(0)?, body: row.get(1)? })
        });
        Ok(found.optional()?)
    }

    pub fn save_bag(&mut self, row: &BagRow) -> Result<bool> {
        let place = (row.shop.number(), number(row.conversation));
        let written = if row.version == 0 {
            let mut insert = self.sql(
                "INSERT INTO bag (shop, conversation, version, body) SELECT shop, id, 1, ?3 FROM conversation
                 WHERE shop = ?1 AND id = ?2 ON CONFLICT DO NOTHING",
            )?;
            insert.execute((place.0, place.1, &row.body))?
        } else {
            let mut update = self.sql(
                "UPDATE bag SET version = version + 1, body = ?4 WHERE shop = ?1 AND conversation = ?2 AND version = ?3",
            )?;
            update.execute((place.0, place.1, row.version, &row.body))?
        };
        Ok(written == 1)
    }
}
