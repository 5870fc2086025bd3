//! What a server looks after again and again beside its work, until it goes down. Looks at nothing itself.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt;

use super::{Server, early, keep, polls, reconcile, webhooks_off};
use crate::host::parts::Parts;

/// Begins all rounds; they end when what is beside the work stops.
pub(super) fn begin(server: &Arc<Server>, beside: &Parts) {
    let at_once = Duration::ZERO;
    let go = Rounds { server, beside };
    early::begin(server);
    go.every(at_once, early::BETWEEN_LOOKS, early::look);
    go.every(at_once, keep::BETWEEN_LOOKS, keep::look);
    go.every(reconcile::BETWEEN_LOOKS, reconcile::BETWEEN_LOOKS, reconcile::look);
    go.every(polls::BETWEEN_LOOKS, polls::BETWEEN_LOOKS, polls::look);
    go.every(webhooks_off::BETWEEN_LOOKS, webhooks_off::BETWEEN_LOOKS, webhooks_off::look);
}

struct Rounds<'a> {
    server: &'a Arc<Server>,
    beside: &'a Parts,
}

impl Rounds<'_> {
    /// Looks after `first`, and then after each `between`. A look that has begun comes to its end. One that panics is not the last: what it is
    /// about may be one shop's, and no other may wait for it.
    fn every<F>(&self, first: Duration, between: Duration, look: impl Fn(Arc<Server>) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (server, stop): (Weak<Server>, _) = (Arc::downgrade(self.server), self.beside.until());
        self.beside.begin("rounds", async move {
            let mut pause = first;
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
                let Some(server) = server.upgrade() else { return };
                let _ = AssertUnwindSafe(look(server)).catch_unwind().await;
                pause = between;
            }
        });
    }
}
