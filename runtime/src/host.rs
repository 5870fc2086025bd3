//! The heart: what arrives is taken once and in order, what a turn wants is done, and results come back as events.
//!
//! Everything is a single step with its clock, ids and transport passed in. Opens no socket and reads no configuration.

pub mod calls;
pub mod clock;
pub mod codes;
pub mod desk;
pub mod files;
pub mod holding;
pub mod holds;
pub mod incoming;
pub mod marks;
pub mod mint;
pub mod notices;
pub mod outbox;
pub mod parts;
pub mod points;
pub mod recall;
pub mod replay;
pub mod serve;
pub mod shops;
pub mod transport;
pub mod turn;
pub mod worker;
pub mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use smol_str::SmolStr;

use self::clock::Clock;
use self::holding::Holding;
use self::marks::Marks;
use self::mint::Mint;
use self::notices::Notices;
use self::outbox::PaceLimits;
use self::points::Points;
use self::recall::Recall;
use self::shops::Shops;
use self::turn::TurnLimits;
use crate::id::{Owner, ShopScope};
use crate::store::{self, Due, Store, Work};

/// What every part of a host shares.
pub struct Host {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub mint: Mint,
    pub points: Points,
    /// Shared with whoever loads them.
    pub shops: Arc<Shops>,
    pub notices: Notices,
    pub marks: Marks,
    /// How long statuses take.
    pub holding: Holding,
    pub recall: Recall,
    /// Which process this is, for its claims.
    pub owner: Owner,
    pub limits: Limits,
    /// Rises when settings or secrets were read again: what was stopped for want of them is tried at once.
    pub configured: AtomicU64,
    /// [`Store::epoch`], once the process has begun.
    pub epoch: AtomicI64,
}

/// The bounds of a host. Times in ms.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Tells this process from others on the same store, and is the same after a restart.
    pub instance: SmolStr,
    pub turn: TurnLimits,
    /// How often a turn may be begun with an event before it is set aside (TM48); and as often again alone, if processes
    /// ended with it.
    pub attempts: u32,
    /// Elements of one commit.
    pub batch: usize,
    /// Sessions that are kept decoded.
    pub sessions: usize,
    /// How long a claim of a send holds without an answer.
    pub lease_ms: i64,
    /// The same for an event of the inbox, which needs no one's answer.
    pub event_lease_ms: i64,
    /// The same for a call, which may take as long as its flow allows.
    pub call_lease_ms: i64,
    /// How long nothing is fused after an unclean end, at least.
    pub careful_ms: i64,
    /// How long a send of unknown fate is held at least for a status that settles it (reliability.md 4.3).
    pub hold_ms: i64,
    /// How long before the end of a window nothing is begun any more.
    pub window_margin_ms: i64,
    /// How long the provider may take to answer; less than a lease.
    pub answer_ms: i64,
    /// Attempts of one send before it is given up.
    pub most_sends: u32,
    /// Sends under way at once, and calls that are open.
    pub in_flight: u32,
    pub pace: PaceLimits,
    /// The largest file of a customer that is kept, in bytes.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            instance: SmolStr::default(),
            turn: TurnLimits::default(),
            attempts: 3,
            batch: 1_000,
            sessions: 8_192,
            lease_ms: 30_000,
            event_lease_ms: 5_000,
            call_lease_ms: 60_000,
            careful_ms: 60_000,
            hold_ms: 30_000,
            window_margin_ms: 5 * 60_000,
            answer_ms: 20_000,
            most_sends: 40,
            in_flight: 256,
            pace: PaceLimits::default(),
            file_bytes: 16 * 1024 * 1024,
        }
    }
}

/// For whose rows a transaction is begun that takes such work.
fn shops_of(due: &[Due]) -> Vec<ShopScope> {
    due.iter().map(|due| due.shop).collect()
}

impl Host {
    pub fn new(store: Store, clock: Arc<dyn Clock>, mint: Mint, shops: impl Into<Arc<Shops>>, limits: Limits) -> Host {
        let shops = shops.into();
        let owner = mint.owner();
        Host {
            store,
            clock,
            mint,
            points: Points::default(),
            shops,
            notices: Notices::default(),
            marks: Marks::default(),
            holding: Holding::default(),
            recall: Recall::of(limits.sessions),
            owner,
            limits,
            configured: AtomicU64::new(0),
            epoch: AtomicI64::new(0),
        }
    }

    /// Which shops of this process have such work due. What belongs to others waits for who serves them.
    async fn due(&self, work: Work, now_ms: i64) -> store::Result<Vec<Due>> {
        let mut due = self.store.due(work, now_ms).await?;
        let served = self.shops.now();
        due.retain(|due| served.contains_key(&due.shop));
        Ok(due)
    }

    /// What names for others end with, so that none is used again after a restore (I13); empty before the first.
    pub(crate) fn since_restore(&self) -> String {
        match self.epoch.load(Ordering::Relaxed) {
            0 => String::new(),
            epoch => format!("-r{epoch:x}"),
        }
    }
}
