//! The lines of a file that a finding is about: what shows them need not look at the rest of the file. Draws nothing.

use std::ops::Range;

use duka_dsl::Span;

/// Longer excerpts are named, not shown: nobody reads so much, and drawing it takes long.
const MOST_BYTES: usize = 8 * 1024;

/// Whole lines of a text, from the first place to the last.
pub struct Excerpt<'a> {
    pub text: &'a str,
    /// The number of the first line, from 1.
    pub line: usize,
    whole: &'a str,
    start: usize,
}

impl<'a> Excerpt<'a> {
    /// The lines of `whole` that hold all of `spans`, whatever these say.
    pub fn of(whole: &'a str, spans: impl Iterator<Item = Span>) -> Excerpt<'a> {
        let ranges = spans.map(|span| within(whole, span));
        let range = ranges.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(0..0);
        let start = whole[..range.start].rfind('\n').map_or(0, |end| end + 1);
        let end = whole[range.end..].find('\n').map_or(whole.len(), |end| range.end + end + 1);
        let line = 1 + whole[..start].bytes().filter(|byte| *byte == b'\n').count();
        Excerpt { text: &whole[start..end], line, whole, start }
    }

    /// A span's bytes within the excerpt.
    pub fn within(&self, span: Span) -> Range<usize> {
        let range = within(self.whole, span);
        range.start.saturating_sub(self.start)..range.end.saturating_sub(self.start)
    }

    pub fn is_too_long(&self) -> bool {
        self.text.len() > MOST_BYTES
    }

    /// Line and column of a span, as people count.
    pub fn place(&self, span: Span) -> (usize, usize) {
        let before = &self.whole[self.start..within(self.whole, span).start.max(self.start)];
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        (self.line + line, 1 + before.rsplit('\n').next().unwrap_or("").chars().count())
    }
}

/// The span in bytes, inside the text and on letter boundaries whatever a diagnostic says.
fn within(text: &str, span: Span) -> Range<usize> {
    let floor = |offset: u32| {
        let mut at = (offset as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}
