//! One call from its arguments to its outcome: pages, repetitions, and which answers mean what.

mod after;
mod attempt;
mod join;
mod names;
mod pages;
mod search;
mod steps;

use std::time::Duration;

use duka_engine::event::Outcome;
use duka_engine::hir::{Operation as Promise, OperationKind, Shop};
use duka_engine::types::Type;
use duka_engine::value::Value;
use serde_json::Value as Json;
use smol_str::{SmolStr, format_smolstr};
use tokio::time::{Instant, sleep};
use url::Url;

use super::Backend;
use super::give::{Reading, Records, holds};
use super::request::values;
use crate::adapter::mapping::{Absent, Operation};
use crate::config::Length;

pub(super) use self::names::Kept;
use crate::egress::{Egress, EgressError};
use crate::host::calls::Fate;

/// How long a query may take on the way of a message, and a command.
pub(super) const QUERY: Duration = Duration::from_secs(5);
const COMMAND: Duration = Duration::from_secs(15);

/// Times that a request is sent besides the first.
const AGAIN: u32 = 2;

/// How long a command must not be found before that is believed.
const GRACE_MS: i64 = 2_000;

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
    /// In which the customer is spoken to; empty: the shop's first.
    pub language: &'a str,
    pub left: Duration,
}

impl<'a> Call<'a> {
    /// The one of the shop's languages that it is asked in.
    pub fn language(&self) -> &'a str {
        spoken(self.shop, self.language)
    }
}

/// A language of the shop: this one where it is one, or its first.
pub fn spoken<'a>(shop: &'a Shop, language: &str) -> &'a str {
    let languages = &shop.languages;
    languages.iter().find(|tag| *tag == language).or(languages.first()).map_or("", SmolStr::as_str)
}

/// What came of a call, with the last answer for who wants to see it.
#[derive(Clone, Debug)]
pub struct Heard {
    pub outcome: Outcome,
    pub status: Option<u16>,
    pub json: Option<Json>,
}

/// Why an attempt gave nothing.
pub(super) enum Trouble {
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

impl Trouble {
    /// The same of a request that does nothing yet.
    pub(super) fn before_it_counts(self) -> Trouble {
        match self {
            Trouble::Passing { timed_out, after, reason, .. } => {
                Trouble::Passing { done: false, timed_out, after, reason }
            }
            Trouble::Unread(reason) => Trouble::Wrong(reason),
            Trouble::Refused(_) | Trouble::Wrong(_) | Trouble::Limited { .. } => self,
        }
    }

    fn told(self) -> String {
        match self {
            Trouble::Refused(why) => why.to_string(),
            Trouble::Wrong(why) | Trouble::Unread(why) | Trouble::Passing { reason: why, .. } => why,
            Trouble::Limited { .. } => "asked too often".to_string(),
        }
    }
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

    /// Asks for a list outside of any contract, as its mapping says where it is.
    ///
    /// # Errors
    /// It was not answered so.
    pub async fn list(&self, backend: &Backend, shop: &Shop, operation: &Operation) -> Result<Vec<Json>, String> {
        let promise = Promise {
            contract: backend.contract.clone(),
            name: SmolStr::new_static("list"),
            kind: OperationKind::Query,
            takes: Vec::new(),
            gives: None,
            within_ms: 0,
            fresh_for_ms: 0,
            retry: 0,
            fails: Vec::new(),
            repeatable: false,
            builtin: None,
        };
        let (key, conversation, language) = ("", "", "");
        let call = Call { shop, promise: &promise, arguments: &[], key, conversation, language, left: COMMAND };
        let mut turn = Turn::new(self, backend, operation, call);
        let asked = turn.pages(&operation.request, operation.page.as_ref(), operation.select.as_ref()).await;
        let items = |found: Vec<Json>| {
            let spread = found.into_iter().flat_map(|one| match one {
                Json::Array(items) => items,
                one => vec![one],
            });
            spread.collect()
        };
        asked.map(items).map_err(Trouble::told)
    }

    /// Looks up what became of a command.
    pub async fn look_up(&self, backend: &Backend, call: Call<'_>) -> Fate {
        let Some(operation) = backend.mapping.operations.get(&call.promise.path()) else { return Fate::CannotTell };
        if operation.idempotency.is_some() {
            // The same key again does it at most once.
            return Fate::NotDone;
        }
        let Some(find) = &operation.find_by_reference else { return Fate::CannotTell };
        let absent = Fate::Absent { for_ms: find.grace.map_or(GRACE_MS, Length::ms) };
        let mut turn = Turn::new(self, backend, operation, call);
        turn.doubts = true;
        let only = find.only.as_ref().map(|only| (only, 1));
        let read = match turn.pages_to(&find.request, find.page.as_ref(), Some(&find.select), only).await {
            Ok(read) => read,
            Err(_) if turn.is_absent(&find.absent) => return absent,
            Err(_) => return Fate::CannotTell,
        };
        let found = read.items;
        if found.is_empty() {
            let whole = read.to_the_end && !find.may_miss();
            return if whole { absent } else { Fate::CannotTell };
        }
        if found.len() > 1 && !matches!(call.promise.gives, Some(Type::List(_))) {
            backend.note_twice(call.key.to_string());
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
    /// Of the last answer.
    headers: Vec<(String, String)>,
    /// Where the next page is, where the backend has told its address.
    at: Option<Url>,
    /// The request that is sent is the one that counts.
    decides: bool,
    /// A page is only the last when the next one is empty: it may have fewer than were asked for.
    doubts: bool,
}

impl<'a> Turn<'a> {
    fn new(rest: &'a Rest, backend: &'a Backend, operation: &'a Operation, call: Call<'a>) -> Turn<'a> {
        let values = values(&backend.mapping, &call);
        let ends = Instant::now() + call.left;
        let (status, json, headers, at, decides, doubts) = (None, None, Vec::new(), None, true, false);
        Turn { rest, backend, operation, call, values, ends, status, json, headers, at, decides, doubts }
    }

    fn is_absent(&self, absent: &[Absent]) -> bool {
        let fits = |one: &Absent| {
            let status = one.status.is_empty() || self.status.is_some_and(|status| one.status.contains(&status));
            status && one.when.as_ref().is_none_or(|when| holds(when, self.json.as_ref(), ""))
        };
        self.status.is_some() && absent.iter().any(fits)
    }

    fn put(&mut self, place: &str, value: Json) {
        if let Json::Object(values) = &mut self.values {
            values.insert(place.to_string(), value);
        }
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
        if let Some(already) = operation.already.as_ref().filter(|already| self.is_done(already)) {
            self.decides = false;
            let read = self.pages(&already.request, None, already.select.as_ref()).await;
            let read = read.map_err(Trouble::before_it_counts)?;
            return self.reading().give(&read).map_err(Trouble::Wrong);
        }
        self.decides = false;
        if let Some(done) = self.prepare(&operation.steps).await? {
            self.may_stay(Some(&done)).await?;
            return self.reading().give(&[done]).map_err(Trouble::Wrong);
        }
        self.decides = true;
        if let Some(search) = &operation.search {
            return self.search(search).await;
        }
        // What is cut out of the items is looked for afterwards.
        let only = operation.only.as_ref().filter(|_| operation.spread.is_none());
        let only = only.and_then(|only| Some((only, only.most?)));
        let (page, select) = (operation.page.as_ref(), operation.select.as_ref());
        let selected = self.pages_to(&operation.request, page, select, only).await?.items;
        let selected = self.spread(operation.spread.as_ref(), operation.only.as_ref(), selected)?;
        let selected = self.only(operation.only.as_ref(), selected)?;
        if let Some(only) = &operation.only {
            self.marked(only, selected.len())?;
        }
        if selected.is_empty() && operation.only.is_some() && !matches!(self.call.promise.gives, Some(Type::List(_))) {
            return Err(Trouble::Refused("not_found".into()));
        }
        let selected = self.joined(selected).await?;
        self.may_stay(selected.first()).await?;
        self.reading().give(&selected).map_err(Trouble::Unread)
    }

    fn reading(&self) -> Reading<'a> {
        let records = Records::of(self.call.shop, &self.backend.mapping, self.call.language());
        Reading { records, operation: self.operation, promise: self.call.promise }
    }

    fn is_query(&self) -> bool {
        self.call.promise.kind == OperationKind::Query
    }
}

/// Anything up to a bound that doubles.
fn jitter(attempt: u32) -> Duration {
    Duration::from_millis(fastrand::u64(20..=200_u64 << attempt.min(4)))
}
