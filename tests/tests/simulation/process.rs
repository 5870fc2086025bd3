//! One server process: a host on the common store, with what it holds only in memory. It ends by being dropped.

use std::collections::VecDeque;
use std::sync::Arc;

use duka_engine::program::Program;
use duka_runtime::host::calls::{Calls, CallsError};
use duka_runtime::host::clock::ManualClock;
use duka_runtime::host::desk::{Desk, DeskError};
use duka_runtime::host::holds::{Before, Holds};
use duka_runtime::host::incoming::Arrival;
use duka_runtime::host::mint::Mint;
use duka_runtime::host::outbox::{Attempt, Outbox, OutboxError};
use duka_runtime::host::points::{Points, Struck};
use duka_runtime::host::shops::{Shop, Shops};
use duka_runtime::host::worker::{Worker, WorkerError};
use duka_runtime::host::writer::{Ended, Job, Took, WriteError, Writer};
use duka_runtime::host::{Host, Limits};
use duka_runtime::id::{SendId, ShopScope};
use duka_runtime::store::{Claim, Store};
use serde_json::Value as Json;

use crate::backend::Backend;
use crate::bugs::Bug;
use crate::wire::{BOUTIQUE, NUMBERS, Shared, Way, place_of};

/// The process has died at a point, or the store has refused.
#[derive(Debug)]
pub enum Fell {
    Struck,
    Refused(String),
}

impl From<WriteError> for Fell {
    fn from(error: WriteError) -> Fell {
        match error {
            WriteError::Struck(Struck(_)) => Fell::Struck,
            WriteError::Store(error) => Fell::Refused(error.to_string()),
        }
    }
}

impl From<DeskError> for Fell {
    fn from(error: DeskError) -> Fell {
        match error {
            DeskError::Write(error) => error.into(),
            DeskError::Closed(error) => Fell::Refused(error.to_string()),
        }
    }
}

impl From<OutboxError> for Fell {
    fn from(error: OutboxError) -> Fell {
        match error {
            OutboxError::Struck(Struck(_)) => Fell::Struck,
            OutboxError::Store(error) => Fell::Refused(error.to_string()),
            OutboxError::Desk(error) => error.into(),
        }
    }
}

impl From<WorkerError> for Fell {
    fn from(error: WorkerError) -> Fell {
        match error {
            WorkerError::Struck(Struck(_)) => Fell::Struck,
            WorkerError::Store(error) => Fell::Refused(error.to_string()),
            WorkerError::Desk(error) => error.into(),
        }
    }
}

impl From<CallsError> for Fell {
    fn from(error: CallsError) -> Fell {
        match error {
            CallsError::Struck(Struck(_)) => Fell::Struck,
            CallsError::Store(error) => Fell::Refused(error.to_string()),
            CallsError::Desk(error) => error.into(),
        }
    }
}

impl From<duka_runtime::store::Error> for Fell {
    fn from(error: duka_runtime::store::Error) -> Fell {
        Fell::Refused(error.to_string())
    }
}

pub struct Process {
    pub id: u64,
    pub host: Arc<Host>,
    writer: Arc<Writer>,
    worker: Worker,
    outbox: Outbox<Way>,
    holds: Holds,
    calls: Calls<Arc<Backend>>,
    pub attempts: VecDeque<Attempt>,
    pub ended: Vec<Ended>,
    /// What was claimed since somebody last looked.
    pub claimed: Vec<(SendId, u32)>,
    /// Until when it stands still, in true time (F105).
    pub stopped_until_ms: i64,
    bug: Bug,
}

/// What the shops say: the counter of two, and the boutique with its fixture.
#[derive(Clone)]
pub struct Plays {
    pub counter: Arc<Program>,
    pub boutique: Arc<Program>,
    pub fixture: Json,
}

/// What a process is made of.
pub struct Parts<'a> {
    pub store: &'a Store,
    pub plays: &'a Plays,
    pub backend: &'a Arc<Backend>,
    pub clock: &'a Arc<ManualClock>,
    pub sky: &'a Shared,
    pub points: Points,
    pub limits: Limits,
    pub bug: Bug,
    /// Different for each process of each run.
    pub seed: u64,
}

pub fn scopes() -> [ShopScope; 3] {
    [1, 2, 3].map(ShopScope::numbered)
}

impl Process {
    /// Starts; `alone`: no other process can be alive.
    pub async fn start(id: u64, parts: Parts<'_>, alone: bool) -> Result<Process, Fell> {
        let Parts { store, plays, backend, clock, sky, points, limits, bug, seed } = parts;
        let shop = |scope: ShopScope| {
            let place = place_of(scope);
            let (program, fixture) = match place {
                BOUTIQUE => (&plays.boutique, plays.fixture.clone()),
                _ => (&plays.counter, Json::Null),
            };
            Shop::new(scope, NUMBERS[place].0.into(), Arc::clone(program), Vec::new(), fixture)
        };
        let mint = Mint::seeded(if bug == Bug::IdsAgain { seed } else { seed.wrapping_mul(1_000).wrapping_add(id) });
        let host = Host::new(store.clone(), clock.clone(), mint, Shops::of(scopes().map(shop)), limits);
        let host = Arc::new(Host { points, ..host });
        let writer = Arc::new(Writer::new(Arc::clone(&host)));
        let way = Way { sky: sky.clone(), process: id };
        let outbox = Outbox::new(Arc::clone(&host), Desk::Here(Arc::clone(&writer)), way);
        let worker = Worker::new(Arc::clone(&host), Desk::Here(Arc::clone(&writer)), Arc::clone(&writer));
        let holds = Holds::new(Arc::clone(&host));
        let calls = Calls::new(Arc::clone(&host), Desk::Here(Arc::clone(&writer)), Arc::clone(backend));
        if bug != Bug::NoBeginning && holds.begin(alone).await? == Before::Unclean {
            writer.be_careful();
        }
        Ok(Process {
            id,
            host,
            writer,
            worker,
            outbox,
            holds,
            calls,
            attempts: VecDeque::new(),
            ended: Vec::new(),
            claimed: Vec::new(),
            stopped_until_ms: 0,
            bug,
        })
    }

    pub async fn receive(&self, arrivals: Vec<Arrival>) -> Result<Vec<Took>, Fell> {
        Ok(self.writer.commit(vec![Job::Arrivals(arrivals)]).await.pop().unwrap_or(Ok(Vec::new()))?)
    }

    /// The same, in one commit with the oldest events of the inbox, whichever comes first.
    pub async fn receive_with_inbox(&self, arrivals: Vec<Arrival>, inbox_first: bool) -> Result<Vec<Took>, Fell> {
        let (owner, now_ms) = (self.host.owner, self.host.clock.now_ms());
        let claim = Claim { owner, now_ms, lease_ms: self.host.limits.event_lease_ms, limit: 100 };
        let mut jobs = vec![Job::Arrivals(arrivals)];
        for shop in scopes() {
            let mut tx = self.host.store.begin(shop).await?;
            let rows = tx.take_inbox(shop, None, claim).await?;
            tx.commit().await?;
            let place = if inbox_first { 0 } else { jobs.len() };
            jobs.insert(place, Job::Inbox(rows));
        }
        let at = jobs.iter().position(|job| matches!(job, Job::Arrivals(_))).unwrap_or(0);
        let mut answers = self.writer.commit(jobs).await;
        let own = if at < answers.len() { answers.swap_remove(at) } else { Ok(Vec::new()) };
        for other in answers {
            other?;
        }
        Ok(own?)
    }

    /// Asks the shops' systems. Returns how often.
    pub async fn call(&self) -> Result<usize, Fell> {
        Ok(self.calls.run_once().await?)
    }

    /// Takes what waits in the inbox, and wakes who wants to be woken. Returns how much.
    pub async fn work(&mut self) -> Result<usize, Fell> {
        if self.bug == Bug::NoWorker {
            return Ok(0);
        }
        Ok(self.worker.run_once().await?)
    }

    pub async fn claim(&mut self) -> Result<usize, Fell> {
        let round = self.outbox.claim(8).await?;
        let count = round.attempts.len() + round.ended.len();
        self.claimed.extend(round.attempts.iter().map(|it| (it.request.send, it.request.attempt)));
        self.attempts.extend(round.attempts);
        self.ended.extend(round.ended);
        Ok(count)
    }

    pub async fn attempt(&mut self) -> Result<bool, Fell> {
        let Some(mut attempt) = self.attempts.pop_front() else { return Ok(false) };
        if self.bug == Bug::LeaseIgnored {
            attempt.lease_until_ms = i64::MAX;
        }
        let ended = self.outbox.attempt(attempt).await?;
        self.ended.push(ended);
        Ok(true)
    }

    pub async fn settle(&mut self) -> Result<usize, Fell> {
        let ended = std::mem::take(&mut self.ended);
        let count = ended.len();
        if self.bug != Bug::NothingSettled {
            self.outbox.settle(ended).await?;
        }
        Ok(count)
    }

    pub async fn hold(&mut self) -> Result<usize, Fell> {
        if self.bug == Bug::NoHolds {
            return Ok(0);
        }
        // What has ended is written down at once, however long everything stood still.
        self.settle().await?;
        Ok(self.holds.run_once().await?)
    }

    pub async fn note(&self) -> Result<(), Fell> {
        Ok(self.holds.note().await?)
    }

    /// Ends; nothing was heard since `since_ms`.
    pub async fn end(&self, since_ms: i64) -> Result<(), Fell> {
        let since_ms = if self.bug == Bug::EndHearsAll { self.host.clock.now_ms() } else { since_ms };
        Ok(self.holds.end(since_ms).await?)
    }
}
