//! Where conversations live between two turns. Set-based: one statement moves many rows. Dumb: what to do is decided by
//! the host, so that the three stores differ only in where the rows lie.
//!
//! A transaction that is dropped without [`Tx::commit`] leaves nothing behind.

mod error;
mod facts;
mod memory;
mod rows;
mod signals;
mod tx;

use smol_str::SmolStr;
use tokio::sync::watch;

pub use self::error::{Error, Result};
pub use self::facts::{Heard, SendFacts, Told};
pub use self::rows::*;
pub use self::tx::Tx;

use self::memory::Memory;
use self::signals::Signals;
use self::tx::Backend;
use crate::id::ShopScope;

/// A store of any kind; cheap to clone.
#[derive(Clone)]
pub struct Store {
    kind: Kind,
    signals: Signals,
}

#[derive(Clone)]
enum Kind {
    Memory(Memory),
}

impl Store {
    /// A store that is gone with the process.
    pub fn memory() -> Store {
        Store { kind: Kind::Memory(Memory::default()), signals: Signals::default() }
    }

    /// One transaction may carry rows of several shops. If not, each shop needs a transaction of its own.
    pub fn spans_shops(&self) -> bool {
        match &self.kind {
            Kind::Memory(_) => true,
        }
    }

    /// A transaction for reading and writing rows of `shop`; of any shop, if the store [`Self::spans_shops`].
    pub async fn begin(&self, shop: ShopScope) -> Result<Tx> {
        let _ = shop;
        let backend = match &self.kind {
            Kind::Memory(memory) => Backend::Memory(memory.begin().await),
        };
        Ok(Tx::new(backend, self.signals.clone()))
    }

    /// A transaction that only reads, beside the writers. What it changes is refused or forgotten.
    pub async fn read(&self, shop: ShopScope) -> Result<Tx> {
        let _ = shop;
        let backend = match &self.kind {
            Kind::Memory(memory) => Backend::Memory(memory.begin().await),
        };
        Ok(Tx::new(backend, self.signals.clone()))
    }

    /// The scope of the shop with this name; it is given a number at its first mention.
    pub async fn shop(&self, slug: &str) -> Result<ShopScope> {
        match &self.kind {
            Kind::Memory(memory) => Ok(memory.shop(slug).await),
        }
    }

    /// Every shop that was ever mentioned, by its number.
    pub async fn shops(&self) -> Result<Vec<(ShopScope, SmolStr)>> {
        match &self.kind {
            Kind::Memory(memory) => Ok(memory.shops().await),
        }
    }

    /// Which shops have such work due, and since when. Its cost does not depend on the backlog. The only question that
    /// is asked across shops: it shows no row.
    pub async fn due(&self, work: Work, now_ms: i64) -> Result<Vec<Due>> {
        match &self.kind {
            Kind::Memory(memory) => Ok(memory.due(work, now_ms).await),
        }
    }

    /// Changes whenever a commit added such work, here or (on PostgreSQL) in another process. May miss some: poll too.
    /// Says nothing of work that becomes due by time alone.
    pub fn subscribe(&self, work: Work) -> watch::Receiver<u64> {
        self.signals.subscribe(work)
    }
}
