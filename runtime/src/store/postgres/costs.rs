//! Delivered messages, counted.

use std::collections::BTreeMap;

use sqlx::Row;

use super::conversations::text;
use super::{PostgresTx, clean, shop_number};
use crate::id::ShopScope;
use crate::store::error::Result;
use crate::store::rows::CostRow;

impl PostgresTx {
    /// Holds the counters of a shop until the commit, so it comes last in a transaction.
    pub async fn add_costs(&mut self, rows: &[CostRow]) -> Result<()> {
        let mut sums = BTreeMap::<(i32, i32, i32, String, String), i64>::new();
        for CostRow { shop, month, market, category, pricing, messages } in rows {
            let key = (shop_number(*shop), *month as i32, i32::from(*market), clean(category), clean(pricing));
            *sums.entry(key).or_default() += *messages as i64;
        }
        let insert = sqlx::query(
            "INSERT INTO cost AS c (shop, month, market, category, pricing, messages)
             SELECT * FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::bigint[])
             ON CONFLICT (shop, month, market, category, pricing)
             DO UPDATE SET messages = c.messages + excluded.messages",
        );
        let insert = insert
            .bind(sums.keys().map(|key| key.0).collect::<Vec<_>>())
            .bind(sums.keys().map(|key| key.1).collect::<Vec<_>>())
            .bind(sums.keys().map(|key| key.2).collect::<Vec<_>>())
            .bind(sums.keys().map(|key| key.3.as_str()).collect::<Vec<_>>())
            .bind(sums.keys().map(|key| key.4.as_str()).collect::<Vec<_>>())
            .bind(sums.into_values().collect::<Vec<_>>());
        self.run(insert).await?;
        Ok(())
    }

    pub async fn costs(&mut self, shop: ShopScope, from: u32, to: u32) -> Result<Vec<CostRow>> {
        let select = sqlx::query(
            "SELECT month, market, category COLLATE \"C\", pricing COLLATE \"C\", messages FROM cost
             WHERE shop = $1 AND month BETWEEN $2 AND $3 ORDER BY 1, 2, 3, 4",
        );
        let select = select.bind(shop_number(shop)).bind(from as i32).bind(to as i32);
        let mut found = Vec::new();
        for row in self.rows(select).await? {
            let (month, market) = (row.try_get::<i32, _>(0)? as u32, row.try_get::<i32, _>(1)? as u16);
            let (category, pricing) = (text(&row, 2)?, text(&row, 3)?);
            found.push(CostRow { shop, month, market, category, pricing, messages: row.try_get::<i64, _>(4)? as u64 });
        }
        Ok(found)
    }
}
