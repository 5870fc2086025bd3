//! A mistake in what the server is told: where, what, and what to write instead. Shows no value of a secret.

use std::path::Path;

/// Stops the start; on a reload, the old settings stay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place_of(place, *line))]
pub struct Mistake {
    /// A file, or `the environment`; empty: nowhere in particular.
    pub place: String,
    /// From 1.
    pub line: Option<usize>,
    pub message: String,
    /// What to do, as a sentence.
    pub help: Option<String>,
}

fn place_of(place: &str, line: Option<usize>) -> String {
    match (place, line) {
        ("", _) => String::new(),
        (place, Some(line)) => format!("`{place}`, line {line}: "),
        (place, None) => format!("`{place}`: "),
    }
}

impl Mistake {
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Mistake {
        Mistake {
            place: path.display().to_string(),
            line: None,
            message: format!("the file can not be read: {error}"),
            help: Some("Name the server's settings with `--config duka.toml`.".to_string()),
        }
    }
}
