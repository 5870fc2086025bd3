//! The stand-in on a socket: one lock around a [`Graph`], connections that can be broken on purpose, and a task that
//! posts webhooks to the callback. Speaks plain HTTP to this machine only; it is a tool, not a service.

mod body;
mod callback;
mod control;
mod door;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::graph::Graph;
use super::plan::Plan;
use callback::Callback;

/// Lines of the journal file that may wait for the disk.
const LINES: usize = 100_000;

/// Where it listens, and whom it calls.
#[derive(Debug)]
pub struct Options {
    pub listen: SocketAddr,
    /// Where webhooks go, `http://127.0.0.1:8080/webhooks/whatsapp`; `None`: nowhere.
    pub callback: Option<String>,
    /// Each attempt becomes a line of JSON in this file.
    pub journal: Option<PathBuf>,
    pub plan: Plan,
}

/// Why it could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the stand-in is only for this machine: {0} is not a loopback address")]
    NotLoopback(SocketAddr),
    #[error("nothing can listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    #[error("the journal {0} can not be written: {1}")]
    Journal(String, std::io::Error),
    #[error("{0} is no callback: it is a full `http://` address")]
    Callback(String),
}

/// What all connections share.
pub(super) struct Shared {
    /// Answers depend on all answers before them, so they are given one after the other; each takes microseconds.
    graph: Mutex<Graph>,
    /// How far the stand-in's clock is ahead of the machine's, in milliseconds.
    ahead_ms: AtomicI64,
    /// When the task that posts webhooks means to look again.
    planned_ms: AtomicI64,
    wake: Notify,
    callback: Option<Callback>,
    lines: Option<mpsc::Sender<String>>,
    base: String,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Graph> {
        self.graph.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX) + self.ahead_ms.load(Ordering::Relaxed)
    }

    /// Lets webhooks go out earlier than was planned, if something is due earlier.
    fn hurry(&self, next_ms: Option<i64>) {
        if next_ms.is_some_and(|next| next < self.planned_ms.load(Ordering::Relaxed)) {
            self.wake.notify_one();
        }
    }
}

/// A stand-in that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it really listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Running {
    /// Looks at, or changes, the stand-in itself.
    pub fn with<T>(&self, look: impl FnOnce(&mut Graph) -> T) -> T {
        let (result, next) = {
            let mut graph = self.shared.lock();
            (look(&mut graph), graph.next_ms())
        };
        self.shared.hurry(next);
        result
    }

    /// What time it is for the stand-in.
    pub fn now_ms(&self) -> i64 {
        self.shared.now_ms()
    }

    /// From now on its clock is so far ahead of the machine's.
    pub fn set_ahead(&self, ms: i64) {
        self.shared.ahead_ms.store(ms, Ordering::Relaxed);
        self.shared.wake.notify_one();
    }

    /// Takes no more calls, ends those that are open, writes the journal to its end.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Listens; returns once the first call can come.
///
/// # Errors
///
/// An address that is not of this machine or is taken, a journal that can not be written, a callback that is none.
pub async fn start(options: Options) -> Result<Running, Error> {
    if !options.listen.ip().is_loopback() {
        return Err(Error::NotLoopback(options.listen));
    }
    let listener = TcpListener::bind(options.listen).await.map_err(|error| Error::Listen(options.listen, error))?;
    let address = listener.local_addr().map_err(|error| Error::Listen(options.listen, error))?;
    let callback = match options.callback {
        Some(address) => Some(Callback::to(&address).ok_or(Error::Callback(address))?),
        None => None,
    };
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let lines = match options.journal {
        Some(path) => Some(write_journal(path, &tasks, stop.clone()).await?),
        None => None,
    };
    let shared = Arc::new(Shared {
        graph: Mutex::new(Graph::new(options.plan)),
        ahead_ms: AtomicI64::new(0),
        planned_ms: AtomicI64::new(i64::MAX),
        wake: Notify::new(),
        callback,
        lines,
        base: format!("http://{address}"),
    });
    tasks.spawn(door::listen(listener, shared.clone(), stop.clone(), tasks.clone()));
    tasks.spawn(callback::post_due(shared.clone(), stop.clone()));
    Ok(Running { address, shared, stop, tasks })
}

/// Appends lines to the file until the stand-in stops; what was sent before that is written.
async fn write_journal(
    path: PathBuf,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> Result<mpsc::Sender<String>, Error> {
    let file = tokio::fs::File::create(&path).await;
    let file = file.map_err(|error| Error::Journal(path.display().to_string(), error))?;
    let (sender, mut lines) = mpsc::channel::<String>(LINES);
    tasks.spawn(async move {
        let mut file = tokio::io::BufWriter::new(file);
        loop {
            let line = tokio::select! {
                biased;
                line = lines.recv() => line,
                () = stop.cancelled() => None,
            };
            let Some(line) = line else { break };
            // A disk that is full ends the journal, not the stand-in.
            if file.write_all(line.as_bytes()).await.is_err() || (lines.is_empty() && file.flush().await.is_err()) {
                return;
            }
        }
        drop(file.flush().await);
    });
    Ok(sender)
}
