//! How a store fails, and what its caller may do about it. Never carries a row's text.

use std::error;
use std::path::Path;

use crate::id::ConversationId;

type Source = Box<dyn error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another turn was committed since these were read (I25). Nothing of this transaction holds.
    #[error("{} conversations were changed by another turn", .0.len())]
    Stale(Vec<ConversationId>),
    /// Locked, or serialised against another: nothing was committed, and the same may be tried again.
    #[error("the database cannot take this now")]
    Busy(#[source] Source),
    /// Out of reach, or going down: nothing was committed, and the same goes well when it is back (F42).
    #[error("the database does not answer: {0}")]
    Away(#[source] Source),
    /// The connection broke while the commit was under way: read again by unique key before repeating (F43).
    #[error("it is not known whether the commit holds")]
    CommitUnknown(#[source] Source),
    /// No space is left: nothing was committed. Goes well again when there is space (F36).
    #[error("the disk is full")]
    Full(#[source] Source),
    /// A device error: the store must be opened again, by another process, before it is trusted (F37).
    #[error("the disk does not take what is written")]
    Disk(#[source] Source),
    /// The database was written by a newer version of Duka, whose changes this one does not know.
    #[error("the database is at step {found}, this version of Duka knows steps up to {known}: start the newer version")]
    Newer { found: i64, known: i64 },
    /// The file is in use by another server process.
    #[error("{0} is in use by another `duka serve`: stop that one, or use PostgreSQL for several processes")]
    InUse(String),
    /// The settings lead to no database that can be opened.
    #[error("{message}")]
    Closed { message: String, help: &'static str },
    /// A file that is no database, or not any more.
    #[error("`{file}` is damaged, or no database of Duka: {why}")]
    Damaged { file: String, why: String },
    /// Rows that this version cannot read.
    #[error("the database holds what cannot be read: {0}")]
    Unreadable(String),
    /// Anything else: a mistake in the settings or in a statement.
    #[error("{0}")]
    Refused(String, #[source] Option<Source>),
}

impl Error {
    /// Nothing was committed, and the same may go well a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Stale(_) | Error::Busy(_) | Error::Away(_) | Error::Full(_) => true,
            Error::CommitUnknown(_)
            | Error::Disk(_)
            | Error::Newer { .. }
            | Error::InUse(_)
            | Error::Closed { .. }
            | Error::Damaged { .. }
            | Error::Unreadable(_)
            | Error::Refused(..) => false,
        }
    }

    /// The next thing to try, as a sentence.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Error::Closed { help, .. } => Some(help),
            Error::Away(_) => Some("Is PostgreSQL running, and are host and port in `database` right?"),
            Error::Full(_) => Some("Make space on the disk of the database."),
            Error::Disk(_) => Some("See in the machine's log whether the disk is failing, then start again."),
            Error::Damaged { .. } => Some(
                "If it is the right file: move it away with its `-wal` and `-shm`, and put a copy in its place: \
                 `duka restore COPY DATABASE`.",
            ),
            Error::Stale(_)
            | Error::Busy(_)
            | Error::CommitUnknown(_)
            | Error::Newer { .. }
            | Error::InUse(_)
            | Error::Unreadable(_)
            | Error::Refused(..) => None,
        }
    }

    /// The same of this file: what cannot be read there is damage.
    pub(super) fn of_file(self, path: &Path) -> Error {
        match self {
            // A list of what is wrong begins with a headline.
            Error::Unreadable(why) => Error::Damaged {
                file: path.display().to_string(),
                why: why.lines().last().unwrap_or_default().to_string(),
            },
            other => other,
        }
    }
}

pub type Result<T> = std::result::Result<T, Error>;

/// What happened, without the layers of the library that it came through.
pub(super) fn plain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(answer) => answer.message().to_string(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Configuration(error) | sqlx::Error::Tls(error) => error.to_string(),
        sqlx::Error::PoolTimedOut => "no connection became free in time".to_string(),
        other => other.to_string(),
    }
}
