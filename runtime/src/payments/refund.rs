//! Money that goes back by a command of the shop's: all of it or a part, once for a command, never more than was paid. It is
//! written down before the provider is asked; that it is back is what the provider says, and is told once.

use std::sync::Arc;

use duka_engine::event::Outcome;
use duka_engine::value::Money;
use smol_str::SmolStr;

use super::cashier::{Cashier, Place, Seen, is_of_one_order};
use super::chat;
use super::facts::Refunds;
use super::letter::{self, Wanted};
use super::provider::{Heard as Answered, Trouble, Wanted as Question};
use super::standing::{Alarm, Payment, Refund, Said, Standing, State};
use super::till::Till;
use crate::host::calls::{Ask, Fate};
use crate::id::PaymentId;
use crate::store::{self, PaymentRow};

impl Cashier {
    /// `payments.refund(order, amount)`; without an amount, all that is left.
    pub(super) async fn refund(&self, ask: &Ask, till: &Arc<Till>) -> store::Result<Outcome> {
        let refused = |code: &'static str| Ok(Outcome::Refused { code: code.into() });
        let Some((row, payment)) = self.paid(ask).await? else { return refused("not_paid") };
        let till = till.of(&payment);
        let facts = till.provider.facts();
        let in_chat = chat::is_by(&payment);
        if payment.provider != facts.shop.name || (facts.refunds == Refunds::No && !in_chat) {
            return refused("not_possible");
        }
        let key = self.refund_key(ask, &payment);
        let known = payment.refunds.iter().find(|refund| refund.key == key).map(|refund| refund.minor);
        let all = Money { minor: payment.left_minor(), ..payment.amount };
        let money = match known {
            Some(minor) => Money { minor, ..payment.amount },
            None => letter::amount(ask).unwrap_or(all),
        };
        if known.is_none() && payment.refunds.iter().any(|refund| payment.is_unknown(refund)) {
            return Ok(Outcome::Failed { reason: "what became of an earlier refund is not known yet".into() });
        }
        if known.is_none() {
            if money.currency != all.currency || money.minor <= 0 || money.minor > all.minor {
                return refused("too_much");
            }
            // Nobody needs to be asked what it never does.
            if facts.shop.whole && !in_chat && money != payment.amount {
                return refused("not_possible");
            }
            if let Err(why) = till.can_take(money) {
                tracing::error!(shop = %ask.shop.slug, %why, "this can not be given back at the shop's provider");
                return refused("not_possible");
            }
        }
        let (place, at_ms) = ((row.shop, row.id), ask.now_ms);
        let noted = |_: &mut PaymentRow, payment: &mut Payment, _: bool| {
            let is_new = payment.refunds.iter().all(|refund| refund.key != key);
            if is_new && money.minor <= payment.left_minor() {
                let (key, name) = (key.clone(), SmolStr::default());
                payment.refunds.push(Refund { key, minor: money.minor, name, at_ms });
            }
            Vec::new()
        };
        let is_noted = |payment: &Payment| payment.refunds.iter().any(|refund| refund.key == key);
        let noted = self.change(place, noted).await?;
        if !noted.is_some_and(|(_, payment)| is_noted(&payment)) {
            return refused("too_much");
        }
        let Some(seen) = self.payment(place).await? else { return Ok(Outcome::Unknown) };
        self.give_back(ask, &seen, money, key).await
    }

    /// What became of such a command.
    pub(super) async fn refund_fate(&self, ask: &Ask, till: &Arc<Till>) -> Fate {
        let Ok(paid) = self.paid(ask).await else { return Fate::CannotTell };
        let key = paid.as_ref().map(|(_, payment)| self.refund_key(ask, payment)).unwrap_or_default();
        let refund = paid.as_ref().and_then(|(_, payment)| payment.refunds.iter().find(|refund| refund.key == key));
        match (refund, &paid) {
            (Some(refund), Some((row, payment))) if !refund.name.is_empty() => {
                let money = Money { minor: refund.minor, ..payment.amount };
                Fate::Done(self.goes_back(ask, row, payment, money))
            }
            (Some(refund), Some((row, payment))) if payment.sent.contains(&refund.key) && chat::is_by(payment) => {
                let money = Money { minor: refund.minor, ..payment.amount };
                let found = self.found_in_chat(ask, (row.shop, row.id), &key, money).await;
                found.map_or(Fate::CannotTell, Fate::Done)
            }
            // Whoever asks again looks first what was given back.
            (Some(_), Some((_, payment)))
                if matches!(till.of(payment).provider.facts().refunds, Refunds::Named | Refunds::Called)
                    && !chat::is_by(payment) =>
            {
                Fate::CannotTell
            }
            (Some(_) | None, _) => Fate::NotDone,
        }
    }

    /// What a command has given back by the gateway's books, whose answer was lost. `None`: they do not say.
    async fn found_in_chat(&self, ask: &Ask, place: Place, key: &SmolStr, money: Money) -> Option<Outcome> {
        let seen = self.payment(place).await.ok()??;
        let (_, name, _) = self.money_of(&seen).await.ok()?;
        let back = self.back_in_the_books(&seen, &name, money).await.ok()??;
        self.named(place, key, &back).await.ok()?;
        Some(self.goes_back(ask, &seen.row, &seen.payment, money))
    }

    /// Our name for what a command gives back: the one that it has, or the newest.
    fn refund_key(&self, ask: &Ask, payment: &Payment) -> SmolStr {
        let names = self.seal.payments(ask.shop.scope, &ask.key).map(|id| SmolStr::from(hex::encode(id.0)));
        let names: Vec<SmolStr> = names.collect();
        let known = names.iter().find(|name| payment.refunds.iter().any(|refund| refund.key == **name));
        known.or(names.first()).cloned().unwrap_or_default()
    }

    /// The payment of the order that money came by.
    async fn paid(&self, ask: &Ask) -> store::Result<Option<(PaymentRow, Payment)>> {
        let Some(Wanted { order, .. }) = letter::wanted(ask) else { return Ok(None) };
        let mut tx = self.host.store.read(ask.shop.scope).await?;
        let rows = tx.payments_of(ask.shop.scope, &order).await?;
        tx.rollback().await?;
        let read = |row: PaymentRow| Payment::decode(&row.body).map(|payment| (row, payment));
        let known = rows.into_iter().filter_map(read);
        let fits = |(row, payment): &(PaymentRow, Payment)| is_of_one_order(payment, row, ask.conversation);
        // What the order keeps goes first, then what came after it was cancelled.
        let place = |(_, payment): &(PaymentRow, Payment)| match payment.state {
            State::Paid => Some(0),
            State::Unwanted => Some(1),
            State::Refunded => Some(2),
            State::Sent
            | State::Beginning
            | State::Open
            | State::Failed
            | State::Expired
            | State::Replaced
            | State::Twice
            | State::Cash
            | State::Cancelled => None,
        };
        Ok(known.filter(fits).filter(|it| place(it).is_some()).min_by_key(place))
    }

    async fn give_back(&self, ask: &Ask, seen: &Seen, money: Money, key: SmolStr) -> store::Result<Outcome> {
        let place = (seen.row.shop, seen.row.id);
        let done = match self.command(seen, money, &key).await {
            Ok(name) => name,
            Err(Trouble::Unknown(why)) => {
                tracing::warn!(shop = %ask.shop.slug, %why, "whether money goes back is not known; it is looked for");
                return Ok(Outcome::Unknown);
            }
            Err(trouble @ (Trouble::Refused(_) | Trouble::NotNow(_))) => {
                tracing::error!(shop = %ask.shop.slug, %trouble, "the provider gives no money back");
                self.undone(place, &key).await?;
                return Ok(match trouble {
                    Trouble::Refused(_) => Outcome::Refused { code: "not_possible".into() },
                    Trouble::NotNow(why) | Trouble::Unknown(why) => Outcome::Failed { reason: why.into() },
                });
            }
        };
        self.named(place, &key, &done).await?;
        self.one(place).await;
        let seen = self.payment(place).await?;
        let outcome = seen.map(|seen| self.goes_back(ask, &seen.row, &seen.payment, money));
        Ok(outcome.unwrap_or(Outcome::Unknown))
    }

    /// Has money go back that nobody is to keep, where the shop wants that; asked again until it is known.
    pub(super) async fn give_unwanted(&self, seen: &Seen, key: SmolStr) -> store::Result<()> {
        let (place, shop) = ((seen.row.shop, seen.row.id), seen.shop.slug.as_str());
        match self.command(seen, seen.payment.amount, &key).await {
            Ok(name) => self.named(place, &key, &name).await,
            Err(Trouble::Unknown(why) | Trouble::NotNow(why)) => {
                tracing::warn!(shop, %why, "money that nobody is to keep is not given back yet");
                Ok(())
            }
            Err(Trouble::Refused(why)) => {
                tracing::error!(shop, %why, "the provider does not give back money that nobody is to keep");
                self.undone(place, &key).await?;
                let alarm = |_: &mut PaymentRow, payment: &mut Payment, _: bool| {
                    let mut news = Vec::new();
                    payment.alarm(Alarm::NotReversed, &mut news);
                    news
                };
                self.change(place, alarm).await.map(drop)
            }
        }
    }

    /// Nothing goes back by this command: it was not done.
    async fn undone(&self, place: Place, key: &SmolStr) -> store::Result<()> {
        let undone = |_: &mut PaymentRow, payment: &mut Payment, _: bool| {
            payment.refunds.retain(|refund| refund.key != *key || !refund.name.is_empty());
            payment.sent.retain(|sent| sent != key);
            Vec::new()
        };
        self.change(place, undone).await.map(drop)
    }

    async fn named(&self, place: Place, key: &SmolStr, name: &SmolStr) -> store::Result<()> {
        let named = |_: &mut PaymentRow, payment: &mut Payment, _: bool| {
            // Its callback may have been faster.
            payment.refunds.retain(|refund| refund.name != *name || !refund.key.is_empty());
            let own = payment.refunds.iter_mut().find(|refund| refund.key == *key && refund.name.is_empty());
            if let Some(refund) = own {
                refund.name = name.clone();
            }
            Vec::new()
        };
        self.change(place, named).await.map(drop)
    }

    /// Has the provider give it back, unless it has. Returns its name for that. Once the provider may have got the command, whatever
    /// goes wrong later leaves it unknown.
    async fn command(&self, seen: &Seen, money: Money, key: &SmolStr) -> Result<SmolStr, Trouble> {
        let was_sent = seen.payment.sent.contains(key);
        let unknown = |trouble| if was_sent { as_unknown(trouble) } else { trouble };
        let (attempt, name, refunded_minor) = self.money_of(seen).await.map_err(unknown)?;
        // What is back of one that was never sent was given back by somebody else.
        let is_back = was_sent && refunded_minor >= seen.payment.gone_minor();
        if is_back || refunded_minor >= seen.payment.amount.minor {
            return Ok(key.clone());
        }
        let payer = self.payer(seen, "").await.map_err(|error| unknown(Trouble::NotNow(error.to_string())))?;
        let back = (money, key.clone());
        let in_chat = chat::is_name(&name);
        if was_sent {
            let refunds = seen.till.provider.facts().refunds;
            if in_chat && let Some(back) = self.back_in_the_books(seen, &name, money).await.map_err(as_unknown)? {
                return Ok(back);
            }
            if refunds == Refunds::Noted && !in_chat {
                let asked =
                    self.question_of(seen, Question::Refunds, attempt, &payer, (Some(&name), Some(&back))).await;
                if let Answered::GivesBack(name) = asked.map_err(as_unknown)? {
                    return Ok(name.into());
                }
            }
            if in_chat || matches!(refunds, Refunds::Noted | Refunds::Named | Refunds::Called) {
                return Err(Trouble::Unknown("what became of the first request is not known".to_string()));
            }
        }
        let booked = self.booked(seen, &name).await.map_err(as_not_done).map_err(unknown)?;
        let back_minor = booked.iter().map(|(_, minor)| *minor).fold(0_i64, i64::saturating_add).max(refunded_minor);
        let place = (seen.row.shop, seen.row.id);
        let sent = |_: &mut PaymentRow, payment: &mut Payment, _: bool| {
            let mut news = Vec::new();
            if !payment.sent.contains(key) {
                let others_minor = payment.commanded_minor().saturating_sub(money.minor);
                payment.part_by_hand(back_minor.saturating_sub(others_minor), &mut news);
                payment.sent.push(key.clone());
                payment.booked = booked.iter().map(|(id, _)| id.clone()).collect();
            }
            news
        };
        // Written down before it is sent: whoever dies in between asks first what was done.
        let written = self.change(place, sent).await.map_err(|error| unknown(Trouble::NotNow(error.to_string())))?;
        written.ok_or_else(|| unknown(Trouble::NotNow("the payment is gone".to_string())))?;
        if let Some(asked) = self.back_in_chat(seen, &name, money).await {
            return asked.map(SmolStr::from).map_err(unknown);
        }
        let asked = self.question_of(seen, Question::GiveBack, attempt, &payer, (Some(&name), Some(&back))).await;
        match asked.map_err(unknown)? {
            Answered::GivesBack(name) if name.is_empty() => Ok(key.clone()),
            Answered::GivesBack(name) => Ok(name.into()),
            _ => Err(Trouble::Unknown("another answer than was asked for".to_string())),
        }
    }

    /// By which attempt the money came, the provider's name for it, and how much has gone back.
    async fn money_of(&self, seen: &Seen) -> Result<(usize, String, i64), Trouble> {
        for attempt in seen.payment.named_attempts() {
            let known = seen.payment.name_of(attempt);
            if let Some(asked) = self.in_the_chat(seen, known).await {
                let standing = asked.map_err(as_not_done)?;
                if standing.said == Said::Paid {
                    return Ok((attempt, known.to_string(), standing.refunded_minor));
                }
                continue;
            }
            let asked = self.question(seen, Question::Look, attempt).await.map_err(as_not_done)?;
            let Answered::Stands { standing, money, .. } = asked else { continue };
            let called = Some(seen.payment.money.to_string()).filter(|name| !name.is_empty());
            let Some(name) = money.or(called) else { continue };
            if standing.said == Said::Paid {
                let refunded = self.refunded(seen, attempt, &standing, Some(&name)).await.map_err(as_not_done)?;
                return Ok((attempt, name, refunded));
            }
        }
        Err(Trouble::NotNow("the provider names no money that has come".to_string()))
    }

    /// How much has gone back, where the provider tells it otherwise than by how the payment stands.
    pub(super) async fn refunded(
        &self,
        seen: &Seen,
        attempt: usize,
        standing: &Standing,
        money: Option<&str>,
    ) -> Result<i64, Trouble> {
        let names: Vec<&str> = match seen.till.provider.facts().refunds {
            Refunds::Called => return Ok(seen.payment.done_minor().max(standing.refunded_minor)),
            Refunds::No | Refunds::Told => Vec::new(),
            Refunds::Listed | Refunds::Noted => money.into_iter().collect(),
            Refunds::Named => {
                seen.payment.refunds.iter().map(|it| it.name.as_str()).filter(|it| !it.is_empty()).collect()
            }
        };
        let payer = self.payer(seen, "").await.map_err(|error| Trouble::NotNow(error.to_string()))?;
        let mut total = 0_i64;
        for name in names {
            match self.question_of(seen, Question::Refunds, attempt, &payer, (Some(name), None)).await? {
                Answered::Refunded(minor) => total = total.saturating_add(minor),
                _ => return Err(Trouble::NotNow("another answer than was asked for".to_string())),
            }
        }
        Ok(total.max(standing.refunded_minor))
    }

    fn goes_back(&self, ask: &Ask, row: &PaymentRow, payment: &Payment, money: Money) -> Outcome {
        let status = if payment.refunded_minor >= payment.gone_minor() { "refunded" } else { "refunding" };
        let part = Payment { amount: money, ..payment.clone() };
        letter::given(&ask.shop.program, &row.order, &part, status, &self.url(payment))
    }
}

/// Our name for what goes back because nobody is to keep it.
pub(super) fn unwanted_key(id: PaymentId) -> SmolStr {
    smol_str::format_smolstr!("{}-back", hex::encode(id.0))
}

fn as_unknown(trouble: Trouble) -> Trouble {
    let (Trouble::Refused(why) | Trouble::NotNow(why) | Trouble::Unknown(why)) = trouble;
    Trouble::Unknown(why)
}

/// Looking changes nothing: whatever was wrong with that, nothing was given back.
fn as_not_done(trouble: Trouble) -> Trouble {
    let (Trouble::Refused(why) | Trouble::NotNow(why) | Trouble::Unknown(why)) = trouble;
    Trouble::NotNow(why)
}
