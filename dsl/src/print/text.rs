//! Texts with their escapes, put only where the text would otherwise read as something else.

use crate::ast::{Segment, Text};

/// Where a text ends, which says what has to be escaped in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// The end of the line.
    LineEnd,
    /// An arrow.
    Arrow,
    /// An arrow or ` | `.
    Bar,
}

const ARROWS: [char; 5] = ['→', '➔', '➜', '↔', '⟷'];

pub(crate) fn write(text: &Text, until: Until, out: &mut String) {
    let last = text.segments.len().saturating_sub(1);
    for (index, segment) in text.segments.iter().enumerate() {
        match segment {
            Segment::Literal(literal) => {
                let edge = Edge { first: index == 0, last: index == last };
                write_literal(literal, until, edge, out);
            }
            Segment::Value { path, as_url, .. } => {
                out.push('{');
                out.push_str(&path.to_string());
                out.push_str(if *as_url { " as url}" } else { "}" });
            }
            Segment::Phrase { name, argument, .. } => {
                out.push('{');
                out.push_str(name.as_str());
                out.push('(');
                out.push_str(&argument.to_string());
                out.push_str(")}");
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Edge {
    first: bool,
    last: bool,
}

fn write_literal(literal: &str, until: Until, edge: Edge, out: &mut String) {
    // A space at the end of a line is decoration whatever stands before it; at the beginning an escape keeps it.
    let literal = if edge.last { literal.trim_end_matches(crate::layout::is_space) } else { literal };
    let leads = literal.len() - literal.trim_start_matches(' ').len();
    let mut before = ' ';
    let mut letters = literal.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, letter)| *letter);
        let escaped = match letter {
            '{' => true,
            '\\' => next.map_or(!edge.last, can_be_escaped),
            ' ' => edge.first && at < leads,
            '-' => until != Until::LineEnd && next == Some('>'),
            '|' => until == Until::Bar && before == ' ' && next.is_none_or(|next| next == ' '),
            _ => until != Until::LineEnd && ARROWS.contains(&letter),
        };
        if escaped {
            out.push('\\');
        }
        // A line is one line whatever a text of another form held.
        out.push(if letter == '\n' || letter == '\r' { ' ' } else { letter });
        before = letter;
    }
}

fn can_be_escaped(letter: char) -> bool {
    matches!(letter, '{' | '}' | '|' | '-' | '<' | '>' | '\\' | ' ') || ARROWS.contains(&letter)
}
