//! The YAML form: the same lines as the line form, and what is said about a file that is not right.

mod support;

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

const EVERY_LINE: &str = include_str!("fixtures/every_line.duka");

/// Converts a line form there and back; answers its canonical YAML.
fn there_and_back(name: &str, source: &str) -> String {
    let (document, diagnostics) = lines::read(FileId(0), source);
    let broken = document.lines.iter().any(|line| matches!(line.kind, LineKind::Broken(_)));
    assert!(!broken, "{name}: {:?}", shown(source, &diagnostics));
    let canonical = duka_dsl::print::print(&document);
    let yaml = yaml::print(&document).unwrap_or_else(|| panic!("{name}: a line has no place"));
    let (again, diagnostics) = yaml::read(FileId(0), &yaml);
    let said: Vec<_> = diagnostics.iter().filter(|found| found.code.0 != 15).cloned().collect();
    assert_eq!(shown(&yaml, &said), Vec::<String>::new(), "{name}");
    assert_eq!(duka_dsl::print::print(&again), canonical, "{name}");
    assert_eq!(yaml::print(&again).as_deref(), Some(yaml.as_str()), "{name}");
    yaml
}

#[test]
fn every_kind_of_line_converts_there_and_back() {
    let yaml = there_and_back("every_line", EVERY_LINE);
    support::expect_file("tests/fixtures/every_line.duka.yaml", &yaml);
}

#[test]
fn every_flow_of_the_repository_converts_there_and_back() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut count = 0;
    for folder in ["flows", "examples"] {
        for (name, text) in support::files(&root.join(folder), "duka") {
            if text.lines().any(|line| line.starts_with("flow ")) {
                there_and_back(&name, &text);
                count += 1;
            }
        }
    }
    assert!(count > 20, "{count}");
}

/// Each case is a state's items, what is wrong with them, and how many lines are still read.
#[test]
fn a_wrong_item_is_one_finding_and_its_neighbours_are_read() {
    let cases: &[(&str, &str, &str)] = &[
        ("- buton: { id: a, title: \"A\", to: s }", "D003", "buton"),
        ("- on: { name: payment.paid, to: s }", "D003", "on"),
        ("- button: { id: a, titel: \"A\", to: s }", "D003", "titel"),
        ("- button: { id: a, to: s }", "D022", "{ id: a, to: s }"),
        ("- button: { id: A b, title: \"A\", to: s }", "D014", "A b"),
        ("- button: { id: a, title: Yes, please, to: s }", "D017", "Yes, please"),
        ("- button: { id: a, title: \"A\", to: s, visit: std.menu }", "D009", "std.menu"),
        ("- button: { id: a, title: \"A\", to: -> s }", "D022", "-> s"),
        ("- ask: *Hello* there", "D017", "*Hello* there"),
        ("- ask: {item.name}", "D017", "{item.name}"),
        ("- ask: Order # 5", "D018", "Order # 5"),
        ("- ask: \"{item.name\"", "D010", "{item.name"),
        ("- ask: \"{item.name + 1}\"", "D022", "{item.name + 1}"),
        ("- ask: &a Hello", "D020", "&a Hello"),
        ("- list: \"one\\ntwo\"", "D022", "\"one\\ntwo\""),
        ("- list:", "D022", ""),
        ("- quiet: { time: 23, to: end }", "D407", "23"),
        ("- quiet: { time: 23 hour and more, to: end }", "D022", "23 hour and more"),
        ("- call: { into: x, run: \"a.b(\" }", "D022", "\"a.b(\""),
        ("- answer: { var: x, from: \"1\", to: s }", "D022", "{ var: x, from: \"1\", to: s }"),
        ("- hears: { words: menu, with: [a], to: s }", "D022", "[a]"),
        ("- set: { a: 1, b: 2 }", "D022", "{ a: 1, b: 2 }"),
        ("- -> s", "D022", "-> s"),
        ("- if: \"x\"", "D022", "if: \"x\""),
        ("- button: { id: a, title: \"A\" }\n  then:\n    - row: { id: b, title: \"B\" }", "D004", "row"),
        ("- button: { id: a, title: \"A\", to: s }\n  den:\n    - to: s", "D003", "den"),
        ("- ask: \"not closed", "D023", "\"not closed"),
        ("- ask: [a, b", "D023", "[a, b"),
    ];
    for (item, code, place) in cases {
        let item = item.replace('\n', "\n    ");
        let source = format!(
            "duka: 1\nflow: f\nstart: s\nstates:\n  s:\n    - say: \"before\"\n    {item}\n    - lost: {{ to: s }}\n"
        );
        let (document, found) = yaml::read(FileId(0), &source);
        let said: Vec<_> = found
            .iter()
            .map(|found| format!("{} {}", found.code, source.get(found.span.range()).unwrap_or("?")))
            .collect();
        assert_eq!(said, [format!("{code} {place}")], "{item}\n{found:?}");
        let neighbours =
            document.lines.iter().filter(|line| matches!(line.kind, LineKind::Say { .. } | LineKind::Lost { .. }));
        assert_eq!(neighbours.count(), 2, "{item}");
    }
}

/// A fix, applied, gives a file without that finding.
#[test]
fn fixes_mend_what_they_say() {
    let cases = [
        "- ask: *Hello* there",
        "- ask: {item.name}, hello",
        "- ask: {item.name}",
        "- ask: Order # 5",
        "- ask: Note: \"we\" are closed",
        "- ask: @zuri",
        "- button: { id: a, title: Yes, please, to: s }",
        "- button: { id: a, title: *A*, to: s }",
        "- buton: { id: a, title: \"A\", to: s }",
        "- button: { id: a, title: \"A\", to: -> s }",
        "\t- ask: \"A\"",
        "- ask: \"not closed",
    ];
    for item in cases {
        let source = format!("duka: 1\nflow: f\nstart: s\nstates:\n  s:\n{item}\n- lost: {{ to: s }}\n")
            .replace("\n- ", "\n\t- ");
        let source = source.replace("\n\t- ", if item.starts_with('\t') { "\n\t\t- " } else { "\n    - " });
        let (_, found) = yaml::read(FileId(0), &source);
        let fix = found.iter().find_map(|found| found.fix.as_ref()).unwrap_or_else(|| panic!("{item}: {found:?}"));
        let mut mended = source.clone();
        let mut edits = fix.edits.clone();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        for edit in edits {
            mended.replace_range(edit.span.range(), &edit.text);
        }
        let (_, left) = yaml::read(FileId(0), &mended);
        assert_eq!(shown(&mended, &left), Vec::<String>::new(), "{mended}");
    }
}
