//! What merchants copy has no findings beyond notes, is written canonically, and is all built in.

use duka_dsl::{FileId, lines, print};
use duka_engine::compile::compile;
use duka_engine::lints::{Settings, check};
use duka_engine::rules::Level;
use duka_engine::source::{FileKind, SourceFile};
use duka_tests::shops::{everything, files, with_standard};
use duka_tests::tree::{self, File, root};

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

/// The flows that a page shows whole, each with its page: fenced blocks that begin as a flow does.
fn flows_of_pages() -> Vec<(String, String)> {
    // The pages of rules have a test of their own; what they find fault with is not clean.
    let pages = tree::files(&["docs", "examples", "flows"], &[".md"]);
    let mut pages: Vec<_> = pages.into_iter().filter(|page| !page.path.starts_with("docs/rules/")).collect();
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    pages.push(File { path: "README.md".to_string(), text: readme });
    let mut shown = Vec::new();
    for page in pages {
        for block in page.text.split("```").skip(1).step_by(2) {
            let (_, body) = block.split_once('\n').unwrap_or_default();
            let is_texts = body.starts_with("duka 1\ntexts ");
            if (body.starts_with("duka 1") && !is_texts) || body.starts_with("duka: 1") {
                shown.push((page.path.clone(), body.to_string()));
            }
        }
    }
    shown
}

#[test]
fn every_flow_that_a_page_shows_is_one() {
    let shown = flows_of_pages();
    assert!(shown.iter().any(|(page, _)| page == "docs/language.md"), "the language is shown by a flow");
    for (page, text) in shown {
        let (kind, path) = match text.starts_with("duka:") {
            true => (FileKind::Yaml, "shown.duka.yaml"),
            false => (FileKind::Lines, "shown.duka"),
        };
        let source = with_standard(vec![SourceFile { path: path.to_string(), text, kind }]);
        let compiled = compile(&source);
        let found = check(&compiled, &source, &Settings::default());
        let wrong: Vec<_> = found.iter().filter(|finding| finding.level > Level::Info).collect();
        assert!(wrong.is_empty(), "{page}: {wrong:#?}");
        assert!(compiled.uncanonical.is_empty(), "{page}: `duka fmt` would write it differently");
    }
}
