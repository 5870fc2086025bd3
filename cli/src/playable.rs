//! A shop that can be played: compiled, with its fixtures. A shop with errors is reported instead.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use duka_dsl::FileId;
use duka_dsl::ast::TestFile;
use duka_dsl::tests_file;
use duka_engine::compile::compile;
use duka_engine::program::Program;
use duka_engine::simulate::Simulator;
use duka_engine::simulate::test::{self, Fixtures};
use duka_engine::source::FileKind;

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

/// Compiles the shop at `path`; one with errors is handed back as it is.
pub fn read(path: &Path) -> Result<Result<Playable, Box<Shop>>, Failure> {
    let shop = load::shop(path)?;
    let fixtures = test::fixtures(&shop.source);
    Ok(match compile(&shop.source).program {
        Some(program) => Ok(Playable { shop, program, fixtures }),
        None => Err(Box::new(shop)),
    })
}

/// Compiles the shop at `path`. `None`: it has errors, which have been printed.
pub fn open(path: &Path) -> Result<Option<Playable>, Failure> {
    let shop = match read(path)? {
        Ok(playable) => return Ok(Some(playable)),
        Err(shop) => *shop,
    };
    let mut report = findings::check(shop, None);
    report.findings.retain(|finding| finding.level.stops());
    print(&report)?;
    Ok(None)
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

    /// The name of the main flow.
    pub fn flow(&self) -> &str {
        self.program.shop.flows.first().map_or("", |flow| flow.path.as_str())
    }
}
