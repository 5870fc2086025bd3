//! Where each byte of a scalar's text stands in the source: the same distance apart, unless it has escapes, doubled
//! quotes or more than one line.

use crate::ast::{Path, Segment, Text};
use crate::span::{Name, Span};
use crate::yaml::tree::{Scalar, Style};

pub(super) enum Map {
    /// The text stands in the source as it is, from this byte on.
    Straight(usize),
    /// The place of each byte of the text, and of its end.
    Bent(Vec<u32>),
}

impl Map {
    /// `span` is the scalar's place, quotes included.
    pub(super) fn of(source: &str, span: Span, scalar: &Scalar) -> Map {
        let written = source.get(span.range()).unwrap_or_default();
        let quotes = match scalar.style {
            Style::Single | Style::Double => 1,
            Style::Plain | Style::Block => 0,
        };
        if written.get(quotes..written.len().saturating_sub(quotes)) == Some(scalar.text.as_str()) {
            return Map::Straight(span.range().start + quotes);
        }
        Map::Bent(follow(written, &scalar.text, scalar.style, quotes, span.start))
    }

    /// The place of a part of the text; `whole` when the text and the source went apart.
    pub(super) fn span(&self, whole: Span, start: usize, end: usize) -> Span {
        match self {
            Map::Straight(offset) => Span::new(whole.file, offset + start, offset + end),
            Map::Bent(places) => match (places.get(start), places.get(end)) {
                (Some(start), Some(end)) if start <= end => Span { file: whole.file, start: *start, end: *end },
                _ => whole,
            },
        }
    }

    /// Moves a text whose spans count from the beginning of the scalar's text to its place in the source.
    pub(super) fn move_text(&self, text: &mut Text, whole: Span) {
        let moved = |span: &mut Span| *span = self.span(whole, span.range().start, span.range().end);
        let name = |name: &mut Name| moved(&mut name.span);
        let path = |path: &mut Path| {
            moved(&mut path.span);
            path.segments.iter_mut().for_each(name);
        };
        moved(&mut text.span);
        for segment in &mut text.segments {
            match segment {
                Segment::Literal(_) => {}
                Segment::Value { path: value, span, .. } => {
                    path(value);
                    moved(span);
                }
                Segment::Phrase { name: phrase, argument, span } => {
                    name(phrase);
                    path(argument);
                    moved(span);
                }
            }
        }
    }
}

/// Goes through what is written and what it means side by side.
fn follow(written: &str, text: &str, style: Style, quotes: usize, offset: u32) -> Vec<u32> {
    let mut places = Vec::with_capacity(text.len() + 1);
    let mut at = quotes;
    for letter in text.chars() {
        let rest = written.get(at..).unwrap_or_default();
        at += skipped(rest, letter, style);
        let length = length(written.get(at..).unwrap_or_default(), letter, style);
        let place = offset.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        places.extend(std::iter::repeat_n(place, letter.len_utf8()));
        at += length;
    }
    let end = at.min(written.len().saturating_sub(quotes));
    places.push(offset.saturating_add(u32::try_from(end).unwrap_or(u32::MAX)));
    places
}

/// White space of the source before `letter` that is not part of the text: indentation and folded lines.
fn skipped(rest: &str, letter: char, style: Style) -> usize {
    if rest.starts_with(letter) {
        return 0;
    }
    if letter.is_whitespace() && rest.starts_with(['\n', '\r']) {
        return 0;
    }
    let folded = if style == Style::Double && rest.starts_with("\\\n") { 1 } else { 0 };
    let blank = rest[folded..].len() - rest[folded..].trim_start_matches([' ', '\t', '\n', '\r']).len();
    let next = rest[folded + blank..].chars().next();
    if blank > 0 && (next == Some(letter) || (style == Style::Double && next == Some('\\'))) {
        folded + blank
    } else {
        0
    }
}

/// How many bytes of the source stand for `letter`.
fn length(rest: &str, letter: char, style: Style) -> usize {
    let mut letters = rest.chars();
    match letters.next() {
        Some('\\') if style == Style::Double => match letters.next() {
            Some('x') => 4,
            Some('u') => 6,
            Some('U') => 10,
            Some(next) => 1 + next.len_utf8(),
            None => 1,
        },
        Some('\'') if style == Style::Single => 2,
        Some('\n' | '\r') if letter == ' ' => rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len(),
        Some(first) => first.len_utf8(),
        None => 0,
    }
    .min(rest.len())
}

#[cfg(test)]
mod tests {
    use super::Map;
    use crate::span::FileId;
    use crate::yaml::tree::parse;

    /// Where the word `x` of each scalar stands.
    fn check(source: &str) -> String {
        let (tree, found) = parse(FileId(0), source);
        assert_eq!(found, []);
        let root = tree.root.expect("there is a root");
        let node = root.get("a").expect("there is an `a`");
        let scalar = node.scalar().expect("it is a scalar");
        let at = scalar.text.find("xé").expect("it holds the letters");
        let span = Map::of(source, node.span, scalar).span(node.span, at, at + "xé".len());
        source[span.range()].to_string()
    }

    #[test]
    fn letters_keep_their_place() {
        for source in [
            "a: xé",
            "a: \"xé\"",
            "a: \"\\\"q\\\" \\u00e9\\n xé \\\"\"",
            "a: 'it''s xé'",
            "a: |-\n  one\n  two xé\n",
            "a: >-\n  one\n  two\n\n  xé\n",
            "a: \"one\n  two xé\"",
            "a: \"one \\\n  xé\"",
            "a: one\n  xé",
        ] {
            assert_eq!(check(source), "xé", "{source:?}");
        }
    }
}
