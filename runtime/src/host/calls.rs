//! Queries and commands of turns: claimed, asked of the shop's systems under a deadline, the result brought back as an
//! event. A command whose process has died is not asked again: it is looked up, or its outcome stays unknown.

mod breaker;
mod demo;
mod places;
pub(crate) mod unsettled;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use duka_engine::effect::CallRequest;
use duka_engine::event::Outcome;
use metrics::counter;
use serde::de::DeserializeOwned;
use smol_str::{SmolStr, format_smolstr};

use tokio::time::timeout;

use self::breaker::Breakers;
use self::places::{Place, Places};

use super::Host;
use super::desk::{Desk, DeskError};
use super::notices::{Notice, Told};
use super::points::{Point, Struck};
use super::shops::Shop;
use super::writer::Job;
use crate::id::{ConversationId, ShopScope};
use crate::store::{self, Claim, ClaimedCall, Due, EndedCall, NewCall, Tx, Work};

pub use self::demo::{Ails, DemoAdapter, Edit, Memory};

/// Shops whose calls are claimed in one transaction.
const MOST_SHOPS: usize = 64;

/// Calls of one shop that are claimed in one transaction.
const MOST_OF_A_CLAIM: usize = 32;

/// Of the calls that are open at once, one backend alone has an eighth (F77): what is slow keeps nobody else waiting. Of those
/// that are claimed, one shop has as much.
const PART: u32 = 7;

/// So many times as many calls are claimed as may be open: a shop has room for those of some of its systems beside one that is
/// slow. What is claimed counts as asked when its process dies, so no more than a few wait for a place.
const CLAIMED: u32 = 3;

/// Refusals that say nothing of the command itself.
const PASSING: [&str; 2] = ["rate_limited", "forbidden"];

/// Between two attempts of a query, or two look-ups of a command, in ms.
const PAUSE_MS: i64 = 500;

/// No call lives longer.
const MOST_ABSENT_MS: i64 = 600_000;

/// One call, as an adapter sees it.
#[derive(Clone, Debug)]
pub struct Ask {
    pub shop: Arc<Shop>,
    pub conversation: ConversationId,
    pub request: CallRequest,
    /// May be asked again without harm.
    pub query: bool,
    /// The same for every attempt of this call, and for no other call (I13).
    pub key: SmolStr,
    /// Now, ms since 1970.
    pub now_ms: i64,
    pub deadline_ms: i64,
}

/// A shop's systems.
pub trait Adapter: Send + Sync {
    /// Asks. Ends within the deadline; for a command, [`Outcome::Unknown`] when it may have been done.
    fn ask(&self, ask: Ask) -> impl Future<Output = Outcome> + Send;

    /// Looks up what became of a command by its key (F26).
    fn look_up(&self, ask: Ask) -> impl Future<Output = Fate> + Send;
}

/// What a backend knows of a command whose answer was lost.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    Done(Outcome),
    /// It may be asked for again: it is certainly not done, or done once however often it is asked for.
    NotDone,
    /// It was looked for, and is not there. What was sent may still be on its way, so that is only believed when it has been so for
    /// this long.
    Absent {
        for_ms: i64,
    },
    CannotTell,
}

impl<A: Adapter> Adapter for Arc<A> {
    fn ask(&self, ask: Ask) -> impl Future<Output = Outcome> + Send {
        A::ask(self, ask)
    }

    fn look_up(&self, ask: Ask) -> impl Future<Output = Fate> + Send {
        A::look_up(self, ask)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CallsError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Struck(#[from] Struck),
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// How an attempt of a call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum CallEnd {
    Result(EndedCall, Outcome),
    /// Again from then on, ms since 1970.
    Later(EndedCall, i64),
    /// Nobody was asked for anything: as if it had not been claimed.
    NotBegun(EndedCall),
}

/// A claimed call, until it has ended.
pub struct Held {
    claimed: ClaimedCall,
    /// Monotonic ms: the lease runs from then on.
    since_ms: i64,
    _place: Place<ShopScope>,
}

pub struct Calls<A> {
    host: Arc<Host>,
    desk: Desk,
    adapter: A,
    held: Places<ShopScope>,
    /// The bulkheads: calls that are asked or looked up at this moment.
    open: Places<Backend>,
    // Counted up and down, never held across a wait.
    breakers: Mutex<Breakers>,
    /// Commands that were looked for and are not there, by key. A process that begins anew waits anew.
    absent: Mutex<BTreeMap<SmolStr, Missed>>,
}

/// A command that is not there.
struct Missed {
    /// Monotonic ms.
    since_ms: i64,
    /// The last attempt that has looked for it.
    attempt: u32,
}

impl<A: Adapter> Calls<A> {
    pub fn new(host: Arc<Host>, desk: Desk, adapter: A) -> Calls<A> {
        let in_flight = host.limits.in_flight;
        let (held, open) = (Places::new(in_flight.saturating_mul(CLAIMED), PART), Places::new(in_flight, PART));
        Calls { host, desk, adapter, held, open, breakers: Mutex::default(), absent: Mutex::default() }
    }

    /// Claims, asks one after the other, and writes down. Returns how many calls were claimed.
    pub async fn run_once(&self) -> Result<usize, CallsError> {
        let claimed = self.claim().await?;
        let count = claimed.len();
        for call in claimed {
            let end = self.perform(call).await?;
            self.settle(vec![end]).await?;
        }
        Ok(count)
    }

    /// Claims what is to be asked now, of each shop no more than it may have under way.
    pub async fn claim(&self) -> Result<Vec<Held>, CallsError> {
        let (now_ms, since_ms) = (self.host.clock.now_ms(), self.host.clock.monotonic_ms());
        let mut held = Vec::new();
        let due = self.host.due(Work::Calls, now_ms).await?;
        for group in due.chunks(MOST_SHOPS) {
            match self.claim_group(group, now_ms, since_ms).await {
                Ok(claimed) => held.extend(claimed),
                // What was claimed before is asked: a command whose claim runs out may have been.
                Err(error) if !held.is_empty() => {
                    tracing::warn!(%error, "not all calls that are due could be claimed");
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if !held.is_empty() {
            self.host.points.hit(Point::CallClaimed)?;
        }
        Ok(held)
    }

    async fn claim_group(&self, group: &[Due], now_ms: i64, since_ms: i64) -> store::Result<Vec<Held>> {
        let mut held = Vec::new();
        let mut tx = self.host.store.begin_for(&super::shops_of(group)).await?;
        for due in group {
            let places = std::iter::from_fn(|| self.held.try_take(&due.shop)).take(MOST_OF_A_CLAIM);
            let places: Vec<_> = places.collect();
            if !places.is_empty() {
                let (owner, lease_ms) = (self.host.owner, self.host.limits.call_lease_ms);
                let limit = u32::try_from(places.len()).unwrap_or(u32::MAX);
                let claimed = tx.claim_calls(due.shop, Claim { owner, now_ms, lease_ms, limit }).await?;
                let claimed = claimed.into_iter().zip(places);
                held.extend(claimed.map(|(claimed, _place)| Held { claimed, since_ms, _place }));
            }
        }
        tx.commit().await?;
        Ok(held)
    }

    /// Asks, or looks up what an attempt that died has done. A command whose fate stays unknown is kept for a person.
    pub async fn perform(&self, held: Held) -> Result<CallEnd, CallsError> {
        let ClaimedCall { call, attempt } = held.claimed;
        let end = self.attempt(&call, attempt, held.since_ms).await?;
        if matches!(end, CallEnd::Result(_, Outcome::Unknown)) {
            self.keep(&call).await?;
        }
        Ok(end)
    }

    /// Ends within the lease, behind which another attempt begins: waits for a place for half of it at most, and leaves some
    /// of it for writing down how it ended.
    async fn attempt(&self, call: &NewCall, attempt: u32, since_ms: i64) -> Result<CallEnd, CallsError> {
        let ended = ended(call, attempt);
        // A shop that went while its call was claimed: who serves it next asks.
        let Some(shop) = self.host.shops.shop(call.shop) else {
            return Ok(CallEnd::NotBegun(ended));
        };
        let Some(request) = read::<CallRequest>(&call.body) else {
            let reason = SmolStr::new_static("the call can not be read");
            return Ok(CallEnd::Result(ended, Outcome::Failed { reason }));
        };
        let known_undone = call.query || attempt == 1;
        let backend = (call.shop, contract_of(&request));
        let retries = retries(&shop, &request);
        let lease_ms = self.host.limits.call_lease_ms;
        let limit = || self.left(call, since_ms + lease_ms * 11 / 12);
        let never_asked = if known_undone { Outcome::TimedOut } else { Outcome::Unknown };
        let place = self.place(&backend, self.left(call, since_ms + lease_ms / 2)).await;
        let (Some(_place), Some(left)) = (place, limit()) else {
            return Ok(self.end(ended, call, attempt, retries, never_asked));
        };
        let ask = self.asked(call, shop, request, self.host.clock.now_ms());
        let fate = if known_undone {
            Fate::NotDone
        } else {
            timeout(left, self.adapter.look_up(ask.clone())).await.unwrap_or(Fate::CannotTell)
        };
        let outcome = match fate {
            Fate::Done(outcome) => outcome,
            Fate::CannotTell => Outcome::Unknown,
            Fate::Absent { for_ms } if !self.is_believed(&ask.key, attempt, for_ms) => Outcome::Unknown,
            Fate::NotDone | Fate::Absent { .. } => {
                let Some(left) = limit() else {
                    return Ok(self.end(ended, call, attempt, retries, never_asked));
                };
                if self.breakers().lets_through(&backend, self.host.clock.monotonic_ms()) {
                    let ask = Ask { now_ms: self.host.clock.now_ms(), ..ask };
                    let lost = if call.query { Outcome::TimedOut } else { Outcome::Unknown };
                    let outcome = timeout(left, self.adapter.ask(ask)).await.unwrap_or(lost);
                    self.heard(backend, &outcome);
                    if known_undone { outcome } else { after_unknown(outcome) }
                } else if known_undone {
                    let reason = SmolStr::new_static("the shop's system has failed too often just now");
                    return Ok(CallEnd::Result(ended, Outcome::Failed { reason }));
                } else {
                    Outcome::Unknown
                }
            }
        };
        self.host.points.hit(Point::CallAnswered)?;
        Ok(self.end(ended, call, attempt, retries, outcome))
    }

    /// Remembers how a backend has answered, and tells who keeps it when it is left alone.
    fn heard(&self, backend: Backend, outcome: &Outcome) {
        let (shop, contract) = backend.clone();
        let is_left_alone = self.breakers().heard(backend, outcome, self.host.clock.monotonic_ms());
        if is_left_alone {
            self.host.notices.tell(Told { shop, conversation: None, notice: Notice::SystemFails { contract } });
        }
    }

    /// Whether a command has been absent for so long. Once that is believed, it counts anew; and where an attempt was made
    /// elsewhere in between, which may have asked for it again.
    fn is_believed(&self, key: &SmolStr, attempt: u32, for_ms: i64) -> bool {
        let now_ms = self.host.clock.monotonic_ms();
        let mut absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        absent.retain(|_, missed| missed.since_ms.saturating_add(MOST_ABSENT_MS) > now_ms);
        let before = absent.get(key).filter(|missed| missed.attempt.saturating_add(1) == attempt);
        let since_ms = before.map_or(now_ms, |missed| missed.since_ms);
        absent.insert(key.clone(), Missed { since_ms, attempt });
        let is_believed = since_ms.saturating_add(for_ms) <= now_ms;
        if is_believed {
            absent.remove(key);
        }
        is_believed
    }

    /// What is left of a call's time until then (monotonic ms).
    fn left(&self, call: &NewCall, until_ms: i64) -> Option<Duration> {
        let left_ms = call.deadline_ms.saturating_sub(self.host.clock.now_ms());
        let left_ms = left_ms.min(until_ms.saturating_sub(self.host.clock.monotonic_ms()));
        u64::try_from(left_ms).ok().filter(|left_ms| *left_ms > 0).map(Duration::from_millis)
    }

    /// A place with a backend, if there is one in time.
    async fn place(&self, backend: &Backend, within: Option<Duration>) -> Option<Place<Backend>> {
        let within = within?;
        if let Some(place) = self.open.try_take(backend) {
            return Some(place);
        }
        let place = timeout(within, self.open.take(backend)).await.ok();
        let end = if place.is_some() { "asked" } else { "late" };
        counter!("duka_calls_waited_total", "end" => end).increment(1);
        place
    }

    fn asked(&self, call: &NewCall, shop: Arc<Shop>, request: CallRequest, now_ms: i64) -> Ask {
        let ask = ask(call, shop, request, now_ms);
        Ask { key: format_smolstr!("{}{}", ask.key, self.host.since_restore()), ..ask }
    }

    fn end(&self, ended: EndedCall, call: &NewCall, attempt: u32, retries: u32, outcome: Outcome) -> CallEnd {
        let later_ms = self.host.clock.now_ms().saturating_add(PAUSE_MS);
        let again = match &outcome {
            Outcome::Unknown => !call.query,
            Outcome::Failed { .. } => call.query && attempt <= retries,
            Outcome::Given(_) | Outcome::Refused { .. } | Outcome::TimedOut => false,
        };
        if again && later_ms < call.deadline_ms {
            CallEnd::Later(ended, later_ms)
        } else {
            CallEnd::Result(ended, outcome)
        }
    }

    /// Writes down how attempts ended; results become events.
    pub async fn settle(&self, ends: Vec<CallEnd>) -> Result<(), CallsError> {
        let mut results = Vec::new();
        for end in ends {
            match end {
                CallEnd::Result(call, outcome) => results.push((call, outcome)),
                CallEnd::Later(call, at_ms) => {
                    let later = &[(call.clone(), at_ms)];
                    let postponed = |mut tx: Tx| async move {
                        tx.postpone_calls(later).await?;
                        Ok((tx, ()))
                    };
                    self.host.store.transact(call.shop, postponed).await?;
                }
                CallEnd::NotBegun(call) => {
                    let call = &call;
                    let given_back = |mut tx: Tx| async move {
                        tx.give_back_call(call).await?;
                        Ok((tx, ()))
                    };
                    self.host.store.transact(call.shop, given_back).await?;
                }
            }
        }
        if !results.is_empty() {
            self.desk.commit(Job::Results(results)).await?;
        }
        Ok(())
    }

    fn breakers(&self) -> MutexGuard<'_, Breakers> {
        self.breakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a repeated command has led to whose first answer was lost: that it can not be done now says nothing of the first.
fn after_unknown(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Failed { .. } | Outcome::TimedOut => Outcome::Unknown,
        Outcome::Refused { code } if PASSING.contains(&code.as_str()) => Outcome::Unknown,
        Outcome::Given(_) | Outcome::Refused { .. } | Outcome::Unknown => outcome,
    }
}

/// Reads what ends with a call, also what was written when a call had no language: it stops where an empty text stands now.
fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    match postcard::from_bytes(body) {
        Err(postcard::Error::DeserializeUnexpectedEnd) => postcard::from_bytes(&[body, &[0]].concat()).ok(),
        read => read.ok(),
    }
}

fn ended(call: &NewCall, attempt: u32) -> EndedCall {
    let NewCall { shop, conversation, turn, index, .. } = call;
    EndedCall { shop: *shop, conversation: *conversation, turn: *turn, index: *index, attempt }
}

fn ask(call: &NewCall, shop: Arc<Shop>, request: CallRequest, now_ms: i64) -> Ask {
    // The conversation may be on an older revision, in which operations have other numbers.
    let mut request = request;
    let here = shop.program.shop.operations.iter().position(|it| is_named(it, &request.name));
    if let Some(at) = here.and_then(|at| u16::try_from(at).ok()) {
        request.operation = duka_engine::hir::OperationId(at);
    }
    Ask {
        key: format_smolstr!("{}-{:016x}-{}-{}", call.shop.number(), call.conversation.0, call.turn, call.index),
        shop,
        conversation: call.conversation,
        request,
        query: call.query,
        now_ms,
        deadline_ms: call.deadline_ms,
    }
}

fn is_named(operation: &duka_engine::hir::Operation, name: &str) -> bool {
    name.split_once('.').is_some_and(|(contract, own)| operation.contract == contract && operation.name == own)
}

fn retries(shop: &Shop, request: &CallRequest) -> u32 {
    let operation = shop.program.shop.operations.iter().find(|it| is_named(it, &request.name));
    operation.map_or(0, |operation| operation.retry)
}

fn contract_of(request: &CallRequest) -> SmolStr {
    request.name.split_once('.').map_or_else(|| request.name.clone(), |(contract, _)| contract.into())
}

/// One backend of one shop.
type Backend = (ShopScope, SmolStr);
