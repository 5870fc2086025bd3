//! The core has no clock, files, network, randomness, threads, logging or global state, and its order is the data's own.

use duka_tests::tree::{File, files};

use crate::none;

/// What the core must not name, and why.
const IMPURE: [(&str, &str); 24] = [
    ("std::fs", "files"),
    ("std::net", "network"),
    ("std::env", "environment"),
    ("std::process", "processes"),
    ("std::thread", "threads"),
    ("std::io", "input and output"),
    ("std::time::Instant", "a clock"),
    ("std::time::SystemTime", "a clock"),
    ("SystemTime", "a clock"),
    ("Instant::now", "a clock"),
    ("Zoned::now", "a clock"),
    ("Timestamp::now", "a clock"),
    ("TimeZone::system", "the machine's time zone"),
    ("rand::", "randomness"),
    ("getrandom", "randomness"),
    ("RandomState", "randomness"),
    ("HashMap", "an order of its own"),
    ("HashSet", "an order of its own"),
    ("println!", "logging"),
    ("eprintln!", "logging"),
    ("log::", "logging"),
    ("tracing::", "logging"),
    ("static mut", "global state"),
    ("thread_local!", "global state"),
];

fn core() -> Vec<File> {
    files(&["dsl/src", "engine/src"], &[".rs"])
}

#[test]
fn the_core_does_nothing_but_compute() {
    let mut offences = Vec::new();
    for file in core() {
        for (number, line) in file.code() {
            for (word, what) in IMPURE.iter().filter(|(word, _)| names(line, word)) {
                offences.push(format!("{}:{number}: `{word}` is {what}", file.path));
            }
        }
    }
    none(&offences, "`dsl` and `engine` have no IO, clock, randomness, threads or logging, and use ordered maps");
}

/// Whether the line names `word`, not only as the end of a longer name (`dialog::` is not `log::`).
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().last());
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == '.')
    })
}

#[test]
fn a_foreign_language_is_known_in_one_place() {
    let rules: [(&str, &str); 8] = [
        ("rhai::", "engine/src/expression"),
        ("pest::", "dsl/src/"),
        ("pest_derive::", "dsl/src/"),
        ("serde_yaml::", "dsl/src/"),
        ("sqlx::", "runtime/src/store"),
        ("rusqlite::", "runtime/src/store"),
        ("annotate_snippets::", "cli/src/report/text.rs"),
        ("serde_sarif::", "cli/src/report/sarif.rs"),
    ];
    let mut offences = Vec::new();
    for file in files(&["dsl/src", "engine/src", "flows/src", "runtime/src", "cli/src"], &[".rs"]) {
        for (number, line) in file.code() {
            for (word, home) in rules.iter().filter(|(word, home)| names(line, word) && !file.path.starts_with(home)) {
                offences.push(format!("{}:{number}: `{word}` belongs to {home}", file.path));
            }
        }
    }
    none(&offences, "pest, YAML, Rhai, SQL and the output formats are each named in one place");
}

#[test]
fn only_clients_speak_to_the_network() {
    let mut offences = Vec::new();
    for file in files(&["runtime/src", "cli/src"], &[".rs"]) {
        let is_client = file.path.contains("/client/") || file.path.ends_with("client.rs");
        for (number, line) in file.code() {
            if !is_client && names(line, "reqwest::") {
                offences.push(format!("{}:{number}: `reqwest` belongs to a `client` module", file.path));
            }
        }
    }
    none(&offences, "requests leave through the clients of channels and adapters");
}

#[test]
fn events_and_effects_are_matched_without_wildcards() {
    let mut offences = Vec::new();
    for file in files(&["engine/src", "runtime/src", "cli/src"], &[".rs"]) {
        let lines: Vec<&str> = file.text.lines().collect();
        for (start, line) in
            lines.iter().enumerate().filter(|(_, line)| line.trim_end().ends_with('{') && line.contains("match "))
        {
            let indent = line.len() - line.trim_start().len();
            let arm = " ".repeat(indent + 4);
            let arms: Vec<&&str> = lines
                .iter()
                .skip(start + 1)
                .take_while(|line| line.trim().is_empty() || line.len() - line.trim_start().len() > indent)
                .filter(|line| line.strip_prefix(&arm).is_some_and(|rest| !rest.starts_with(' ')))
                .collect();
            let is_closed = arms.iter().any(|arm| arm.contains("EventKind::") || arm.contains("EffectKind::"));
            let has_wildcard = arms.iter().any(|arm| arm.trim_start().starts_with("_ =>"));
            if is_closed && has_wildcard {
                offences.push(format!("{}:{}", file.path, start + 1));
            }
        }
    }
    none(&offences, "a match over events or effects names every kind");
}
