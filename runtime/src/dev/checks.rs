//! What the page shows of a shop that is being written: its findings, with the chats that show them. Who finds them is told
//! from outside: the command that `duka check` is.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::shops::load::Shop;

/// What only the command line knows how to do.
pub trait Checks: Send + Sync {
    /// All that is wrong with a shop and not set aside.
    fn findings(&self, shop: Shop) -> Vec<Finding>;

    /// Finds the transitions that no test takes; `write`: and writes tests for them beside the flow.
    ///
    /// # Errors
    /// Why nothing was found or written.
    fn explore(&self, folder: &Path, write: bool) -> Result<Explored, Unsearched>;
}

/// Why there is nothing that a search has found.
#[derive(Debug)]
pub enum Unsearched {
    /// The shop has errors, or no flow.
    Broken,
    /// It can not be read, in plain words.
    Unreadable(String),
    Disk(std::io::Error),
}

/// As `duka check` tells it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    pub code: String,
    /// `error`, `warning`, `info`
    pub severity: &'static str,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Within the shop's folder.
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    /// The conversation that shows it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chat: Vec<Line>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Line {
    /// `in`: the customer; `out`: the shop; `time`: time, payments, orders.
    pub way: &'static str,
    pub text: String,
}

impl Finding {
    /// Something that is wrong with a file as a whole.
    pub fn plain(file: &str, line: usize, message: String, help: Option<&str>) -> Finding {
        let help = help.map(str::to_string);
        let (code, severity, file) = (String::new(), "error", file.to_string());
        Finding {
            code,
            severity,
            message,
            help,
            file,
            line,
            column: 1,
            end_line: line,
            end_column: 1,
            chat: Vec::new(),
        }
    }
}

/// A way that no test takes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Left {
    /// `bag`, `group bag`, `anywhere`
    pub owner: String,
    pub by: LeftBy,
}

/// What takes it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "code", content = "about", rename_all = "snake_case")]
pub enum LeftBy {
    /// This line, as the flow has it.
    Line(String),
    /// Something that fails.
    Failure,
    /// The line of this number, by itself.
    Itself(u16),
}

/// What a search has found.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Explored {
    pub left: Vec<Left>,
    /// The shop's own tests that fail.
    pub failing: usize,
    /// The states and ways that no test takes, as the map names them.
    pub states: Vec<String>,
    pub edges: Vec<(String, String)>,
    pub tests_written: Option<String>,
}
