//! What to say when a name is unknown, and the types that names stand for. One mistyped name is one finding.

use duka_dsl::ast::TypeExpr;
use duka_dsl::{Diagnostic, Name};
use smol_str::SmolStr;

use crate::types::{Type, basic_type};

/// The code of names that have none of their own: values, types, fields, forms, events.
pub(super) const UNKNOWN_NAME: u16 = 108;

/// "There is no NOUN called `x`", with the nearest of `known`.
pub(super) fn unknown<'a>(
    code: u16,
    noun: &str,
    name: &Name,
    known: impl IntoIterator<Item = &'a str>,
    help: &str,
) -> Diagnostic {
    let message = format!("There is no {noun} called `{}`.", name.value);
    let found = Diagnostic::new(code, name.span, message).did_you_mean(&name.value, known);
    let found = if found.help.is_none() { found.help(help) } else { found };
    found.cause(format!("{noun} {}", name.value))
}

/// "Two NOUNs are called `x`", pointing at the second, with the first labelled.
pub(super) fn twice(code: u16, nouns: &str, name: &Name, first: duka_dsl::Span) -> Diagnostic {
    Diagnostic::new(code, name.span, format!("Two {nouns} are called `{}`.", name.value))
        .label(first, "first defined here")
        .help("A name stands for one thing. Rename one of them.")
}

/// A written type, with `named` for the names that are no basic type. The name that is unknown is the error.
pub(super) fn written_type(ty: &TypeExpr, named: &dyn Fn(&str) -> Option<Type>) -> Result<Type, Name> {
    let find = |name: &Name| basic_type(&name.value).or_else(|| named(&name.value)).ok_or_else(|| name.clone());
    match ty {
        TypeExpr::Named(name) => find(name),
        TypeExpr::ListOf(name) => find(name).map(|ty| Type::List(Box::new(ty))),
        TypeExpr::OneOf(members) => Ok(Type::Enum(members.iter().map(|member| member.value.clone()).collect())),
    }
}

/// The words of unreadable lines: a name among them may have been declared there.
pub(super) fn words_of<'a>(text: &'a str, spans: &[duka_dsl::Span]) -> Vec<&'a str> {
    let lines = spans.iter().filter_map(|span| text.get(span.range()));
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.filter(|word| !word.is_empty()).collect()
}

/// A name in the plural, for counting messages.
pub(super) fn count(names: usize, one: &str, many: &str) -> String {
    if names == 1 { format!("1 {one}") } else { format!("{names} {many}") }
}

pub(super) fn path_text(segments: &[Name]) -> SmolStr {
    let mut text = String::new();
    for (index, segment) in segments.iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        text.push_str(&segment.value);
    }
    SmolStr::from(text)
}
