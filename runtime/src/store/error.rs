//! How a store fails, and what its caller may do about it. Never carries a row's text.

use std::error;

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
    #[error("the database does not answer")]
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
    /// Rows that this version cannot read, or a file that is damaged.
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
            | Error::Unreadable(_)
            | Error::Refused(..) => false,
        }
    }
}

pub type Result<T> = std::result::Result<T, Error>;
