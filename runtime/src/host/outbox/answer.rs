//! What an answer of the provider means for the send, its number, its template, and the shop's people.

use smol_str::SmolStr;

use super::{Outbox, OutboxError};
use crate::host::codes;
use crate::host::notices::{Notice, Told};
use crate::host::transport::{Advice, SendAnswer, Transport};
use crate::id::{SendId, ShopScope};
use crate::store::{AttemptEnd, HealthNews, TemplateNews};

const HOUR_MS: i64 = 3_600_000;

/// How long a number sends no marketing after the provider called it spam.
pub(in crate::host) const SPAM_PAUSE_MS: i64 = 6 * HOUR_MS;

/// The longest pause between two attempts.
const MOST_PAUSE_MS: i64 = 5 * 60_000;

/// What the answer is about.
pub(super) struct About {
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
    pub(super) async fn understand(&self, about: &About, answer: SendAnswer) -> Result<End, OutboxError> {
        let now_ms = self.host.clock.now_ms();
        Ok(End::of(match answer {
            SendAnswer::Accepted { provider_id } => {
                if self.pace().is_well(about.shop, &about.number) {
                    self.health(about, 0).await?;
                }
                let at_ms = self.host.clock.monotonic_ms();
                self.host.holding.accepted(about.shop, &about.number, about.send, at_ms);
                AttemptEnd::Accepted { provider_id }
            }
            SendAnswer::Refused { error, advice } => return self.refused(about, error, advice).await,
            SendAnswer::NotSent => self.again(about, 0),
            SendAnswer::Unknown => {
                let floor_ms = self.host.limits.hold_ms;
                let hold_ms = self.host.holding.of(about.shop, &about.number, floor_ms);
                let latest_ms = now_ms.saturating_add(hold_ms);
                let in_time_ms =
                    about.window_ends_ms.map_or(latest_ms, |ends_ms| ends_ms - self.host.limits.window_margin_ms - 1);
                AttemptEnd::Unknown { hold_until_ms: latest_ms.min(in_time_ms).max(now_ms.saturating_add(floor_ms)) }
            }
            SendAnswer::Unsendable { error } => AttemptEnd::Failed { error },
        }))
    }

    async fn refused(&self, about: &About, error: i32, advice: Advice) -> Result<End, OutboxError> {
        let (shop, number) = (about.shop, &about.number);
        let now_ms = self.host.clock.now_ms();
        let end = match advice {
            Advice::Retry => self.again(about, error),
            Advice::RetryPair => {
                let pause_ms = 1_000_i64.saturating_mul(1 << (2 * about.attempt.saturating_sub(1)).min(16));
                self.later(about, pause_ms.min(HOUR_MS), error)
            }
            Advice::PauseNumber { for_ms } => {
                self.pace().pause(shop, number, for_ms);
                self.keep_holds(shop, number).await?;
                self.later(about, for_ms, error)
            }
            Advice::StopNumber => {
                if self.pace().stop(shop, number) {
                    self.health(about, error).await?;
                    let notice = Notice::NumberStopped { number: number.clone(), error };
                    self.host.notices.tell(Told { shop, conversation: None, notice });
                }
                // Kept for as long as it is worth sending. The number waits, so the message need not.
                AttemptEnd::Again { not_before_ms: now_ms, error }
            }
            Advice::PauseMarketing => {
                self.pace().pause_marketing(shop, number, SPAM_PAUSE_MS);
                self.keep_holds(shop, number).await?;
                AttemptEnd::Failed { error }
            }
            Advice::WindowClosed if about.has_template && about.template.is_none() => {
                let end = AttemptEnd::Again { not_before_ms: now_ms, error };
                return Ok(End { end, window_closed: true });
            }
            Advice::WindowClosed => {
                return Ok(End { end: AttemptEnd::Failed { error }, window_closed: true });
            }
            Advice::TemplateRefused { disabled } => {
                self.template_refused(about, error, disabled).await?;
                AttemptEnd::Failed { error }
            }
            Advice::FormRefused { form } => {
                self.host.notices.tell(Told { shop, conversation: None, notice: Notice::FormRefused { form, error } });
                AttemptEnd::Failed { error: if codes::FORM_STOPPED.contains(&error) { error } else { codes::NO_FORM } }
            }
            Advice::Fail => AttemptEnd::Failed { error },
        };
        Ok(End::of(end))
    }

    /// Later, with growing pauses that are not the same for all.
    fn again(&self, about: &About, error: i32) -> AttemptEnd {
        let pause_ms = 500_i64.saturating_mul(1 << about.attempt.min(12)).min(MOST_PAUSE_MS);
        self.later(about, pause_ms / 2 + self.host.mint.jitter(pause_ms / 2 + 1), error)
    }

    fn later(&self, about: &About, pause_ms: i64, error: i32) -> AttemptEnd {
        if about.attempt >= self.host.limits.most_sends {
            return AttemptEnd::Failed { error: if error == 0 { codes::GIVEN_UP } else { error } };
        }
        AttemptEnd::Again { not_before_ms: self.host.clock.now_ms().saturating_add(pause_ms), error }
    }

    /// Writes down that a number is stopped, or no longer.
    async fn health(&self, about: &About, error: i32) -> Result<(), OutboxError> {
        let mut tx = self.host.store.begin(about.shop).await?;
        let stopped = Some(if error == 0 { SmolStr::default() } else { codes::reason(error) });
        let news = HealthNews::of(about.shop, about.number.clone(), self.host.clock.now_ms());
        tx.hear_health(&[HealthNews { stopped, ..news }]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes down what the provider thinks of a template, so that it is not asked again (F60).
    async fn template_refused(&self, about: &About, error: i32, disabled: bool) -> Result<(), OutboxError> {
        let Some((name, language)) = &about.template else { return Ok(()) };
        let notice = Notice::TemplateRefused { name: name.clone(), error };
        self.host.notices.tell(Told { shop: about.shop, conversation: None, notice });
        let mut tx = self.host.store.begin(about.shop).await?;
        let status = Some(SmolStr::new_static(if disabled { "DISABLED" } else { "PAUSED" }));
        let news = TemplateNews::of(about.shop, name.clone(), language.clone(), self.host.clock.now_ms());
        tx.hear_templates(&[TemplateNews { status, ..news }]).await?;
        tx.commit().await?;
        Ok(())
    }
}
