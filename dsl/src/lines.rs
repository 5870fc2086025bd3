//! Reads a flow in its line form. Never fails: a line that can not be read becomes [`LineKind::Broken`] and one diagnostic.

mod diagnose;

use smol_str::SmolStr;

use crate::ast::{Comment, Document, Form, Line, LineKind};
use crate::diagnostic::Diagnostic;
use crate::layout::{self, Layout};
use crate::line::{self, Block, Shape};
use crate::span::{FileId, Span, Spanned};

/// The largest file of a shop; whoever opens files refuses larger ones by their names.
pub const MAX_FILE_BYTES: usize = 256 * 1024;

/// The largest text that is read at all, for callers that make their own.
const MAX_TEXT_BYTES: usize = 8 * 1024 * 1024;

/// After so many broken lines a file is not a flow: the rest of them are kept, joined, without a diagnostic each.
pub(crate) const MAX_BROKEN: usize = 500;

/// Reads `text` as the lines of a flow. Spans are byte ranges of `text` in `file`.
pub fn read(file: FileId, text: &str) -> (Document, Vec<Diagnostic>) {
    if let Some(finding) = too_large(file, text) {
        return (Document { form: Form::Lines, lines: Vec::new(), trailing: Vec::new() }, vec![finding]);
    }
    let mut reader = Reader::new(file, text);
    for layout in layout::lines(text) {
        reader.take(layout);
    }
    reader.finish()
}

/// D021 for a text above [`MAX_TEXT_BYTES`].
pub(crate) fn too_large(file: FileId, text: &str) -> Option<Diagnostic> {
    if text.len() <= MAX_TEXT_BYTES {
        return None;
    }
    let message = format!("This file has {} KiB; that is too large to read.", text.len().div_ceil(1024));
    Some(
        Diagnostic::new(21, Span::new(file, 0, 0), message)
            .help("Split it: put a part of the conversation into a flow of its own and `use` it."),
    )
}

/// The most `|` lines that one text has; a message of WhatsApp is shorter by far.
pub(crate) const MAX_TEXT_LINES: usize = 1_000;

struct Reader<'a> {
    file: FileId,
    source: &'a str,
    block: Block,
    lines: Vec<Line>,
    comments: Comments,
    diagnostics: Vec<Diagnostic>,
    broken: usize,
    /// `|` lines in a row.
    text_lines: usize,
}

impl<'a> Reader<'a> {
    fn new(file: FileId, source: &'a str) -> Reader<'a> {
        let says = |line: &Layout| !line.is_blank() && !line.text(source).starts_with('#');
        Reader {
            file,
            source,
            block: Block::Keywords,
            lines: Vec::with_capacity(layout::lines(source).filter(says).count()),
            comments: Comments::default(),
            diagnostics: Vec::new(),
            broken: 0,
            text_lines: 0,
        }
    }

    fn take(&mut self, layout: Layout) {
        let text = layout.text(self.source);
        if text.is_empty() || text.starts_with('#') {
            let span = Span::new(self.file, layout.text_start, layout.text_end);
            self.comments.take(text, span);
            if !text.is_ascii() {
                self.diagnostics.extend(diagnose::hidden(self.file, layout.text_start, text));
            }
            return;
        }
        let shape = line::shape(self.block, text);
        self.text_lines = if shape == Shape::More { self.text_lines + 1 } else { 0 };
        let kind = match self.text_lines > MAX_TEXT_LINES {
            true => self.too_many_text_lines(layout, text),
            false => self.read_line(shape, layout.text_start, text),
        };
        self.block = block_after(&kind, shape, self.block);
        let (start, end) = (layout.text_start, layout.text_end);
        let joins = self.broken > MAX_BROKEN || self.text_lines > MAX_TEXT_LINES + 1;
        if joins && matches!(kind, LineKind::Broken(_)) && self.join_broken(end) {
            return;
        }
        self.lines.push(Line {
            comments: self.comments.above_line(),
            kind,
            span: Span::new(self.file, start, end),
            keyword: Span::new(self.file, start, start + diagnose::opening(text).len()),
            indent: Some(layout.indent),
        });
    }

    fn read_line(&mut self, shape: Shape, start: usize, text: &str) -> LineKind {
        let place = line::parts::Place { file: self.file, offset: start };
        let hidden = if text.is_ascii() { None } else { diagnose::hidden(self.file, start, text) };
        let (shape, outcome) = match (shape, line::read(shape, self.file, start, text)) {
            // A line of another block that happens to look like an item of this one.
            (Shape::Item(_), Err(error)) => match line::keyword::Keyword::of(line::first_word(text)) {
                Some(keyword) => match line::read(Shape::Keyword(keyword), self.file, start, text) {
                    Ok(kind) => (Shape::Keyword(keyword), Ok(kind)),
                    Err(_) => (shape, Err(error)),
                },
                None => (shape, Err(error)),
            },
            (shape, outcome) => (shape, outcome),
        };
        match outcome {
            Ok(kind) => {
                if let Some(finding) = hidden {
                    self.diagnostics.push(finding);
                } else if !text.is_ascii() {
                    self.diagnostics.extend(diagnose::word_processor(shape, place, text));
                }
                self.diagnostics.extend(diagnose::reserved(&kind));
                kind
            }
            Err(error) => {
                self.broken += 1;
                if self.broken < MAX_BROKEN {
                    let finding = hidden.unwrap_or_else(|| diagnose::broken(self.block, shape, place, text, error.at));
                    self.diagnostics.push(finding);
                } else if self.broken == MAX_BROKEN {
                    self.diagnostics.push(diagnose::too_many(place, text));
                }
                LineKind::Broken(SmolStr::new(text))
            }
        }
    }

    fn too_many_text_lines(&mut self, layout: Layout, text: &str) -> LineKind {
        if self.text_lines == MAX_TEXT_LINES + 1 {
            let span = Span::new(self.file, layout.text_start, layout.text_end);
            self.diagnostics.push(
                Diagnostic::new(22, span, format!("This text has more than {MAX_TEXT_LINES} lines."))
                    .help("Send less at once; nobody reads so much in a chat."),
            );
        }
        LineKind::Broken(SmolStr::new(text))
    }

    /// Makes a broken line that ends at `end` part of the broken one above.
    fn join_broken(&mut self, end: usize) -> bool {
        match self.lines.last_mut() {
            Some(above) if self.comments.waiting.is_empty() && matches!(above.kind, LineKind::Broken(_)) => {
                above.span.end = Span::new(self.file, 0, end).end;
                true
            }
            Some(_) | None => false,
        }
    }

    fn finish(mut self) -> (Document, Vec<Diagnostic>) {
        for line in &mut self.lines {
            if let LineKind::Broken(text) = &mut line.kind
                && text.len() != line.span.range().len()
            {
                *text = SmolStr::new(self.source.get(line.span.range()).unwrap_or_default());
            }
        }
        let trailing = self.comments.at_end();
        (Document { form: Form::Lines, lines: self.lines, trailing }, self.diagnostics)
    }
}

/// The block that the lines below belong to.
fn block_after(kind: &LineKind, shape: Shape, before: Block) -> Block {
    match kind {
        LineKind::Rules => Block::Rules,
        LineKind::Remember { .. } => Block::Remember,
        LineKind::Words => Block::Words,
        LineKind::Phrase { .. } => Block::Phrase,
        LineKind::Broken(text) => match shape {
            Shape::Keyword(keyword) => match keyword.class() {
                line::keyword::Class::Block => broken_opener(keyword),
                _ => before,
            },
            Shape::Unknown => {
                let meant = near_keyword(line::first_word(text)).and_then(line::keyword::Keyword::of);
                let opener = meant.filter(|keyword| keyword.class() == line::keyword::Class::Block);
                opener.map_or(before, broken_opener)
            }
            Shape::Item(_) | Shape::Jump | Shape::More => before,
        },
        _ if crate::ownership::opens_block(kind) => Block::Keywords,
        _ => before,
    }
}

fn broken_opener(keyword: line::keyword::Keyword) -> Block {
    use line::keyword::Keyword as K;
    match keyword {
        K::Rules => Block::Rules,
        K::Remember => Block::Remember,
        K::Words => Block::Words,
        K::Phrase => Block::Phrase,
        _ => Block::Keywords,
    }
}

/// Collects comments until the line they belong to. Several blank lines count as one, and none above the first comment.
#[derive(Default)]
struct Comments {
    waiting: Vec<Comment>,
}

impl Comments {
    fn take(&mut self, text: &str, span: Span) {
        let after_comment = self.waiting.last().is_some_and(|comment| !comment.value.is_empty());
        if !text.is_empty() || after_comment {
            self.waiting.push(Spanned::new(SmolStr::new(text), span));
        }
    }

    fn above_line(&mut self) -> Vec<Comment> {
        std::mem::take(&mut self.waiting)
    }

    fn at_end(mut self) -> Vec<Comment> {
        if self.waiting.last().is_some_and(|comment| comment.value.is_empty()) {
            self.waiting.pop();
        }
        self.waiting
    }
}

pub(crate) use diagnose::{bad_name, broken_text, hidden, is_name, live_values, near_keyword, slug, time_at};
