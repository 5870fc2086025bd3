//! What the step function does, one file of cases a topic: a flow, then scripts of events with all that leaves the engine.
//! `UPDATE=1` writes what is found; read the difference like code.

#[path = "step/script.rs"]
mod script;

use std::path::PathBuf;

use duka_tests::tree::root;

fn cases() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("tests/tests/step/cases")).expect("the cases lie beside the suite");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_script_leaves_what_its_file_says() {
    let mut wrong = Vec::new();
    for path in cases() {
        let written = std::fs::read_to_string(&path).expect("cases are text");
        let found = script::run(&written);
        if found == written {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &found).expect("a writable tree");
        } else {
            wrong.push(format!("{}\n{}", path.display(), difference(&written, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn difference(written: &str, found: &str) -> String {
    let mut lines = written.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (written, found))| written != found) {
        Some((at, (written, found))) => format!("line {}\n  expected: {written}\n  found:    {found}", at + 1),
        None => "one is longer than the other".to_string(),
    }
}
