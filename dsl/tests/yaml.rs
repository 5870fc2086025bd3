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
