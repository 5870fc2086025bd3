//! What merchants copy has no findings beyond notes, is written canonically, and is all built in.

use duka_dsl::{FileId, lines, print};
use duka_engine::compile::compile;
use duka_engine::lints::{Settings, check};
use duka_engine::rules::Level;
use duka_engine::source::FileKind;
use duka_tests::shops::{everything, files};
use duka_tests::tree::root;

#[test]
fn no_shop_has_an_error_or_a_warning() {
    let mut all = Vec::new();
    for (name, source) in everything() {
        for finding in check(&compile(&source), &source, &Settings::default()) {
            if finding.level > Level::Info && finding.waived.as_ref().is_none_or(String::is_empty) {
                all.push(format!("{name}: {} {}", finding.diagnostic.code, finding.diagnostic.message));
            }
        }
    }
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn every_flow_is_written_canonically() {
    for (name, source) in everything() {
        let own = source.files.iter().take(source.standard_from);
        for file in own.filter(|file| file.kind == FileKind::Lines) {
            let (document, found) = lines::read(FileId(0), &file.text);
            assert!(found.is_empty(), "{name}/{}: {found:#?}", file.path);
            assert!(print::print(&document) == file.text, "{name}/{} is not in its canonical form", file.path);
        }
    }
}

#[test]
fn every_standard_file_is_built_in() {
    for (folder, built_in) in [("flows/std", duka_flows::STD), ("flows/contracts", duka_flows::CONTRACTS)] {
        let wanted = [FileKind::Lines, FileKind::Texts, FileKind::Contract];
        for file in files(&root().join(folder)).iter().filter(|file| wanted.contains(&file.kind)) {
            let path = format!("std/{}", file.path);
            assert!(built_in.iter().any(|(known, _)| *known == path), "{folder}/{} is not built in", file.path);
        }
    }
}
