//! Sends whose fate is unknown: leases that ran out become holds, holds that end are repeated or parked (reliability.md
//! 4.3). And what a process does first after another has ended.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Host;
use super::notices::{Notice, Told};
use crate::id::ShopScope;
use crate::store::{Leases, Result, Tx, Work};

/// Holds of one shop that end in one transaction.
const MOST_AT_ONCE: u32 = 500;

/// Under which the process notes that it runs, and when it last did.
const RUNNING: &str = "running";
const SEEN_AT: &str = "seen_at";
/// Under which each shop notes up to when the time is made good in which no status could arrive.
const EXTENDED: &str = "holds extended";

/// [`Holds::note`] comes more often than this while any process runs.
const NOTED_WITHIN_MS: i64 = 5_000;

pub struct Holds {
    host: Arc<Host>,
}

/// How the last process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// There was none, or it went down by itself.
    Clean,
    /// It was killed, or its machine was.
    Unclean,
}

impl Holds {
    pub fn new(host: Arc<Host>) -> Holds {
        Holds { host }
    }

    /// Each process of several has a note of its own.
    fn running(&self) -> String {
        format!("{RUNNING} {}", self.host.limits.instance)
    }

    /// Ends leases and holds that are over. Returns how many sends it moved.
    pub async fn run_once(&self) -> Result<usize> {
        let host = &self.host;
        let now_ms = host.clock.now_ms();
        let (mut moved, mut failure) = (0, None);
        for due in host.store.due(Work::Holds, now_ms).await? {
            match self.of_shop(due.shop, now_ms).await {
                Ok(count) => moved += count,
                // One shop's rows keep no other shop's waiting.
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(moved), Err)
    }

    async fn of_shop(&self, shop: ShopScope, now_ms: i64) -> Result<usize> {
        let host = &self.host;
        let mut tx = host.store.begin(shop).await?;
        let hold_until_ms = now_ms.saturating_add(host.holding.of_shop(shop, host.limits.hold_ms));
        let expired = tx.expire_leases(shop, Leases::Over { now_ms }, hold_until_ms).await?;
        let released = tx.release_unknown(shop, now_ms, MOST_AT_ONCE).await?;
        tx.commit().await?;
        let moved = usize::try_from(expired).unwrap_or(0) + released.len();
        for send in released.into_iter().filter(|send| send.parked) {
            let notice = Notice::Parked { send: send.id };
            host.notices.tell(Told { shop, conversation: Some(send.conversation), notice });
        }
        Ok(moved)
    }

    /// Notes that the process runs, and when. Called at times, so that the next one knows how long none did.
    pub async fn note(&self) -> Result<()> {
        let now_ms = self.host.clock.now_ms();
        let mut tx = self.host.store.begin(ShopScope::NONE).await?;
        tx.meta_set(ShopScope::NONE, SEEN_AT, &now_ms.to_le_bytes()).await?;
        tx.commit().await
    }

    /// What a process does before anything else. `alone`: no other can be alive on this store, so that every claim found
    /// is a dead one's. Holds are extended by the time in which no status could arrive.
    pub async fn begin(&self, alone: bool) -> Result<Before> {
        let host = &self.host;
        let now_ms = host.clock.now_ms();
        host.epoch.store(host.store.epoch().await?, Ordering::Relaxed);
        let mut tx = host.store.begin(ShopScope::NONE).await?;
        let running = tx.meta_get(ShopScope::NONE, &self.running()).await?.is_some_and(|value| value == b"1");
        let seen_ms = tx.meta_get(ShopScope::NONE, SEEN_AT).await?;
        let seen_ms = seen_ms.as_deref().and_then(time).unwrap_or(now_ms);
        tx.meta_set(ShopScope::NONE, &self.running(), b"1").await?;
        tx.commit().await?;
        // Nobody was there to hear statuses, whoever begins first. Where others may live, one of them may have been.
        let down_ms = now_ms.saturating_sub(seen_ms);
        let was_down = down_ms > if alone { 0 } else { NOTED_WITHIN_MS };
        if alone || was_down {
            for (shop, _) in host.store.shops().await? {
                let mut tx = host.store.begin(shop).await?;
                if was_down {
                    extend(&mut tx, shop, seen_ms, now_ms).await?;
                }
                if alone {
                    tx.expire_leases(shop, Leases::All, now_ms.saturating_add(host.limits.hold_ms)).await?;
                    tx.release_calls(shop).await?;
                }
                tx.commit().await?;
            }
        }
        // Behind that: a process that ends in the middle of it leaves the whole time to the next one.
        self.note().await?;
        Ok(if running { Before::Unclean } else { Before::Clean })
    }

    /// The process goes down by itself, and has heard no status since `since_ms`: what was under way took until now.
    pub async fn end(&self, since_ms: i64) -> Result<()> {
        let mut tx = self.host.store.begin(ShopScope::NONE).await?;
        tx.meta_set(ShopScope::NONE, &self.running(), b"0").await?;
        tx.meta_set(ShopScope::NONE, SEEN_AT, &since_ms.to_le_bytes()).await?;
        tx.commit().await
    }
}

/// Once for each moment, however many processes begin together, or one after the other because they end in the middle of it.
async fn extend(tx: &mut Tx, shop: ShopScope, seen_ms: i64, now_ms: i64) -> Result<()> {
    // Whoever does the same meanwhile is waited for here.
    let noted = tx.meta_keep(shop, EXTENDED, &seen_ms.to_le_bytes()).await?;
    let from_ms = time(&noted).map_or(seen_ms, |noted_ms| noted_ms.max(seen_ms));
    if from_ms < now_ms {
        tx.extend_holds(shop, now_ms - from_ms).await?;
        tx.meta_set(shop, EXTENDED, &now_ms.to_le_bytes()).await?;
    }
    Ok(())
}

fn time(noted: &[u8]) -> Option<i64> {
    noted.try_into().ok().map(i64::from_le_bytes)
}
