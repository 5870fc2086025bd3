//! Takes what waits: events of the inbox, the oldest of each conversation, and conversations whose time has come. Fair
//! over shops; attempts are counted in a commit of their own before a turn is begun (TM48). Looks up programs that turns
//! wait for. Steps nothing itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::desk::{Desk, DeskError};
use super::points::{Point, Struck};
use super::writer::{Job, Took, Writer};
use super::{Host, shops_of};
use crate::id::{ConversationId, ShopScope};
use crate::shops;
use crate::store::{self, Claim, Due, InboxBody, InboxRow, Work};

/// Events and wake-ups of all shops that one round takes.
const MOST_OF_A_ROUND: u32 = 500;

/// Shops whose events, or wake-ups, one transaction looks for.
const MOST_SHOPS: usize = 64;

pub struct Worker {
    host: Arc<Host>,
    desk: Desk,
    writer: Arc<Writer>,
    // Where each shop's round has come to; one round at a time.
    after: Mutex<BTreeMap<ShopScope, ConversationId>>,
    /// Who fetches files; without it their messages are taken without them.
    fetcher: Option<mpsc::Sender<InboxRow>>,
}

#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Struck(#[from] Struck),
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl Worker {
    pub fn new(host: Arc<Host>, desk: Desk, writer: Arc<Writer>) -> Worker {
        Worker { host, desk, writer, after: Mutex::default(), fetcher: None }
    }

    /// Hands events with a file to who fetches it.
    pub fn with_fetcher(self, fetcher: mpsc::Sender<InboxRow>) -> Worker {
        Worker { fetcher: Some(fetcher), ..self }
    }

    /// Takes one round of all. Returns what it led to: turns, and programs for them.
    pub async fn run_once(&self) -> Result<usize, WorkerError> {
        Ok(self.inbox_once().await? + self.wakes_once().await? + self.programs_once().await?)
    }

    /// Programs that turns were in want of: the writer waits for none of them. Returns how many were looked up.
    pub async fn programs_once(&self) -> Result<usize, WorkerError> {
        let mut count = 0;
        for (scope, revision) in self.host.shops.take_wanted() {
            let Some(shop) = self.host.shops.shop(scope) else { continue };
            let newest = shop.program.revision;
            if revision == newest || shop.met(revision).is_some() {
                continue;
            }
            let found = shops::look_up(&self.host.store, scope, revision, newest).await?;
            self.host.shops.keep(scope, newest, found);
            count += 1;
        }
        Ok(count)
    }

    /// The oldest event of conversations that have some. Returns how many were taken.
    pub async fn inbox_once(&self) -> Result<usize, WorkerError> {
        let due = self.host.due(Work::Inbox, self.host.clock.now_ms()).await?;
        if due.is_empty() {
            self.writer.inbox_is_empty();
            return Ok(0);
        }
        let share = share(&due);
        let mut rows = Vec::new();
        for group in due.chunks(MOST_SHOPS) {
            self.claim(group, share, &mut rows).await?;
        }
        if rows.is_empty() {
            return Ok(0);
        }
        self.host.points.hit(Point::WorkClaimed)?;
        let rows = self.hand_over(rows).await?;
        let (suspect, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| self.is_suspect(row));
        let mut count = 0;
        for rows in [suspect, rows].into_iter().filter(|rows| !rows.is_empty()) {
            let took = self.desk.commit(Job::Inbox(rows)).await?;
            count += took.iter().filter(|took| **took != Took::Queued).count();
        }
        Ok(count)
    }

    /// Whether processes have ended with this event in a batch so often that it may be why. It is tried alone from now on:
    /// one that is poison takes no others with it, and one that only was among them is not set aside.
    fn is_suspect(&self, row: &InboxRow) -> bool {
        row.attempts > self.host.limits.attempts
    }

    /// Keeps those that need no file. What the fetcher has no room for is given back.
    async fn hand_over(&self, rows: Vec<InboxRow>) -> Result<Vec<InboxRow>, WorkerError> {
        let Some(fetcher) = &self.fetcher else { return Ok(rows) };
        let (files, rows): (Vec<InboxRow>, Vec<InboxRow>) =
            rows.into_iter().partition(|row| matches!(row.body, InboxBody::File(_)));
        for row in files {
            let place = (row.shop, row.seq);
            if fetcher.try_send(row).is_err() {
                let mut tx = self.host.store.begin(place.0).await?;
                tx.release_inbox(&[place]).await?;
                tx.commit().await?;
            }
        }
        Ok(rows)
    }

    /// Adds what can be claimed to `rows`, of suspects one at most.
    async fn claim(&self, group: &[Due], limit: u32, rows: &mut Vec<InboxRow>) -> Result<(), WorkerError> {
        let (owner, now_ms) = (self.host.owner, self.host.clock.now_ms());
        let claim = Claim { owner, now_ms, lease_ms: self.host.limits.event_lease_ms, limit };
        let (mut has_suspect, before) = (rows.iter().any(|row| self.is_suspect(row)), rows.len());
        let mut left = Vec::new();
        let mut tx = self.host.store.begin_for(&shops_of(group)).await?;
        for due in group {
            let after = self.after.lock().unwrap_or_else(PoisonError::into_inner).get(&due.shop).copied();
            let taken = tx.take_inbox(due.shop, after, claim).await?;
            if let Some(last) = taken.last() {
                self.after.lock().unwrap_or_else(PoisonError::into_inner).insert(due.shop, last.conversation);
            }
            for row in taken {
                if self.is_suspect(&row) && std::mem::replace(&mut has_suspect, true) {
                    left.push((row.shop, row.seq));
                } else {
                    rows.push(row);
                }
            }
        }
        if !left.is_empty() {
            tx.release_inbox(&left).await?;
        }
        if rows.len() > before {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Conversations that asked to be woken by now. Returns how many were.
    pub async fn wakes_once(&self) -> Result<usize, WorkerError> {
        let now_ms = self.host.clock.now_ms();
        let due = self.host.due(Work::Wakes, now_ms).await?;
        let share = share(&due);
        let mut places = Vec::new();
        for group in due.chunks(MOST_SHOPS) {
            let mut tx = self.host.store.read_for(&shops_of(group)).await?;
            for due in group {
                let ids = tx.due_wakes(due.shop, now_ms, share).await?;
                places.extend(ids.into_iter().map(|id| (due.shop, id)));
            }
        }
        if places.is_empty() {
            return Ok(0);
        }
        let took = self.desk.commit(Job::Wakes(places)).await?;
        Ok(took.iter().filter(|took| **took == Took::Advanced).count())
    }
}

/// What each shop may have of a round.
fn share(due: &[Due]) -> u32 {
    (MOST_OF_A_ROUND / u32::try_from(due.len()).unwrap_or(u32::MAX).max(1)).max(1)
}
