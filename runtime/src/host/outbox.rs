//! The only place that speaks to a channel. A send is claimed, judged at the attempt, attempted, and its end written
//! down; what is unknown is held and never guessed at (reliability.md 4.3). Knows no vendor.

mod answer;
mod brake;
mod check;
mod learned;
mod pace;
mod recipients;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use duka_engine::effect::EffectId;
use duka_engine::limits::WHATSAPP;
use duka_engine::outbound::Outbound;
use smol_str::SmolStr;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, trace_span};

use self::check::{Facts, Verdict, check};
use self::pace::{Pace, Sender};
use super::Host;
use super::codes;
use super::desk::{Desk, DeskError};
use super::points::{Point, Struck};
use super::shops::Shop;
use super::transport::{Form, SendAnswer, SendRequest, Transport};
use super::writer::{Ended, Job};
use crate::costs;
use crate::id::{ConversationId, SendId, ShopScope};
use crate::store::{
    self, AttemptEnd, Claim, ClaimedSend, ConsentEntry, Due, FreeEntry, Lane, NumberHealth, Room, SendState,
    Settlement, TemplateRow, Tx, Work,
};

pub(super) use self::answer::SPAM_PAUSE_MS;
pub(super) use self::learned::{OF_SHOP, close, hold, stopped};
pub use self::pace::PaceLimits;

/// Numbers whose sends are claimed in one transaction.
const MOST_NUMBERS: usize = 256;

/// Until sends are claimed again that could not be judged, because what they are judged by could not be read.
const UNREAD_PAUSE_MS: i64 = 1_000;

/// Sends of one number that are claimed at once.
const MOST_OF_A_NUMBER: u32 = 256;

/// One attempt that may begin.
#[derive(Debug)]
pub struct Attempt {
    pub request: SendRequest,
    /// Monotonic time from which another process may have the send.
    pub lease_until_ms: i64,
    effect: EffectId,
    /// Of its shop.
    app: usize,
    has_template: bool,
    /// Follows an attempt whose fate was never known: a status may settle it until the last moment.
    repeats: bool,
    /// When the customer last wrote, as far as was known at the claim.
    last_inbound_ms: i64,
    free: FreeEntry,
}

/// What a round of claiming came to.
#[derive(Debug, Default)]
pub struct Round {
    pub attempts: Vec<Attempt>,
    /// Ended without an attempt.
    pub ended: Vec<Ended>,
    /// How long it took to see what is due.
    pub looked: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Struck(#[from] Struck),
    #[error(transparent)]
    Desk(#[from] DeskError),
}

pub struct Outbox<T> {
    host: Arc<Host>,
    desk: Desk,
    transport: T,
    // Held for arithmetic only, never across a wait.
    pace: Mutex<Pace>,
}

impl<T: Transport> Outbox<T> {
    pub fn new(host: Arc<Host>, desk: Desk, transport: T) -> Outbox<T> {
        let pace = Mutex::new(Pace::new(host.limits.pace.clone(), Arc::clone(&host.clock)));
        Outbox { host, desk, transport, pace }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims, attempts one after the other, and writes down. Returns how many sends were claimed.
    pub async fn run_once(&self) -> Result<usize, OutboxError> {
        let Round { attempts, mut ended, .. } = self.claim(self.host.limits.in_flight).await?;
        let claimed = attempts.len() + ended.len();
        for attempt in attempts {
            ended.push(self.attempt(attempt).await?);
        }
        self.settle(ended).await?;
        Ok(claimed)
    }

    /// Claims what may go now, fairly over numbers, at most so many.
    pub async fn claim(&self, most: u32) -> Result<Round, OutboxError> {
        let now_ms = self.host.clock.now_ms();
        let begun = Instant::now();
        let mut due = self.host.due(Work::Sends, now_ms).await?;
        let mut round = Round { looked: begun.elapsed(), ..Round::default() };
        if due.is_empty() {
            return Ok(round);
        }
        self.pace().configured(self.host.configured.load(Ordering::Relaxed));
        // Each number gets its turn to be first.
        let first = self.host.mint.jitter(i64::try_from(due.len()).unwrap_or(1));
        let first = usize::try_from(first).unwrap_or(0).min(due.len());
        due.rotate_left(first);
        // A shop with more numbers has no more of the room.
        let mut numbers = BTreeMap::<ShopScope, u32>::new();
        due.iter().for_each(|due| *numbers.entry(due.shop).or_default() += 1);
        let of_shop = most / u32::try_from(numbers.len()).unwrap_or(u32::MAX).max(1);
        let shares = numbers.into_iter().map(|(shop, count)| (shop, (of_shop / count).clamp(1, MOST_OF_A_NUMBER)));
        let shares: BTreeMap<ShopScope, u32> = shares.collect();
        for group in due.chunks(MOST_NUMBERS) {
            match self.claim_group(group, &shares, most, now_ms, &mut round).await {
                Ok(()) => {}
                // What others were claimed before is attempted: a claim that runs out counts as an attempt of unknown fate.
                Err(OutboxError::Store(error)) if !round.attempts.is_empty() || !round.ended.is_empty() => {
                    tracing::warn!(%error, "not all sends that are due could be claimed");
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(round)
    }

    /// Claims of several numbers, in one transaction.
    async fn claim_group(
        &self,
        group: &[Due],
        shares: &BTreeMap<ShopScope, u32>,
        most: u32,
        now_ms: i64,
        round: &mut Round,
    ) -> Result<(), OutboxError> {
        let limits = &self.host.limits;
        let lease_until_ms = self.host.clock.monotonic_ms().saturating_add(limits.lease_ms);
        let lanes = [Lane::Service, Lane::Utility, Lane::Marketing];
        let mut left = most.saturating_sub(u32::try_from(round.attempts.len()).unwrap_or(u32::MAX));
        let shops = super::shops_of(group);
        let tx = self.learn_unknown(group, &shops, now_ms).await?;
        let mut rooms = Vec::new();
        for due in group {
            let Some(shop) = self.host.shops.shop(due.shop) else { continue };
            let sender = Sender { app: shop.app, shop: due.shop, number: &due.number };
            let share = shares.get(&due.shop).map_or(1, |share| *share);
            let limit = self.pace().room(sender, share.min(left));
            left -= limit;
            if limit > 0 {
                rooms.push((due, shop, Room { shop: due.shop, number: due.number.clone(), limit }));
            }
        }
        if rooms.is_empty() {
            return Ok(());
        }
        let mut tx = match tx {
            Some(begun) => begun,
            None => self.host.store.begin_for(&shops).await?,
        };
        let asked: Vec<Room> = rooms.iter().map(|(.., room)| room.clone()).collect();
        let claim = Claim { owner: self.host.owner, now_ms, lease_ms: limits.lease_ms, limit: 0 };
        let mut taken = BTreeMap::<(ShopScope, SmolStr), Vec<(ClaimedSend, Option<Outbound>)>>::new();
        for send in tx.claim_sends_of(&asked, &lanes, claim).await? {
            let outbound = postcard::from_bytes(&send.send.body).ok();
            taken.entry((send.send.shop, send.send.number.clone())).or_default().push((send, outbound));
        }
        let mut claimed = Vec::new();
        for (due, shop, room) in rooms {
            let sends = taken.remove(&(room.shop, room.number)).unwrap_or_default();
            let known = Known::read(&mut tx, due, &sends).await?;
            claimed.push((due, shop, known, sends));
        }
        if claimed.iter().all(|(.., sends)| sends.is_empty()) {
            return Ok(());
        }
        tx.commit().await?;
        self.host.points.hit(Point::SendClaimed)?;
        for (due, shop, known, sends) in claimed {
            let is_limited = known.initiates && self.pace().tier(&shop.portfolio, known.health.as_ref()).is_some();
            if is_limited && let Err(error) = self.learn_recipients(&shop.portfolio, now_ms).await {
                tracing::warn!(%error, "sends are given back: it is not known whom the business wrote to first today");
                let again = AttemptEnd::Again { not_before_ms: now_ms.saturating_add(UNREAD_PAUSE_MS), error: 0 };
                round.ended.extend(sends.iter().map(|(send, _)| not_attempted(send, again.clone())));
                continue;
            }
            self.pace().used(due.shop, &due.number, u32::try_from(sends.len()).unwrap_or(u32::MAX));
            for (send, outbound) in sends {
                self.judge(&shop, &known, send, outbound, lease_until_ms, round);
            }
        }
        Ok(())
    }

    fn judge(
        &self,
        shop: &Shop,
        known: &Known,
        send: ClaimedSend,
        outbound: Option<Outbound>,
        lease_until_ms: i64,
        round: &mut Round,
    ) {
        let Some(outbound) = outbound else {
            let end = AttemptEnd::Failed { error: codes::UNREADABLE };
            return round.ended.push(not_attempted(&send, end));
        };
        let has_template = matches!(outbound, Outbound::Template(_));
        let verdict = {
            let mut pace = self.pace();
            let closed = if has_template { pace.closed(send.send.shop) } else { Vec::new() };
            let facts = Facts {
                closed: &closed,
                now_ms: self.host.clock.now_ms(),
                margin_ms: self.host.limits.window_margin_ms,
                shop,
                consents: &known.consents,
                templates: &known.templates,
                health: known.health.as_ref(),
                marketing_paused: pace.marketing_is_paused(send.send.shop, &send.send.number),
            };
            match check(&send, outbound, &facts) {
                Verdict::Attempt(form) => {
                    let initiates = matches!(form, Form::Template(..));
                    match must_wait(&mut pace, shop, &send, initiates.then_some(known), facts.now_ms) {
                        None => Verdict::Attempt(form),
                        Some(not_before_ms) => Verdict::End(AttemptEnd::Again { not_before_ms, error: 0 }),
                    }
                }
                Verdict::End(end) => Verdict::End(end),
            }
        };
        match verdict {
            Verdict::End(it) => round.ended.push(not_attempted(&send, it)),
            Verdict::Attempt(form) => {
                let effect = effect_of(&send);
                let request = SendRequest {
                    shop: send.send.shop,
                    number: send.send.number,
                    conversation: send.send.conversation,
                    send: send.send.id,
                    attempt: send.attempt,
                    form,
                    lane: send.send.lane,
                    identities: send.identities,
                };
                let (repeats, last_inbound_ms, free, app) =
                    (send.after_unknown, send.last_inbound_ms, send.free, shop.app);
                let attempt =
                    Attempt { request, lease_until_ms, effect, app, has_template, repeats, last_inbound_ms, free };
                round.attempts.push(attempt);
            }
        }
    }

    /// Makes one attempt, if its lease still holds (I25).
    pub async fn attempt(&self, attempt: Attempt) -> Result<Ended, OutboxError> {
        let request = &attempt.request;
        let span = trace_span!(
            target: "duka_span",
            "send",
            shop = self.host.shops.shop(request.shop).map(|shop| shop.slug.to_string()),
            conversation = format_args!("{:016x}", request.conversation.0),
            turn = attempt.effect.turn,
            send = hex::encode(request.send.0),
            attempt = request.attempt,
            end = Empty,
        );
        let ended = self.judged(attempt).instrument(span.clone()).await;
        if let Ok(ended) = &ended {
            span.record("end", ended.settlement.end.name());
        }
        ended
    }

    async fn judged(&self, attempt: Attempt) -> Result<Ended, OutboxError> {
        let Attempt { request, lease_until_ms, effect, app, has_template, repeats, last_inbound_ms, free } = attempt;
        let about = answer::About {
            app,
            shop: request.shop,
            number: request.number.clone(),
            send: request.send,
            attempt: request.attempt,
            template: match &request.form {
                Form::Message(_) => None,
                Form::Template(template, _) => Some((template.name.clone(), template.language.clone())),
            },
            has_template,
            window_ends_ms: match &request.form {
                Form::Message(_) => check::window_ends_ms(&request.identities, last_inbound_ms),
                Form::Template(..) => None,
            },
        };
        let (id, conversation, market) = (request.send, request.conversation, costs::market(&request.identities));
        let answer_ms = self.host.limits.answer_ms;
        let too_late = self.host.clock.monotonic_ms().saturating_add(answer_ms) > lease_until_ms;
        let end = if too_late || (repeats && !self.is_still_wanted(&about, id).await) {
            // Where a status was faster, this is told to nobody.
            answer::End::of(AttemptEnd::Again { not_before_ms: self.host.clock.now_ms(), error: 0 })
        } else {
            let limit = Duration::from_millis(u64::try_from(answer_ms).unwrap_or(0));
            let answered = tokio::time::timeout(limit, self.while_claimed(request, lease_until_ms)).await;
            self.host.points.hit(Point::SendBeforeMark)?;
            self.understand(&about, answered.unwrap_or(SendAnswer::Unknown)).await
        };
        Ok(Ended {
            settlement: Settlement { shop: about.shop, id, attempt: about.attempt, end: end.end },
            conversation,
            effect,
            market,
            window_closed: end.window_closed.then_some(last_inbound_ms),
            initiated: about.template.is_some(),
            free,
        })
    }

    /// Whether it is certain that nothing has settled a send since it was claimed.
    async fn is_still_wanted(&self, about: &answer::About, id: SendId) -> bool {
        let row = async { self.host.store.read(about.shop).await?.send(about.shop, id).await };
        match row.await {
            Ok(row) => {
                row.is_some_and(|row| row.facts.state == SendState::Sending && row.facts.attempt == about.attempt)
            }
            Err(error) => {
                tracing::warn!(%error, "a message is not sent again yet: it is not known whether it still must be");
                false
            }
        }
    }

    /// Goes no further with a request than the claim lasts: a process that stood still meanwhile must not write what another
    /// may be writing by now (F105). What has left before is settled by a status.
    async fn while_claimed(&self, request: SendRequest, lease_until_ms: i64) -> SendAnswer {
        let mut sending = std::pin::pin!(self.transport.send(request));
        let clock = &self.host.clock;
        std::future::poll_fn(|context| match clock.monotonic_ms() < lease_until_ms {
            true => sending.as_mut().poll(context),
            false => Poll::Ready(SendAnswer::Unknown),
        })
        .await
    }

    /// Writes down how attempts ended.
    pub async fn settle(&self, ended: Vec<Ended>) -> Result<(), OutboxError> {
        if !ended.is_empty() {
            self.desk.commit(Job::Settle(ended)).await?;
        }
        Ok(())
    }
}

/// The end of a send of which no attempt was made.
fn not_attempted(send: &ClaimedSend, end: AttemptEnd) -> Ended {
    Ended {
        settlement: Settlement { shop: send.send.shop, id: send.send.id, attempt: send.attempt, end },
        conversation: send.send.conversation,
        effect: effect_of(send),
        market: 0,
        window_closed: None,
        initiated: false,
        free: FreeEntry::None,
    }
}

fn effect_of(send: &ClaimedSend) -> EffectId {
    EffectId { turn: send.send.turn, index: send.send.index }
}

/// Until when a message must wait: not too many to one customer, and, if the business writes first, not to too many.
/// `None`: it may go.
fn must_wait(pace: &mut Pace, shop: &Shop, send: &ClaimedSend, initiates: Option<&Known>, now_ms: i64) -> Option<i64> {
    let customer = (send.send.shop, send.send.conversation);
    let is_paced = send.identities.first().is_none_or(|identity| identity.channel == WHATSAPP.name);
    if is_paced && let Err(wait_ms) = pace.pair(customer.0, customer.1) {
        return Some(now_ms.saturating_add(wait_ms));
    }
    let known = initiates?;
    let tier = pace.tier(&shop.portfolio, known.health.as_ref());
    pace.recipient(&shop.portfolio, customer, tier, now_ms).err()
}

/// What the tables say that the sends of one number are judged by.
struct Known {
    /// Some of them are templates.
    initiates: bool,
    consents: BTreeMap<(ConversationId, SmolStr), ConsentEntry>,
    templates: BTreeMap<(SmolStr, SmolStr), TemplateRow>,
    health: Option<NumberHealth>,
}

impl Known {
    /// Reads what these sends need: replies need nothing.
    async fn read(tx: &mut Tx, due: &Due, sends: &[(ClaimedSend, Option<Outbound>)]) -> store::Result<Known> {
        let mut known = Known { initiates: false, consents: BTreeMap::new(), templates: BTreeMap::new(), health: None };
        let templates = sends.iter().filter(|(_, outbound)| matches!(outbound, Some(Outbound::Template(_))));
        let mut conversations: Vec<ConversationId> = templates.map(|(send, _)| send.send.conversation).collect();
        if conversations.is_empty() {
            return Ok(known);
        }
        known.initiates = true;
        conversations.sort_unstable();
        conversations.dedup();
        let consents = tx.standing_consents(due.shop, &conversations).await?;
        known.consents = consents.into_iter().map(|it| ((it.conversation, it.name.clone()), it)).collect();
        let templates = tx.templates(due.shop).await?;
        known.templates = templates.into_iter().map(|it| ((it.name.clone(), it.language.clone()), it)).collect();
        known.health = tx.health(due.shop).await?.into_iter().find(|it| it.number == due.number);
        Ok(known)
    }
}
