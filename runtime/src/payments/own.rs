//! Pay links of shops that take the money themselves, such as Shopify's checkout: one for each order, given again while it can be
//! paid, so that nobody has two pages to pay one order on. That it is paid is what the shop's own system says of the order.

use duka_engine::event::Outcome;
use duka_engine::hir::Operation as Promise;
use duka_engine::types::Type;
use duka_engine::value::{Money, Value};
use smol_str::SmolStr;

use super::cashier::{Cashier, is_of_one_order};
use super::letter::{self, Wanted};
use super::standing::{Alarm, Payment, State};
use crate::adapter::field;
use crate::host::calls::Ask;
use crate::host::shops::Shop;
use crate::store::{self, PaymentRow, Tx};

/// Who such a payment is with, as its row has it.
const OWN: &str = "own";

impl Cashier {
    /// What a command for a link leads to that needs nobody to be asked: the order has a link, or is paid. `None`: it has neither.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn own_link(&self, ask: &Ask) -> store::Result<Option<Outcome>> {
        let Some(Wanted { order, total }) = letter::wanted(ask) else { return Ok(None) };
        let mut tx = self.host.store.read(ask.shop.scope).await?;
        let rows = tx.payments_of(ask.shop.scope, &order).await?;
        tx.rollback().await?;
        let read = |row: PaymentRow| Payment::decode(&row.body).map(|payment| (row, payment));
        let mut known = rows
            .into_iter()
            .filter_map(read)
            .filter(|(row, payment)| payment.provider == OWN && is_of_one_order(payment, row, ask.conversation));
        let fits = |payment: &Payment| {
            let is_open = payment.state == State::Sent && ask.now_ms < payment.expires_ms;
            payment.state == State::Paid || is_open && payment.amount == total
        };
        Ok(known.find(|(_, payment)| fits(payment)).map(|(row, payment)| {
            if payment.state == State::Paid {
                Outcome::Refused { code: "already_paid".into() }
            } else {
                letter::given(&ask.shop.program, &row.order, &payment, "link_sent", &payment.page)
            }
        }))
    }

    /// Keeps the link that the shop's own system has given, to be given again for so long.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn keep_own(&self, ask: &Ask, promise: &Promise, outcome: &Outcome, for_ms: i64) -> store::Result<()> {
        let (Outcome::Given(given), Some(ty)) = (outcome, &promise.gives) else { return Ok(()) };
        let Some(Wanted { order, total }) = letter::wanted(ask) else { return Ok(()) };
        let Some(Value::Text(url)) = field(&ask.shop.program.shop, ty, given, "url") else { return Ok(()) };
        let expires_ms = ask.now_ms.saturating_add(for_ms);
        let mut payment = Payment::new(SmolStr::new_static(OWN), total, State::Sent, expires_ms, String::new());
        payment.page = url.to_string();
        let row = PaymentRow {
            shop: ask.shop.scope,
            id: self.seal.payment(ask.shop.scope, &ask.key),
            conversation: ask.conversation,
            order,
            reference: SmolStr::default(),
            version: 0,
            due_ms: None,
            body: payment.encode(),
        };
        let row = &row;
        let added = |mut tx: Tx| async move {
            tx.add_payment(row).await?;
            Ok((tx, ()))
        };
        self.host.store.transact(row.shop, added).await
    }

    /// The shop's own system says that an order is paid. What it took was shown on its own page, with delivery and taxes; that
    /// it is less than the customer has agreed to is for people.
    pub async fn own_paid(&self, shop: &Shop, order: &SmolStr, made: &Value) {
        let program = &shop.program.shop;
        let ty = program.known_records.order.map(Type::Record);
        let total = ty.and_then(|ty| field(program, &ty, made, "total").cloned());
        let Some(Value::Money(total)) = total else { return };
        if let Err(error) = self.paid_there(shop, order, total).await {
            tracing::error!(shop = %shop.slug, %order, %error, "that an order was paid at the shop itself could not be noted");
        }
    }

    async fn paid_there(&self, shop: &Shop, order: &SmolStr, total: Money) -> store::Result<()> {
        let mut tx = self.host.store.read(shop.scope).await?;
        let rows = tx.payments_of(shop.scope, order).await?;
        tx.rollback().await?;
        for row in rows {
            let paid = |_: &mut PaymentRow, payment: &mut Payment, _: bool| {
                let mut news = Vec::new();
                if payment.provider == OWN && payment.state == State::Sent {
                    payment.state = State::Paid;
                    if total.currency != payment.amount.currency || total.minor < payment.amount.minor {
                        payment.alarm(Alarm::Amount, &mut news);
                    }
                }
                news
            };
            self.change((row.shop, row.id), paid).await?;
        }
        Ok(())
    }
}
