//! What an answer of the provider means for the send, its number, its template, and the shop's people.

use smol_str::SmolStr;

use super::pace::Sender;
use super::{Outbox, learned};
use crate::host::codes;
use crate::host::notices::{Notice, Told};
use crate::host::transport::{Advice, SendAnswer, Transport, Whom};
use crate::id::{SendId, ShopScope};
use crate::store::{self, AttemptEnd, TemplateNews, Tx};

const HOUR_MS: i64 = 3_600_000;

/// How long a number sends no marketing after the provider called it spam.
pub(in crate::host) const SPAM_PAUSE_MS: i64 = 6 * HOUR_MS;

/// The longest pause between two attempts of what failed by itself.
const MOST_PAUSE_MS: i64 = 5 * 60_000;

/// How often a message is tried that one customer can not be sent now.
const MANY: u32 = 20;

/// In so many parts the second half of a pause is rolled.
const SPREAD: i64 = 1_000;

/// What the answer is about.
pub(super) struct About {
    pub app: usize,
    pub shop: ShopScope,
    pub number: SmolStr,
    pub send: SendId,
    pub attempt: u32,
    /// Name and language, if it went as a template.
    pub template: Option<(SmolStr, SmolStr)>,
    /// It can go as a template.
    pub has_template: bool,
    /// When its words can not be repeated any more; a template can be at any time.
    pub window_ends_ms: Option<i64>,
}

impl About {
    fn sender(&self) -> Sender<'_> {
        Sender { app: self.app, shop: self.shop, number: &self.number }
    }
}

pub(super) struct End {
    pub end: AttemptEnd,
    pub window_closed: bool,
}

impl End {
    pub fn of(end: AttemptEnd) -> End {
        End { end, window_closed: false }
    }
}

impl<T: Transport> Outbox<T> {
    /// What was learned beside it may be lost where the store fails; the answer itself never is, or the send would count as one
    /// of unknown fate.
    pub(super) async fn understand(&self, about: &About, answer: SendAnswer) -> End {
        let now_ms = self.host.clock.now_ms();
        End::of(match answer {
            SendAnswer::Accepted { provider_id } => {
                kept(self.is_well(about, now_ms).await);
                let at_ms = self.host.clock.monotonic_ms();
                self.host.holding.accepted(about.shop, &about.number, about.send, at_ms);
                AttemptEnd::Accepted { provider_id }
            }
            // When its statuses come says nothing of how long statuses take.
            SendAnswer::Held { provider_id } => {
                kept(self.is_well(about, now_ms).await);
                AttemptEnd::Accepted { provider_id }
            }
            SendAnswer::Refused { error, advice } => return self.refused(about, error, advice).await,
            SendAnswer::NotSent => {
                let pause_ms = growing_ms(about.attempt, self.host.mint.jitter(SPREAD));
                self.later(about, self.host.limits.most_sends.saturating_sub(about.attempt), pause_ms, 0)
            }
            SendAnswer::Unknown => {
                let floor_ms = self.host.limits.hold_ms;
                let hold_ms = self.host.holding.of(about.shop, &about.number, floor_ms);
                let latest_ms = now_ms.saturating_add(hold_ms);
                let in_time_ms =
                    about.window_ends_ms.map_or(latest_ms, |ends_ms| ends_ms - self.host.limits.window_margin_ms - 1);
                AttemptEnd::Unknown { hold_until_ms: latest_ms.min(in_time_ms).max(now_ms.saturating_add(floor_ms)) }
            }
            SendAnswer::Unsendable { error } => AttemptEnd::Failed { error },
        })
    }

    /// The provider takes messages: what had been stopped goes on.
    async fn is_well(&self, about: &About, now_ms: i64) -> store::Result<()> {
        let was_stopped = self.pace().is_well(about.sender(), about.send);
        if let Some(whom) = was_stopped {
            let of = (about.shop, &about.number);
            let well = |mut tx: Tx| async move {
                learned::well(&mut tx, of, whom, now_ms).await?;
                Ok((tx, ()))
            };
            self.host.store.transact(about.shop, well).await?;
        }
        Ok(())
    }

    async fn refused(&self, about: &About, error: i32, advice: Advice) -> End {
        let (shop, number) = (about.shop, &about.number);
        let now_ms = self.host.clock.now_ms();
        let end = match advice {
            Advice::Retry { most, at_least_ms } => {
                let count = self.pace().refused(about.send);
                let pause_ms = growing_ms(count, self.host.mint.jitter(SPREAD));
                self.later(about, most.saturating_sub(count), pause_ms.max(at_least_ms), error)
            }
            Advice::Wait { whom: Whom::Customer, ms, at_least_ms, .. } => {
                let count = self.pace().refused(about.send);
                self.later(about, MANY.saturating_sub(count), customer_ms(ms, count).max(at_least_ms), error)
            }
            Advice::Wait { whom, ms, at_least_ms, alert } => {
                let begins = self.pace().pause(about.sender(), whom, ms, at_least_ms);
                kept(self.keep_holds(about.sender(), whom).await);
                if begins && alert {
                    let notice = Notice::NumberWarned { number: number.clone(), word: codes::reason(error) };
                    self.host.notices.tell(Told { shop, conversation: None, notice });
                }
                // Kept for as long as it is worth sending. The number waits, so the message need not.
                AttemptEnd::Again { not_before_ms: now_ms, error }
            }
            Advice::Stop { whom } => {
                if self.pace().stop(about.sender(), whom) {
                    let stopped = |mut tx: Tx| async move {
                        learned::stopped(&mut tx, (shop, number), whom, error, now_ms).await?;
                        Ok((tx, ()))
                    };
                    kept(self.host.store.transact(shop, stopped).await);
                    let notice = Notice::NumberStopped { number: number.clone(), error };
                    self.host.notices.tell(Told { shop, conversation: None, notice });
                }
                AttemptEnd::Again { not_before_ms: now_ms, error }
            }
            Advice::PauseMarketing => {
                self.pace().pause_marketing(shop, number, SPAM_PAUSE_MS);
                kept(self.keep_holds(about.sender(), Whom::Number).await);
                AttemptEnd::Failed { error }
            }
            Advice::WindowClosed if about.has_template && about.template.is_none() => {
                let end = AttemptEnd::Again { not_before_ms: now_ms, error };
                return End { end, window_closed: true };
            }
            Advice::WindowClosed => {
                return End { end: AttemptEnd::Failed { error }, window_closed: true };
            }
            Advice::TemplateRefused { disabled } => {
                kept(self.template_refused(about, error, disabled).await);
                AttemptEnd::Failed { error }
            }
            Advice::FormRefused { form } => {
                self.host.notices.tell(Told { shop, conversation: None, notice: Notice::FormRefused { form, error } });
                AttemptEnd::Failed { error: if codes::FORM_STOPPED.contains(&error) { error } else { codes::NO_FORM } }
            }
            Advice::Fail => AttemptEnd::Failed { error },
        };
        End::of(end)
    }

    /// Once more after a pause, if it may be tried so often yet.
    fn later(&self, about: &About, tries: u32, pause_ms: i64, error: i32) -> AttemptEnd {
        if tries == 0 || about.attempt >= self.host.limits.most_sends {
            self.pace().given_up(about.send);
            return AttemptEnd::Failed { error: if error == 0 { codes::GIVEN_UP } else { error } };
        }
        let not_before_ms = self.host.clock.now_ms().saturating_add(pause_ms.min(HOUR_MS));
        AttemptEnd::Again { not_before_ms, error }
    }

    /// Writes down what the provider thinks of a template, so that it is not asked again (F60).
    async fn template_refused(&self, about: &About, error: i32, disabled: bool) -> store::Result<()> {
        let Some((name, language)) = &about.template else { return Ok(()) };
        let notice = Notice::TemplateRefused { name: name.clone(), error };
        self.host.notices.tell(Told { shop: about.shop, conversation: None, notice });
        let status = Some(SmolStr::new_static(if disabled { "DISABLED" } else { "PAUSED" }));
        let news = TemplateNews::of(about.shop, name.clone(), language.clone(), self.host.clock.now_ms());
        let news = &[TemplateNews { status, ..news }];
        let heard = |mut tx: Tx| async move {
            tx.hear_templates(news).await?;
            Ok((tx, ()))
        };
        self.host.store.transact(about.shop, heard).await
    }
}

fn kept(learned: store::Result<()>) {
    if let Err(error) = learned {
        tracing::warn!(%error, "what an answer of the provider has taught could not be kept");
    }
}

/// The pause after this many attempts, for many at once: from a second to five minutes, and of each only a part, by `roll`
/// of [`SPREAD`].
fn growing_ms(count: u32, roll: i64) -> i64 {
    let whole_ms = 1_000_i64.saturating_mul(1 << count.saturating_sub(1).min(9)).min(MOST_PAUSE_MS);
    whole_ms / 2 + (whole_ms / 2).saturating_mul(roll) / SPREAD
}

/// The pause of one customer after this many refusals: the vendor's own advice is 1, 4, 16, … times as long.
fn customer_ms(ms: i64, count: u32) -> i64 {
    ms.saturating_mul(4_i64.saturating_pow(count.saturating_sub(1).min(8))).min(HOUR_MS)
}
