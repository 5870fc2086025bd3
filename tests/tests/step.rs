//! What the step function does, one file of cases a topic: a flow, then scripts of events with all that leaves the engine.
//! `UPDATE=1` writes what is found; read the difference like code.

#[path = "step/chance.rs"]
mod chance;
#[path = "step/script.rs"]
mod script;

use std::path::{Path, PathBuf};

use duka_engine::session::{SESSION_VERSION, Session};
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
        let found = script::run(&written).text;
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

#[test]
fn nothing_that_happens_makes_a_step_fail() {
    chance::converse();
}

/// Sessions as earlier builds wrote them are read for ever. `UPDATE=1` adds what is missing and changes nothing.
#[test]
fn sessions_of_every_version_are_read() {
    let folder = root().join("tests/corpus/sessions");
    if std::env::var_os("UPDATE").is_some() {
        for path in cases() {
            keep(&folder, &path);
        }
    }
    let mut read = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is part of the repository") {
        let path = entry.expect("a readable folder").path();
        let bytes = std::fs::read(&path).expect("a readable file");
        let session = Session::decode(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(Session::revision_of(&bytes), Some(session.revision), "{}", path.display());
        if bytes[0] == SESSION_VERSION {
            assert_eq!(session.encode(), bytes, "{}", path.display());
        }
        read += 1;
    }
    assert!(read >= 10, "the corpus holds {read} sessions");
}

fn keep(folder: &Path, case: &Path) {
    let written = std::fs::read_to_string(case).expect("cases are text");
    let name = case.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    std::fs::create_dir_all(folder).expect("a writable tree");
    for (at, session) in script::run(&written).sessions.iter().enumerate() {
        let path = folder.join(format!("v{SESSION_VERSION}-{name}-{at}.session"));
        if !path.exists() {
            std::fs::write(path, session.encode()).expect("a writable tree");
        }
    }
}

fn difference(written: &str, found: &str) -> String {
    let mut lines = written.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (written, found))| written != found) {
        Some((at, (written, found))) => format!("line {}\n  expected: {written}\n  found:    {found}", at + 1),
        None => "one is longer than the other".to_string(),
    }
}
