//! Asks providers how payments stand: after a callback, now and then while one is open, at its end and once after it (F85).
//! What they say is what counts.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use smol_str::SmolStr;
use tokio_util::sync::CancellationToken;

use super::cashier::{Cashier, Place, Seen, our_name};
use super::provider::{Heard as Answered, Trouble, Wanted as Question};
use super::standing::{Alarm, Heard, MOST_PATIENCE_MS, Said, Standing, State};
use crate::store::{self, PaymentRow};

const POLL: Duration = Duration::from_secs(2);
/// How long whoever looks at a page waits for the provider.
const MOMENT: Duration = Duration::from_millis(1_500);
/// Payments of one shop that a round takes, and how many are asked about at once.
const MOST: u32 = 32;
const AT_ONCE: usize = 8;
/// How long one who asks has the payment to itself.
const LEASE_MS: i64 = 30_000;

impl Cashier {
    /// Asks until `stop`.
    pub async fn run(self: Arc<Cashier>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "which payments are to be asked about can not be read");
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
        let mut due = Vec::new();
        for shop in self.host.shops.now().values().filter(|shop| shop.till.is_some()) {
            let mut tx = self.host.store.read(shop.scope).await?;
            due.extend(tx.due_payments(shop.scope, self.host.clock.now_ms(), MOST).await?);
            tx.rollback().await?;
        }
        let count = due.len();
        let one = |row: PaymentRow| self.one((row.shop, row.id));
        stream::iter(due).map(one).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
        Ok(count)
    }

    /// Asks how a payment stands whose customer looks at its page, for a moment at most: it may have come back from paying.
    pub async fn ask_now(&self, seen: &Seen) {
        let _ = tokio::time::timeout(MOMENT, self.one((seen.row.shop, seen.row.id))).await;
    }

    /// Does what is to be done about one payment.
    pub(super) async fn one(&self, place: Place) {
        if let Err(error) = self.about(place).await {
            tracing::warn!(%error, "what is heard of a payment could not be written down; it is asked about again");
        }
    }

    async fn about(&self, place: Place) -> store::Result<()> {
        let Some(seen) = self.payment(place).await? else { return Ok(()) };
        if seen.payment.provider != seen.till.provider.facts().shop.name {
            return self.leave(&seen).await;
        }
        let now_ms = self.host.clock.now_ms();
        let is_over = now_ms >= seen.payment.expires_ms;
        if seen.payment.references.is_empty() {
            if is_over {
                self.change(place, |_, payment, paid| payment.hear(&Heard::TimeIsUp, paid)).await?;
            }
            return Ok(());
        }
        let Some(seen) = self.lease(seen, now_ms).await? else { return Ok(()) };
        if seen.payment.references.iter().all(|reference| reference.is_empty())
            && seen.payment.state == State::Beginning
        {
            return self.recover(&seen).await;
        }
        let found = self.look(&seen).await;
        let changed = self
            .change(place, |_, payment, paid| {
                let mut news = match &found {
                    Ok(standing) => payment.hear(&Heard::Found(standing.clone()), paid),
                    Err(Asked::Foreign) => {
                        let mut news = Vec::new();
                        payment.alarm(Alarm::Foreign, &mut news);
                        news
                    }
                    Err(Asked::Nothing) => {
                        payment.unanswered = payment.unanswered.saturating_add(1);
                        let mut news = Vec::new();
                        if now_ms >= payment.expires_ms.saturating_add(MOST_PATIENCE_MS) {
                            payment.alarm(Alarm::Unanswered, &mut news);
                        }
                        news
                    }
                };
                if is_over && !matches!(found, Err(Asked::Nothing)) {
                    news.extend(payment.hear(&Heard::TimeIsUp, paid));
                }
                news
            })
            .await?;
        if let Some((row, payment)) = changed
            && matches!(payment.state, State::Expired | State::Replaced)
        {
            // What can not be closed is watched until its last question; late money counts.
            let attempt = payment.references.len();
            let _ = self.question(&Seen { row, payment, ..seen }, Question::Close, attempt).await;
        }
        Ok(())
    }

    /// Keeps others from asking the same at the same time. `None`: they do already.
    async fn lease(&self, seen: Seen, now_ms: i64) -> store::Result<Option<Seen>> {
        let row = PaymentRow { due_ms: Some(now_ms.saturating_add(LEASE_MS)), ..seen.row.clone() };
        let mut tx = self.host.store.begin(row.shop).await?;
        if !tx.save_payment(&row).await? {
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some(Seen { row: PaymentRow { version: row.version + 1, ..row }, ..seen }))
    }

    /// The shop has another provider by now: whoever looks at the books has to settle it.
    async fn leave(&self, seen: &Seen) -> store::Result<()> {
        tracing::warn!(shop = %seen.shop.slug, provider = %seen.payment.provider, "a payment is at a provider that the shop has no more");
        let row = PaymentRow { due_ms: None, ..seen.row.clone() };
        let mut tx = self.host.store.begin(row.shop).await?;
        tx.save_payment(&row).await?;
        tx.commit().await
    }

    /// How a payment stands at the provider: of several attempts, one with money counts.
    async fn look(&self, seen: &Seen) -> Result<Standing, Asked> {
        let mut latest = None;
        for attempt in (1..=seen.payment.references.len()).rev() {
            let standing = self.look_at(seen, attempt).await?;
            let is_money = standing.said == Said::Paid || standing.refunded_minor > 0;
            if is_money {
                return Ok(standing);
            }
            latest = latest.or(Some(standing));
        }
        latest.ok_or(Asked::Nothing)
    }

    async fn look_at(&self, seen: &Seen, attempt: usize) -> Result<Standing, Asked> {
        let name = seen.payment.references.get(attempt.saturating_sub(1)).map_or("", SmolStr::as_str);
        if let Some(asked) = self.in_the_chat(seen, name).await {
            return asked.map_err(|_| Asked::Nothing);
        }
        match self.question(seen, Question::Look, attempt).await {
            Ok(Answered::Stands { ours: Some(ours), .. }) if ours != our_name(seen.row.id, attempt) => {
                Err(Asked::Foreign)
            }
            Ok(Answered::Stands { standing, money, .. }) if seen.payment.state.is_money() => {
                let asked = self.refunded(seen, attempt, &standing, money.as_deref()).await;
                asked.map(|refunded_minor| Standing { refunded_minor, ..standing }).map_err(|_| Asked::Nothing)
            }
            Ok(Answered::Stands { standing, .. }) => Ok(standing),
            Ok(_) => Err(Asked::Nothing),
            Err(Trouble::Refused(why) | Trouble::NotNow(why) | Trouble::Unknown(why)) => {
                tracing::info!(shop = %seen.shop.slug, %why, "a provider did not say how a payment stands");
                Err(Asked::Nothing)
            }
        }
    }
}

/// Why a question has led to no standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    /// The answer is about another payment.
    Foreign,
}
