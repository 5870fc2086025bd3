//! Says in words why a file is not YAML, and where. Never repeats the parser's own words.

use serde_yaml::granit_parser::ErrorKind;

use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Span};

/// The rest of the line at a byte offset; the line before it, when the offset stands at the end of the file.
pub(super) fn place(file: FileId, source: &str, at: usize) -> Span {
    let mut at = at;
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    let before = &source[..at];
    let rest = &source[at..];
    let line_end = at + rest.find(['\n', '\r']).unwrap_or(rest.len());
    let here = source[at..line_end].trim_end().len();
    if here > 0 {
        let blank = source[at..line_end].len() - source[at..line_end].trim_start().len();
        return Span::new(file, at + blank, at + here);
    }
    let end = before.trim_end().len();
    let start = before[..end].rfind('\n').map_or(0, |line| line + 1);
    let indent = before[start..end].len() - before[start..end].trim_start().len();
    Span::new(file, start + indent, end)
}

/// `source` with blanks instead of the line at `place` and of what is indented below it; `None` when that changes nothing.
pub(super) fn without(source: &str, place: std::ops::Range<usize>) -> Option<String> {
    let start = source.get(..place.start)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut end = start;
    let mut own = None;
    for line in source[start..].split_inclusive('\n') {
        let blank = line.trim().is_empty();
        match own {
            None if blank => return None,
            None => own = Some(indent(line)),
            Some(own) if !blank && indent(line) <= own => break,
            Some(_) => {}
        }
        end += line.len();
    }
    let mut out = String::with_capacity(source.len());
    out.push_str(&source[..start]);
    for byte in source[start..end].bytes() {
        out.push(if byte == b'\n' { '\n' } else { ' ' });
    }
    out.push_str(&source[end..]);
    Some(out)
}

/// One clear finding for a syntax error whose place is `span`.
pub(super) fn explain(span: Span, kind: &ErrorKind) -> Diagnostic {
    use ErrorKind as K;
    let (code, message, help) = match kind {
        K::TabNotAllowed
        | K::TabInBlockIndentation
        | K::TabInIndentation
        | K::TabAtBlockScalarStart
        | K::TabInPlainScalar
        | K::InvalidBlockEntryWhitespace
        | K::InvalidMappingValueWhitespace => (16, "Tabs can not indent YAML.", "Use spaces."),
        K::UnclosedQuotedScalar | K::DocumentIndicatorInQuotedScalar | K::InvalidQuotedScalarIndent => {
            (23, "A quoted text is not closed before the file goes on.", "Add the closing `\"` at the end of the text.")
        }
        K::InvalidTrailingDoubleQuotedScalar | K::InvalidTrailingSingleQuotedScalar => (
            17,
            "Something follows after the closing quote of this text.",
            "Write `\\\"` for a quotation mark inside a text that stands in quotes.",
        ),
        K::UnclosedFlowCollection { open: '{' } | K::UnexpectedEofFlowMapping | K::UnexpectedEofImplicitFlowMapping => {
            (23, "The `{` is never closed.", "Add `}`, or put a text that starts with `{` in quotes.")
        }
        K::UnclosedFlowCollection { .. } | K::UnexpectedEofFlowSequence => {
            (23, "The `[` is never closed.", "Add `]`, or put a text that starts with `[` in quotes.")
        }
        K::MisplacedFlowCollectionEnd | K::MismatchedFlowCollectionEnd { .. } => {
            (23, "This bracket closes nothing.", "Take it away, or put the text in quotes.")
        }
        K::ExpectedFlowMappingSeparator | K::ExpectedFlowSequenceSeparator | K::InvalidColonPlacement => (
            23,
            "A comma or a closing bracket is missing here.",
            "Write `{ key: value, key: value }`, with texts in quotes.",
        ),
        K::MappingValueNotAllowed | K::MappingKeyNotAllowed => {
            (17, "YAML reads the colon in this text as something else.", "Put the whole text in quotes.")
        }
        K::UnknownAnchor | K::MissingAnchorOrAliasName | K::AnchorCountOverflow => {
            (17, "This text starts with a sign that YAML reads as a reference.", "Put the text in quotes.")
        }
        K::UnexpectedCharacter { .. } | K::InvalidDirectiveName | K::MissingDirectiveName => {
            (17, "This text starts with a sign that YAML keeps for itself.", "Put the text in quotes.")
        }
        K::UnknownQuotedScalarEscape | K::InvalidQuotedScalarHexEscape | K::InvalidUnicodeEscape => {
            (23, "YAML does not know this `\\` in a text.", "Write `\\\\` for a backslash.")
        }
        K::RecursionLimitExceeded => (23, "This is nested too deep.", "A file of Duka needs no more than 32 levels."),
        K::ExpectedBlockMappingKey | K::ExpectedBlockSequenceEntry | K::InvalidIndentation | K::SimpleKeyExpected => (
            23,
            "This line does not continue what stands above it.",
            "Compare its indentation with the lines around it; every line needs a `key:` or a `- `.",
        ),
        K::DirectiveDisallowed | K::MultipleDocumentsUnsupported | K::UndeclaredTagHandle => {
            (20, "Anchors, aliases, tags and directives of YAML are not used in Duka.", "Take it away.")
        }
        _ => {
            (23, "This can not be read as YAML.", "Compare the line with its neighbours: indentation, quotes, colons.")
        }
    };
    Diagnostic::new(code, span, message).help(help)
}
