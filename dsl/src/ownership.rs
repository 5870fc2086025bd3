//! Gives the lines of a document to their blocks, and what follows a reaction to that reaction. Both forms use this pass.
//!
//! Indentation decides nothing here; where the author's indentation says something else, that is a finding.

mod kinds;
mod owner;
mod parts;
mod places;
mod waivers;

use crate::ast::{Document, FlowFile, Form, LineKind, TextBlock, TextPiece};
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Span};
pub(crate) use kinds::{Role, opens_block, role, word};

/// The newest version of the language that this crate reads.
pub const VERSION: u32 = 1;

/// The most lines of one state, group, `follow` or `anywhere` that are read; of what is more, one line is kept.
pub const MAX_LINES: usize = 200;

/// The blocks of `document`, and what is wrong with the order of its lines.
///
/// Broken lines own nothing: what is written under a broken opener or reaction is left out.
pub fn own(document: &Document) -> (FlowFile, Vec<Diagnostic>) {
    let mut owner = owner::Owner::default();
    owner.diagnostics.extend(version(document));
    for line in &document.lines {
        owner.take(line);
    }
    owner.finish();
    owner.flow.waivers = waivers::of(document);
    owner.diagnostics.extend(places::jumps_in_texts(&owner.flow));
    (owner.flow, owner.diagnostics)
}

/// D001 and D002: the first line names the language and a version that is known.
fn version(document: &Document) -> Option<Diagnostic> {
    let first = document.lines.first();
    let written = match document.form {
        Form::Lines => "duka 1",
        Form::Yaml => "duka: 1",
    };
    let missing = |span: Span| {
        let start = Span { end: span.start, ..span };
        Diagnostic::new(1, span, format!("The first line should be `{written}`."))
            .help("It says which version of the language the file is written in.")
            .safe_fix(format!("add `{written}`"), start, format!("{written}\n"))
    };
    match first.map(|line| (&line.kind, line)) {
        Some((LineKind::Duka(version), _)) if version.value > VERSION => Some(
            Diagnostic::new(
                2,
                version.span,
                format!("`duka {}` is newer than this program ({VERSION}).", version.value),
            )
            .help("Update the program, or write the file for the version it knows."),
        ),
        Some((LineKind::Duka(_), _)) => None,
        Some((LineKind::Broken(text), _)) if text.starts_with("duka") => None,
        Some((_, line)) => Some(missing(line.span)),
        None => Some(missing(Span::new(FileId::default(), 0, 0))),
    }
}

impl TextBlock {
    /// A block of one line, or of none.
    pub fn of(text: Option<crate::ast::Text>) -> TextBlock {
        TextBlock { pieces: text.into_iter().map(TextPiece::Line).collect() }
    }
}
