//! Reads a file of cases, runs each, and writes the file again with what was found.
//!
//! A case is `## title`, then lines to change (`< old`, `> new`, with `---` between changes), then the findings. An old line
//! is found by its text, indentation apart; a new one takes its place; with `< ` alone the new lines come at the end.

use duka_dsl::Diagnostic;
use duka_dsl::span::LineIndex;
use duka_engine::compile::compile;
use duka_engine::source::{FileKind, ShopSource, SourceFile};

pub fn file(path: &str, text: String, kind: FileKind) -> SourceFile {
    SourceFile { path: path.to_string(), text, kind }
}

/// The file of cases as it should be.
pub fn run(shop: &ShopSource, changed: &str, written: &str) -> String {
    let mut out = String::new();
    let mut parts = written.split("\n## ");
    out.push_str(parts.next().unwrap_or_default().trim_end());
    out.push('\n');
    for case in parts {
        out.push_str(&one(shop, changed, case));
    }
    out
}

fn one(shop: &ShopSource, changed: &str, case: &str) -> String {
    let (title, rest) = case.split_once('\n').unwrap_or((case, ""));
    let is_change = |line: &&str| line.starts_with(['<', '>']) || *line == "---" || line.is_empty();
    let changes: Vec<&str> = rest.lines().take_while(is_change).filter(|line| !line.is_empty()).collect();
    let mut source = shop.clone();
    for file in source.files.iter_mut().filter(|file| file.path == changed) {
        for change in changes.split(|line| *line == "---") {
            file.text = apply(&file.text, change);
        }
    }
    let mut out = format!("\n## {title}\n\n");
    for line in &changes {
        out.push_str(line);
        out.push('\n');
    }
    out.push('\n');
    let compiled = compile(&source);
    if compiled.diagnostics.is_empty() {
        out.push_str("Nothing to say.\n");
    }
    for found in &compiled.diagnostics {
        out.push_str(&finding(&source, found));
    }
    out
}

fn apply(text: &str, change: &[&str]) -> String {
    let content = |line: &str| line.get(1..).unwrap_or_default().trim().to_string();
    let old: Vec<String> = change.iter().filter(|line| line.starts_with('<')).map(|line| content(line)).collect();
    let new: Vec<String> = change.iter().filter(|line| line.starts_with('>')).map(|line| content(line)).collect();
    if old.iter().all(String::is_empty) {
        return format!("{text}\n{}\n", new.join("\n"));
    }
    let mut lines: Vec<&str> = text.lines().collect();
    let at = lines.windows(old.len()).position(|window| window.iter().zip(&old).all(|(line, old)| line.trim() == old));
    let at = at.unwrap_or_else(|| panic!("the shop has no lines {old:?}"));
    lines.splice(at..at + old.len(), new.iter().map(String::as_str));
    lines.join("\n") + "\n"
}

fn finding(source: &ShopSource, found: &Diagnostic) -> String {
    let file = &source.files[usize::from(found.span.file.0)];
    let (line, _) = LineIndex::new(&file.text).line_column(&file.text, found.span.start as usize);
    let place = file.text.get(found.span.range()).and_then(|text| text.lines().next()).unwrap_or("");
    let mut out = format!("- {} {}:{line} `{place}` {}\n", found.code, file.path, found.message);
    for label in &found.labels {
        let there = &source.files[usize::from(label.span.file.0)];
        let (line, _) = LineIndex::new(&there.text).line_column(&there.text, label.span.start as usize);
        out.push_str(&format!("  {}:{line} {}\n", there.path, label.text));
    }
    if let Some(help) = &found.help {
        out.push_str(&format!("  {help}\n"));
    }
    for turn in &found.conversation {
        out.push_str(&format!("    {:?} {}\n", turn.speaker, turn.text));
    }
    out
}
