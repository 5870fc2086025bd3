//! A shop that can be played: compiled, with its fixtures. A shop with errors is reported instead.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use duka_dsl::ast::TestFile;
use duka_dsl::tests_file;
use duka_dsl::{Diagnostic, FileId};
use duka_engine::compile::compile;
use duka_engine::lints::wrong_fixtures;
use duka_engine::program::Program;
use duka_engine::rules::{self, Level};
use duka_engine::simulate::Simulator;
use duka_engine::simulate::explore::{FoundTest, as_test_file};
use duka_engine::simulate::test::{self, Fixtures};
use duka_engine::source::FileKind;
use duka_runtime::dev::replace;

use crate::failure::Failure;
use crate::findings;
use crate::load::{self, Shop};
use crate::report::{self, Report};

/// A shop, its program and what its backend holds.
#[derive(Debug)]
pub struct Playable {
    pub shop: Shop,
    pub program: Arc<Program>,
    pub fixtures: Fixtures,
}

/// Compiles the shop at `path`; one with errors in its flows or fixtures is handed back as it is.
pub fn read(path: &Path) -> Result<Result<Playable, Box<Shop>>, Failure> {
    Ok(compiled(load::shop(path)?))
}

fn compiled(shop: Shop) -> Result<Playable, Box<Shop>> {
    let stops = |finding: &Diagnostic| rules::level(finding.code).is_none_or(Level::stops);
    let program = compile(&shop.source).program;
    match program.filter(|_| !wrong_fixtures(&shop.source).iter().any(stops)) {
        Some(program) => Ok(Playable { program, fixtures: test::fixtures(&shop.source), shop }),
        None => Err(Box::new(shop)),
    }
}

/// Compiles the shop at `path`, or tells what stops it, its settings included.
pub fn judged(path: &Path) -> Result<Result<Playable, Box<Report>>, Failure> {
    let shop = load::with_any_settings(path)?;
    let shop = match shop.settings_are_sound() {
        Ok(()) => match compiled(shop) {
            Ok(playable) => return Ok(Ok(playable)),
            Err(shop) => *shop,
        },
        Err(_) => shop,
    };
    let mut report = findings::check(shop, None);
    report.findings.retain(|finding| finding.level.stops());
    Ok(Err(Box::new(report)))
}

/// Compiles the shop at `path`. `None`: it has errors, which have been printed.
pub fn open(path: &Path) -> Result<Option<Playable>, Failure> {
    load::shop(path)?;
    match judged(path)? {
        Ok(playable) => Ok(Some(playable)),
        Err(report) => {
            print(&report)?;
            Ok(None)
        }
    }
}

/// Prints a report for people.
pub fn print(report: &Report) -> Result<(), Failure> {
    Ok(anstream::stdout().write_all(report::text::render(report, false).as_bytes())?)
}

impl Playable {
    /// The path of the fixture that a chat begins with.
    pub fn first_fixture(&self) -> Option<&str> {
        self.fixtures.keys().next().map(String::as_str)
    }

    /// A fresh chat, with the first fixture.
    pub fn simulator(&self) -> Simulator {
        let fixture = self.fixtures.values().next().cloned().unwrap_or_default();
        Simulator::new(Arc::clone(&self.program), &fixture)
    }

    /// The shop's tests, by file.
    pub fn tests(&self) -> Vec<(FileId, TestFile)> {
        let files = self.shop.own_files().filter(|(_, file)| file.kind == FileKind::Tests);
        files.map(|(id, file)| (id, tests_file::read(id, &file.text).0)).collect()
    }

    /// Adds tests to a file, which is made if there is none: what stands in it stays, whatever happens meanwhile.
    pub fn keep(&self, tests: &[FoundTest], file: &Path) -> Result<(), Failure> {
        let whole = as_test_file(tests, self.flow(), self.first_fixture());
        let text = match std::fs::read_to_string(file) {
            Ok(before) => {
                let added = whole.split_once("\ntest ").map_or("", |(_, added)| added);
                format!("{}\n\ntest {added}", before.trim_end())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => whole,
            Err(error) => return Err(Failure::reading(file, error)),
        };
        replace(file, &text).map_err(|error| Failure::writing(file, error))
    }

    /// The name of the main flow.
    pub fn flow(&self) -> &str {
        self.program.shop.flows.first().map_or("", |flow| flow.path.as_str())
    }
}
