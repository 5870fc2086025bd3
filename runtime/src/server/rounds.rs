//! What a server looks after again and again beside its work, until it goes down. Looks at nothing itself.

use std::future::Future;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Server, early, keep, polls, reconcile, webhooks_off};

/// Begins all rounds; they end with `stop`.
pub(super) fn begin(server: &Arc<Server>, stop: &CancellationToken, beside: &TaskTracker) {
    let at_once = Duration::ZERO;
    let go = Rounds { server, stop, beside };
    early::begin(server);
    go.every(at_once, early::BETWEEN_LOOKS, early::look);
    go.every(at_once, keep::BETWEEN_LOOKS, keep::look);
    go.every(reconcile::BETWEEN_LOOKS, reconcile::BETWEEN_LOOKS, reconcile::look);
    go.every(polls::BETWEEN_LOOKS, polls::BETWEEN_LOOKS, polls::look);
    go.every(webhooks_off::BETWEEN_LOOKS, webhooks_off::BETWEEN_LOOKS, webhooks_off::look);
}

struct Rounds<'a> {
    server: &'a Arc<Server>,
    stop: &'a CancellationToken,
    beside: &'a TaskTracker,
}

impl Rounds<'_> {
    /// Looks after `first`, and then after each `between`. A look that has begun comes to its end.
    fn every<F>(&self, first: Duration, between: Duration, look: impl Fn(Arc<Server>) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (server, stop): (Weak<Server>, _) = (Arc::downgrade(self.server), self.stop.clone());
        self.beside.spawn(async move {
            let mut pause = first;
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
                let Some(server) = server.upgrade() else { return };
                look(server).await;
                pause = between;
            }
        });
    }
}
