//! Payments of orders, of any store. Knows nothing of what is in them.

use super::{Backend, Tx};
use crate::id::{ConversationId, PaymentId, ShopScope};
use crate::store::error::Result;
use crate::store::rows::PaymentRow;

impl Tx {
    /// Adds a payment. `false`: there is one of this id already, which stays as it is.
    pub async fn add_payment(&mut self, row: &PaymentRow) -> Result<bool> {
        each!(self, add_payment(row))
    }

    /// Writes a payment's next version. `false`: it is at another version by now, or gone; nothing was written.
    pub async fn save_payment(&mut self, row: &PaymentRow) -> Result<bool> {
        each!(self, save_payment(row))
    }

    pub async fn payment(&mut self, shop: ShopScope, id: PaymentId) -> Result<Option<PaymentRow>> {
        each!(self, payment(shop, id))
    }

    /// Every payment that an order was asked for by, by id; nobody else changes them before the end of a
    /// transaction that writes.
    pub async fn payments_of(&mut self, shop: ShopScope, order: &str) -> Result<Vec<PaymentRow>> {
        each!(self, payments_of(shop, order))
    }

    /// The payments of a conversation, by id.
    pub async fn payments_in(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Vec<PaymentRow>> {
        each!(self, payments_in(shop, conversation))
    }

    /// The payment that the provider knows by this name.
    pub async fn payment_referred(&mut self, shop: ShopScope, reference: &str) -> Result<Option<PaymentRow>> {
        each!(self, payment_referred(shop, reference))
    }

    /// The payments about which nothing is to be done any more, by id.
    pub async fn settled_payments(&mut self, shop: ShopScope, after: PaymentId, limit: u32) -> Result<Vec<PaymentRow>> {
        each!(self, settled_payments(shop, after, limit))
    }

    /// Takes away those of these payments about which nothing is to be done; tells how many that were.
    pub async fn remove_payments(&mut self, shop: ShopScope, ids: &[PaymentId]) -> Result<u64> {
        each!(self, remove_payments(shop, ids))
    }

    /// The payments about which something is to be done, the longest due first.
    pub async fn due_payments(&mut self, shop: ShopScope, now_ms: i64, limit: u32) -> Result<Vec<PaymentRow>> {
        each!(self, due_payments(shop, now_ms, limit))
    }
}
