//! Orders that are over: cancelled, or their goods let go. Their links lead to nothing from then on, and the provider is told; money
//! that comes all the same is for people, and never brings a cancelled order back (F80, F86).

use std::sync::Arc;

use duka_engine::event::Outcome;
use duka_engine::step::order_number;
use futures_util::future::BoxFuture;
use smol_str::SmolStr;

use super::cashier::{Cashier, Place, Seen, is_of_one_order};
use super::standing::{Heard, Payment};
use crate::host::calls::Ask;
use crate::host::shops::Shop;
use crate::id::{ConversationId, PaymentId, ShopScope};
use crate::store::{self, PaymentRow};

/// What the shop's own system says of an order whose money it has seen. Nothing else says so: what is weighed first is packed unpaid.
pub const PAID: &str = "paid";

impl Cashier {
    /// Takes what a command of a conversation has led to: an order that it cancelled or released is not to be paid any more.
    pub async fn hears(self: &Arc<Cashier>, ask: &Ask, outcome: &Outcome) {
        let heard = match (ask.request.name.as_str(), outcome) {
            ("orders.cancel", Outcome::Given(_)) => Heard::Cancelled,
            ("orders.release", Outcome::Given(_)) => Heard::Replaced,
            _ => return,
        };
        let program = &ask.shop.program;
        let order = ask.request.arguments.iter().find_map(|argument| order_number(program, argument));
        if let Some(order) = order {
            self.is_over(&ask.shop, &order, Some(ask.conversation), &heard).await;
        }
    }

    /// Takes a status of an order that the shop's own system tells of. What has its money there is not to be paid once more, and its
    /// link ends without a word: nobody is to let the order go because of it.
    pub async fn moved(self: &Arc<Cashier>, shop: &Shop, contract: &str, order: &SmolStr, status: &str) {
        let statuses = shop.program.shop.statuses.iter().find(|statuses| statuses.contract == contract);
        let is_end = statuses.map_or(status == "cancelled", |it| it.terminal.iter().any(|end| end == status));
        if is_end {
            self.is_over(shop, order, None, &Heard::Cancelled).await;
        } else if status == PAID {
            self.is_over(shop, order, None, &Heard::Replaced).await;
        }
    }

    /// The order is not what its customer has agreed to pay: the link ends, and the conversation asks again. `paid`: money has come
    /// for it, which is not to be kept then (F86).
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn changed(self: &Arc<Cashier>, seen: &Seen, paid: bool) -> store::Result<()> {
        let heard: &[Heard] = if paid { &[Heard::Changed, Heard::Cancelled] } else { &[Heard::Changed] };
        self.ends((seen.row.shop, seen.row.id), heard).await
    }

    async fn is_over(
        self: &Arc<Cashier>,
        shop: &Shop,
        order: &SmolStr,
        conversation: Option<ConversationId>,
        heard: &Heard,
    ) {
        if let Err(error) = self.close_links(shop.scope, order, conversation, heard).await {
            tracing::error!(shop = %shop.slug, %order, %error, "the pay links of an order that is over stay open");
        }
    }

    async fn close_links(
        self: &Arc<Cashier>,
        scope: ShopScope,
        order: &SmolStr,
        conversation: Option<ConversationId>,
        heard: &Heard,
    ) -> store::Result<()> {
        let mut tx = self.host.store.read(scope).await?;
        let rows = tx.payments_of(scope, order).await?;
        tx.rollback().await?;
        let now_ms = self.host.clock.now_ms();
        // What a conversation lets go because its time is over ends as that.
        let is_over =
            |payment: &Payment| conversation.is_some() && *heard == Heard::Replaced && now_ms >= payment.expires_ms;
        let moves = |payment: &Payment| {
            let mut moved = payment.clone();
            moved.hear(heard, false);
            moved.state != payment.state
        };
        let known = rows.iter().filter_map(|row| Payment::decode(&row.body).map(|payment| (row, payment)));
        let ours = known.filter(|(row, payment)| conversation.is_none_or(|it| is_of_one_order(payment, row, it)));
        let open: Vec<PaymentId> =
            ours.filter(|(_, payment)| !is_over(payment) && moves(payment)).map(|(row, _)| row.id).collect();
        for id in open {
            self.ends((scope, id), std::slice::from_ref(heard)).await?;
        }
        Ok(())
    }

    /// Ends a link: here at once, at the provider soon. Boxed, because whoever asks the provider may end a link.
    fn ends<'a>(self: &'a Arc<Cashier>, place: Place, heard: &'a [Heard]) -> BoxFuture<'a, store::Result<()>> {
        let hear = |_: &mut PaymentRow, payment: &mut Payment, paid: bool| {
            heard.iter().flat_map(|heard| payment.hear(heard, paid)).collect()
        };
        Box::pin(async move {
            let changed = self.change(place, hear).await?;
            if changed.is_some_and(|(_, payment)| !payment.references.is_empty()) {
                let cashier = Arc::clone(self);
                // Whoever has ended the order need not wait for the provider.
                tokio::spawn(async move { cashier.one(place).await });
            }
            Ok(())
        })
    }
}
