//! `duka fmt`: files in their canonical form. Changes no meaning, no byte of a line that could not be read, and no
//! file that is not UTF-8.

use std::io::Write;

use duka_dsl::{FileId, lines, print, tests_file, texts, yaml};
use duka_engine::source::{FileKind, SourceFile};
use serde_json::{Value as Json, json};
use similar::{ChangeTag, DiffOp, TextDiff};

use crate::arguments::{Fmt, Listing};
use crate::failure::{Failure, Outcome};
use crate::load;
use crate::report::count;
use crate::terminal::{self, paint};

/// Lines around a change that are shown with it.
const CONTEXT: usize = 2;

pub fn run(arguments: &Fmt) -> Result<Outcome, Failure> {
    let mut out = anstream::stdout();
    let (mut seen, mut changed) = (0_usize, Vec::new());
    for path in &arguments.paths {
        let shop = load::own_files_only(path)?;
        let is_file = path.is_file();
        let seen_before = seen;
        for (id, file) in shop.own_files() {
            if is_file && shop.path_of(id) != *path {
                continue;
            }
            if !shop.is_whole(id) {
                if is_file {
                    return Err(Failure::usage_with_help(
                        format!("`{}` is not written in UTF-8, so it is left as it is", path.display()),
                        "Open it in the program that wrote it, and save it with the encoding UTF-8.",
                    ));
                }
                continue;
            }
            let Some(formatted) = formatted(file) else { continue };
            seen += 1;
            if formatted == file.text {
                continue;
            }
            let name = shop.name_of(id);
            if !arguments.check {
                let path = shop.path_of(id);
                std::fs::write(&path, &formatted).map_err(|error| Failure::writing(&path, error))?;
            }
            match (arguments.format, arguments.check) {
                (Listing::Text, true) => out.write_all(difference(&name, &file.text, &formatted).as_bytes())?,
                (Listing::Text, false) => writeln!(out, "formatted {name}")?,
                (Listing::Json, _) => {}
            }
            changed.push(json!({ "path": name, "changes": changes(&file.text, &formatted) }));
        }
        if is_file && seen == seen_before {
            return Err(Failure::usage_with_help(
                format!("`{}` can not be formatted", path.display()),
                "`duka fmt` writes flows, texts and tests (`*.duka`), and flows in YAML that can be read (`*.duka.yaml`).",
            ));
        }
    }
    let fine = !arguments.check || changed.is_empty();
    let files = count(seen, "file");
    match (arguments.format, arguments.check, changed.len()) {
        (Listing::Json, _, _) => {
            let all = json!({ "files": seen, "changed": changed });
            writeln!(out, "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
        }
        (Listing::Text, true, 0) => {
            writeln!(out, "{files} {} in canonical form.", if seen == 1 { "is" } else { "are" })?;
        }
        (Listing::Text, true, changed) => {
            writeln!(out, "{changed} of {files} would change. `duka fmt` changes them.")?;
        }
        (Listing::Text, false, 0) => writeln!(out, "Nothing to change in {files}.")?,
        (Listing::Text, false, _) => {}
    }
    Ok(Outcome::of(fine))
}

/// For programs: from which line, what stood there, and what stands there now.
fn changes(before: &str, after: &str) -> Vec<Json> {
    let diff = TextDiff::from_lines(before, after);
    let lines = |group: &[DiffOp], kept: ChangeTag| -> Vec<String> {
        let changes = group.iter().flat_map(|change| diff.iter_changes(change));
        let kept = changes.filter(|change| change.tag() == kept);
        kept.map(|change| change.value().trim_end_matches(['\n', '\r']).to_string()).collect()
    };
    let change = |group: &Vec<DiffOp>| {
        let line = group.first().map_or(0, |change| change.old_range().start) + 1;
        let (before, after) = (lines(group, ChangeTag::Delete), lines(group, ChangeTag::Insert));
        json!({ "line": line, "before": before, "after": after })
    };
    diff.grouped_ops(0).iter().map(change).collect()
}

/// The canonical form of a file; `None` for kinds that have none.
fn formatted(file: &SourceFile) -> Option<String> {
    match file.kind {
        FileKind::Lines => Some(print::print(&lines::read(FileId(0), &file.text).0)),
        FileKind::Yaml => {
            let (document, found) = yaml::read(FileId(0), &file.text);
            let broken = found.iter().any(|found| found.code.0 != 13);
            if broken { None } else { yaml::print(&document) }
        }
        FileKind::Texts => Some(texts::format(&file.text)),
        FileKind::Tests => Some(tests_file::format(&file.text)),
        FileKind::Shop
        | FileKind::Hooks
        | FileKind::Contract
        | FileKind::Mapping
        | FileKind::Fixture
        | FileKind::TextsLock
        | FileKind::TemplatesLock
        | FileKind::FormsLock => None,
    }
}

fn difference(name: &str, before: &str, after: &str) -> String {
    let mut shown = format!("{}\n", paint(terminal::STRONG, name));
    let diff = TextDiff::from_lines(before, after);
    for group in diff.grouped_ops(CONTEXT) {
        let first = group.first().map_or(0, |change| change.old_range().start);
        shown.push_str(&paint(terminal::FAINT, format!("  line {}", first + 1)));
        shown.push('\n');
        for change in group.iter().flat_map(|change| diff.iter_changes(change)) {
            let line = change.value().trim_end_matches(['\n', '\r']);
            let line = match change.tag() {
                ChangeTag::Delete => paint(terminal::BAD, format!("- {line}")),
                ChangeTag::Insert => paint(terminal::GOOD, format!("+ {line}")),
                ChangeTag::Equal => format!("  {line}"),
            };
            shown.push_str(&format!("  {line}\n"));
        }
    }
    shown
}
