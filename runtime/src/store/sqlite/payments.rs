//! Payments of orders.

use rusqlite::{OptionalExtension, Row};

use super::SqliteTx;
use super::conversations::{id, number};
use crate::id::{ConversationId, PaymentId, ShopScope};
use crate::store::codes::bytes16;
use crate::store::error::Result;
use crate::store::rows::PaymentRow;

impl SqliteTx {
    pub fn add_payment(&mut self, row: &PaymentRow) -> Result<bool> {
        let mut insert = self.sql(
            "INSERT INTO payment (shop, id, conversation, order_number, reference, version, due_ms, body)
             VALUES (?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING",
        )?;
        let (order, reference) = (row.order.as_str(), row.reference.as_str());
        let conversation = number(row.conversation);
        let values = (row.shop.number(), &row.id.0[..], conversation, order, reference, row.due_ms, &row.body);
        Ok(insert.execute(values)? == 1)
    }

    pub fn save_payment(&mut self, row: &PaymentRow) -> Result<bool> {
        let mut update = self.sql(
            "UPDATE payment SET conversation = ?4, order_number = ?5, reference = ?6, version = version + 1, due_ms = ?7,
                 body = ?8
             WHERE shop = ?1 AND id = ?2 AND version = ?3",
        )?;
        let (order, reference) = (row.order.as_str(), row.reference.as_str());
        let key = (row.shop.number(), &row.id.0[..], row.version);
        let conversation = number(row.conversation);
        let values = (key.0, key.1, key.2, conversation, order, reference, row.due_ms, &row.body);
        Ok(update.execute(values)? == 1)
    }

    pub fn payment(&mut self, shop: ShopScope, id: PaymentId) -> Result<Option<PaymentRow>> {
        let mut select = self.sql(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = ? AND id = ?",
        )?;
        let found = select.query_row((shop.number(), &id.0[..]), |row| Ok(payment(shop, row))).optional()?;
        found.transpose()
    }

    pub fn payments_of(&mut self, shop: ShopScope, order: &str) -> Result<Vec<PaymentRow>> {
        let mut select = self.sql(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = ? AND order_number = ? ORDER BY id",
        )?;
        let rows = select.query_map((shop.number(), order), |row| Ok(payment(shop, row)))?;
        rows.map(|row| row?).collect()
    }

    pub fn payments_in(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Vec<PaymentRow>> {
        let mut select = self.sql(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = ? AND conversation = ? ORDER BY id",
        )?;
        let rows = select.query_map((shop.number(), number(conversation)), |row| Ok(payment(shop, row)))?;
        rows.map(|row| row?).collect()
    }

    pub fn payment_referred(&mut self, shop: ShopScope, reference: &str) -> Result<Option<PaymentRow>> {
        let mut select = self.sql(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = ? AND reference = ? AND reference <> '' ORDER BY id LIMIT 1",
        )?;
        let found = select.query_row((shop.number(), reference), |row| Ok(payment(shop, row))).optional()?;
        found.transpose()
    }

    pub fn settled_payments(&mut self, shop: ShopScope, after: PaymentId, limit: u32) -> Result<Vec<PaymentRow>> {
        let mut select = self.sql(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = ? AND id > ? AND due_ms IS NULL ORDER BY id LIMIT ?",
        )?;
        let rows = select.query_map((shop.number(), &after.0[..], limit), |row| Ok(payment(shop, row)))?;
        rows.map(|row| row?).collect()
    }

    pub fn remove_payments(&mut self, shop: ShopScope, ids: &[PaymentId]) -> Result<u64> {
        let mut gone = 0;
        for id in ids {
            let mut delete = self.sql("DELETE FROM payment WHERE shop = ? AND id = ? AND due_ms IS NULL")?;
            gone += delete.execute((shop.number(), &id.0[..]))? as u64;
        }
        Ok(gone)
    }

    pub fn due_payments(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<PaymentRow>> {
        let mut select = self.sql(
            "SELECT id, conversation, order_number, reference, version, due_ms, body FROM payment
             WHERE shop = ? AND due_ms <= ? ORDER BY due_ms, id LIMIT ?",
        )?;
        let rows = select.query_map((shop.number(), now_ms, limit), |row| Ok(payment(shop, row)))?;
        rows.map(|row| row?).collect()
    }
}

fn payment(shop: ShopScope, row: &Row<'_>) -> Result<PaymentRow> {
    let (order, reference): (String, String) = (row.get(2)?, row.get(3)?);
    Ok(PaymentRow {
        shop,
        id: PaymentId(bytes16(&row.get::<_, Vec<u8>>(0)?)?),
        conversation: id(row.get(1)?),
        order: order.into(),
        reference: reference.into(),
        version: row.get(4)?,
        due_ms: row.get(5)?,
        body: row.get(6)?,
    })
}
