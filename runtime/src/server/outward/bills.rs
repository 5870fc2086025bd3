//! What the vendor calls an order: a name of its own for each bill, which every attempt of that bill carries, and which what
//! is told of the order later carries as well. Knows no amounts.

use duka_engine::outbound::{Choices, Outbound};
use serde::{Deserialize, Serialize};

use super::Outward;
use crate::channel::whatsapp::render::bill_reference;
use crate::host::transport::SendRequest;
use crate::id::ShopScope;
use crate::payments::chat::{Chat, billed};
use crate::shops::Served;
use crate::store::{self, Tx};

/// The last bill of an order.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Bill {
    send: [u8; 16],
    count: u32,
}

/// What the store keeps the last bill of an order under.
fn latest(order: &str) -> String {
    format!("bill {order}")
}

/// Forgets the names of an order's bills.
///
/// # Errors
/// The store does not answer.
pub(in crate::server) async fn forget(tx: &mut Tx, shop: ShopScope, order: &str) -> store::Result<()> {
    let key = latest(order);
    let Some(bytes) = tx.meta_get(shop, &key).await? else { return Ok(()) };
    let bill: Bill = postcard::from_bytes(&bytes).unwrap_or_default();
    for count in 1..=bill.count {
        tx.meta_remove(shop, &billed(&bill_reference(order, count))).await?;
    }
    tx.meta_remove(shop, &key).await
}

impl Outward {
    /// The name of the order that is shown. `None`: the message shows none, or no bill of it was ever sent.
    pub(super) async fn bill(&self, shop: &Served, request: &SendRequest, outbound: &Outbound) -> Option<String> {
        let Outbound::Message(message) = outbound else { return None };
        let Choices::Order { order, pay } = &message.choices else { return None };
        let key = latest(&order.number);
        let known = async { self.store.read(shop.scope).await?.meta_get(shop.scope, &key).await };
        // A store that does not answer, or a bill that cannot be read: a name might be used twice, so there is none, and the customer
        // gets a link.
        let known: Option<Bill> = known.await.ok()?.map(|bytes| postcard::from_bytes(&bytes)).transpose().ok()?;
        let send = request.send.0;
        let bill = match known {
            Some(bill) if pay.is_none() || bill.send == send => bill,
            None if pay.is_none() => return None,
            last => {
                let bill = Bill { send, count: last.map_or(0, |bill| bill.count).saturating_add(1) };
                let kept = self.keep_bill(shop, &key, &bill, &order.number).await;
                kept.inspect_err(|error| tracing::warn!(%error, "a bill could not be noted")).ok()?;
                bill
            }
        };
        Some(bill_reference(&order.number, bill.count))
    }

    /// Who takes the money of a bill inside the chat. `None`: its link leads out, as it does where its order is another one by now.
    pub(super) async fn takes_money<'a>(&self, shop: &'a Served, outbound: &Outbound) -> Option<&'a Chat> {
        let (chat, Outbound::Message(message)) = (shop.chat.as_ref()?, outbound) else { return None };
        let Choices::Order { pay: Some((_, _, link)), .. } = &message.choices else { return Some(chat) };
        self.cashier.may_bill(link).await.then_some(chat)
    }

    /// The Pix code that a bill is paid by, of a shop that takes money so. `None`: its link leads out.
    pub(super) async fn code(&self, shop: &Served, outbound: &Outbound) -> Option<String> {
        let Some(Chat::Pix { .. }) = &shop.chat else { return None };
        let (Outbound::Message(message), Some(_)) = (outbound, &shop.catalogue) else { return None };
        let Choices::Order { order, pay: Some((_, _, link)) } = &message.choices else { return None };
        if order.total.currency.code() != "BRL" {
            return None;
        }
        self.cashier.code(link).await
    }

    async fn keep_bill(&self, shop: &Served, key: &str, bill: &Bill, order: &str) -> store::Result<()> {
        let mut tx = self.store.begin(shop.scope).await?;
        // What is told of the bill's payment names the bill alone.
        let name = billed(&bill_reference(order, bill.count));
        tx.meta_set(shop.scope, &name, order.as_bytes()).await?;
        tx.meta_set(shop.scope, key, &postcard::to_stdvec(bill).unwrap_or_default()).await?;
        tx.commit().await
    }
}
