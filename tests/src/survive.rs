//! What must hold for any input whatever. The fuzz targets and the seeded tests call the same functions; each panics when
//! something does not hold.

mod conversation;

use duka_dsl::{Diagnostic, FileId, lines, ownership, print, yaml};
use duka_engine::compile::compile;
use duka_engine::lints::{self, Settings};
use duka_engine::source::{FileKind, SourceFile};

pub use conversation::{conversation, session};

/// Any text as a flow in the line form: read, owned and printed without a panic; spans inside the text; printing settles.
pub fn lines(text: &str) {
    let (document, diagnostics) = lines::read(FileId(0), text);
    spans_are_inside(text, &diagnostics);
    ownership::own(&document);
    let printed = print::print(&document);
    let (again, _) = lines::read(FileId(0), &printed);
    assert_eq!(print::print(&again), printed, "printing what was printed changes nothing");
}

/// Any text as a flow in the YAML form: the same, and what can be printed as YAML is read again as the same lines.
pub fn yaml(text: &str) {
    let (document, diagnostics) = yaml::read(FileId(0), text);
    spans_are_inside(text, &diagnostics);
    ownership::own(&document);
    print::print(&document);
    if let Some(printed) = yaml::print(&document).filter(|_| diagnostics.is_empty()) {
        let (again, problems) = yaml::read(FileId(0), &printed);
        assert!(problems.is_empty(), "what was printed can be read: {problems:?}\n{printed}");
        assert_eq!(yaml::print(&again).as_deref(), Some(printed.as_str()), "printing what was printed changes nothing");
    }
}

/// Any text as any file of a shop: compiled and checked without a panic.
pub fn shop(name: &str, text: &str) {
    let Some(kind) = FileKind::of(name, text) else { return };
    let profile =
        SourceFile { path: "shop.yaml".to_string(), text: crate::generate::SHOP.to_string(), kind: FileKind::Shop };
    let file = SourceFile { path: name.to_string(), text: text.to_string(), kind };
    let source = crate::shops::with_standard(if kind == FileKind::Shop { vec![file] } else { vec![profile, file] });
    let compiled = compile(&source);
    for finding in lints::check(&compiled, &source, &Settings::of(&source)) {
        let span = finding.diagnostic.span;
        let text = source.files.get(usize::from(span.file.0)).map_or("", |file| &file.text);
        spans_are_inside(text, &[finding.diagnostic]);
    }
}

/// Any text as an expression: a guard, a value, and the condition of a choice.
pub fn expression(text: &str) {
    let line = text.lines().next().unwrap_or("");
    shop(
        "stall.duka",
        &format!(
            "duka 1\nflow stall\n  start a\n\nremember\n  x: number = 1\n  t: text optional\n  m: money optional\n\nstate a\n  if {line} -> b\n  set x = {line}\n  ask: Well?\n  button y if {line}: Yes -> b\n\nstate b\n  -> end\n"
        ),
    );
}

fn spans_are_inside(text: &str, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let range = diagnostic.span.range();
        assert!(text.get(range.clone()).is_some(), "{}: the span {range:?} is not inside the text", diagnostic.code);
    }
}
