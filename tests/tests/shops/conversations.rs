//! Every conversation test of every example and standard flow, twice: once to see that it holds, once more to see that
//! the same events give the same effects, traces and sessions to the byte (I31).

use std::sync::Arc;

use duka_dsl::FileId;
use duka_engine::compile::compile;
use duka_engine::hir::FlowId;
use duka_engine::program::Program;
use duka_engine::simulate::coverage::Seen;
use duka_engine::simulate::test::{self, Fixtures, TestResult};
use duka_engine::source::{FileKind, ShopSource};
use duka_tests::shops::{everything, is_standard};

/// The share of transitions that an example's own tests take (the floor is for the boutique).
const LEAST_PERCENT: usize = 90;
/// The same for a standard flow.
const LEAST_PERCENT_STANDARD: usize = 80;

struct Subject {
    source: ShopSource,
    program: Arc<Program>,
    fixtures: Fixtures,
}

fn subject(name: &str, source: ShopSource) -> Subject {
    let compiled = compile(&source);
    let found: Vec<String> =
        compiled.diagnostics.iter().map(|found| format!("{} {}", found.code, found.message)).collect();
    let program = compiled.program.unwrap_or_else(|| panic!("{name} does not compile: {found:#?}"));
    Subject { fixtures: test::fixtures(&source), program, source }
}

/// The results of a shop's own tests.
pub fn play(name: &str, source: ShopSource) -> Vec<TestResult> {
    run(&subject(name, source))
}

fn run(subject: &Subject) -> Vec<TestResult> {
    let files = subject.source.files.iter().enumerate().take(subject.source.standard_from);
    let mut results = Vec::new();
    for (index, file) in files.filter(|(_, file)| file.kind == FileKind::Tests) {
        let id = FileId(u16::try_from(index).expect("few files"));
        let (tests, found) = duka_dsl::tests_file::read(id, &file.text);
        assert!(found.is_empty(), "{}: {found:#?}", file.path);
        results.extend(test::run(&subject.program, &subject.fixtures, &tests, ""));
    }
    results
}

#[test]
fn every_shop_passes_its_own_tests() {
    let mut failures = Vec::new();
    for (name, source) in everything() {
        let results = run(&subject(&name, source));
        assert!(!results.is_empty(), "{name} has no tests");
        for result in results {
            if let Some(failure) = result.failure {
                failures.push(format!(
                    "{name}: {}\n  {}\n  {}",
                    result.title,
                    failure.expected,
                    failure.transcript.join("\n  ")
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_tests_of_a_shop_take_most_of_its_transitions() {
    for (name, source) in everything() {
        let least = if is_standard(&name) { LEAST_PERCENT_STANDARD } else { LEAST_PERCENT };
        let subject = subject(&name, source);
        let mut seen = Seen::default();
        for result in run(&subject) {
            result.traces.iter().for_each(|trace| {
                seen.add(&subject.program.shop, trace);
            });
        }
        let coverage = seen.of(&subject.program.shop, FlowId(0)).expect("an example has a flow");
        let share = coverage.transitions;
        assert!(share.percent() >= least, "{name}: {} of {} transitions", share.seen, share.all);
    }
}

#[test]
fn the_same_events_give_the_same_bytes() {
    for (name, source) in everything() {
        let subject = subject(&name, source);
        let (first, second) = (run(&subject), run(&subject));
        for (first, second) in first.iter().zip(&second) {
            assert_eq!(first.simulator.log, second.simulator.log, "{name}: {}", first.title);
            assert_eq!(first.traces, second.traces, "{name}: {}", first.title);
            assert_eq!(first.simulator.session, second.simulator.session, "{name}: {}", first.title);
        }
    }
}
