//! Pay links of shops that take the money themselves, such as Shopify's checkout: one for each order, given again while it can be
//! paid, so that nobody has two pages to pay one order on. That it is paid is what the shop's own system says of the order.

use duka_engine::event::Outcome;
use duka_engine::hir::Operation as Promise;
use duka_engine::types::Type;
use duka_engine::value::{Money, Value};
use smol_str::SmolStr;

use super::cashier::{Cashier, is_of_one_order};
use super::letter::{self, Wanted};
use super::standing::{Alarm, Heard, News, Payment, Said, Standing, State};
use crate::adapter::field;
use crate::host::calls::Ask;
use crate::host::shops::Shop;
use crate::id::PaymentId;
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
        let own = self.own_of(&ask.shop, &order).await?.into_iter();
        let mut known = own.filter(|(row, payment)| is_of_one_order(payment, row, ask.conversation));
        let fits = |payment: &Payment| {
            let is_open = payment.state == State::Sent && ask.now_ms < payment.expires_ms;
            payment.state.is_money() || is_open && payment.amount == total
        };
        Ok(known.find(|(_, payment)| fits(payment)).map(|(row, payment)| {
            if payment.state.is_money() {
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
    /// it is less than the customer has agreed to is for people. `false`: the conversation has cancelled the order, and nobody is
    /// to hear that it is paid (F86).
    pub async fn own_paid(&self, shop: &Shop, order: &SmolStr, made: &Value) -> bool {
        let program = &shop.program.shop;
        let ty = program.known_records.order.map(Type::Record);
        let total = ty.and_then(|ty| field(program, &ty, made, "total").cloned());
        let Some(Value::Money(total)) = total else { return true };
        self.paid_there(shop, order, total).await.unwrap_or_else(|error| {
            tracing::error!(shop = %shop.slug, %order, %error, "that an order was paid at the shop itself could not be noted");
            true
        })
    }

    async fn paid_there(&self, shop: &Shop, order: &SmolStr, total: Money) -> store::Result<bool> {
        let own = self.own_of(shop, order).await?;
        let is = |is: fn(State) -> bool| own.iter().filter(move |(_, payment)| is(payment.state));
        let mut ids: Vec<PaymentId> = is(State::is_payable).map(|(row, _)| row.id).collect();
        if ids.is_empty() && is(State::is_money).next().is_none() {
            // The page of a link that has ended here can still be paid there.
            ids.extend(is(State::is_dead).max_by_key(|(_, payment)| payment.expires_ms).map(|(row, _)| row.id));
        }
        let paid = Standing { said: Said::Paid, amount: None, refunded_minor: 0 };
        let hear = |_: &mut PaymentRow, payment: &mut Payment, _: bool| {
            let mut news = payment.hear(&Heard::Found(paid.clone()), false);
            // The conversation hears of it with the news of its order.
            news.retain(|news| matches!(news, News::Alarm(_)));
            if total.currency != payment.amount.currency || total.minor < payment.amount.minor {
                payment.alarm(Alarm::Amount, &mut news);
            }
            news
        };
        for id in ids {
            self.change((shop.scope, id), hear).await?;
        }
        let own = self.own_of(shop, order).await?;
        let is_any = |state| own.iter().any(|(_, payment)| payment.state == state);
        Ok(is_any(State::Paid) || !is_any(State::Unwanted))
    }

    async fn own_of(&self, shop: &Shop, order: &SmolStr) -> store::Result<Vec<(PaymentRow, Payment)>> {
        let mut tx = self.host.store.read(shop.scope).await?;
        let rows = tx.payments_of(shop.scope, order).await?;
        tx.rollback().await?;
        let read = |row: PaymentRow| Payment::decode(&row.body).map(|payment| (row, payment));
        Ok(rows.into_iter().filter_map(read).filter(|(_, payment)| payment.provider == OWN).collect())
    }
}
