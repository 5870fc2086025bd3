//! The server under development, on a thread of its own: it can be ended as a process is when its plug is pulled, and be
//! begun again on the same database and address. One thread, so that nothing of a server is under way anywhere when its
//! runtime goes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::{Mutex, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::config::Config;
use crate::server::Server;
use crate::server::run::{Around, Running, StartError, start_within};
use crate::shops::Reloaded;
use crate::store;

/// How long the address and the database of a server that was ended may stay taken.
const PATIENCE: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Of the environment it sees nothing else.
pub type Variables = Vec<(String, String)>;

/// The server, when it runs.
#[derive(Default)]
pub struct Inner {
    // One start, end or reload at a time.
    running: Mutex<Option<Life>>,
    /// There was one before, which may hold what the next one needs for a moment.
    ended: AtomicBool,
    // Read by every request, never held across a wait.
    server: RwLock<Option<(Arc<Server>, SocketAddr)>>,
}

struct Life {
    running: Running,
    thread: Thread,
}

/// Where everything of a server runs.
struct Thread {
    handle: Handle,
    /// Ends when this goes.
    end: DropGuard,
    ended: oneshot::Receiver<()>,
}

impl Thread {
    fn begin() -> std::io::Result<Thread> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, end, (sender, ended)) = (runtime.handle().clone(), CancellationToken::new(), oneshot::channel());
        let until = end.clone();
        std::thread::Builder::new().name("duka server".to_string()).spawn(move || {
            runtime.block_on(until.cancelled());
            runtime.shutdown_background();
            // Whoever asked may have gone.
            let _ = sender.send(());
        })?;
        Ok(Thread { handle, end: end.drop_guard(), ended })
    }

    /// Drops what is under way, wherever it is.
    async fn end(self) {
        let Thread { end, ended, .. } = self;
        drop(end);
        let _ = ended.await;
    }
}

impl Inner {
    /// The server that runs now.
    pub fn server(&self) -> Option<Arc<Server>> {
        self.server.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(server, _)| Arc::clone(server))
    }

    pub fn address(&self) -> Option<SocketAddr> {
        self.server.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(_, address)| *address)
    }

    fn put(&self, server: Option<(Arc<Server>, SocketAddr)>) {
        *self.server.write().unwrap_or_else(PoisonError::into_inner) = server;
    }

    /// Starts it; waits until what a former one held is free.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(&self, config: &Config, variables: &Variables, around: &Around) -> Result<Reloaded, StartError> {
        let mut life = self.running.lock().await;
        let patience = if self.ended.load(Ordering::Relaxed) { PATIENCE } else { Duration::ZERO };
        let until = tokio::time::Instant::now() + patience;
        loop {
            let thread = Thread::begin().map_err(|error| StartError::Listen(config.listen, error))?;
            let (config, variables, around) = (config.clone(), variables.clone(), around.clone());
            let started = thread.handle.spawn(async move { start_within(config, &variables, None, around).await });
            match started.await {
                Ok(Ok((running, reloaded))) => {
                    self.put(Some((Arc::clone(&running.server), running.address)));
                    *life = Some(Life { running, thread });
                    return Ok(reloaded);
                }
                Ok(Err(error)) if is_taken(&error) && tokio::time::Instant::now() < until => {
                    thread.end().await;
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                Ok(Err(error)) => {
                    self.ended.store(true, Ordering::Relaxed);
                    thread.end().await;
                    return Err(error);
                }
                Err(_panicked) => {
                    thread.end().await;
                    return Err(StartError::Panicked);
                }
            }
        }
    }

    /// Ends it without a word, as `kill -9` does: nothing under way is finished.
    pub async fn kill(&self) {
        let life = self.running.lock().await.take();
        self.put(None);
        if let Some(Life { running, thread }) = life {
            self.ended.store(true, Ordering::Relaxed);
            thread.end().await;
            drop(running);
        }
    }

    /// Ends it in order.
    pub async fn stop(&self) {
        let life = self.running.lock().await.take();
        self.put(None);
        if let Some(Life { running, thread }) = life {
            running.stop().await;
            thread.end().await;
        }
    }

    /// Reads the shops again. `None`: it does not run.
    pub async fn reload(
        &self,
        config: &Config,
        variables: &Variables,
    ) -> Option<Result<Reloaded, crate::shops::Error>> {
        let life = self.running.lock().await;
        Some(life.as_ref()?.running.reload(config, variables).await)
    }
}

/// Held by a server that is still on its way out.
fn is_taken(error: &StartError) -> bool {
    match error {
        StartError::Listen(_, error) => error.kind() == std::io::ErrorKind::AddrInUse,
        StartError::Store(error) => matches!(error, store::Error::InUse(_) | store::Error::Busy(_)),
        StartError::Settings(_)
        | StartError::Shops(_)
        | StartError::NoRandomness(_)
        | StartError::Client(_)
        | StartError::Files(_)
        | StartError::NoSeal
        | StartError::Egress(_)
        | StartError::Panicked => false,
    }
}
