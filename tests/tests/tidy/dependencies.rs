//! Who may depend on whom, and under which licences we take what we depend on. Works offline, from `cargo metadata`.

use std::collections::BTreeSet;
use std::process::Command;

use duka_tests::tree::root;
use serde_json::Value;

use crate::none;

/// Which of our crates a crate may depend on. Dependencies go up this list, never back.
const MAY_USE: [(&str, &[&str]); 8] = [
    ("duka-dsl", &[]),
    ("duka-engine", &["duka-dsl"]),
    ("duka-flows", &[]),
    ("duka-runtime", &["duka-dsl", "duka-engine", "duka-flows"]),
    ("duka-otel", &[]),
    ("duka", &["duka-dsl", "duka-engine", "duka-flows", "duka-runtime", "duka-otel"]),
    ("duka-tests", &["duka-dsl", "duka-engine", "duka-flows", "duka-runtime"]),
    ("duka-measure", &["duka-dsl", "duka-engine", "duka-tests"]),
];

/// Crates that only one of ours may depend on.
const ONE_USER: [(&str, &str); 7] = [
    ("pest", "duka-dsl"),
    ("pest_derive", "duka-dsl"),
    ("serde-saphyr", "duka-dsl"),
    ("rhai", "duka-engine"),
    ("sqlx", "duka-runtime"),
    ("clap", "duka"),
    ("inquire", "duka"),
];

fn metadata(more: &[&str]) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .args(more)
        .current_dir(root())
        .output()
        .expect("cargo runs, it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata writes JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[test]
fn dependencies_go_one_way() {
    let workspace = metadata(&["--no-deps"]);
    let mut offences = Vec::new();
    for package in list(&workspace, "packages") {
        let name = text(package, "name");
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == name) else {
            offences.push(format!("{name} is not in the list of crates"));
            continue;
        };
        for dependency in list(package, "dependencies") {
            let used = text(dependency, "name");
            let is_ours = MAY_USE.iter().any(|(known, _)| *known == used);
            // What tests share may be used by all tests.
            let is_of_tests = used == "duka-tests" && text(dependency, "kind") == "dev";
            if is_ours && !is_of_tests && !allowed.contains(&used) {
                offences.push(format!("{name} depends on {used}"));
            }
            if let Some((_, user)) = ONE_USER.iter().find(|(only, _)| *only == used)
                && *user != name
                // Tests may look at a database from outside.
                && text(dependency, "kind") != "dev"
            {
                offences.push(format!("{name} depends on {used}, which is {user}'s"));
            }
        }
    }
    none(&offences, "dependencies go cli → runtime → engine → dsl, and a foreign crate has one user");
}

#[test]
fn licences_are_on_the_list() {
    let host = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let host = String::from_utf8_lossy(&host.stdout).into_owned();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc knows its host").to_string();
    let deny = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml is there");
    let allowed = entries(&deny, "allow = [");
    assert!(allowed.contains("MIT") && !allowed.contains("AGPL-3.0"));
    let all = metadata(&["--filter-platform", &host]);
    let used: BTreeSet<&str> =
        list(all.get("resolve").unwrap_or(&Value::Null), "nodes").iter().map(|node| text(node, "id")).collect();
    let offences: Vec<String> = list(&all, "packages")
        .iter()
        .filter(|package| used.contains(text(package, "id")))
        // The one exception of deny.toml: file-level copyleft, used unmodified.
        .filter(|package| (text(package, "name"), text(package, "license")) != ("smartstring", "MPL-2.0+"))
        .filter(|package| !is_allowed(text(package, "license"), &allowed))
        .map(|package| {
            format!("{} {}: `{}`", text(package, "name"), text(package, "version"), text(package, "license"))
        })
        .collect();
    none(&offences, "every dependency's licence is allowed by deny.toml");
}

#[test]
fn banned_crates_stay_out_and_exceptions_are_still_needed() {
    let deny = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml is there");
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock is there");
    let is_locked = |name: &str| lock.contains(&format!("\nname = \"{name}\"\n"));
    let banned: Vec<String> = entries(&deny, "deny = [").into_iter().filter(|name| is_locked(name)).collect();
    none(&banned, "crates that deny.toml bans are in Cargo.lock");
    assert!(is_locked("smartstring"), "Rhai has dropped smartstring: remove the advisory's exception from deny.toml");
    assert_eq!(entries(&deny, "ignore = [").len(), 1, "a new advisory's exception needs a line here as well");
}

/// The strings of a list in deny.toml, comments left out.
fn entries(toml: &str, opening: &str) -> BTreeSet<String> {
    let body = toml.split(opening).nth(1).and_then(|rest| rest.split("\n]").next()).unwrap_or("");
    let lines = body.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2)).map(str::to_string).collect()
}

/// Evaluates an SPDX expression: `OR` needs one side, `AND` both.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let plain = expression.replace('/', " OR ");
    let (verdict, rest) = either(plain.trim(), allowed);
    verdict && rest.trim().is_empty()
}

fn either<'a>(text: &'a str, allowed: &BTreeSet<String>) -> (bool, &'a str) {
    let (mut verdict, mut rest) = both(text, allowed);
    while let Some(next) = rest.trim_start().strip_prefix("OR ") {
        let (other, after) = both(next, allowed);
        (verdict, rest) = (verdict || other, after);
    }
    (verdict, rest)
}

fn both<'a>(text: &'a str, allowed: &BTreeSet<String>) -> (bool, &'a str) {
    let (mut verdict, mut rest) = one(text, allowed);
    while let Some(next) = rest.trim_start().strip_prefix("AND ") {
        let (other, after) = one(next, allowed);
        (verdict, rest) = (verdict && other, after);
    }
    (verdict, rest)
}

fn one<'a>(text: &'a str, allowed: &BTreeSet<String>) -> (bool, &'a str) {
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix('(') {
        let (verdict, rest) = either(inner, allowed);
        return (verdict, rest.trim_start().strip_prefix(')').unwrap_or(rest));
    }
    let end = [" OR ", " AND ", ")"].iter().filter_map(|word| text.find(word)).min().unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (allowed.contains(name.trim()), rest)
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = ["MIT".to_string(), "Apache-2.0".to_string(), "Unicode-3.0".to_string()].into();
    for fine in ["MIT", "MIT OR GPL-3.0", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(MIT OR GPL-3.0) AND Unicode-3.0"] {
        assert!(is_allowed(fine, &allowed), "{fine}");
    }
    for wrong in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND GPL-3.0"] {
        assert!(!is_allowed(wrong, &allowed), "{wrong}");
    }
}
