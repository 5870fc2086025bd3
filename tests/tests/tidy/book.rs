//! The book of `docs/`: every page is a chapter, and every link of it and of the pages beside it leads somewhere. Looks at no
//! address outside.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use duka_tests::tree::{File, files, root};

use crate::none;

const SUMMARY: &str = "docs/SUMMARY.md";

/// The pages of the book, and those that stand beside it in the repository.
fn pages() -> Vec<File> {
    let mut pages = files(&["docs", "examples", "flows"], &[".md"]);
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(root().join(name)).expect("the page is there");
        pages.push(File { path: name.to_string(), text });
    }
    pages
}

/// A page without its fenced blocks and code in lines.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            let parts = line.split('`').step_by(2);
            prose.push_str(&parts.collect::<Vec<_>>().join("code"));
            prose.push('\n');
        }
    }
    prose
}

/// Where the links of a page lead.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let ends = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    ends.map(|(target, _)| target.to_string()).collect()
}

/// What a heading is called in an address: as GitHub and mdBook do.
fn anchors(text: &str) -> BTreeSet<String> {
    let is_kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let mut is_code = false;
    let headings = text.lines().filter(|line| {
        is_code ^= line.starts_with("```");
        !is_code && line.starts_with('#')
    });
    let name = |heading: &str| heading.trim_start_matches('#').trim().to_lowercase();
    headings.map(|heading| name(heading).chars().filter(is_kept).collect::<String>().replace(' ', "-")).collect()
}

/// `a/../b` as `b`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
        plain
    })
}

/// What is wrong with a link of a page, if anything.
fn fault(page: &File, target: &str) -> Option<String> {
    if target.contains("://") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let here = Path::new(&page.path);
    let place = match path {
        "" => here.to_path_buf(),
        path => plain(&here.parent().unwrap_or(Path::new("")).join(path)),
    };
    if !root().join(&place).exists() {
        return Some("there is no such file".to_string());
    }
    if here.starts_with("docs") && !place.starts_with("docs") {
        return Some("it leads out of the book, where it is broken; name the file instead".to_string());
    }
    let text = std::fs::read_to_string(root().join(&place)).unwrap_or_default();
    (!anchor.is_empty() && !anchors(&text).contains(anchor)).then(|| format!("there is no heading `{anchor}`"))
}

#[test]
fn every_link_of_the_book_leads_to_a_page() {
    let mut offences = Vec::new();
    for page in pages() {
        for target in links(&page.text) {
            offences.extend(fault(&page, &target).map(|fault| format!("{}: `{target}`: {fault}", page.path)));
        }
    }
    none(&offences, "links lead to files of the repository");
}

/// The lines of the summary that name the pages of rules.
fn rules() -> Vec<String> {
    let pages = files(&["docs/rules"], &[".md"]);
    let names = pages.iter().filter_map(|page| page.path.strip_prefix("docs/rules/")?.strip_suffix(".md"));
    let rules = names.filter(|name| *name != "README");
    rules.map(|name| format!("  - [{}](rules/{name}.md)", name.replacen('-', " ", 1))).collect()
}

#[test]
fn every_page_is_a_chapter() {
    let path = root().join(SUMMARY);
    let summary = std::fs::read_to_string(&path).expect("there is a summary");
    let mut lines: Vec<String> =
        summary.lines().filter(|line| !line.contains("(rules/D")).map(str::to_string).collect();
    let index = lines.iter().position(|line| line.contains("(rules/README.md)")).expect("the rules are a chapter");
    lines.splice(index + 1..=index, rules());
    let wanted = lines.join("\n") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &wanted).expect("the summary can be written");
    } else {
        assert_eq!(summary, wanted, "the rules of {SUMMARY} are not current: run with UPDATE=1");
    }
    let chapters: Vec<String> = links(&wanted).into_iter().map(|target| format!("docs/{target}")).collect();
    let known: BTreeSet<&String> = chapters.iter().collect();
    assert_eq!(chapters.len(), known.len(), "no chapter is there twice");
    let pages = files(&["docs"], &[".md"]).into_iter().map(|page| page.path).filter(|path| path != SUMMARY);
    let missing: Vec<String> = pages.filter(|path| !known.contains(path)).collect();
    none(&missing, "every page of docs is a chapter of docs/SUMMARY.md");
}

/// Code that a page shows is compiled where it comes from.
#[test]
fn the_code_of_the_chapter_about_the_library_is_an_example() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("the file is there");
    let (page, example) = (read("docs/developers/library.md"), read("tests/examples/talk.rs"));
    let blocks: Vec<&str> = page.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let strange: Vec<String> =
        blocks.iter().filter(|block| !example.contains(**block)).map(ToString::to_string).collect();
    assert!(!blocks.is_empty(), "the chapter shows code");
    none(&strange, "code of docs/developers/library.md stands in tests/examples/talk.rs");
}
