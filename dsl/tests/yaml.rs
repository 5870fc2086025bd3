//! The YAML form: the same lines as the line form, and what is said about a file that is not right.

use duka_dsl::ast::{Document, LineKind};
use duka_dsl::{Diagnostic, FileId, lines, ownership, yaml};

const LINES: &str = include_str!("fixtures/boutique.duka");
const YAML: &str = include_str!("fixtures/boutique.duka.yaml");

fn kinds(document: &Document) -> Vec<&LineKind> {
    document.lines.iter().map(|line| &line.kind).collect()
}

fn shown(source: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    let shown = diagnostics
        .iter()
        .map(|found| format!("{} `{}` {}", found.code, source.get(found.span.range()).unwrap_or("?"), found.message));
    shown.collect()
}

#[test]
fn both_forms_of_the_boutique_are_the_same_lines() {
    let (lines, _) = lines::read(FileId(0), LINES);
    let (yaml, diagnostics) = yaml::read(FileId(0), YAML);
    assert_eq!(shown(YAML, &diagnostics), Vec::<String>::new());
    for (line, item) in kinds(&lines).into_iter().zip(kinds(&yaml)) {
        assert_eq!(line, item);
    }
    assert_eq!(lines.lines.len(), yaml.lines.len());
    let (_, more) = ownership::own(&yaml);
    assert_eq!(shown(YAML, &more), Vec::<String>::new());
}

/// The design's spelling, without its comments, which its two forms word differently.
#[test]
fn the_boutique_converts_to_the_spelling_of_the_reference() {
    let (mut lines, _) = lines::read(FileId(0), LINES);
    for line in &mut lines.lines {
        line.comments.clear();
    }
    let printed = yaml::print(&lines).expect("every line was read");
    let reference: Vec<&str> = YAML.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let printed: Vec<&str> = printed.lines().collect();
    let reference = &reference[1..];
    for (index, (printed, reference)) in printed.iter().zip(reference).enumerate() {
        assert_eq!(printed, reference, "line {index}");
    }
    assert_eq!(printed.len(), reference.len());
}

#[test]
fn conversion_keeps_every_byte_of_a_canonical_file() {
    let (document, _) = lines::read(FileId(0), LINES);
    let lines = duka_dsl::print::print(&document);
    let yaml = yaml::print(&document).expect("every line was read");
    let (again, diagnostics) = yaml::read(FileId(0), &yaml);
    assert_eq!(shown(&yaml, &diagnostics), Vec::<String>::new());
    assert_eq!(duka_dsl::print::print(&again), lines);
    assert_eq!(yaml::print(&again).as_deref(), Some(yaml.as_str()));
    let (document, _) = yaml::read(FileId(0), YAML);
    assert_eq!(yaml::print(&document).as_deref(), Some(YAML));
}
