//! One call from its arguments to its outcome: pages, repetitions, and which answers mean what.

mod pages;
mod search;

use std::time::Duration;

use duka_engine::event::Outcome;
use duka_engine::hir::{Operation as Promise, OperationKind, Shop};
use duka_engine::value::Value;
use serde_json::Value as Json;
use smol_str::{SmolStr, format_smolstr};
use tokio::time::{Instant, sleep, timeout_at};

use super::give::{Reading, Records, holds, shown};
use super::request::{Writing, values};
use super::{Backend, exact};
use crate::adapter::mapping::{Operation, Request};

pub(super) use self::search::Known;
use crate::egress::{Answer, Egress, EgressError};
use crate::host::calls::Fate;

/// How long a query may take on the way of a message, and a command.
const QUERY: Duration = Duration::from_secs(5);
const COMMAND: Duration = Duration::from_secs(15);

/// Times that a request is sent besides the first.
const AGAIN: u32 = 2;

/// The longest that a backend may ask us to wait before the next try.
const MOST_WAIT: Duration = Duration::from_secs(2);

/// Asks backends.
#[derive(Clone, Debug)]
pub struct Rest {
    egress: Egress,
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub shop: &'a Shop,
    pub promise: &'a Promise,
    pub arguments: &'a [Value],
    pub key: &'a str,
    pub conversation: &'a str,
    pub left: Duration,
}

/// What came of a call, with the last answer for who wants to see it.
#[derive(Clone, Debug)]
pub struct Heard {
    pub outcome: Outcome,
    pub status: Option<u16>,
    pub json: Option<Json>,
}

/// Why an attempt gave nothing.
enum Trouble {
    /// A business answer.
    Refused(SmolStr),
    /// Nothing was done, and it would be the same the next time.
    Wrong(String),
    /// It was answered, but not as the mapping or the contract says.
    Unread(String),
    /// May pass. `done`: it may have been done all the same.
    Passing { done: bool, timed_out: bool, after: Option<Duration>, reason: String },
    /// Too often; nothing was done.
    Limited { after: Option<Duration> },
}

impl From<EgressError> for Trouble {
    fn from(error: EgressError) -> Trouble {
        let reason = match &error {
            EgressError::Refused(why) => why.clone(),
            EgressError::NotReached(_)
            | EgressError::TimedOut
            | EgressError::Broken(_)
            | EgressError::TooLarge
            | EgressError::Redirected(_) => format!("the shop's system {error}"),
        };
        match &error {
            EgressError::Refused(_) => Trouble::Wrong(reason),
            EgressError::Redirected(_) | EgressError::TooLarge => Trouble::Unread(reason),
            EgressError::NotReached(_) | EgressError::TimedOut | EgressError::Broken(_) => Trouble::Passing {
                done: !error.is_unsent(),
                timed_out: error == EgressError::TimedOut,
                after: None,
                reason,
            },
        }
    }
}

impl Rest {
    pub fn new(egress: Egress) -> Rest {
        Rest { egress }
    }

    /// Asks. For a command whose answer was lost, [`Outcome::Unknown`].
    pub async fn ask(&self, backend: &Backend, call: Call<'_>) -> Heard {
        let path = call.promise.path();
        let Some(operation) = backend.mapping.operations.get(&path) else {
            let reason = format_smolstr!("the mapping has no `{path}`");
            return Heard { outcome: Outcome::Failed { reason }, status: None, json: None };
        };
        let mut turn = Turn::new(self, backend, operation, call);
        let outcome = turn.run().await;
        if let Outcome::Failed { reason } = &outcome {
            let shop = call.shop.profile.name.as_str();
            tracing::warn!(shop, operation = %path, %reason, "a shop's system failed");
        }
        Heard { outcome, status: turn.status, json: turn.json }
    }

    /// Looks up what became of a command.
    pub async fn look_up(&self, backend: &Backend, call: Call<'_>) -> Fate {
        let Some(operation) = backend.mapping.operations.get(&call.promise.path()) else { return Fate::CannotTell };
        if operation.idempotency.is_some() {
            // The same key again does it at most once.
            return Fate::NotDone;
        }
        let Some(find) = &operation.find_by_reference else { return Fate::CannotTell };
        let mut turn = Turn::new(self, backend, operation, call);
        let Ok(answer) = turn.attempt(&find.request, &[]).await else { return Fate::CannotTell };
        let found: Vec<Json> = find.select.all(&answer).into_iter().cloned().collect();
        if found.is_empty() {
            return Fate::NotDone;
        }
        turn.reading().give(&found).map_or(Fate::CannotTell, |value| Fate::Done(Outcome::Given(value)))
    }
}

struct Turn<'a> {
    rest: &'a Rest,
    backend: &'a Backend,
    operation: &'a Operation,
    call: Call<'a>,
    values: Json,
    ends: Instant,
    status: Option<u16>,
    json: Option<Json>,
}

impl<'a> Turn<'a> {
    fn new(rest: &'a Rest, backend: &'a Backend, operation: &'a Operation, call: Call<'a>) -> Turn<'a> {
        let values = values(call.shop, call.promise, call.arguments, call.key, call.conversation);
        Turn { rest, backend, operation, call, values, ends: Instant::now() + call.left, status: None, json: None }
    }

    async fn run(&mut self) -> Outcome {
        let query = self.is_query();
        let mut attempt = 0;
        loop {
            let trouble = match self.once().await {
                Ok(value) => return Outcome::Given(value),
                Err(trouble) => trouble,
            };
            let (after, last) = match trouble {
                Trouble::Refused(code) => return Outcome::Refused { code },
                Trouble::Wrong(reason) => return Outcome::Failed { reason: reason.into() },
                // It may have been done: asking again blindly could do it twice.
                Trouble::Unread(reason) | Trouble::Passing { done: true, reason, .. } if !query => {
                    let operation = self.call.promise.path();
                    tracing::warn!(operation, reason, "what became of a command is not known");
                    return Outcome::Unknown;
                }
                Trouble::Unread(reason) => return Outcome::Failed { reason: reason.into() },
                Trouble::Passing { timed_out: true, .. } => return Outcome::TimedOut,
                Trouble::Passing { after, reason, .. } => (after, Outcome::Failed { reason: reason.into() }),
                Trouble::Limited { after } => (after, Outcome::Refused { code: "rate_limited".into() }),
            };
            let pause = after.unwrap_or_else(|| jitter(attempt));
            if attempt >= AGAIN || pause > MOST_WAIT || Instant::now() + pause >= self.ends {
                return last;
            }
            attempt += 1;
            sleep(pause).await;
        }
    }

    /// All that is asked of the backend, once.
    async fn once(&mut self) -> Result<Value, Trouble> {
        let operation = self.operation;
        if let Some(search) = &operation.search {
            return self.search(search).await;
        }
        let selected = self.pages(&operation.request, operation.page.as_ref(), operation.select.as_ref()).await?;
        self.reading().give(&selected).map_err(Trouble::Unread)
    }

    /// One request and what its answer means.
    async fn attempt(&mut self, request: &Request, page: &[(String, String)]) -> Result<Json, Trouble> {
        let backend = self.backend;
        let mapping = &backend.mapping;
        let writing = Writing {
            base: &mapping.base.0,
            context: &mapping.context,
            secrets: &backend.secrets,
            values: &self.values,
        };
        let idempotency = self.operation.idempotency.as_ref().filter(|_| !self.is_query());
        let mut request = writing.write(request, idempotency, page).map_err(Trouble::Wrong)?;
        let busy = || Trouble::Passing {
            done: false,
            timed_out: false,
            after: None,
            reason: "too many calls of this shop wait for its system".to_string(),
        };
        let _permit = timeout_at(self.ends, backend.room.acquire()).await.map_err(|_| busy())?.map_err(|_| busy())?;
        let most = if self.is_query() { QUERY } else { COMMAND };
        request.within = most.min(self.ends.saturating_duration_since(Instant::now()));
        let answer = self.rest.egress.send(request).await?;
        let json = exact::parse(&answer.body);
        self.status = Some(answer.status);
        self.json.clone_from(&json);
        self.judge(&answer, json)
    }

    fn judge(&self, answer: &Answer, json: Option<Json>) -> Result<Json, Trouble> {
        let body = String::from_utf8_lossy(&answer.body);
        let fits = |fail: &&crate::adapter::mapping::Fail| {
            let status = fail.status.is_empty() || fail.status.contains(&answer.status);
            status && fail.when.as_ref().is_none_or(|when| holds(when, json.as_ref(), &body))
        };
        let named = self.operation.fails.iter().find(fits);
        let success = &self.operation.success;
        let fine = if success.status.is_empty() {
            (200..300).contains(&answer.status)
        } else {
            success.status.contains(&answer.status)
        };
        let passing = |done| Trouble::Passing {
            done,
            timed_out: false,
            after: answer.retry_after,
            reason: format!("the shop's system answered {}", answer.status),
        };
        match named.map(|fail| fail.code.as_str()) {
            Some("temporary") => return Err(passing(answer.status >= 500)),
            Some("rate_limited") => return Err(Trouble::Limited { after: answer.retry_after }),
            Some("auth") => return Err(Trouble::Wrong(key_refused(answer.status))),
            Some(code) => return Err(Trouble::Refused(code.into())),
            None => {}
        }
        if fine {
            if success.when.as_ref().is_some_and(|when| !holds(when, json.as_ref(), &body)) {
                let met = json.as_ref().map_or_else(|| "no JSON".to_string(), shown);
                return Err(Trouble::Wrong(format!("answered {}, but without success: {met}", answer.status)));
            }
            let needless = self.call.promise.gives.is_none();
            return json
                .or(needless.then_some(Json::Null))
                .ok_or_else(|| Trouble::Unread("the answer is not JSON".into()));
        }
        Err(match answer.status {
            401 => Trouble::Wrong(key_refused(401)),
            403 => Trouble::Refused("forbidden".into()),
            404 | 410 => Trouble::Refused("not_found".into()),
            429 => Trouble::Limited { after: answer.retry_after },
            408 | 425 | 500 | 502 | 503 | 504 => passing(true),
            400..500 => Trouble::Refused("refused".into()),
            status => Trouble::Wrong(format!("the shop's system answered {status}")),
        })
    }

    fn reading(&self) -> Reading<'a> {
        let records = Records::of(self.call.shop, &self.backend.mapping);
        Reading { records, operation: self.operation, promise: self.call.promise }
    }

    fn is_query(&self) -> bool {
        self.call.promise.kind == OperationKind::Query
    }
}

fn key_refused(status: u16) -> String {
    format!("the shop's system does not accept our key: it answered {status}")
}

/// Anything up to a bound that doubles.
fn jitter(attempt: u32) -> Duration {
    Duration::from_millis(fastrand::u64(20..=200_u64 << attempt.min(4)))
}
