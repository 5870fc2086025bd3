//! Everything that changes a conversation goes through here: many jobs in one commit, steps included, one fsync for all
//! (architecture.md 4, performance.md 3). A job that fails alone fails alone. Reads no socket, and waits for no company.

mod batch;
mod dues;
mod lessons;
mod who;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use duka_engine::effect::EffectId;
use duka_engine::event::{EventKind, Outcome};

use self::batch::Batch;
use super::Host;
use super::incoming::{Arrival, Incoming};
use super::points::Struck;
use crate::id::{ConversationId, ShopScope};
use crate::store::{self, AttemptEnd, EndedCall, FreeEntry, InboxRow, Settlement};

/// What is to be committed together, and answered together.
#[derive(Clone, Debug)]
pub enum Job {
    /// The elements of one webhook.
    Arrivals(Vec<Arrival>),
    /// Attempts that have ended.
    Settle(Vec<Ended>),
    /// Calls that have ended.
    Results(Vec<(EndedCall, Outcome)>),
    /// Claimed events of the inbox, at most one of each conversation.
    Inbox(Vec<InboxRow>),
    /// Conversations whose time has come.
    Wakes(Vec<(ShopScope, ConversationId)>),
}

/// An attempt that has ended, with what it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub settlement: Settlement,
    pub conversation: ConversationId,
    pub effect: EffectId,
    /// The calling code of its receiver; 0: not known.
    pub market: u16,
    /// The provider says that the window is closed, which we thought opened by what the customer wrote at that time.
    pub window_closed: Option<i64>,
    /// It went as a template: the shop wrote first, which is counted.
    pub initiated: bool,
    /// What was known of a free entry point at the claim.
    pub free: FreeEntry,
}

/// What became of one element of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    /// Its turn was committed.
    Advanced,
    /// It waits in the inbox.
    Queued,
    /// It was known already.
    Copy,
    /// It was written down and needs no turn.
    Noted,
    /// It could not be processed, and is kept for a person.
    Quarantined,
    /// Its conversation is gone, or its claim, or its lease.
    Dropped,
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Struck(#[from] Struck),
}

impl WriteError {
    /// Whether the next job may go well.
    pub fn is_transient(&self) -> bool {
        match self {
            // What a disk refuses once it may take the next time; where it was a commit, the store says so again at once.
            WriteError::Store(error) => {
                error.is_transient() || matches!(error, store::Error::CommitUnknown(_) | store::Error::Disk(_))
            }
            WriteError::Struck(_) => false,
        }
    }
}

/// How often one job is tried.
const MOST_TRIES: u32 = 4;

/// For how long: whoever waits for an answer had better ask again (F42).
const PATIENCE_MS: i64 = 5_000;

/// One element of a job.
#[derive(Clone, Debug)]
struct Entry {
    /// The job's position in the batch.
    job: usize,
    /// Its own position in the job.
    at: usize,
    shop: ShopScope,
    piece: Piece,
    skip: Skip,
}

/// Whether an entry is left out of the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Skip {
    No,
    /// Its turn does not end well: its claim runs out, and it is tried again.
    Failed,
    /// Another process has its conversation just now, or its shop; or its program is looked up first: it is given back.
    Elsewhere,
}

#[derive(Clone, Debug)]
enum Piece {
    Arrival(Arrival),
    Settle(Ended),
    Result(EndedCall, Outcome),
    /// With what its bytes say, if they can be read.
    Inbox(InboxRow, Option<Incoming>),
    Wake(ConversationId, Incoming),
}

/// The one who writes.
pub struct Writer {
    host: Arc<Host>,
    /// Monotonic time until when nothing is fused; 0: fused.
    careful_until_ms: AtomicI64,
}

impl Writer {
    pub fn new(host: Arc<Host>) -> Writer {
        Writer { host, careful_until_ms: AtomicI64::new(0) }
    }

    /// Takes no turn in the commit of its arrival for a while: what ended the last process must have its attempts counted
    /// before it is tried again (TM48, F34).
    pub fn be_careful(&self) {
        let until = self.host.clock.monotonic_ms().saturating_add(self.host.limits.careful_ms).max(1);
        self.careful_until_ms.store(until, Ordering::Relaxed);
    }

    /// The inbox was found empty: careful no longer, if the time is over.
    pub fn inbox_is_empty(&self) {
        if self.is_careful() && self.host.clock.monotonic_ms() >= self.careful_until_ms.load(Ordering::Relaxed) {
            self.careful_until_ms.store(0, Ordering::Relaxed);
        }
    }

    pub fn is_careful(&self) -> bool {
        self.careful_until_ms.load(Ordering::Relaxed) != 0
    }

    /// Commits the jobs in one transaction, whatever shops they are of. What became of each element, by job.
    pub async fn commit(&self, jobs: Vec<Job>) -> Vec<Result<Vec<Took>, WriteError>> {
        let mut entries = Vec::new();
        let mut answers = Vec::with_capacity(jobs.len());
        for (job, it) in jobs.into_iter().enumerate() {
            let before = entries.len();
            entries_of(job, it, &mut entries);
            answers.push(Ok(vec![Took::Dropped; entries.len() - before]));
        }
        if entries.is_empty() {
            return answers;
        }
        let alone = entries.first().is_none_or(|first| entries.iter().all(|entry| entry.job == first.job));
        match self.run(&mut entries).await {
            Ok(took) => answer(&mut answers, &entries, took),
            Err(error) if alone || !may_go_alone(&error) => self.retry(&mut answers, entries, error).await,
            Err(_) => {
                for part in by_job(entries) {
                    self.alone(&mut answers, part).await;
                }
            }
        }
        answers
    }

    /// One job, apart from those it was with: one that fails alone fails alone.
    async fn alone(&self, answers: &mut [Result<Vec<Took>, WriteError>], mut part: Vec<Entry>) {
        match self.run(&mut part).await {
            Ok(took) => answer(answers, &part, took),
            Err(error) => self.retry(answers, part, error).await,
        }
    }

    async fn retry(&self, answers: &mut [Result<Vec<Took>, WriteError>], mut part: Vec<Entry>, mut error: WriteError) {
        let clock = &self.host.clock;
        let until_ms = clock.monotonic_ms().saturating_add(PATIENCE_MS);
        for tries in 1..MOST_TRIES {
            if !error.is_transient() || clock.monotonic_ms() >= until_ms {
                break;
            }
            tokio::time::sleep(store::pause(tries)).await;
            match self.run(&mut part).await {
                Ok(took) => return answer(answers, &part, took),
                Err(again) => error = again,
            }
        }
        // All of a group shares its fate, and the error goes to one job: the others learn it as their own.
        let mut jobs: Vec<usize> = part.iter().map(|entry| entry.job).collect();
        jobs.dedup();
        for job in jobs {
            if let Some(place) = answers.get_mut(job) {
                *place = Err(copy_of(&error));
            }
        }
    }

    async fn run(&self, entries: &mut [Entry]) -> Result<Vec<Took>, WriteError> {
        let batch = Batch {
            host: &self.host,
            shops: self.host.shops.now(),
            careful: self.is_careful(),
            now_ms: self.host.clock.now_ms(),
        };
        batch.run(entries).await
    }
}

fn entries_of(job: usize, it: Job, entries: &mut Vec<Entry>) {
    let before = entries.len();
    let mut add = |shop, piece| {
        let at = entries.len() - before;
        entries.push(Entry { job, at, shop, piece, skip: Skip::No });
    };
    match it {
        Job::Arrivals(arrivals) => arrivals.into_iter().for_each(|it| add(it.shop, Piece::Arrival(it))),
        Job::Settle(ended) => ended.into_iter().for_each(|it| add(it.settlement.shop, Piece::Settle(it))),
        Job::Results(results) => {
            results.into_iter().for_each(|(call, outcome)| add(call.shop, Piece::Result(call, outcome)));
        }
        Job::Inbox(rows) => {
            for row in rows {
                let incoming = Incoming::read(&row.body);
                add(row.shop, Piece::Inbox(row, incoming));
            }
        }
        Job::Wakes(places) => {
            for (shop, id) in places {
                add(shop, Piece::Wake(id, Incoming::event(EventKind::Wake)));
            }
        }
    }
}

fn by_job(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut parts: Vec<Vec<Entry>> = Vec::new();
    for entry in entries {
        match parts.last_mut().filter(|part| part.first().is_some_and(|first| first.job == entry.job)) {
            Some(part) => part.push(entry),
            None => parts.push(vec![entry]),
        }
    }
    parts
}

fn answer(answers: &mut [Result<Vec<Took>, WriteError>], entries: &[Entry], took: Vec<Took>) {
    for (entry, took) in entries.iter().zip(took) {
        if let Some(Ok(answer)) = answers.get_mut(entry.job)
            && let Some(place) = answer.get_mut(entry.at)
        {
            *place = took;
        }
    }
}

/// Whether a batch that failed so is worth taking apart: not when the process, the disk or the way to the database is the
/// cause. A thousand jobs that each find it gone would keep everybody waiting a thousand times as long.
fn may_go_alone(error: &WriteError) -> bool {
    match error {
        WriteError::Struck(_) => false,
        WriteError::Store(error) => match error {
            store::Error::Disk(_) | store::Error::Away(_) | store::Error::CommitUnknown(_) => false,
            store::Error::Stale(_)
            | store::Error::Busy(_)
            | store::Error::Full(_)
            | store::Error::Newer { .. }
            | store::Error::InUse(_)
            | store::Error::Closed { .. }
            | store::Error::Damaged { .. }
            | store::Error::Unreadable(_)
            | store::Error::Refused(..) => true,
        },
    }
}

fn copy_of(error: &WriteError) -> WriteError {
    match error {
        WriteError::Struck(struck) => WriteError::Struck(*struck),
        WriteError::Store(error) => WriteError::Store(store::Error::Refused(error.to_string(), None)),
    }
}

/// Whether the flow hears of the end of an attempt, and with which code.
fn failure_of(end: &AttemptEnd) -> Option<i32> {
    match end {
        AttemptEnd::Failed { error } => Some(*error),
        AttemptEnd::Expired => Some(super::codes::EXPIRED),
        AttemptEnd::Accepted { .. }
        | AttemptEnd::Again { .. }
        | AttemptEnd::Unknown { .. }
        | AttemptEnd::Parked
        | AttemptEnd::Cancelled => None,
    }
}
