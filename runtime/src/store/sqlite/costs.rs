//! Delivered messages, counted.

use super::SqliteTx;
use super::conversations::text;
use crate::id::ShopScope;
use crate::store::error::Result;
use crate::store::rows::CostRow;

impl SqliteTx {
    pub fn add_costs(&mut self, rows: &[CostRow]) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO cost (shop, month, market, category, pricing, messages) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET messages = messages + excluded.messages",
        )?;
        for CostRow { shop, month, market, category, pricing, messages } in rows {
            let key = (shop.number(), month, market, category.as_str(), pricing.as_str());
            insert.execute((key.0, key.1, key.2, key.3, key.4, *messages as i64))?;
        }
        Ok(())
    }

    pub fn costs(&mut self, shop: ShopScope, from: u32, to: u32) -> Result<Vec<CostRow>> {
        let mut select = self.sql(
            "SELECT month, market, category, pricing, messages FROM cost WHERE shop = ? AND month BETWEEN ? AND ?
             ORDER BY month, market, category, pricing",
        )?;
        let mut rows = select.query((shop.number(), from, to))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (month, market, messages) = (row.get(0)?, row.get(1)?, row.get::<_, i64>(4)? as u64);
            found.push(CostRow { shop, month, market, category: text(row, 2)?, pricing: text(row, 3)?, messages });
        }
        Ok(found)
    }
}
