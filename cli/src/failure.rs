//! How a command ends: well, with findings, or because it could not be run at all. What is wrong in a merchant's
//! file is never a [`Failure`]; it is a diagnostic.

use std::io;
use std::path::{Path, PathBuf};

/// How a command that could be run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Fine,
    /// Exit code 1: findings, failed tests, files that are not formatted.
    Findings,
    /// Exit code 2: a part could not be read, which has been told, and the rest was judged.
    Unread,
    /// Exit code 1: a server that could not go on, and whose successor may.
    Broken,
}

impl Outcome {
    pub fn of(fine: bool) -> Outcome {
        if fine { Outcome::Fine } else { Outcome::Findings }
    }
}

/// Why a command could not be run. Exit code 2, except for a reader that has gone away.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("there is no file or folder `{}`", .0.display())]
    Missing(PathBuf),
    #[error("`{}` can not be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` can not be written: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Shop(#[from] duka_runtime::shops::load::Error),
    #[error(transparent)]
    Store(#[from] duka_runtime::store::Error),
    #[error("{message}")]
    Usage { message: String, help: Option<String> },
    #[error("the output can not be written: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::Usage { message: message.into(), help: None }
    }

    pub fn usage_with_help(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::Usage { message: message.into(), help: Some(help.into()) }
    }

    /// An error of opening or reading `path`.
    pub fn reading(path: &Path, source: io::Error) -> Failure {
        match source.kind() {
            io::ErrorKind::NotFound => Failure::Missing(path.to_path_buf()),
            _ => Failure::Unreadable { path: path.to_path_buf(), source },
        }
    }

    pub fn writing(path: &Path, source: io::Error) -> Failure {
        Failure::Unwritable { path: path.to_path_buf(), source }
    }

    /// The next thing to try, as a sentence.
    pub fn help(&self) -> Option<&str> {
        match self {
            Failure::Usage { help, .. } => help.as_deref(),
            Failure::Shop(error) => error.help(),
            Failure::Store(error) => error.help(),
            Failure::Missing(_) | Failure::Unreadable { .. } | Failure::Unwritable { .. } | Failure::Output(_) => None,
        }
    }

    /// `duka … | head`: whoever reads the output has enough.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
