//! What a changed boutique is told: each case changes lines of the example shop and lists every finding of reading,
//! resolving and typing. `UPDATE=1` writes what is found; read the difference like code.

#[path = "compile/cases.rs"]
mod cases;

use duka_dsl::ast::Document;
use duka_engine::compile::compile;
use duka_engine::source::{FileKind, ShopSource};
use duka_tests::shops;
use duka_tests::tree::root;

#[test]
fn every_change_of_the_boutique_is_told_as_its_case_says() {
    let path = root().join("tests/tests/compile/boutique.md");
    let written = std::fs::read_to_string(&path).expect("the cases lie beside the suite");
    let found = cases::run(&shops::example("boutique"), "boutique.duka", &written);
    if found != written && std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &found).expect("a writable tree");
    } else if found != written {
        let mut lines = written.lines().zip(found.lines()).enumerate();
        let differs = lines.find(|(_, (written, found))| written != found);
        panic!("{}: {differs:#?}\n\n{found}", path.display());
    }
}

#[test]
fn every_example_compiles() {
    for name in shops::examples() {
        let compiled = compile(&shops::example(&name));
        assert!(compiled.program.is_some(), "{name}: {:#?}", compiled.diagnostics);
    }
}

#[test]
fn every_standard_flow_compiles() {
    let mut flow = String::from("duka 1\nflow all\n  start all\n\n");
    let is_flow = |path: &str| path.matches('.').count() == 1;
    for (path, _) in duka_flows::STD.iter().filter(|(path, _)| is_flow(path)) {
        let name = path.trim_start_matches("std/").trim_end_matches(".duka");
        flow.push_str(&format!("use std.{name}\n"));
    }
    flow.push_str("\nstate all\n  -> end\n");
    let file = cases::file("all.duka", flow, FileKind::Lines);
    let source = shops::with_standard(vec![file]);
    let compiled = compile(&source);
    let own = |found: &&duka_dsl::Diagnostic| usize::from(found.span.file.0) >= source.standard_from;
    let in_standard: Vec<_> = compiled.diagnostics.iter().filter(own).collect();
    assert!(in_standard.is_empty(), "{in_standard:#?}");
    assert!(compiled.program.is_some());
}

/// The boutique with another text for its flow.
fn boutique(change: impl Fn(&str) -> String) -> ShopSource {
    let mut source = shops::example("boutique");
    for file in source.files.iter_mut().filter(|file| file.path == "boutique.duka") {
        file.text = change(&file.text);
    }
    source
}

#[test]
fn the_revision_is_of_what_the_lines_say_and_not_of_how_they_are_written() {
    let revision = |source: &ShopSource| {
        let compiled = compile(source);
        compiled.program.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics)).revision
    };
    let written = revision(&boutique(str::to_string));
    let bare = revision(&boutique(|text| text.lines().map(|line| format!("{}\n", line.trim_start())).collect()));
    assert_eq!(written, bare, "without indentation");
    let silent = revision(&boutique(|text| {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        lines.map(|line| format!("{line}\r\n")).collect()
    }));
    assert_eq!(written, silent, "without comments");
    let mut yaml = shops::example("boutique");
    for file in yaml.files.iter_mut().filter(|file| file.path == "boutique.duka") {
        let (document, _): (Document, _) = duka_dsl::lines::read(duka_dsl::FileId(0), &file.text);
        file.text = duka_dsl::yaml::print(&document).expect("every line of the boutique can be read");
        file.kind = FileKind::Yaml;
    }
    assert_eq!(written, revision(&yaml), "as YAML");
    let other = revision(&boutique(|text| text.replace("Karibu tena", "Karibu sana")));
    assert_ne!(written, other, "with other words");
}
