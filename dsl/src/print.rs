//! Writes lines in the canonical way: order of blocks, indentation, blank lines, spelling. Never changes what a line says.
//!
//! A line that could not be read is written as it was, and a document with such a line keeps its order.

mod line;
mod order;
mod text;

use std::ops::Range;

use crate::ast::{Comment, Document, Line, LineKind};
use crate::line::keyword::{Class, Keyword};
use crate::ownership::{Role, role};
pub(crate) use line::{category, grouped, plural};
pub(crate) use order::canonical;
pub(crate) use text::{Until, write as write_text};

/// `document` as a canonical `.duka` file. Printing what was printed changes nothing.
pub fn print(document: &Document) -> String {
    with_comments(document).0
}

/// As [`print`], with the byte ranges of comments and of the blank lines that belong to them; the rest is what the file says.
pub fn with_comments(document: &Document) -> (String, Vec<Range<usize>>) {
    let mut printer = Printer { out: String::new(), comments: Vec::new(), under: Under::Block, text_owner: 0 };
    let mut before = None;
    for line in canonical(&document.lines) {
        printer.line(line, before);
        before = Some(line);
    }
    if !document.trailing.is_empty() {
        let start = printer.out.len();
        if before.is_some() {
            printer.out.push('\n');
        }
        printer.write_comments(&document.trailing, 0);
        printer.comments.push(start..printer.out.len());
    }
    (printer.out, printer.comments)
}

/// One line of a flow in canonical spelling, without indentation and line end.
pub fn print_line(kind: &LineKind) -> String {
    let mut out = String::new();
    line::write(kind, &mut out);
    out
}

struct Printer {
    out: String,
    comments: Vec<Range<usize>>,
    under: Under,
    /// The indentation of the text that `|` lines continue.
    text_owner: usize,
}

/// What the next step stands under.
#[derive(Clone, Copy, PartialEq)]
enum Under {
    Block,
    Reaction,
}

const STEP: usize = 2;

impl Printer {
    fn line(&mut self, line: &Line, before: Option<&Line>) {
        let part = part(&line.kind);
        if let Some(before) = before
            && starts_block(&line.kind, &before.kind)
        {
            self.out.push('\n');
        }
        let indent = self.indent(part, line);
        if !line.comments.is_empty() {
            let start = self.out.len();
            self.write_comments(&line.comments, indent);
            self.comments.push(start..self.out.len());
        }
        self.pad(indent);
        line::write(&line.kind, &mut self.out);
        self.out.push('\n');
        self.under = under(part, &line.kind, self.under);
        if part != Role::More {
            self.text_owner = indent;
        }
    }

    fn indent(&self, part: Role, line: &Line) -> usize {
        if let LineKind::Broken(_) = line.kind {
            return line.indent.unwrap_or(0) as usize;
        }
        match part {
            Role::Header => match line.kind {
                LineKind::Duka(_) | LineKind::Flow(_) | LineKind::Use(_) => 0,
                _ => STEP,
            },
            Role::Opener => 0,
            Role::Item | Role::Reaction | Role::Section | Role::Broken => STEP,
            Role::Step => match self.under {
                Under::Block => STEP,
                Under::Reaction => 2 * STEP,
            },
            Role::More => self.text_owner + STEP,
        }
    }

    fn write_comments(&mut self, comments: &[Comment], indent: usize) {
        for comment in comments {
            if !comment.value.is_empty() {
                self.pad(indent);
                self.out.push_str(&comment.value);
            }
            self.out.push('\n');
        }
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// The role of a line; of one that could not be read, the role it was meant to have.
fn part(kind: &LineKind) -> Role {
    let LineKind::Broken(text) = kind else { return role(kind) };
    let Some(keyword) = Keyword::of(crate::line::first_word(text)) else { return Role::Broken };
    match keyword.class() {
        Class::Header => Role::Header,
        Class::Block => Role::Opener,
        Class::Item => Role::Item,
        Class::Entry => Role::Step,
        Class::Reaction => Role::Reaction,
    }
}

/// Whether a blank line stands above `kind`.
fn starts_block(kind: &LineKind, before: &LineKind) -> bool {
    match part(kind) {
        Role::Opener => true,
        Role::Header => matches!(kind, LineKind::Use(_)) && !matches!(before, LineKind::Use(_)),
        Role::Item | Role::Step | Role::Section | Role::More | Role::Reaction | Role::Broken => false,
    }
}

fn under(part: Role, kind: &LineKind, before: Under) -> Under {
    match part {
        Role::Reaction if goes(kind) => Under::Block,
        Role::Reaction => Under::Reaction,
        Role::Header | Role::Opener | Role::Section => Under::Block,
        Role::Step if goes(kind) => Under::Block,
        Role::Step | Role::Item | Role::More | Role::Broken => before,
    }
}

/// Whether nothing can follow the line: a reaction with its own arrow, or a jump for good.
fn goes(kind: &LineKind) -> bool {
    use LineKind as K;
    match kind {
        K::Jump(dest) => matches!(dest.kind, crate::ast::DestKind::Go(_)),
        K::Button { dest, .. } | K::Row { dest, .. } | K::Pick { dest, .. } | K::Answer { dest, .. } => dest.is_some(),
        K::Fill { dest, .. } | K::Hears { dest, .. } | K::On { dest, .. } | K::After { dest, .. } => dest.is_some(),
        K::Quiet { dest, .. } | K::Else { dest, .. } | K::Failed { dest } | K::Lost { dest } => dest.is_some(),
        K::Broken(text) => text.contains("->"),
        K::Duka(_) | K::Flow(_) | K::Start(_) | K::Languages(_) | K::Currency(_) | K::Timezone(_) => false,
        K::Takes(..) | K::Gives(_) | K::Use(_) | K::Rules | K::Remember { .. } | K::Words => false,
        K::Consent { .. } | K::Experiment { .. } | K::Phrase { .. } | K::Form(_) | K::Anywhere => false,
        K::Group(_) | K::Follow(_) | K::State { .. } | K::Template { .. } | K::Rule { .. } | K::Memory(_) => false,
        K::WordSet { .. } | K::PhraseForm { .. } | K::Field { .. } | K::Title(_) | K::Submit(_) => false,
        K::Body(_) | K::Sample { .. } | K::Say { .. } | K::Ask { .. } | K::Media { .. } | K::List(_) => false,
        K::Section(_) | K::Footer(_) | K::Alert(_) | K::Link { .. } | K::Call { .. } | K::Do { .. } => false,
        K::Set { .. } | K::Send { .. } | K::If { .. } | K::More(_) | K::Each { .. } => false,
        K::Reply { .. } | K::Cards(_) | K::Show(_) | K::Emoji(_) => false,
    }
}

/// Writes the lines of a file one by one: `place` says, for each that is not blank or a comment, its indentation and whether
/// a blank line stands above it. A comment goes with the line below it; several blank lines become one.
pub(crate) fn reindent(text: &str, mut place: impl FnMut(&str) -> (usize, bool)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut comments: Vec<&str> = Vec::new();
    let mut blank = false;
    let mut write = |indent: usize, line: &str| {
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
        out.push('\n');
    };
    let mut first = true;
    for layout in crate::layout::lines(text) {
        let line = layout.text(text);
        if line.is_empty() && comments.is_empty() {
            blank = true;
        } else if line.is_empty() {
            comments.extend(comments.last().is_some_and(|last| !last.is_empty()).then_some(""));
        } else if line.starts_with('#') {
            comments.push(line);
        } else {
            let (indent, apart) = place(line);
            if !first && (apart || blank) {
                write(0, "");
            }
            comments.drain(..).for_each(|comment| write(indent, comment));
            write(indent, line);
            (first, blank) = (false, false);
        }
    }
    if comments.last().is_some_and(|last| last.is_empty()) {
        comments.pop();
    }
    if !first && !comments.is_empty() {
        write(0, "");
    }
    comments.drain(..).for_each(|comment| write(0, comment));
    out
}
