//! The parts of a host as tasks that run until they are told to stop: woken by commits, and by the clock for what no
//! commit announces. Stopping finishes what is under way (I24).

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Host;
use super::calls::{Adapter, Calls};
use super::desk::{self, Desk};
use super::files::{Fetch, Fetcher};
use super::holds::{Before, Holds};
use super::outbox::Outbox;
use super::parts::Parts;
use super::transport::Transport;
use super::worker::Worker;
use super::writer::Writer;
use crate::files::Files;
use crate::store::{InboxRow, Result, Work};

/// How often work is looked for that no commit announced: timers, holds, other processes.
const POLL: Duration = Duration::from_millis(200);

/// A look for work is followed by a rest so many times as long: where many shops have something queued that may not go yet,
/// looking at them all must not keep a core busy.
const REST: u32 = 8;

/// After a failure, before the next try.
const AFTER_FAILURE: Duration = Duration::from_millis(250);

/// How long the last commit may take when the server goes down.
const GRACE: Duration = Duration::from_secs(1);

/// Files that are fetched at once, and those that wait for it.
const MOST_FETCHES: usize = 6;
const MOST_WANTED: usize = 64;

const HOLDS: Duration = Duration::from_secs(1);

/// What a host speaks to and fetches by.
pub struct Ways<T, A, F> {
    pub transport: T,
    pub adapter: A,
    pub fetch: F,
    /// Where fetched files are kept.
    pub files: Files,
}

/// A running host.
pub struct Serving {
    desk: Desk,
    /// Who writes, and who looks for work.
    parts: Parts,
    /// Attempts and calls under way.
    open: TaskTracker,
    writing: tokio::task::JoinHandle<()>,
    holds: Holds,
}

impl Serving {
    /// Begins, by those ways out. `alone`: no other process can be alive on this store.
    ///
    /// # Errors
    /// The store does not say how the last process ended.
    pub async fn begin<T, A, F>(host: Arc<Host>, ways: Ways<T, A, F>, alone: bool) -> Result<Serving>
    where
        T: Transport + 'static,
        A: Adapter + 'static,
        F: Fetch + 'static,
    {
        let Ways { transport, adapter, fetch, files } = ways;
        let holds = Holds::new(Arc::clone(&host));
        let writer = Arc::new(Writer::new(Arc::clone(&host)));
        if holds.begin(alone).await? == Before::Unclean {
            writer.be_careful();
        }
        let (desk, queue) = desk::open();
        let parts = Parts::default();
        let writing = parts.watched("writer", write(Arc::clone(&writer), queue, host.limits.batch));
        let writing = tokio::spawn(writing);
        let serving = Serving { desk: desk.clone(), parts, open: TaskTracker::new(), writing, holds };
        let (fetcher, wanted) = mpsc::channel(MOST_WANTED);
        serving.work(&host, desk.clone(), writer, fetcher);
        serving.fetch(Fetcher::new(Arc::clone(&host), desk.clone(), fetch, files), wanted);
        serving.send(&host, desk.clone(), transport);
        serving.call(&host, desk, adapter);
        serving.hold(&host);
        Ok(serving)
    }

    /// Where arrivals are brought to.
    pub fn desk(&self) -> Desk {
        self.desk.clone()
    }

    /// Stops looking for work. Holds end no more either: what would settle them is not heard any more.
    pub fn stop(&self) {
        self.parts.stop();
    }

    /// Ends when a part has ended that was not told to: nothing is sure to be done any more.
    pub async fn lost(&self) {
        self.parts.lost().await;
    }

    /// Stops, finishes what is under way until then, and ends. Arrivals must have stopped before, at `since_ms`. `clean`: no part
    /// beside the work was lost either, so that the next process need not be careful.
    ///
    /// # Errors
    /// The store does not take the note that the end was clean.
    pub async fn end(self, since_ms: i64, until: Instant, clean: bool) -> Result<()> {
        self.stop();
        self.open.close();
        let finished = async {
            self.parts.ended().await;
            self.open.wait().await;
        };
        // What takes longer is left to its lease.
        let _ = timeout_at(until, finished).await;
        // What has ended a part may come again: the next process is careful.
        if clean && !self.parts.is_lost() {
            self.holds.end(since_ms).await?;
        }
        drop(self.desk);
        let _ = timeout(GRACE, self.writing).await;
        Ok(())
    }

    fn work(&self, host: &Arc<Host>, desk: Desk, writer: Arc<Writer>, fetcher: mpsc::Sender<InboxRow>) {
        let worker = Arc::new(Worker::new(Arc::clone(host), desk, writer).with_fetcher(fetcher));
        let events = Arc::clone(&worker);
        let looking = look(self.parts.until(), host.store.subscribe(Work::Inbox), POLL, move || {
            let worker = Arc::clone(&events);
            async move { timed(worker.inbox_once()).await.map_err(|error| failed("inbox", &error)) }
        });
        self.parts.begin("inbox", looking);
        let finding = Arc::clone(&worker);
        let programs = look(self.parts.until(), host.shops.wanted(), POLL, move || {
            let worker = Arc::clone(&finding);
            async move { timed(worker.programs_once()).await.map_err(|error| failed("programs", &error)) }
        });
        self.parts.begin("programs", programs);
        let waking = look(self.parts.until(), host.store.subscribe(Work::Wakes), POLL, move || {
            let worker = Arc::clone(&worker);
            async move { timed(worker.wakes_once()).await.map_err(|error| failed("wake-ups", &error)) }
        });
        self.parts.begin("wake-ups", waking);
    }

    /// Fetches files, so many at once: each is whole in memory for a moment.
    fn fetch<F: Fetch + 'static>(&self, fetcher: Fetcher<F>, mut wanted: mpsc::Receiver<InboxRow>) {
        let (fetcher, room) = (Arc::new(fetcher), Arc::new(Semaphore::new(MOST_FETCHES)));
        let (open, stop) = (self.open.clone(), self.parts.until());
        self.parts.begin("files", async move {
            loop {
                let row = tokio::select! {
                    row = wanted.recv() => row,
                    () = stop.cancelled() => return,
                };
                let (Some(row), Ok(permit)) = (row, Arc::clone(&room).acquire_owned().await) else { return };
                let fetcher = Arc::clone(&fetcher);
                open.spawn(async move {
                    if let Err(error) = fetcher.bring(row).await {
                        failed("files", &error);
                    }
                    drop(permit);
                });
            }
        });
    }

    fn send<T: Transport + 'static>(&self, host: &Arc<Host>, desk: Desk, transport: T) {
        let outbox = Arc::new(Outbox::new(Arc::clone(host), desk, transport));
        let room = Arc::new(Semaphore::new(usize::try_from(host.limits.in_flight).unwrap_or(1)));
        let open = self.open.clone();
        let sending = look(self.parts.until(), host.store.subscribe(Work::Sends), POLL, move || {
            let (outbox, room, open) = (Arc::clone(&outbox), Arc::clone(&room), open.clone());
            async move { send_round(outbox, room, open).await }
        });
        self.parts.begin("outbox", sending);
    }

    fn call<A: Adapter + 'static>(&self, host: &Arc<Host>, desk: Desk, adapter: A) {
        let calls = Arc::new(Calls::new(Arc::clone(host), desk, adapter));
        let open = self.open.clone();
        let calling = look(self.parts.until(), host.store.subscribe(Work::Calls), POLL, move || {
            let (calls, open) = (Arc::clone(&calls), open.clone());
            async move { call_round(calls, open).await }
        });
        self.parts.begin("calls", calling);
    }

    fn hold(&self, host: &Arc<Host>) {
        let holds = Arc::new(Holds::new(Arc::clone(host)));
        let holding = look(self.parts.until(), host.store.subscribe(Work::Holds), HOLDS, move || {
            let holds = Arc::clone(&holds);
            async move {
                holds.note().await.map_err(|error| failed("holds", &error))?;
                timed(holds.run_once()).await.map_err(|error| failed("holds", &error))
            }
        });
        self.parts.begin("holds", holding);
    }
}

async fn write(writer: Arc<Writer>, mut queue: desk::Queue, most: usize) {
    while queue.serve_once(&writer, most).await {}
}

/// What a round came to.
struct Found {
    count: usize,
    /// What was spent on looking alone.
    looked: Duration,
}

/// Runs rounds while they find something; then waits for a commit, or for a while.
async fn look<N, F>(stop: CancellationToken, mut news: watch::Receiver<N>, poll: Duration, round: impl Fn() -> F)
where
    F: Future<Output = std::result::Result<Found, ()>> + Send,
{
    while !stop.is_cancelled() {
        news.borrow_and_update();
        let (rest, pause) = match round().await {
            Ok(Found { count, looked }) => {
                let rest = looked.saturating_mul(REST).min(POLL);
                (rest, if count == 0 { poll.saturating_sub(rest) } else { Duration::ZERO })
            }
            Err(()) => (AFTER_FAILURE, Duration::ZERO),
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = wait(rest, pause, &mut news) => {}
        }
    }
}

/// A rest that nothing ends, and a pause that news end.
async fn wait<N>(rest: Duration, pause: Duration, news: &mut watch::Receiver<N>) {
    if !rest.is_zero() {
        sleep(rest).await;
    }
    if !pause.is_zero() {
        tokio::select! {
            () = sleep(pause) => {}
            _ = news.changed() => {}
        }
    }
}

/// A round whose time is spent on looking if it finds nothing, and on work if it does.
async fn timed<E>(round: impl Future<Output = std::result::Result<usize, E>>) -> std::result::Result<Found, E> {
    let begun = Instant::now();
    let count = round.await?;
    Ok(Found { count, looked: if count == 0 { begun.elapsed() } else { Duration::ZERO } })
}

fn failed(what: &'static str, error: &dyn std::error::Error) {
    tracing::warn!(what, error = %error, "a round of work failed");
}

async fn send_round<T: Transport + 'static>(
    outbox: Arc<Outbox<T>>,
    room: Arc<Semaphore>,
    open: TaskTracker,
) -> std::result::Result<Found, ()> {
    // Waits until there is room at all.
    drop(room.acquire().await);
    let free = u32::try_from(room.available_permits()).unwrap_or(u32::MAX);
    let round = outbox.claim(free).await.map_err(|error| failed("outbox", &error))?;
    let (count, looked) = (round.attempts.len() + round.ended.len(), round.looked);
    for attempt in round.attempts {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { break };
        let outbox = Arc::clone(&outbox);
        open.spawn(async move {
            let ended = outbox.attempt(attempt).await;
            drop(permit);
            let settled = match ended {
                Ok(ended) => outbox.settle(vec![ended]).await,
                Err(error) => Err(error),
            };
            if let Err(error) = settled {
                // Its lease runs out, and then it is held as unknown.
                failed("outbox", &error);
            }
        });
    }
    if !round.ended.is_empty() {
        outbox.settle(round.ended).await.map_err(|error| failed("outbox", &error))?;
    }
    Ok(Found { count, looked })
}

async fn call_round<A: Adapter + 'static>(calls: Arc<Calls<A>>, open: TaskTracker) -> std::result::Result<Found, ()> {
    let begun = Instant::now();
    let claimed = calls.claim().await.map_err(|error| failed("calls", &error))?;
    let count = claimed.len();
    let looked = if count == 0 { begun.elapsed() } else { Duration::ZERO };
    for call in claimed {
        let calls = Arc::clone(&calls);
        open.spawn(async move {
            let end = calls.perform(call).await;
            let settled = match end {
                Ok(end) => calls.settle(vec![end]).await,
                Err(error) => Err(error),
            };
            if let Err(error) = settled {
                failed("calls", &error);
            }
        });
    }
    Ok(Found { count, looked })
}
