//! Delivered messages, counted.

use smol_str::SmolStr;

use super::MemoryTx;
use crate::id::ShopScope;
use crate::store::error::Result;
use crate::store::rows::CostRow;

impl MemoryTx {
    pub fn add_costs(&mut self, rows: &[CostRow]) -> Result<()> {
        for CostRow { shop, month, market, category, pricing, messages } in rows {
            let key = (*shop, *month, *market, category.clone(), pricing.clone());
            let known = self.tables.costs.get(&key).copied().unwrap_or_default();
            self.tables.costs.insert(key, known + messages);
        }
        Ok(())
    }

    pub fn costs(&mut self, shop: ShopScope, from: u32, to: u32) -> Result<Vec<CostRow>> {
        let least = |month| (shop, month, 0, SmolStr::default(), SmolStr::default());
        let rows = self.tables.costs.range(least(from)..least(to.saturating_add(1)));
        let row = |(key, messages): (&(_, u32, u16, SmolStr, SmolStr), &u64)| CostRow {
            shop,
            month: key.1,
            market: key.2,
            category: key.3.clone(),
            pricing: key.4.clone(),
            messages: *messages,
        };
        Ok(rows.map(row).collect())
    }
}
