//! Queries and commands of turns: claimed, asked of the shop's systems under a deadline, the result brought back as an
//! event. A command whose process has died is not asked again: it is looked up, or its outcome stays unknown.

mod breaker;
mod demo;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use duka_engine::effect::CallRequest;
use duka_engine::event::Outcome;
use smol_str::{SmolStr, format_smolstr};

use self::breaker::Breakers;
use tokio::time::timeout;

use super::Host;
use super::desk::{Desk, DeskError};
use super::points::{Point, Struck};
use super::shops::Shop;
use super::writer::Job;
use crate::id::{ConversationId, ShopScope};
use crate::store::{self, Claim, ClaimedCall, EndedCall, NewCall, Work};

pub use self::demo::{Ails, DemoAdapter, Edit, Memory};

/// Shops whose calls are claimed in one transaction.
const MOST_SHOPS: usize = 64;

/// Calls of one shop that are claimed at once: the bulkhead that keeps a slow backend to itself (F77).
const MOST_OF_A_SHOP: u32 = 32;

/// Refusals that say nothing of the command itself.
const PASSING: [&str; 2] = ["rate_limited", "forbidden"];

/// Between two attempts of a query, or two look-ups of a command, in ms.
const PAUSE_MS: i64 = 500;

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
    /// Certainly not done: it may be asked for again.
    NotDone,
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
}

pub struct Calls<A> {
    host: Arc<Host>,
    desk: Desk,
    adapter: A,
    // Counted up and down, never held across a wait.
    breakers: Mutex<Breakers>,
}

impl<A: Adapter> Calls<A> {
    pub fn new(host: Arc<Host>, desk: Desk, adapter: A) -> Calls<A> {
        Calls { host, desk, adapter, breakers: Mutex::default() }
    }

    /// Claims, asks one after the other, and writes down. Returns how many calls were claimed.
    pub async fn run_once(&self) -> Result<usize, CallsError> {
        let claimed = self.claim(u32::MAX).await?;
        let count = claimed.len();
        for call in claimed {
            let end = self.perform(call).await?;
            self.settle(vec![end]).await?;
        }
        Ok(count)
    }

    /// Claims what is to be asked now, at most so many.
    pub async fn claim(&self, most: u32) -> Result<Vec<ClaimedCall>, CallsError> {
        let now_ms = self.host.clock.now_ms();
        let mut claimed = Vec::new();
        let due = self.host.due(Work::Calls, now_ms).await?;
        for group in due.chunks(MOST_SHOPS) {
            let mut tx = self.host.store.begin_for(&super::shops_of(group)).await?;
            for due in group {
                let room = most.saturating_sub(u32::try_from(claimed.len()).unwrap_or(u32::MAX)).min(MOST_OF_A_SHOP);
                if room > 0 {
                    let (owner, lease_ms) = (self.host.owner, self.host.limits.call_lease_ms);
                    let claim = Claim { owner, now_ms, lease_ms, limit: room };
                    claimed.extend(tx.claim_calls(due.shop, claim).await?);
                }
            }
            tx.commit().await?;
        }
        if !claimed.is_empty() {
            self.host.points.hit(Point::CallClaimed)?;
        }
        Ok(claimed)
    }

    /// Asks, or looks up what an attempt that died has done.
    pub async fn perform(&self, claimed: ClaimedCall) -> Result<CallEnd, CallsError> {
        let ClaimedCall { call, attempt } = claimed;
        let ended = ended(&call, attempt);
        let now_ms = self.host.clock.now_ms();
        let request: Option<CallRequest> = postcard::from_bytes(&call.body).ok();
        let (Some(shop), Some(request)) = (self.host.shops.shop(call.shop), request) else {
            let reason = SmolStr::new_static("the call can not be read");
            return Ok(CallEnd::Result(ended, Outcome::Failed { reason }));
        };
        let known_undone = call.query || attempt == 1;
        let left_ms = call.deadline_ms.saturating_sub(now_ms);
        if left_ms <= 0 {
            return Ok(CallEnd::Result(ended, if known_undone { Outcome::TimedOut } else { Outcome::Unknown }));
        }
        let retries = retries(&shop, &request);
        let backend = (call.shop, contract_of(&request));
        let ask = self.asked(&call, shop, request, now_ms);
        let limit = Duration::from_millis(u64::try_from(left_ms).unwrap_or(0));
        let fate = if known_undone {
            Fate::NotDone
        } else {
            timeout(limit, self.adapter.look_up(ask.clone())).await.unwrap_or(Fate::CannotTell)
        };
        let outcome = match fate {
            Fate::Done(outcome) => outcome,
            Fate::CannotTell => Outcome::Unknown,
            Fate::NotDone => {
                if self.breakers().lets_through(&backend, self.host.clock.monotonic_ms()) {
                    let lost = if call.query { Outcome::TimedOut } else { Outcome::Unknown };
                    let outcome = timeout(limit, self.adapter.ask(ask)).await.unwrap_or(lost);
                    self.breakers().heard(backend, &outcome, self.host.clock.monotonic_ms());
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
        Ok(self.end(ended, &call, attempt, retries, outcome))
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
                    let mut tx = self.host.store.begin(call.shop).await?;
                    tx.postpone_calls(&[(call, at_ms)]).await?;
                    tx.commit().await?;
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
