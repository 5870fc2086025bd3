//! From the text of each file to its lines or settings. Standard flows are read only when they are used.

use std::ops::Range;

use duka_dsl::ast::{FlowFile, Form, Path, TextsFile};
use duka_dsl::config::contract::ContractFile;
use duka_dsl::config::shop::ShopFile;
use duka_dsl::config::{contract, shop};
use duka_dsl::{Diagnostic, FileId, Span, Spanned, lines, ownership, print};
use smol_str::SmolStr;

use crate::source::{FileKind, ShopSource, SourceFile};

use super::bounds;
use super::choose::Chosen;
use super::{Mend, ReadFlow, Uncanonical};

/// What is read before the flows.
#[derive(Debug, Default)]
pub(super) struct Settings<'a> {
    pub shop: ShopFile,
    /// The shop's own first.
    pub contracts: Vec<(FileId, ContractFile)>,
    pub hooks: Option<(FileId, &'a str)>,
    pub findings: Vec<Diagnostic>,
}

pub(super) fn numbered(source: &ShopSource) -> impl Iterator<Item = (FileId, &SourceFile, bool)> {
    source.files.iter().enumerate().map(|(index, file)| {
        let standard = index >= source.standard_from;
        (FileId(u16::try_from(index).unwrap_or(u16::MAX)), file, standard)
    })
}

/// Reads everything but flows and texts.
pub(super) fn settings(source: &ShopSource) -> Settings<'_> {
    let mut settings = Settings::default();
    for (id, file, _) in numbered(source) {
        match file.kind {
            FileKind::Shop => {
                let (shop, found) = shop::read(id, &file.text);
                settings.shop = shop;
                settings.findings.extend(found);
                settings.findings.extend(bounds::keep_languages(&mut settings.shop.languages));
            }
            FileKind::Contract => {
                let (contract, found) = contract::read(id, &file.text);
                settings.contracts.push((id, contract));
                settings.findings.extend(found);
            }
            FileKind::Hooks => settings.hooks = Some((id, &file.text)),
            FileKind::Lines
            | FileKind::Yaml
            | FileKind::Texts
            | FileKind::Tests
            | FileKind::Mapping
            | FileKind::Fixture
            | FileKind::TextsLock
            | FileKind::TemplatesLock
            | FileKind::FormsLock => {}
        }
    }
    settings
}

/// Reads one flow in either form.
pub(super) fn flow(id: FileId, file: &SourceFile, standard: bool) -> (ReadFlow, Vec<Diagnostic>) {
    let (document, mut findings) = match file.kind {
        FileKind::Yaml => duka_dsl::yaml::read(id, &file.text),
        FileKind::Lines
        | FileKind::Shop
        | FileKind::Texts
        | FileKind::Tests
        | FileKind::Hooks
        | FileKind::Contract
        | FileKind::Mapping
        | FileKind::Fixture
        | FileKind::TextsLock
        | FileKind::TemplatesLock
        | FileKind::FormsLock => lines::read(id, &file.text),
    };
    let (printed, comments) = print::with_comments(&document);
    let is_read = document.form == Form::Lines && findings.is_empty();
    let uncanonical = is_read.then(|| difference(id, &file.text, &printed)).flatten();
    let (mut ast, found) = ownership::own(&document);
    findings.extend(found);
    findings.extend(bounds::keep(&mut ast));
    let path = flow_path(file, standard, &ast);
    (ReadFlow { path, file: id, standard, ast, canonical: without(&printed, &comments), uncanonical }, findings)
}

/// Where a text differs from what the formatter would write.
fn difference(id: FileId, text: &str, printed: &str) -> Option<Uncanonical> {
    if text == printed {
        return None;
    }
    let same = text.bytes().zip(printed.bytes()).take_while(|(left, right)| left == right).count();
    let same = text.floor_char_boundary(same);
    let end = text.get(same..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| same + end);
    let begins = printed.as_bytes().iter().take(same).rposition(|byte| *byte == b'\n').map_or(0, |before| before + 1);
    let line = printed.get(begins..).and_then(|rest| rest.lines().next());
    let mend = match (text.get(begins..end).unwrap_or(""), line) {
        ("", _) => Mend::TakeEmptyLineOut,
        (_, None) => Mend::TakeOut,
        (own, Some(line)) if own == line => Mend::EndLastLine,
        (own, Some(line)) if own.strip_suffix('\r') == Some(line) => Mend::EndWithLf,
        (_, Some("")) => Mend::AddEmptyLine,
        (_, Some(line)) => Mend::Write(line.to_string()),
    };
    Some(Uncanonical { span: Span::new(id, same, end), mend })
}

/// Comments do not count in the revision.
fn without(printed: &str, comments: &[Range<usize>]) -> String {
    let mut rest = String::with_capacity(printed.len());
    let mut at = 0;
    for comment in comments {
        rest.push_str(&printed[at..comment.start]);
        at = comment.end;
    }
    rest.push_str(&printed[at..]);
    rest
}

/// `boutique`, `std.tracking`: what other flows call it. A flow without a name has its file's.
fn flow_path(file: &SourceFile, standard: bool, ast: &FlowFile) -> SmolStr {
    if standard {
        return standard_path(&file.path);
    }
    match &ast.name {
        Some(name) => name.value.clone(),
        None => SmolStr::new(stem(&file.path)),
    }
}

/// `std/tracking.duka` is `std.tracking`.
pub(super) fn standard_path(path: &str) -> SmolStr {
    format!("std.{}", stem(path)).into()
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}

/// Reads the texts of the flows that are used. Of the standard flows only the languages that the shop speaks.
pub(super) fn texts(
    source: &ShopSource,
    chosen: &Chosen,
    languages: &[SmolStr],
    findings: &mut Vec<Diagnostic>,
) -> Vec<(FileId, TextsFile)> {
    let mut texts = Vec::new();
    for (id, file, standard) in numbered(source) {
        if file.kind != FileKind::Texts || (standard && !wanted(&file.path, chosen, languages)) {
            continue;
        }
        let (mut read, found) = duka_dsl::texts::read(id, &file.text);
        findings.extend(found);
        if let (true, Some(flow)) = (standard, &mut read.flow) {
            as_standard(flow);
        }
        texts.push((id, read));
    }
    texts
}

/// `texts sw for tracking` in the standard library is about `std.tracking`, so that a copied flow takes its texts along.
fn as_standard(flow: &mut Path) {
    if let [name] = flow.segments.as_slice() {
        let std = Spanned::new(SmolStr::new_static("std"), name.span);
        flow.segments.insert(0, std);
    }
}

/// Whether `std/tracking.sw.duka` is of a language and a flow of the shop.
fn wanted(path: &str, chosen: &Chosen, languages: &[SmolStr]) -> bool {
    let flow = standard_path(path);
    let language = path.trim_end_matches(".duka").rsplit('.').next().unwrap_or("");
    languages.iter().any(|known| known == language) && chosen.used.iter().any(|used| used.path == flow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_says_what_its_own_line_needs() {
        let cases = [
            ("a\nstate  x\n", Mend::Write("state x".into())),
            ("a\n\nstate x\n", Mend::TakeEmptyLineOut),
            ("\n\na\nstate x\n", Mend::TakeEmptyLineOut),
            ("a\nstate x\n\n", Mend::TakeEmptyLineOut),
            ("a\nstate x\nb\n", Mend::TakeOut),
            ("a\nstate x", Mend::EndLastLine),
            ("a\r\nstate x\r\n", Mend::EndWithLf),
            ("a\nstate x\r\n", Mend::EndWithLf),
        ];
        for (text, mend) in cases {
            let found = difference(FileId(0), text, "a\nstate x\n").map(|found| found.mend);
            assert_eq!(found, Some(mend), "{text:?}");
        }
        let empty = "a\n\nstate x\n";
        for text in ["a\nstate x\n", "a\n  \nstate x\n"] {
            let found = difference(FileId(0), text, empty).map(|found| found.mend);
            assert_eq!(found, Some(Mend::AddEmptyLine), "{text:?}");
        }
        let twice = difference(FileId(0), "a\n\n\nstate x\n", empty).expect("they differ");
        assert_eq!((twice.mend, twice.span), (Mend::TakeEmptyLineOut, Span::new(FileId(0), 3, 3)));
        let ended = difference(FileId(0), "a\n\r\nstate x\n", empty).map(|found| found.mend);
        assert_eq!(ended, Some(Mend::EndWithLf));
        assert!(difference(FileId(0), empty, empty).is_none());
    }
}
