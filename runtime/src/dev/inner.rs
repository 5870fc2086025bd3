//! The server under development, in a runtime of its own: it can be ended as a process is when its plug is pulled, and be
//! begun again on the same database and address.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::Mutex;

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
    // Read by every request, never held across a wait.
    server: RwLock<Option<(Arc<Server>, SocketAddr)>>,
}

struct Life {
    running: Running,
    runtime: Runtime,
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
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let runtime = new_runtime().map_err(|error| StartError::Listen(config.listen, error))?;
            let (config, variables, around) = (config.clone(), variables.clone(), around.clone());
            let started = runtime.spawn(async move { start_within(config, &variables, None, around).await });
            match started.await {
                Ok(Ok((running, reloaded))) => {
                    self.put(Some((Arc::clone(&running.server), running.address)));
                    *life = Some(Life { running, runtime });
                    return Ok(reloaded);
                }
                Ok(Err(error)) if is_taken(&error) && tokio::time::Instant::now() < until => {
                    runtime.shutdown_background();
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                Ok(Err(error)) => {
                    runtime.shutdown_background();
                    return Err(error);
                }
                Err(_panicked) => {
                    runtime.shutdown_background();
                    return Err(StartError::Panicked);
                }
            }
        }
    }

    /// Ends it without a word, as `kill -9` does: nothing under way is finished.
    pub async fn kill(&self) {
        let life = self.running.lock().await.take();
        self.put(None);
        if let Some(Life { running, runtime }) = life {
            runtime.shutdown_background();
            drop(running);
        }
    }

    /// Ends it in order.
    pub async fn stop(&self) {
        let life = self.running.lock().await.take();
        self.put(None);
        if let Some(Life { running, runtime }) = life {
            running.stop().await;
            runtime.shutdown_background();
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

fn new_runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("duka server").enable_all().build()
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
