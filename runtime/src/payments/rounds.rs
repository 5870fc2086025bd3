//! Asks providers how payments stand: after a callback, now and then while one is open, at its end and once after it (F85).
//! What they say is what counts.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use tokio_util::sync::CancellationToken;

use super::cashier::{Cashier, Place, Seen, our_name};
use super::chat;
use super::provider::{Heard as Answered, Trouble, Wanted as Question};
use super::refund::unwanted_key;
use super::standing::{Alarm, Heard, MOST_PATIENCE_MS, News, Payment, Said, Standing};
use crate::id::ShopScope;
use crate::server::payable;
use crate::server::rounds::Apart;
use crate::store::{self, PaymentRow, Work};

const POLL: Duration = Duration::from_secs(2);
/// How long whoever looks at a page waits for the provider, and between two looks at what another one asks it just now.
const MOMENT: Duration = Duration::from_millis(1_500);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Payments of one shop that a round takes, and how many of a shop are asked about at once.
const MOST: u32 = 32;
const AT_ONCE: usize = 8;
/// How long one who asks has the payment to itself.
const LEASE_MS: i64 = 30_000;

impl Cashier {
    /// Asks until `stop`. A shop whose provider hangs is not waited for: the others go on.
    pub async fn run(self: Arc<Cashier>, stop: CancellationToken) {
        let mut rounds = Apart::default();
        loop {
            match self.due(|shop| rounds.is_free(shop)).await {
                Ok(due) => {
                    for (shop, rows) in due {
                        let cashier = Arc::clone(&self);
                        rounds.begin(shop, async move { cashier.all_of(rows).await });
                    }
                }
                Err(error) => tracing::warn!(%error, "which payments are to be asked about can not be read"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Does what is due of every shop. Returns how many payments that were.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn round(&self) -> store::Result<usize> {
        let due = self.due(|_| true).await?;
        let count = due.iter().map(|(_, rows)| rows.len()).sum();
        join_all(due.into_iter().map(|(_, rows)| self.all_of(rows))).await;
        Ok(count)
    }

    async fn due(&self, is_wanted: impl Fn(ShopScope) -> bool) -> store::Result<Vec<(ShopScope, Vec<PaymentRow>)>> {
        let mut due = Vec::new();
        let (now_ms, shops) = (self.host.clock.now_ms(), self.host.shops.now());
        let has_till = |scope| shops.get(&scope).is_some_and(|shop| shop.till.is_some());
        for work in self.host.store.due(Work::Payments, now_ms).await? {
            if !has_till(work.shop) || !is_wanted(work.shop) {
                continue;
            }
            let mut tx = self.host.store.read(work.shop).await?;
            let rows = tx.due_payments(work.shop, now_ms, MOST).await?;
            tx.rollback().await?;
            due.push((work.shop, rows));
        }
        Ok(due)
    }

    async fn all_of(&self, rows: Vec<PaymentRow>) {
        let one = |row: PaymentRow| self.one((row.shop, row.id));
        stream::iter(rows).map(one).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }

    /// Asks how a payment stands whose customer looks at its page, for a moment at most: it may have come back from paying.
    pub async fn ask_now(&self, seen: &Seen) {
        let (place, state) = ((seen.row.shop, seen.row.id), seen.payment.state);
        let asked = async {
            // A callback may have come before the customer: whoever asks because of it is waited for.
            while !self.tries(place).await {
                tokio::time::sleep(BETWEEN_LOOKS).await;
                if !matches!(self.payment(place).await, Ok(Some(seen)) if seen.payment.state == state) {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(MOMENT, asked).await;
    }

    /// Does what is to be done about one payment.
    pub(super) async fn one(&self, place: Place) {
        self.tries(place).await;
    }

    /// `false`: somebody else does it just now.
    async fn tries(&self, place: Place) -> bool {
        self.about(place).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what is heard of a payment could not be written down; it is asked about again");
            true
        })
    }

    /// `false`: somebody else is about it.
    async fn about(&self, place: Place) -> store::Result<bool> {
        let Some(seen) = self.payment(place).await? else { return Ok(true) };
        let now_ms = self.host.clock.now_ms();
        let is_over = now_ms >= seen.payment.expires_ms;
        if seen.payment.references.is_empty() {
            if is_over {
                self.change(place, |_, payment, paid| payment.hear(&Heard::TimeIsUp, paid)).await?;
            }
            return Ok(true);
        }
        if seen.payment.provider != seen.till.provider.facts().shop.name {
            return self.leave(place, is_over).await.map(|()| true);
        }
        let Some(seen) = self.lease(seen, now_ms).await? else { return Ok(false) };
        let found = self.look(&seen).await;
        if seen.payment.is_nameless() && found.as_ref().is_ok_and(|found| !found.is_money()) {
            return self.recover(&seen).await.map(|()| true);
        }
        if let Ok(found) = &found
            && !self.is_wanted(&seen, found).await?
        {
            // Whoever has ended its order asks about it once more, and so does the next server.
            return Ok(true);
        }
        let (facts, unwanted) = (seen.till.provider.facts(), unwanted_key(seen.row.id));
        let changed = self
            .change(place, |row, payment, paid| {
                let mut news = match &found {
                    Ok(found) => found.heard(row, payment, paid),
                    Err(Asked::Foreign) => alarm(payment, Alarm::Foreign),
                    Err(Asked::Nothing) => {
                        payment.unanswered = payment.unanswered.saturating_add(1);
                        Vec::new()
                    }
                };
                let is_given_up = now_ms >= payment.expires_ms.saturating_add(MOST_PATIENCE_MS);
                if matches!(found, Err(Asked::Nothing)) && is_given_up {
                    news.extend(alarm(payment, Alarm::Unanswered));
                }
                if is_over && (is_given_up || !matches!(found, Err(Asked::Nothing))) {
                    if payment.state.is_payable() && payment.may_be_paid_unseen(facts) {
                        news.extend(alarm(payment, Alarm::Unanswered));
                    }
                    news.extend(payment.hear(&Heard::TimeIsUp, paid));
                }
                payment.settle_refunds(now_ms, &mut news);
                if seen.till.gives_back {
                    payment.note_unwanted(&unwanted, now_ms);
                }
                news
            })
            .await?;
        let Some((row, payment)) = changed else { return Ok(true) };
        let seen = Seen { row, payment, ..seen };
        self.close(&seen).await;
        if seen.payment.is_to_go_back(&unwanted) {
            self.give_unwanted(&seen, unwanted).await?;
        }
        Ok(true)
    }

    /// `false`: money has come inside the chat, where nobody taps on Pay, for an order that is not what its bill has shown, or that
    /// nobody can be asked about any more.
    async fn is_wanted(&self, seen: &Seen, found: &Found) -> store::Result<bool> {
        let (name, codes) = (seen.payment.name_of(found.attempt), seen.till.provider.facts().codes);
        let in_chat = chat::is_name(name) || (!codes.is_empty() && name.starts_with(codes));
        if !in_chat || !found.is_money() || !seen.payment.state.is_payable() {
            return Ok(true);
        }
        match self.server() {
            Some(server) => payable::is_wanted(&server, seen).await,
            None => Ok(self.goes_unasked()),
        }
    }

    /// Tells the provider which attempts nobody is to pay any more: all of a payment that is over, and the others of one that is
    /// paid. What can not be closed is watched until its last question; late money counts.
    pub(super) async fn close(&self, seen: &Seen) {
        let (payment, is_paid) = (&seen.payment, seen.payment.state.is_money());
        if !payment.state.is_dead() && !is_paid {
            return;
        }
        for attempt in payment.named_attempts() {
            if attempt != payment.paid_by
                && !chat::is_name(payment.name_of(attempt))
                && (!is_paid || payment.paid_by > 0)
            {
                let _ = self.question(seen, Question::Close, attempt).await;
            }
        }
    }

    /// Keeps others from asking the same at the same time. `None`: they do already.
    async fn lease(&self, seen: Seen, now_ms: i64) -> store::Result<Option<Seen>> {
        let row = PaymentRow { due_ms: Some(now_ms.saturating_add(LEASE_MS)), ..seen.row.clone() };
        if !self.save(&row).await? {
            return Ok(None);
        }
        Ok(Some(Seen { row: PaymentRow { version: row.version + 1, ..row }, ..seen }))
    }

    /// The shop has another provider by now, and nobody can ask the one that has it: people have to, and its end is told.
    async fn leave(&self, place: Place, is_over: bool) -> store::Result<()> {
        let left = |_: &mut PaymentRow, payment: &mut Payment, paid: bool| {
            payment.claimed = None;
            payment.unanswered = payment.unanswered.saturating_add(1);
            let mut news = match payment.state.is_money() {
                false => alarm(payment, Alarm::Unanswered),
                true if payment.refunded_minor < payment.gone_minor() => alarm(payment, Alarm::RefundUnknown),
                true => Vec::new(),
            };
            if is_over {
                news.extend(payment.hear(&Heard::TimeIsUp, paid));
            }
            news
        };
        self.change(place, left).await.map(drop)
    }

    /// How a payment stands at the provider, all attempts that it has a name for: the others nobody has a page of.
    async fn look(&self, seen: &Seen) -> Result<Found, Asked> {
        let (mut paid, mut latest, mut silent): (Option<Found>, Option<Found>, Option<Asked>) = (None, None, None);
        for attempt in seen.payment.named_attempts() {
            match self.look_at(seen, attempt).await {
                Ok(found) if found.is_money() => match &mut paid {
                    Some(paid) => paid.second = Some(attempt),
                    None => paid = Some(found),
                },
                Ok(found) => latest = latest.or(Some(found)),
                Err(asked) => silent = silent.or(Some(asked)),
            }
        }
        match (paid, silent) {
            (Some(paid), _) => Ok(paid),
            (None, Some(asked)) => Err(asked),
            (None, None) => Ok(latest.unwrap_or_default()),
        }
    }

    async fn look_at(&self, seen: &Seen, attempt: usize) -> Result<Found, Asked> {
        let found = |standing, money| Found { standing, attempt, money, second: None };
        if let Some(asked) = self.in_the_chat(seen, seen.payment.name_of(attempt)).await {
            return asked.map(|standing| found(standing, None)).map_err(|_| Asked::Nothing);
        }
        match self.question(seen, Question::Look, attempt).await {
            Ok(Answered::Stands { ours: Some(ours), .. }) if ours != our_name(seen.row.id, attempt) => {
                Err(Asked::Foreign)
            }
            Ok(Answered::Stands { standing, money, .. }) if seen.payment.state.is_money() => {
                let asked = self.refunded(seen, attempt, &standing, money.as_deref()).await;
                let refunded_minor = asked.map_err(|_| Asked::Nothing)?;
                Ok(found(Standing { refunded_minor, ..standing }, money))
            }
            Ok(Answered::Stands { standing, money, .. }) => Ok(found(standing, money)),
            Ok(_) => Err(Asked::Nothing),
            Err(Trouble::Refused(why) | Trouble::NotNow(why) | Trouble::Unknown(why)) => {
                tracing::info!(shop = %seen.shop.slug, %why, "a provider did not say how a payment stands");
                Err(Asked::Nothing)
            }
        }
    }
}

/// What the provider says of all attempts.
#[derive(Debug)]
struct Found {
    standing: Standing,
    /// Of which attempt that is; 0: there is none to ask about.
    attempt: usize,
    /// The provider's name for its money.
    money: Option<String>,
    /// Another attempt that was paid, too.
    second: Option<usize>,
}

impl Default for Found {
    fn default() -> Found {
        let standing = Standing { said: Said::Open, amount: None, refunded_minor: 0 };
        Found { standing, attempt: 0, money: None, second: None }
    }
}

impl Found {
    fn is_money(&self) -> bool {
        self.standing.said == Said::Paid || self.standing.refunded_minor > 0
    }

    /// Into the payment and its row.
    fn heard(&self, row: &mut PaymentRow, payment: &mut Payment, paid_otherwise: bool) -> Vec<News> {
        let mut news = Vec::new();
        // What an earlier attempt came to says nothing of one whose answer is awaited.
        if !payment.is_nameless() || self.is_money() {
            payment.came_by(self.attempt, self.second, &mut news);
            news.extend(payment.hear(&Heard::Found(self.standing.clone()), paid_otherwise));
            payment.came_by(self.attempt, self.second, &mut news);
        }
        if !payment.state.is_money() {
            return news;
        }
        if let Some(second) = self.second {
            tracing::error!(order = %row.order, name = payment.name_of(second), "a payment was paid twice over");
        }
        if let Some(money) = self.money.as_deref().filter(|_| payment.paid_by == self.attempt) {
            // Disputes name the money only.
            row.reference = money.into();
            if payment.money.is_empty() {
                payment.money = money.into();
            }
        }
        news
    }
}

fn alarm(payment: &mut Payment, alarm: Alarm) -> Vec<News> {
    let mut news = Vec::new();
    payment.alarm(alarm, &mut news);
    news
}

/// Why a question has led to no standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    /// The answer is about another payment.
    Foreign,
}
