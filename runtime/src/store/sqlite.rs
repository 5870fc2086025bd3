//! The embedded store: one file, one process, one writing connection, readers beside it.
//!
//! sqlx opens the file and brings its schema up to date. The connections themselves are driven directly: through sqlx
//! each statement crosses to a thread and back, which costs twice what it writes (`examples/store_rows` shows it).
//! Statements are prepared once and run row by row, which is as cheap here as one statement for many rows.

mod audit;
mod backup;
mod bags;
mod conversations;
mod costs;
mod events;
mod fails;
mod housekeeping;
mod ledgers;
mod parcels;
mod payments;
mod posts;
mod sends;
mod work;

pub(super) use self::backup::{copy_back, copy_out};
pub use self::fails::{Fails, Failure};

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{CachedStatement, Connection, OpenFlags};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

use super::error::{Error, Result, plain};
use super::migrations::{SQLITE, migrator, refusal};

/// Below it a writer and a checkpoint can damage each other's pages (reliability.md, T24).
const LEAST_VERSION: i32 = 3_051_003;
const PAGES_BETWEEN_CHECKPOINTS: u32 = 10_000;
const PREPARED_STATEMENTS: usize = 128;
const IDLE_READERS: usize = 4;
/// How long a writer waits for a lock that a tool of the operator holds.
const PATIENCE: Duration = Duration::from_secs(2);
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

#[derive(Clone)]
pub(super) struct Sqlite(Arc<Shared>);

struct Shared {
    path: PathBuf,
    writer: Arc<tokio::sync::Mutex<Connection>>,
    /// Held for a moment, to take a connection or to put it back.
    readers: Mutex<Vec<Connection>>,
    /// The disk has refused a commit: what the file holds is not known until it is opened again (F37).
    broken: CancellationToken,
    fails: Fails,
    /// Unlocked by the operating system when the process ends, however it ends.
    _lock: File,
}

impl Sqlite {
    pub async fn open(path: &Path, fails: Fails) -> Result<Sqlite> {
        if rusqlite::version_number() < LEAST_VERSION {
            let found = rusqlite::version();
            return Err(Error::Refused(format!("SQLite {found} is too old: 3.51.3 is the least that is safe"), None));
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| cannot_open(folder, &error))?;
        }
        let lock = only_process(path)?;
        waiting(|| backup::check_first(path))?;
        bring_up_to_date(path).await?;
        let writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let shared = Shared {
            path: path.to_path_buf(),
            writer: Arc::new(tokio::sync::Mutex::new(writer)),
            readers: Mutex::new(Vec::new()),
            broken: CancellationToken::new(),
            fails,
            _lock: lock,
        };
        Ok(Sqlite(Arc::new(shared)))
    }

    pub async fn begin(&self) -> Result<SqliteTx> {
        let connection = self.0.writer.clone().lock_owned().await;
        if self.0.broken.is_cancelled() {
            return Err(Error::Disk("a commit has failed, and the file was not opened anew since".into()));
        }
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            match prepared(&connection, "BEGIN IMMEDIATE").and_then(|mut begin| Ok(begin.execute([])?)) {
                Ok(_) => break,
                Err(Error::Busy(_)) if tokio::time::Instant::now() < until => {
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(SqliteTx { connection: Held::Writer(connection), shared: self.0.clone() })
    }

    /// Ends when the disk has refused a commit.
    pub fn broken(&self) -> &CancellationToken {
        &self.0.broken
    }

    pub fn read(&self) -> Result<SqliteTx> {
        let idle = self.0.readers.lock().map_or(None, |mut idle| idle.pop());
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.0.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        prepared(&connection, "BEGIN")?.execute([])?;
        Ok(SqliteTx { connection: Held::Reader(Some(connection)), shared: self.0.clone() })
    }
}

/// A transaction: on the one writing connection, or a view of what was committed when it began.
pub(super) struct SqliteTx {
    connection: Held,
    shared: Arc<Shared>,
}

enum Held {
    Writer(OwnedMutexGuard<Connection>),
    /// `None` only while it is dropped.
    Reader(Option<Connection>),
}

impl SqliteTx {
    /// A statement, prepared once for each connection.
    fn sql(&self, text: &str) -> Result<CachedStatement<'_>> {
        self.shared.fails.at_statement()?;
        match &self.connection {
            Held::Writer(connection) => prepared(connection, text),
            Held::Reader(Some(connection)) => prepared(connection, text),
            Held::Reader(None) => Err(Error::Refused("the transaction has ended".into(), None)),
        }
    }

    pub fn commit(self) -> Result<()> {
        let done = waiting(|| {
            self.sql("COMMIT")?.execute([])?;
            self.shared.fails.after_commit()
        });
        match done {
            Ok(()) => Ok(()),
            Err(Error::Disk(source)) => {
                self.shared.broken.cancel();
                Err(Error::CommitUnknown(source))
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        match &mut self.connection {
            Held::Writer(connection) => undo(connection, &self.shared),
            Held::Reader(connection) => {
                let Some(connection) = connection.take() else { return };
                undo(&connection, &self.shared);
                if let Ok(mut idle) = self.shared.readers.lock()
                    && idle.len() < IDLE_READERS
                {
                    idle.push(connection);
                }
            }
        }
    }
}

/// Ends what was not committed. A connection that cannot even do that is not to be trusted.
fn undo(connection: &Connection, shared: &Shared) {
    if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
        shared.broken.cancel();
    }
}

fn prepared<'a>(connection: &'a Connection, text: &str) -> Result<CachedStatement<'a>> {
    Ok(connection.prepare_cached(text)?)
}

/// Runs what waits for the disk without keeping other tasks of a thread pool from running.
fn waiting<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn only_process(path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_os_string();
    name.push(".lock");
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&name);
    let file = opened.map_err(|error| cannot_open(Path::new(&name), &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(path.display().to_string())),
        Err(TryLockError::Error(error)) => Err(cannot_open(Path::new(&name), &error)),
    }
}

async fn bring_up_to_date(path: &Path) -> Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .pragma("secure_delete", "ON");
    let opened = SqliteConnection::connect_with(&options).await;
    let mut connection = opened.map_err(|error| cannot_open(path, &plain(&error)))?;
    let done = migrator(&SQLITE).run_direct(None, &mut connection, false).await;
    let closed = connection.close().await;
    done.map_err(|error| refusal(error, &SQLITE))?;
    closed.map_err(|error| cannot_open(path, &plain(&error)))
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection> {
    let opened = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let connection = opened.map_err(|error| cannot_open(path, &error))?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "wal_autocheckpoint", PAGES_BETWEEN_CHECKPOINTS)?;
    Ok(connection)
}

fn cannot_open(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::Closed {
        message: format!("`{}` cannot be opened: {why}", path.display()),
        help: "Is it the right place, and may this user read and write there?",
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Error::Busy(error.into()),
            Some(Code::DiskFull) => Error::Full(error.into()),
            Some(Code::SystemIoFailure) => Error::Disk(error.into()),
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Error::Unreadable(error.to_string()),
            Some(_) | None => Error::Refused(format!("SQLite refuses: {error}"), Some(error.into())),
        }
    }
}
