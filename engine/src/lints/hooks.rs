//! Hooks: what a guard may be given, loops, budgets, clocks (D903-D906). Reads the words of `hooks.rhai`; whether it
//! compiles is the expressions' business.

use duka_dsl::{Diagnostic, Span};

use super::context::Context;
use super::file_id;
use crate::hir::{Expr, ExprKind, Step, StepKind};
use crate::source::FileKind;
use crate::types::Type;
use crate::walk;

/// Numbers beyond which a counted loop is too long for a step.
const LONG_LOOP: u64 = 10_000;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        for lines in walk::lines(flow) {
            let guards =
                lines.steps.iter().filter_map(guard).chain(lines.reaction.and_then(|reaction| reaction.guard.as_ref()));
            guards.for_each(|guard| undecided(context, guard, found));
        }
    }
    for (index, file) in context.source.files.iter().enumerate() {
        if file.kind == FileKind::Hooks {
            let words = words(&file.text);
            let span = |word: &Word| Span::new(file_id(index), word.start, word.start + word.text.len());
            endless(&words, &span, found);
            impure(&words, &span, found);
        }
    }
}

fn guard(step: &Step) -> Option<&Expr> {
    if let StepKind::Jump { guard, .. } = &step.kind { guard.as_ref() } else { None }
}

fn undecided(context: &Context, guard: &Expr, found: &mut Vec<Diagnostic>) {
    if let ExprKind::Hook { hook, .. } = &guard.kind
        && !matches!(guard.ty, Type::YesNo | Type::Unknown)
    {
        let name = context.shop.hooks.get(hook.index()).map_or("", |hook| hook.name.as_str());
        let message = format!("This condition does not give yes or no: `{name}` gives something else.");
        found.push(Diagnostic::new(903, guard.span, message).help("Compare what it gives."));
    }
}

/// A word or sign of a hook, outside comments and texts.
struct Word<'a> {
    text: &'a str,
    start: usize,
}

/// Names, numbers and braces, in order.
fn words(source: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let letter = rest.chars().next().unwrap_or(' ');
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if letter == '"' || letter == '`' {
            at += quoted(rest, letter);
        } else if letter.is_alphanumeric() || letter == '_' {
            let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
            found.push(Word { text: rest.get(..end).unwrap_or(""), start: at });
            at += end;
        } else {
            if !letter.is_whitespace() {
                found.push(Word { text: rest.get(..letter.len_utf8()).unwrap_or(""), start: at });
            }
            at += letter.len_utf8();
        }
    }
    found
}

/// The length of a quoted text at the beginning of `rest`.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        if letter == quote && !escaped {
            return at + quote.len_utf8();
        }
        escaped = letter == '\\' && !escaped;
    }
    rest.len()
}

fn endless(words: &[Word], span: &dyn Fn(&Word) -> Span, found: &mut Vec<Diagnostic>) {
    for (at, word) in words.iter().enumerate() {
        if matches!(word.text, "while" | "loop" | "do") {
            let diagnostic = Diagnostic::new(904, span(word), "This loop may never end: no bound was found.");
            found.push(diagnostic.help("Use `for` over a list or a range."));
        }
        if word.text == "for" {
            let head = words.get(at..(at + 12).min(words.len())).unwrap_or(&[]);
            let numbers = head
                .iter()
                .take_while(|word| word.text != "{")
                .filter_map(|word| word.text.replace('_', "").parse::<u64>().ok());
            if let Some(most) = numbers.max().filter(|most| *most > LONG_LOOP) {
                let message = format!("This hook may exceed its budget: a loop up to {most}.");
                found.push(
                    Diagnostic::new(905, span(word), message)
                        .help("Move the work to the backend, and call it as an operation."),
                );
            }
        }
    }
}

/// Functions that read a clock or chance.
const IMPURE: [&str; 8] = ["timestamp", "now", "rand", "random", "sleep", "elapsed", "time", "uuid"];

fn impure(words: &[Word], span: &dyn Fn(&Word) -> Span, found: &mut Vec<Diagnostic>) {
    for (at, word) in words.iter().enumerate() {
        let called = words.get(at + 1).is_some_and(|next| next.text == "(");
        let defined = at > 0 && words.get(at - 1).is_some_and(|before| before.text == "fn");
        if IMPURE.contains(&word.text) && called && !defined {
            let message =
                format!("`{}` reads the clock or chance directly: a replay would give something else.", word.text);
            found.push(Diagnostic::new(906, span(word), message).help("Take `now` as a parameter."));
        }
    }
}
