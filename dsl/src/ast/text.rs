//! What a customer reads, cut at its live values.
//!
//! Equality ignores spans. A text is not rendered here.

use smol_str::SmolStr;

use super::{Expr, Path};
use crate::span::{Name, Span};

/// What a customer reads, cut at its live values. Escapes (`\{`, `\->`) are resolved; the printers put them back where needed.
#[derive(Clone, Debug)]
pub struct Text {
    pub segments: Vec<Segment>,
    pub span: Span,
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.segments == other.segments
    }
}

#[derive(Clone, Debug)]
pub enum Segment {
    Literal(SmolStr),
    /// `{path}` or `{path as url}`.
    Value {
        path: Path,
        as_url: bool,
        span: Span,
    },
    /// `{phrase(path)}`.
    Phrase {
        name: Name,
        argument: Path,
        span: Span,
    },
}

impl PartialEq for Segment {
    fn eq(&self, other: &Segment) -> bool {
        match (self, other) {
            (Segment::Literal(a), Segment::Literal(b)) => a == b,
            (Segment::Value { path: a, as_url: x, .. }, Segment::Value { path: b, as_url: y, .. }) => a == b && x == y,
            (Segment::Phrase { name: a, argument: x, .. }, Segment::Phrase { name: b, argument: y, .. }) => {
                a == b && x == y
            }
            (Segment::Literal(_) | Segment::Value { .. } | Segment::Phrase { .. }, _) => false,
        }
    }
}

/// A text of one or more lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextBlock {
    pub pieces: Vec<TextPiece>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TextPiece {
    Line(Text),
    Each { item: Name, list: Expr, text: Text },
}
