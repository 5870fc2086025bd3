//! Where conversations live between two turns. Set-based: one statement moves many rows. Dumb: what to do is decided by
//! the host, so that the three stores differ only in where the rows lie.
//!
//! A transaction that is dropped without [`Tx::commit`] leaves nothing behind.

mod codes;
mod error;
mod facts;
mod free;
mod health;
mod look;
mod memory;
mod migrations;
mod postgres;
mod rows;
mod signals;
mod sqlite;
mod tables;
mod templates;
mod tx;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use smol_str::SmolStr;
use tokio::sync::watch;

pub use self::error::{Error, Result};
pub use self::facts::{Heard, SendFacts, Told};
pub use self::free::FreeEntry;
pub use self::health::{Change, HealthNews, Holds, NumberHealth, Warning};
pub use self::look::{PostgresLook, SqliteLook};
pub use self::memory::Flaw;
pub use self::rows::*;
pub use self::sqlite::{Fails, Failure};
pub use self::templates::{TemplateNews, TemplateRow};
pub use self::tx::Tx;

use self::memory::Memory;
use self::postgres::Postgres;
use self::signals::Signals;
use self::sqlite::Sqlite;
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
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// A store that is gone with the process.
    pub fn memory() -> Store {
        Store { kind: Kind::Memory(Memory::default()), signals: Signals::default() }
    }

    /// The embedded store in this file, created with its folder if need be, and brought up to date. One process at a time
    /// may have it ([`Error::InUse`]); a file of a newer version is refused ([`Error::Newer`]).
    pub async fn sqlite(path: &Path) -> Result<Store> {
        Store::sqlite_that(Fails::default(), path).await
    }

    /// The same on a disk that fails, for those who must stand it.
    pub async fn sqlite_that(fails: Fails, path: &Path) -> Result<Store> {
        Ok(Store { kind: Kind::Sqlite(Sqlite::open(path, fails).await?), signals: Signals::default() })
    }

    /// The database at this address, brought up to date, for any number of processes.
    pub async fn postgres(url: &str) -> Result<Store> {
        let signals = Signals::default();
        Ok(Store { kind: Kind::Postgres(Postgres::open(url, signals.clone()).await?), signals })
    }

    /// A store in memory that makes a mistake, for those who must notice it.
    pub fn flawed(flaw: Flaw) -> Store {
        Store { kind: Kind::Memory(Memory::flawed(flaw)), signals: Signals::default() }
    }

    /// Other processes may have it too, whose leases are judged by the store's own clock.
    pub fn is_shared(&self) -> bool {
        match &self.kind {
            Kind::Memory(_) | Kind::Sqlite(_) => false,
            Kind::Postgres(_) => true,
        }
    }

    /// A transaction for reading and writing rows of `shop`.
    pub async fn begin(&self, shop: ShopScope) -> Result<Tx> {
        self.begin_for(&[shop]).await
    }

    /// A transaction for reading and writing rows of these shops: for PostgreSQL rows of others do not exist in it.
    pub async fn begin_for(&self, shops: &[ShopScope]) -> Result<Tx> {
        let backend = match &self.kind {
            Kind::Memory(memory) => Backend::Memory(memory.begin().await),
            Kind::Sqlite(sqlite) => Backend::Sqlite(sqlite.begin().await?),
            Kind::Postgres(postgres) => Backend::Postgres(postgres.begin(shops).await?),
        };
        Ok(Tx::new(backend, self.signals.clone()))
    }

    /// Does `work` in a transaction of `shop`, which it is given and hands back, and commits it. What another transaction
    /// was in the way of is tried again, a few times, each after a moment of random length (F45).
    /// [`Error::CommitUnknown`] is the caller's to judge.
    pub async fn transact<T, F>(&self, shop: ShopScope, mut work: impl FnMut(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<(Tx, T)>>,
    {
        let mut tries = 1;
        loop {
            let tx = self.begin(shop).await?;
            let done = match work(tx).await {
                Ok((tx, value)) => tx.commit().await.map(|()| value),
                Err(error) => Err(error),
            };
            match done {
                Err(error) if error.is_transient() && tries < TRIES => tokio::time::sleep(pause(tries)).await,
                done => return done,
            }
            tries += 1;
        }
    }

    /// A transaction that only reads, beside the writers. What it changes is refused or forgotten.
    pub async fn read(&self, shop: ShopScope) -> Result<Tx> {
        self.read_for(&[shop]).await
    }

    /// The same of several shops.
    pub async fn read_for(&self, shops: &[ShopScope]) -> Result<Tx> {
        let backend = match &self.kind {
            Kind::Memory(memory) => Backend::Memory(memory.begin().await),
            Kind::Sqlite(sqlite) => Backend::Sqlite(sqlite.read()?),
            Kind::Postgres(postgres) => Backend::Postgres(postgres.read(shops).await?),
        };
        Ok(Tx::new(backend, self.signals.clone()))
    }

    /// The disk has refused a commit: nothing more is written until another process opens the store again (F37).
    pub fn is_broken(&self) -> bool {
        match &self.kind {
            Kind::Memory(_) | Kind::Postgres(_) => false,
            Kind::Sqlite(sqlite) => sqlite.broken().is_cancelled(),
        }
    }

    /// Ends when the store [`Self::is_broken`].
    pub async fn broken(&self) {
        match &self.kind {
            Kind::Memory(_) | Kind::Postgres(_) => std::future::pending().await,
            Kind::Sqlite(sqlite) => sqlite.broken().cancelled().await,
        }
    }

    /// The scope of the shop with this name; it is given a number at its first mention.
    pub async fn shop(&self, slug: &str) -> Result<ShopScope> {
        match &self.kind {
            Kind::Memory(memory) => Ok(memory.shop(slug).await),
            Kind::Sqlite(sqlite) => sqlite.shop(slug).await,
            Kind::Postgres(postgres) => postgres.shop(slug).await,
        }
    }

    /// Every shop that was ever mentioned, by its number.
    pub async fn shops(&self) -> Result<Vec<(ShopScope, SmolStr)>> {
        match &self.kind {
            Kind::Memory(memory) => Ok(memory.shops().await),
            Kind::Sqlite(sqlite) => sqlite.shops(),
            Kind::Postgres(postgres) => postgres.shops().await,
        }
    }

    /// Which shops have such work due, and since when. Its cost does not depend on the backlog. The only question that
    /// is asked across shops: it shows no row.
    pub async fn due(&self, work: Work, now_ms: i64) -> Result<Vec<Due>> {
        match &self.kind {
            Kind::Memory(memory) => Ok(memory.due(work, now_ms).await),
            Kind::Sqlite(sqlite) => sqlite.due(work, now_ms),
            Kind::Postgres(postgres) => postgres.due(work, now_ms).await,
        }
    }

    /// Changes whenever a commit added such work, here or (on PostgreSQL) in another process. May miss some: poll too.
    /// Says nothing of work that becomes due by time alone.
    pub fn subscribe(&self, work: Work) -> watch::Receiver<u64> {
        self.signals.subscribe(work)
    }

    /// Writes a copy of an embedded store, while a server has it open or not: this may be another process. For PostgreSQL
    /// there is `pg_dump --format=custom`. The copy is as secret as the store. Blocks until it is done.
    pub fn backup_sqlite(from: &Path, to: &Path) -> Result<()> {
        sqlite::copy_out(from, to)
    }

    /// What an embedded file is, while a server has it open or not.
    pub fn look_at_sqlite(path: &Path) -> Result<SqliteLook> {
        look::sqlite(path)
    }

    /// The same of a PostgreSQL database; does not bring it up to date.
    pub async fn look_at_postgres(url: &str) -> Result<PostgresLook> {
        look::postgres(url).await
    }

    /// The embedded file was too large to be read through when it was opened.
    pub fn wants_check(&self) -> bool {
        match &self.kind {
            Kind::Memory(_) | Kind::Postgres(_) => false,
            Kind::Sqlite(sqlite) => sqlite.wants_check(),
        }
    }

    /// Reads the whole embedded file and says whether it is sound. One that is not [`Self::is_broken`] from then on, and is
    /// refused when it is opened. PostgreSQL checks its pages itself.
    pub fn check(&self) -> Result<()> {
        match &self.kind {
            Kind::Memory(_) | Kind::Postgres(_) => Ok(()),
            Kind::Sqlite(sqlite) => sqlite.check(),
        }
    }

    /// Puts a backup where no database is, checks it, and parks what was open in it ([`Store::begin_anew`]).
    pub async fn restore_sqlite(backup: &Path, to: &Path, now_ms: i64) -> Result<(Store, Parked)> {
        sqlite::copy_back(backup, to)?;
        let store = Store::sqlite(to).await?;
        let parked = store.begin_anew(now_ms).await?;
        Ok((store, parked))
    }

    /// To be done once after a database was restored, before it is served: nothing that was open when the backup was
    /// taken is done blindly a second time (F41). See [`Tx::park_open`]; the sum over all shops. A new epoch begins first:
    /// what was named since the backup is never named so again.
    pub async fn begin_anew(&self, now_ms: i64) -> Result<Parked> {
        let epoch = self.epoch().await?;
        let mut tx = self.begin(ShopScope::NONE).await?;
        tx.meta_set(ShopScope::NONE, EPOCH, &now_ms.max(epoch.saturating_add(1)).to_le_bytes()).await?;
        tx.commit().await?;
        let mut sum = Parked::default();
        for (shop, _) in self.shops().await? {
            let mut tx = self.begin(shop).await?;
            let Parked { sends, events, wakes, calls } = tx.park_open(shop, now_ms).await?;
            tx.commit().await?;
            sum.sends += sends;
            sum.events += events;
            sum.wakes += wakes;
            sum.calls += calls;
        }
        Ok(sum)
    }

    /// When the store was last restored, ms since 1970; 0: never. What is made of numbers that go back with a restore, such as
    /// turns, needs it to be named for ever.
    pub async fn epoch(&self) -> Result<i64> {
        let bytes = self.read(ShopScope::NONE).await?.meta_get(ShopScope::NONE, EPOCH).await?;
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, i64::from_le_bytes))
    }

    /// Makes what was erased unreadable in the files too: pages that a log still holds are written over. Waits for
    /// readers to end.
    pub async fn scrub(&self) -> Result<()> {
        match &self.kind {
            Kind::Memory(_) => Ok(()),
            Kind::Sqlite(sqlite) => sqlite.scrub().await,
            Kind::Postgres(postgres) => postgres.scrub().await,
        }
    }
}

const TRIES: u32 = 6;
const EPOCH: &str = "epoch";

/// Twice as long at each try, and somewhere between half and all of that, so that two do not meet again.
pub(crate) fn pause(tries: u32) -> Duration {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| u64::from(time.subsec_nanos()));
    let longest_us = 5_000 << tries;
    Duration::from_micros(longest_us / 2 + clock % (longest_us / 2))
}
