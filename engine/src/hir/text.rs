//! Texts cut at their live values, in every language and per channel, with plural forms.
//!
//! Rendering is [`crate::render`]'s; a text is only held here.

use std::sync::Arc;

use duka_dsl::Span;
use duka_dsl::ast::Plural;
use smol_str::SmolStr;

use super::{Expr, LanguageId, PhraseId, SlotId};

#[derive(Clone, Debug)]
pub struct Phrase {
    pub name: SmolStr,
    pub parameter: SmolStr,
    /// By language, the forms that are written; the parameter is [`Segment::Parameter`].
    pub forms: Vec<Vec<(Plural, Vec<Segment>)>>,
    pub span: Span,
}

/// One text with its translations.
#[derive(Clone, Debug)]
pub struct TextEntry {
    /// The name path: `welcome.ask`, `welcome.shop`, `template.receipt.body`.
    pub key: SmolStr,
    pub span: Span,
    /// By language; the first is the source and always there.
    pub languages: Vec<Option<TextBlock>>,
    /// `KEY@channel`, per channel and language.
    pub variants: Vec<(SmolStr, LanguageId, TextBlock)>,
}

#[derive(Clone, Debug, Default)]
pub struct TextBlock {
    pub pieces: Vec<TextPiece>,
    pub span: Option<Span>,
}

#[derive(Clone, Debug)]
pub enum TextPiece {
    Line(Vec<Segment>),
    Each { item: SlotId, list: Expr, line: Vec<Segment> },
}

#[derive(Clone, Debug)]
pub enum Segment {
    Literal(Arc<str>),
    Value {
        value: Expr,
        as_url: bool,
    },
    Phrase {
        phrase: PhraseId,
        argument: Expr,
    },
    /// The parameter of the phrase that is being said.
    Parameter,
}
