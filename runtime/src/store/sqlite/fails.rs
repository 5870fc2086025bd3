//! The one error that a disk can be told to have, so that tests can show what becomes of it wherever it strikes (reliability.md
//! 5, T6). A store that nobody told has none.

use std::sync::{Arc, Mutex, PoisonError};

use crate::store::error::{Error, Result};

/// How a disk fails, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no room for a statement or a commit, of which nothing is kept (F36).
    Full,
    /// The device refuses a statement or a commit, of which nothing is kept (F37).
    Refused,
    /// The device refuses when a commit is kept already.
    Untold,
}

/// What will fail; its clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Fails(Option<Arc<Mutex<Told>>>);

#[derive(Debug, Default)]
struct Told {
    armed: Option<(Failure, u64)>,
    statements: u64,
}

impl Told {
    fn strikes(&mut self, is_now: impl Fn(Failure) -> bool) -> Option<Failure> {
        let (failure, after) = self.armed?;
        if self.statements <= after || !is_now(failure) {
            return None;
        }
        self.armed = None;
        tracing::warn!(?failure, after, "the disk fails, as told");
        Some(failure)
    }
}

impl Fails {
    /// Fails once after so many statements: at the next one, or at the next commit where it is [`Failure::Untold`].
    pub fn after(failure: Failure, statements: u64) -> Fails {
        Fails(Some(Arc::new(Mutex::new(Told { armed: Some((failure, statements)), statements: 0 }))))
    }

    /// As a tester writes it: `full`, `refused` or `untold`, and how many statements go well first.
    #[cfg(debug_assertions)]
    pub fn read(told: &str) -> Option<Fails> {
        let (failure, statements) = told.split_once(' ')?;
        let failure = match failure {
            "full" => Failure::Full,
            "refused" => Failure::Refused,
            "untold" => Failure::Untold,
            _ => return None,
        };
        Some(Fails::after(failure, statements.parse().ok()?))
    }

    /// The same, once more, after so many from now on.
    pub fn again(&self, failure: Failure, more: u64) {
        if let Some(told) = &self.0 {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.armed = Some((failure, told.statements + more));
        }
    }

    /// Does not fail any more. How many statements there were, and whether one has failed.
    pub fn end(&self) -> (u64, bool) {
        let told = self.0.as_ref().map(|told| told.lock().unwrap_or_else(PoisonError::into_inner));
        told.map_or((0, false), |mut told| (told.statements, told.armed.take().is_none()))
    }

    pub(super) fn at_statement(&self) -> Result<()> {
        let Some(told) = &self.0 else { return Ok(()) };
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.statements += 1;
        match told.strikes(|failure| failure != Failure::Untold) {
            None => Ok(()),
            Some(Failure::Full) => Err(Error::Full("as told".into())),
            Some(Failure::Refused | Failure::Untold) => Err(Error::Disk("as told".into())),
        }
    }

    pub(super) fn after_commit(&self) -> Result<()> {
        let Some(told) = &self.0 else { return Ok(()) };
        let struck = told.lock().unwrap_or_else(PoisonError::into_inner).strikes(|failure| failure == Failure::Untold);
        struck.map_or(Ok(()), |_| Err(Error::Disk("as told".into())))
    }
}
