//! Payments of orders.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row};

use super::conversations::{id, number, text};
use super::{PostgresTx, clean, shop_number};
use crate::id::{ConversationId, PaymentId, ShopScope};
use crate::store::codes::bytes16;
use crate::store::error::Result;
use crate::store::rows::PaymentRow;

impl PostgresTx {
    pub async fn add_payment(&mut self, row: &PaymentRow) -> Result<bool> {
        let insert = sqlx::query(
            "INSERT INTO payment (shop, id, conversation, order_number, reference, version, due_ms, body)
             VALUES ($1, $2, $3, $4, $5, 1, $6, $7) ON CONFLICT DO NOTHING",
        );
        let insert = insert.bind(shop_number(row.shop)).bind(&row.id.0[..]).bind(number(row.conversation));
        let insert = insert.bind(clean(&row.order)).bind(clean(&row.reference)).bind(row.due_ms).bind(&row.body);
        Ok(self.run(insert).await? == 1)
    }

    pub async fn save_payment(&mut self, row: &PaymentRow) -> Result<bool> {
        let update = sqlx::query(
            "UPDATE payment SET conversation = $4, order_number = $5, reference = $6, version = version + 1, due_ms = $7,
                 body = $8
             WHERE shop = $1 AND id = $2 AND version = $3",
        );
        let update = update.bind(shop_number(row.shop)).bind(&row.id.0[..]).bind(i64::from(row.version));
        let update = update.bind(number(row.conversation)).bind(clean(&row.order)).bind(clean(&row.reference));
        Ok(self.run(update.bind(row.due_ms).bind(&row.body)).await? == 1)
    }

    pub async fn payment(&mut self, shop: ShopScope, id: PaymentId) -> Result<Option<PaymentRow>> {
        let select = sqlx::query(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = $1 AND id = $2",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(&id.0[..])).await?;
        rows.first().map(|row| payment(shop, row)).transpose()
    }

    pub async fn payments_of(&mut self, shop: ShopScope, order: &str) -> Result<Vec<PaymentRow>> {
        let lock = if self.writes { "FOR UPDATE" } else { "" };
        let select = sqlx::query(AssertSqlSafe(format!(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = $1 AND order_number = $2 ORDER BY id {lock}"
        )));
        let rows = self.rows(select.bind(shop_number(shop)).bind(clean(order))).await?;
        rows.iter().map(|row| payment(shop, row)).collect()
    }

    pub async fn payments_in(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Vec<PaymentRow>> {
        let select = sqlx::query(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = $1 AND conversation = $2 ORDER BY id",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(number(conversation))).await?;
        rows.iter().map(|row| payment(shop, row)).collect()
    }

    pub async fn payment_referred(&mut self, shop: ShopScope, reference: &str) -> Result<Option<PaymentRow>> {
        let select = sqlx::query(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = $1 AND reference = $2 AND reference <> '' ORDER BY id LIMIT 1",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(clean(reference))).await?;
        rows.first().map(|row| payment(shop, row)).transpose()
    }

    pub async fn settled_payments(&mut self, shop: ShopScope, after: PaymentId, limit: u32) -> Result<Vec<PaymentRow>> {
        let select = sqlx::query(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = $1 AND id > $2 AND due_ms IS NULL ORDER BY id LIMIT $3",
        );
        let select = select.bind(shop_number(shop)).bind(&after.0[..]).bind(i64::from(limit));
        self.rows(select).await?.iter().map(|row| payment(shop, row)).collect()
    }

    pub async fn remove_payments(&mut self, shop: ShopScope, ids: &[PaymentId]) -> Result<u64> {
        let delete = sqlx::query("DELETE FROM payment WHERE shop = $1 AND id = ANY ($2) AND due_ms IS NULL");
        let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.0.to_vec()).collect();
        self.run(delete.bind(shop_number(shop)).bind(ids)).await
    }

    pub async fn due_payments(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<PaymentRow>> {
        let select = sqlx::query(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = $1 AND due_ms <= $2 ORDER BY due_ms, id LIMIT $3",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(now_ms).bind(i64::from(limit))).await?;
        rows.iter().map(|row| payment(shop, row)).collect()
    }
}

fn payment(shop: ShopScope, row: &PgRow) -> Result<PaymentRow> {
    Ok(PaymentRow {
        shop,
        id: PaymentId(bytes16(row.try_get(0)?)?),
        conversation: id(row.try_get(1)?),
        order: text(row, 2)?,
        reference: text(row, 3)?,
        version: u32::try_from(row.try_get::<i64, _>(4)?).unwrap_or(u32::MAX),
        due_ms: row.try_get(5)?,
        body: row.try_get(6)?,
    })
}
