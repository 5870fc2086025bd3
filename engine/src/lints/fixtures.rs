//! Fixtures: that each can be read, and that the tests name those that are there. Judges no value in them.

use duka_dsl::ast::TestLineKind;
use duka_dsl::config::fixture;
use duka_dsl::{Diagnostic, tests_file};

use super::context::Context;
use super::file_id;
use crate::source::{FileKind, ShopSource};

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    found.extend(wrong(context.source));
}

/// What is wrong with a shop's fixtures: a shop can not be tried with them.
pub fn wrong(source: &ShopSource) -> Vec<Diagnostic> {
    let of = |wanted: FileKind| {
        let own = source.files.iter().take(source.standard_from).enumerate();
        own.filter(move |(_, file)| file.kind == wanted)
    };
    let known: Vec<&str> = of(FileKind::Fixture).map(|(_, file)| file.path.as_str()).collect();
    let mut found: Vec<Diagnostic> =
        of(FileKind::Fixture).flat_map(|(at, file)| fixture::read(file_id(at), &file.text).1).collect();
    for (at, file) in of(FileKind::Tests) {
        let (tests, _) = tests_file::read(file_id(at), &file.text);
        for line in tests.given.iter().chain(tests.tests.iter().flat_map(|test| &test.lines)) {
            if let TestLineKind::GivenShop(path) = &line.kind
                && !known.contains(&path.value.as_str())
            {
                found.push(missing(&path.value, path.span, &known));
            }
        }
    }
    found
}

fn missing(path: &str, span: duka_dsl::Span, known: &[&str]) -> Diagnostic {
    let finding = Diagnostic::new(117, span, format!("There is no fixture `{path}`.")).cause(format!("fixture {path}"));
    let finding = finding.did_you_mean(path, known.iter().copied());
    match (&finding.help, known) {
        (Some(_), _) => finding,
        (None, []) => finding.help("Write the file, or take the line away: the shop's system is empty then."),
        (None, known) => finding.help(format!("Write the file, or name one that is there: `{}`.", known.join("`, `"))),
    }
}
