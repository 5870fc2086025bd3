//! What a server looks after again and again beside its work, until it goes down; and how that is done for many shops,
//! so that none waits for another. Looks at nothing itself.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::{Server, early, keep, polls, reconcile, webhooks_off};
use crate::host::parts::Parts;
use crate::host::shops::Shop;
use crate::id::ShopScope;

/// Looks of a round that are under way at once: they ask with what customers' calls ask with.
const MOST_LOOKS: usize = 8;

/// A look that takes longer is broken off, and the next one goes on behind what it was about: those who wait for their turn are
/// not kept by shops whose systems hang.
const LONGEST_LOOK: Duration = Duration::from_secs(10 * 60);

/// Begins all rounds; they end when what is beside the work stops.
pub(super) fn begin(server: &Arc<Server>, beside: &Parts) {
    let at_once = Duration::ZERO;
    let go = Rounds { server, beside };
    early::begin(server);
    go.every(at_once, early::BETWEEN_LOOKS, early::look);
    go.every(at_once, keep::BETWEEN_LOOKS, keep::look);
    go.each_shop(reconcile::BETWEEN_LOOKS, reconcile::look);
    go.each_shop(reconcile::BETWEEN_POLLS, reconcile::poll);
    go.each_shop(polls::BETWEEN_LOOKS, polls::look);
    go.each_shop(webhooks_off::BETWEEN_LOOKS, webhooks_off::look);
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

    /// Looks at each shop by itself, after each `between`, a few at once. A look is broken off with `stop`.
    fn each_shop<F>(&self, between: Duration, look: impl Fn(Arc<Server>, Arc<Shop>) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (server, stop): (Weak<Server>, _) = (Arc::downgrade(self.server), self.beside.until());
        self.beside.begin("rounds", async move {
            let (mut looks, room) = (Apart::default(), Arc::new(Semaphore::new(MOST_LOOKS)));
            while stop.run_until_cancelled(tokio::time::sleep(between)).await.is_some() {
                let Some(server) = server.upgrade() else { return };
                for shop in server.registry.shops.now().values() {
                    let (room, slug) = (Arc::clone(&room), shop.slug.clone());
                    let look = look(Arc::clone(&server), Arc::clone(shop));
                    looks.begin(shop.scope, async move {
                        if !in_turn(&room, LONGEST_LOOK, look).await {
                            tracing::warn!(shop = %slug, "a look at a shop's system took too long and was broken off");
                        }
                    });
                }
            }
            looks.break_off().await;
        });
    }
}

/// Does it when there is room, for so long at most. Returns whether it came to its end.
async fn in_turn(room: &Semaphore, longest: Duration, work: impl Future<Output = ()>) -> bool {
    let _place = room.acquire().await;
    timeout(longest, work).await.is_ok()
}

/// Work of several shops, each beside the others: one that hangs is waited for by nobody, and is not begun a second time. What
/// is dropped with it is broken off.
#[derive(Debug, Default)]
pub(crate) struct Apart {
    work: JoinSet<()>,
    of: BTreeMap<ShopScope, AbortHandle>,
}

impl Apart {
    /// Whether nothing of the shop is under way.
    pub fn is_free(&self, shop: ShopScope) -> bool {
        self.of.get(&shop).is_none_or(AbortHandle::is_finished)
    }

    /// Begins the shop's work, unless some of it is under way.
    pub fn begin(&mut self, shop: ShopScope, work: impl Future<Output = ()> + Send + 'static) {
        while self.work.try_join_next().is_some() {}
        if self.is_free(shop) {
            self.of.insert(shop, self.work.spawn(work));
        }
    }

    /// Lets what is under way come to its end.
    pub async fn end(mut self) {
        while self.work.join_next().await.is_some() {}
    }

    pub async fn break_off(mut self) {
        self.work.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn looks_that_hang_keep_those_who_wait_for_their_turn_not_for_ever() {
        let (room, begun, ended) = (Arc::new(Semaphore::new(2)), Arc::new(AtomicUsize::new(0)), Arc::default());
        let mut looks = Apart::default();
        for shop in 1..=9 {
            let (room, begun, ended) = (Arc::clone(&room), Arc::clone(&begun), Arc::<AtomicUsize>::clone(&ended));
            looks.begin(ShopScope::numbered(shop), async move {
                let look = async {
                    begun.fetch_add(1, Ordering::Relaxed);
                    if shop <= 4 {
                        std::future::pending::<()>().await;
                    }
                };
                let is_over = in_turn(&room, Duration::from_millis(50), look).await;
                ended.fetch_add(usize::from(is_over), Ordering::Relaxed);
            });
        }
        looks.end().await;
        assert_eq!((begun.load(Ordering::Relaxed), ended.load(Ordering::Relaxed)), (9, 5));
    }

    #[tokio::test]
    async fn a_shop_that_hangs_or_panics_holds_up_no_other_and_begins_anew_after_it_was_broken_off() {
        let (slow, other) = (ShopScope::numbered(1), ShopScope::numbered(2));
        let (tell, mut told) = mpsc::unbounded_channel();
        let says = |word: &'static str| {
            let tell = tell.clone();
            async move { tell.send(word).expect("somebody listens") }
        };
        let mut looks = Apart::default();
        looks.begin(slow, std::future::pending());
        looks.begin(other, says("other"));
        assert_eq!(told.recv().await, Some("other"));
        looks.begin(slow, says("twice"));
        assert!(!looks.is_free(slow), "what is under way is not begun a second time");
        looks.begin(other, async { panic!("a look that fails") });
        while !looks.is_free(other) {
            tokio::task::yield_now().await;
        }
        looks.begin(other, says("again"));
        assert_eq!(told.recv().await, Some("again"));
        looks.break_off().await;

        let mut looks = Apart::default();
        looks.begin(slow, says("anew"));
        assert_eq!(told.recv().await, Some("anew"));
        looks.end().await;
        assert!(told.try_recv().is_err(), "the second time was never begun");
    }
}
