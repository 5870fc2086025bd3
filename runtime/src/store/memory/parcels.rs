//! Parcels of orders, as they were told.

use smol_str::SmolStr;

use super::MemoryTx;
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::Identity;

impl MemoryTx {
    pub fn lock_parcels(&mut self, shop: ShopScope, order: &str) -> Result<Option<Vec<u8>>> {
        let order = Identity::of_order(shop, order.into());
        let is_known = self.tables.identities.contains(&order);
        Ok(is_known.then(|| self.tables.parcels.get(&order).cloned().unwrap_or_default()))
    }

    pub fn save_parcels(&mut self, shop: ShopScope, order: &str, body: &[u8]) -> Result<()> {
        let order = Identity::of_order(shop, order.into());
        if self.tables.identities.contains(&order) {
            self.tables.parcels.insert(order, body.to_vec());
        }
        Ok(())
    }

    pub fn parcels_of(&mut self, shop: ShopScope, id: ConversationId) -> Result<Vec<(SmolStr, Vec<u8>)>> {
        let is_its = |order: &Identity| order.shop == shop && self.tables.identities.get(order) == Some(&id);
        let told = self.tables.parcels.iter().filter(|(order, _)| is_its(order));
        Ok(told.map(|(order, body)| (order.value.clone(), body.clone())).collect())
    }
}
