//! From the text of an expression to Rhai's syntax tree, within limits, and from Rhai's complaints to findings.

use std::ops::Range;

use duka_dsl::{Diagnostic, Span, ast};
use rhai::{Engine, OptimizationLevel, ParseErrorType, Position, Token};

use super::prepare::prepare;

/// Operators and brackets within each other, as Rhai counts them.
const MAX_DEPTH: usize = 64;

/// The engine that reads expressions: no functions, no statements, the words `and`, `or`, `not`, `is`.
pub(super) fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_expr_depths(MAX_DEPTH, MAX_DEPTH);
    engine.set_allow_looping(false);
    engine.set_allow_if_expression(false);
    engine.set_allow_switch_expression(false);
    engine.set_allow_statement_expression(false);
    engine.set_allow_anonymous_fn(false);
    map_words(&mut engine);
    engine
}

#[expect(deprecated, reason = "Rhai marks this interface as volatile, not as deprecated")]
fn map_words(engine: &mut Engine) {
    engine.on_parse_token(|token, _, _| match &token {
        Token::Identifier(word) => match word.as_str() {
            "and" => Token::And,
            "or" => Token::Or,
            "not" => Token::Bang,
            _ => token,
        },
        Token::Reserved(word) => match word.as_str() {
            "is" => Token::EqualsTo,
            // Words that Rhai keeps for itself are names here: `new`, `default`, `package`.
            name if name.starts_with(|first: char| first.is_ascii_lowercase()) => {
                Token::Identifier(Box::new(name.into()))
            }
            _ => token,
        },
        // Nor are there statements, so their words can be names too: `answers.return`.
        Token::Let
        | Token::Const
        | Token::If
        | Token::Else
        | Token::Switch
        | Token::Do
        | Token::While
        | Token::Until
        | Token::Loop
        | Token::For
        | Token::Continue
        | Token::Break
        | Token::Return
        | Token::Throw
        | Token::Try
        | Token::Catch
        | Token::Fn
        | Token::Private => Token::Identifier(Box::new(token.literal_syntax().into())),
        _ => token,
    });
}

/// An expression's text, ready for Rhai: of the same length as written, byte for byte.
pub(super) struct Text<'a> {
    pub text: String,
    pub origin: &'a ast::Expr,
}

impl Text<'_> {
    /// The place of a part of the text in its file. Where quotes were made plain on the way, the whole expression.
    pub fn span(&self, part: Range<usize>) -> Span {
        let whole = self.origin.span;
        if !self.is_exact() {
            return whole;
        }
        let start = whole.start as usize;
        Span::new(whole.file, start + part.start, start + part.end)
    }

    /// What was written at a span.
    pub fn written(&self, span: Span) -> &str {
        let start = self.origin.span.start as usize;
        let range = (span.start as usize).saturating_sub(start)..(span.end as usize).saturating_sub(start);
        let part = if self.is_exact() { self.origin.source.get(range) } else { None };
        part.unwrap_or(&self.origin.source).trim()
    }

    /// The byte of the text at a byte of the file.
    pub fn offset_of(&self, at: u32) -> usize {
        if self.is_exact() { (at as usize).saturating_sub(self.origin.span.start as usize) } else { self.text.len() }
    }

    fn is_exact(&self) -> bool {
        self.text.len() == self.origin.span.range().len()
    }

    /// The byte at which a token begins.
    pub fn offset(&self, position: Position) -> usize {
        let column = position.position().unwrap_or(1) - 1;
        if self.text.is_ascii() {
            return column.min(self.text.len());
        }
        self.text.char_indices().nth(column).map_or(self.text.len(), |(at, _)| at)
    }

    /// The bytes of the token that begins at `start`: a word, a number, a string, or a bracket up to its partner.
    pub fn token(&self, start: usize) -> Range<usize> {
        let rest = self.text.get(start..).unwrap_or("");
        let length = match rest.bytes().next() {
            Some(b'"') => string_length(rest),
            Some(b'(' | b'[') => bracket_length(rest),
            Some(first) if is_word(first) || first == b'-' => {
                let number = first.is_ascii_digit() || first == b'-';
                let ends = |byte: u8| !(is_word(byte) || (number && byte == b'.'));
                rest.bytes().skip(1).position(ends).map_or(rest.len(), |at| at + 1)
            }
            Some(_) if ["**", "<<", ">>", "=="].iter().any(|operator| rest.starts_with(operator)) => 2,
            Some(_) => rest.chars().next().map_or(0, char::len_utf8),
            None => 0,
        };
        start..start + length
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of the string that `text` begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn bracket_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => at += string_length(text.get(at..).unwrap_or("")).saturating_sub(1),
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at.min(text.len())
}

/// Reads an expression with Rhai. `what` is "condition", "value" or "operation".
pub(super) fn read<'a>(
    engine: &Engine,
    origin: &'a ast::Expr,
    what: &str,
) -> Result<(Text<'a>, rhai::AST), Box<Diagnostic>> {
    let text = Text { text: prepare(origin, what)?, origin };
    match engine.compile_expression(&text.text) {
        Ok(tree) => Ok((text, tree)),
        Err(error) => Err(Box::new(unreadable(&text, what, &error))),
    }
}

fn unreadable(text: &Text<'_>, what: &str, error: &rhai::ParseError) -> Diagnostic {
    let end = text.text.trim_end().len();
    let start = if error.position().is_none() { end } else { text.offset(error.position()) };
    let part = text.token(start);
    let place = text.span(if part.is_empty() { start.saturating_sub(1)..start } else { part.clone() });
    let shown = text.origin.source.get(start..).unwrap_or("").trim();
    let incomplete = shown.is_empty() || matches!(error.err_type(), ParseErrorType::UnexpectedEOF);
    match error.err_type() {
        ParseErrorType::ExprTooDeep => too_deep(text.origin, what),
        ParseErrorType::MissingToken(token, _) if token.as_str() == ")" || token.as_str() == "]" => {
            Diagnostic::new(22, place, format!("A `{token}` is missing in this {what}."))
        }
        ParseErrorType::MismatchedType(..) => {
            let written = text.origin.source.get(part).unwrap_or(shown);
            Diagnostic::new(401, place, format!("`{written}` is not yes or no."))
                .help("`and`, `or` and `not` stand between conditions. Compare the value with something.")
        }
        _ if starts_with_unit(shown) => {
            Diagnostic::new(402, place, "A length of time can not be written into an expression.")
                .help("Put it in `rules`, for example `limit = 30 minutes`, and use its name here.")
        }
        _ if incomplete => Diagnostic::new(22, place, format!("This {what} is not complete.")),
        _ => Diagnostic::new(22, place, format!("This {what} can not be read from `{shown}` on.")),
    }
}

fn starts_with_unit(text: &str) -> bool {
    let word = text.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or("");
    ["second", "minute", "hour", "day", "week", "month", "year"].contains(&word.trim_end_matches('s'))
}

pub(super) fn too_deep(origin: &ast::Expr, what: &str) -> Diagnostic {
    Diagnostic::new(22, origin.span, format!("This {what} has too many parts within each other."))
        .help("Split it over several states, or let a hook work it out.")
}
