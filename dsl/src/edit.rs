//! Edits of flows in their line form, for tools: a few lines change and every other byte stays.
//!
//! A line is named by its key, as in a texts file: `welcome.ask`, `welcome.shop`, `anywhere.else`, `form.details.title`.
//! Nothing here writes a flow anew; where a change would not read back, there is an [`Error`] and no edit.

mod key;
mod rename;

use crate::ast::{Document, Line, LineKind};
use crate::diagnostic::Edit;
use crate::layout;
use crate::line::grammar::Rule;
use crate::line::parts::Place;
use crate::line::read_as;
use crate::lines;
use crate::ownership::{Role, role};
use crate::span::{FileId, Span};
use key::Slot;
pub use rename::rename_state;

/// Why there is no edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No line has this key.
    NoSuchLine(String),
    /// The line has no words that customers read.
    NoText(String),
    /// The new words or the new line can not be read.
    NotRead(String),
    /// Not a name: lower-case letters, digits and `_`.
    NotAName(String),
    /// Another state has this name.
    Taken(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::NoSuchLine(key) => write!(f, "there is no line `{key}`"),
            Error::NoText(key) => write!(f, "`{key}` has no words that customers read"),
            Error::NotRead(text) => write!(f, "this can not be read: `{text}`"),
            Error::NotAName(name) => write!(f, "`{name}` is not a name"),
            Error::Taken(name) => write!(f, "there is a state `{name}` already"),
        }
    }
}

impl std::error::Error for Error {}

/// `source` with `edits` made; edits that overlap an earlier one, or stand outside the text, are left out.
pub fn apply(source: &str, edits: &[Edit]) -> String {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for edit in ordered {
        let range = edit.span.range();
        let (Some(before), Some(_)) = (source.get(at..range.start), source.get(range.clone())) else { continue };
        out.push_str(before);
        out.push_str(&edit.text);
        at = range.end;
    }
    out.push_str(source.get(at..).unwrap_or_default());
    out
}

/// Gives the line `key` new words. Words of several lines, parted by `\n`, stand in `|` lines below `say:` or `ask:`.
pub fn set_text(file: FileId, source: &str, key: &str, words: &str) -> Result<Vec<Edit>, Error> {
    let (document, _) = lines::read(file, source);
    let at = key::find(&document, key).ok_or_else(|| Error::NoSuchLine(key.to_string()))?;
    let line = &document.lines[at];
    let pieces: Vec<&str> = words.lines().map(|piece| piece.trim_matches(layout::is_space)).collect();
    let texts = pieces.iter().map(|piece| read_text(piece)).collect::<Result<Vec<_>, _>>()?;
    let mut kind = line.kind.clone();
    let spoken = matches!(kind, LineKind::Say { .. } | LineKind::Reply { .. } | LineKind::Ask { .. });
    let slot = key::text(&mut kind, key).ok_or_else(|| Error::NoText(key.to_string()))?;
    let mut written = Vec::new();
    match (texts.as_slice(), slot) {
        ([one], Slot::Text(slot)) => *slot = one.clone(),
        ([one], Slot::Optional(slot)) => *slot = Some(one.clone()),
        ([_, ..], Slot::Optional(slot)) if spoken => {
            *slot = None;
            written.extend(texts.into_iter().map(|text| crate::print::print_line(&LineKind::More(text))));
        }
        ([] | [_, ..], Slot::Text(_) | Slot::Optional(_)) => return Err(Error::NotRead(words.to_string())),
    }
    written.insert(0, crate::print::print_line(&kind));
    let end = at + 1 + continuation(&document.lines[at + 1..]);
    Ok(replace_lines(source, &document.lines[at..end], &written))
}

/// Puts `new` as a line of its own below the line `key` and what belongs to it.
pub fn insert_after(file: FileId, source: &str, key: &str, new: &str) -> Result<Vec<Edit>, Error> {
    let (document, _) = lines::read(file, source);
    let at = key::find(&document, key).ok_or_else(|| Error::NoSuchLine(key.to_string()))?;
    let line = &document.lines[at];
    let last = &document.lines[extent(&document, at)];
    let indent = match role(&line.kind) {
        Role::Opener => "  ",
        Role::Header | Role::Item | Role::Step | Role::Section | Role::More | Role::Reaction | Role::Broken => {
            indentation(source, line)
        }
    };
    let after = match role(&line.kind) {
        Role::Opener => line.span,
        Role::Header | Role::Item | Role::Step | Role::Section | Role::More | Role::Reaction | Role::Broken => {
            last.span
        }
    };
    let text = format!("{}{indent}{}", line_end(source), new.trim_matches(layout::is_space));
    let edits = vec![Edit { span: Span { start: after.end, ..after }, text }];
    let broken =
        |document: &Document| document.lines.iter().filter(|line| matches!(line.kind, LineKind::Broken(_))).count();
    let (edited, _) = lines::read(file, &apply(source, &edits));
    if new.contains(['\n', '\r'])
        || edited.lines.len() != document.lines.len() + 1
        || broken(&edited) > broken(&document)
    {
        return Err(Error::NotRead(new.to_string()));
    }
    Ok(edits)
}

/// Takes away the line `key` with its comments and what belongs to it: the whole block of a header, the lines under a choice.
pub fn remove(file: FileId, source: &str, key: &str) -> Result<Vec<Edit>, Error> {
    let (document, _) = lines::read(file, source);
    let at = key::find(&document, key).ok_or_else(|| Error::NoSuchLine(key.to_string()))?;
    let line = &document.lines[at];
    let last = document.lines[extent(&document, at)].span.range().end;
    let first =
        line.comments.iter().map(|comment| comment.span).chain([line.span]).map(|span| span.range().start).min();
    let start = first
        .and_then(|start| source.get(..start))
        .map_or(0, |before| before.rfind(['\n', '\r']).map_or(0, |at| at + 1));
    let end = source.get(last..).map_or(source.len(), |rest| {
        let line_end = layout::lines(rest).next().map_or(0, |layout| layout.next);
        last + line_end
    });
    Ok(vec![Edit { span: Span::new(file, start, end), text: String::new() }])
}

/// The last line that belongs to the line at `at`.
fn extent(document: &Document, at: usize) -> usize {
    let below = &document.lines[at + 1..];
    let belongs = |line: &&Line| match role(&document.lines[at].kind) {
        Role::Opener => role(&line.kind) != Role::Opener,
        Role::Reaction if goes(&document.lines[at].kind) => false,
        Role::Reaction => matches!(role(&line.kind), Role::Step | Role::More),
        Role::Step | Role::Item => role(&line.kind) == Role::More,
        Role::Header | Role::Section | Role::More | Role::Broken => false,
    };
    at + below.iter().take_while(belongs).count()
}

fn goes(kind: &LineKind) -> bool {
    rename::dest(kind).is_some()
}

/// How many of `lines` continue the text above them.
fn continuation(lines: &[Line]) -> usize {
    lines.iter().take_while(|line| role(&line.kind) == Role::More).count()
}

/// Words as an author writes them, with `{live values}`.
fn read_text(words: &str) -> Result<crate::ast::Text, Error> {
    let place = Place { file: FileId::default(), offset: 0 };
    read_as(Rule::more_line, place, &format!("| {words}"), |parts| parts.any_text())
        .map_err(|_| Error::NotRead(words.to_string()))
}

/// Replaces a line and those that continue it by `new` ones, touching only what differs.
fn replace_lines(source: &str, old: &[Line], new: &[String]) -> Vec<Edit> {
    let same = |(old, new): &(&Line, &String)| source.get(old.span.range()) == Some(new.as_str());
    let head = old.iter().zip(new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let changed = &old[head..old.len() - tail];
    let new = &new[head..new.len() - tail];
    let Some(owner) = old.first() else { return Vec::new() };
    let joint = format!("{}{}  ", line_end(source), indentation(source, owner));
    let edit = match (changed.first(), changed.last(), head.checked_sub(1).and_then(|above| old.get(above))) {
        (Some(first), Some(last), _) if !new.is_empty() => {
            Edit { span: first.span.to(last.span), text: new.join(&joint) }
        }
        (Some(_), Some(last), Some(above)) => {
            Edit { span: Span { start: above.span.end, ..last.span }, text: String::new() }
        }
        (None, _, Some(above)) if !new.is_empty() => {
            let span = Span { start: above.span.end, ..above.span };
            Edit { span, text: new.iter().map(|line| format!("{joint}{line}")).collect() }
        }
        (None, _, _) | (Some(_), _, _) => return Vec::new(),
    };
    vec![edit]
}

/// The white space before a line.
fn indentation<'a>(source: &'a str, line: &Line) -> &'a str {
    let before = source.get(..line.span.range().start).unwrap_or_default();
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    before[start..].trim_start_matches('\u{feff}')
}

/// The line end that `source` uses.
fn line_end(source: &str) -> &'static str {
    if source.contains("\r\n") { "\r\n" } else { "\n" }
}
