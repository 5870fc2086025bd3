//! Payments of orders.

use super::{MemoryTx, Tables, earliest};
use crate::id::{ConversationId, PaymentId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::{Due, PaymentRow};

impl Tables {
    pub fn due_payments(&self, now_ms: i64) -> Vec<Due> {
        let open = self.payments.iter().filter_map(|(key, row)| Some((key.0, "".into(), row.due_ms?)));
        earliest(open.filter(|(.., due_ms)| *due_ms <= now_ms))
    }
}

impl MemoryTx {
    pub fn add_payment(&mut self, row: &PaymentRow) -> Result<bool> {
        let key = (row.shop, row.id);
        let is_new = !self.tables.payments.contains(&key);
        if is_new {
            self.tables.payments.insert(key, PaymentRow { version: 1, ..row.clone() });
        }
        Ok(is_new)
    }

    pub fn save_payment(&mut self, row: &PaymentRow) -> Result<bool> {
        let key = (row.shop, row.id);
        let held = self.tables.payments.get(&key).is_some_and(|known| known.version == row.version);
        if held {
            self.tables.payments.insert(key, PaymentRow { version: row.version + 1, ..row.clone() });
        }
        Ok(held)
    }

    pub fn payment(&mut self, shop: ShopScope, id: PaymentId) -> Result<Option<PaymentRow>> {
        Ok(self.tables.payments.get(&(shop, id)).cloned())
    }

    fn of_shop(&self, shop: ShopScope) -> impl Iterator<Item = &PaymentRow> {
        let range = (shop, PaymentId([0; 16]))..=(shop, PaymentId([255; 16]));
        self.tables.payments.range(range).map(|(_, row)| row)
    }

    pub fn payments_of(&mut self, shop: ShopScope, order: &str) -> Result<Vec<PaymentRow>> {
        Ok(self.of_shop(shop).filter(|row| row.order == order).cloned().collect())
    }

    pub fn payments_in(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Vec<PaymentRow>> {
        Ok(self.of_shop(shop).filter(|row| row.conversation == conversation).cloned().collect())
    }

    pub fn payment_referred(&mut self, shop: ShopScope, reference: &str) -> Result<Option<PaymentRow>> {
        Ok(self.of_shop(shop).find(|row| !reference.is_empty() && row.reference == reference).cloned())
    }

    pub fn settled_payments(&mut self, shop: ShopScope, after: PaymentId, limit: u32) -> Result<Vec<PaymentRow>> {
        let settled = self.of_shop(shop).filter(|row| row.due_ms.is_none() && row.id > after);
        Ok(settled.take(limit as usize).cloned().collect())
    }

    pub fn remove_payments(&mut self, shop: ShopScope, ids: &[PaymentId]) -> Result<u64> {
        let is_gone = |key: &(ShopScope, PaymentId), row: &PaymentRow| {
            key.0 == shop && row.due_ms.is_none() && ids.contains(&row.id)
        };
        Ok(self.tables.payments.remove_some(u32::MAX, is_gone))
    }

    pub fn due_payments(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<PaymentRow>> {
        let due = self.of_shop(shop).filter(|row| row.due_ms.is_some_and(|due_ms| due_ms <= now_ms));
        let mut due: Vec<PaymentRow> = due.cloned().collect();
        due.sort_by_key(|row| (row.due_ms, row.id));
        due.truncate(limit as usize);
        Ok(due)
    }
}
