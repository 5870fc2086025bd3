//! Bags of customers.

use super::MemoryTx;
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::BagRow;

impl MemoryTx {
    pub fn bag(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Option<BagRow>> {
        Ok(self.tables.bags.get(&(shop, conversation)).cloned())
    }

    pub fn save_bag(&mut self, row: &BagRow) -> Result<bool> {
        let place = (row.shop, row.conversation);
        let version = self.tables.bags.get(&place).map_or(0, |known| known.version);
        let held = version == row.version && self.tables.conversations.contains(&place);
        if held {
            self.tables.bags.insert(place, BagRow { version: row.version.saturating_add(1), ..row.clone() });
        }
        Ok(held)
    }
}
