//! How files look: documented, of readable length, with an answer for every failure.

use duka_tests::tree::{File, files, root};

use crate::none;

const CRATES: [&str; 7] = ["dsl", "engine", "flows", "runtime", "cli", "otel", "tests"];

/// The most lines of a file.
const LINES: usize = 600;

fn sources() -> Vec<File> {
    files(&CRATES, &[".rs"])
}

#[test]
fn every_file_says_what_it_is() {
    let offences: Vec<String> =
        sources().iter().filter(|file| !file.text.starts_with("//!")).map(|file| file.path.clone()).collect();
    none(&offences, "a file begins with `//!`: what it is, and what it refuses to do");
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let offences: Vec<String> = sources()
        .iter()
        .map(|file| (file.path.clone(), file.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES)
        .map(|(path, lines)| format!("{path} has {lines} lines"))
        .collect();
    none(&offences, "files have at most 600 lines; split by topic");
}

#[test]
fn nothing_is_left_unanswered() {
    let forbidden = [".unwrap()", "todo!(", "unimplemented!(", "dbg!(", "#[ignore", "should_panic"];
    let mut offences = Vec::new();
    for file in sources().iter().filter(|file| file.path.contains("/src/")) {
        for (number, line) in file.code() {
            for word in forbidden.iter().filter(|word| line.contains(**word)) {
                offences.push(format!("{}:{number}: {word}", file.path));
            }
        }
    }
    none(&offences, "outside tests, failure is a value; nothing is left to be done");
}

#[test]
fn every_crate_obeys_the_workspace_lints() {
    let offences: Vec<String> = CRATES
        .iter()
        .map(|name| format!("{name}/Cargo.toml"))
        .filter(|path| {
            let manifest = std::fs::read_to_string(root().join(path)).unwrap_or_default();
            !manifest.contains("[lints]\nworkspace = true")
        })
        .collect();
    none(&offences, "a manifest has `[lints] workspace = true`");
}

#[test]
fn every_lint_that_is_silenced_has_a_reason() {
    let mut offences = Vec::new();
    for file in sources().iter().filter(|file| !file.path.ends_with("tidy/house.rs")) {
        for (number, line) in file.text.lines().enumerate() {
            let trimmed = line.trim_start();
            if trimmed.starts_with("#[allow(") || trimmed.starts_with("#![allow(") {
                offences.push(format!("{}:{}: use `expect` with a reason", file.path, number + 1));
            }
            let is_expectation = trimmed.starts_with("#[expect(") || trimmed.starts_with("#![expect(");
            let attribute: String = file.text.lines().skip(number).take(5).collect();
            if is_expectation && !attribute.split(']').next().unwrap_or("").contains("reason") {
                offences.push(format!("{}:{}: no reason", file.path, number + 1));
            }
        }
    }
    none(&offences, "a silenced lint says why");
}

/// ARCHITECTURE.md names, for each invariant, the test that keeps it; a name that is gone is an invariant that nobody keeps.
#[test]
fn every_test_that_the_architecture_names_exists() {
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let all: String = sources().into_iter().map(|file| file.text).collect();
    let invariants: Vec<&str> = architecture.lines().filter(|line| line.contains("*Kept by*")).collect();
    assert!(invariants.len() >= 10, "the invariants are listed with what keeps them");
    let mut offences = Vec::new();
    for line in invariants {
        let kept_by = line.split("*Kept by*").nth(1).unwrap_or("");
        for name in kept_by.split('`').skip(1).step_by(2) {
            let name = name.rsplit("::").next().unwrap_or(name);
            if !all.contains(&format!("fn {name}(")) {
                offences.push(format!("`{name}`, in: {line}"));
            }
        }
    }
    none(&offences, "ARCHITECTURE.md names tests that do not exist");
}

/// `cargo run -- dev …` is the first thing that a newcomer does.
#[test]
fn the_first_command_of_the_readme_runs_duka() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md is there");
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml is there");
    assert!(readme.contains("\ncargo run -- dev examples/boutique"));
    assert!(manifest.lines().any(|line| line.starts_with("default-members = [\"cli\"]")), "or it runs another binary");
}
