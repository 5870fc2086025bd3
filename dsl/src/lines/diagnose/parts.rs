//! Colons, arrows, live values, times and brackets that are missing, doubled or never closed.

use pest::Parser;

use super::names::{bad_name, is_name};
use crate::diagnostic::Diagnostic;
use crate::layout::is_space;
use crate::line::grammar::{LineParser, Rule};
use crate::line::keyword::{Class, Keyword};
use crate::line::parts::Place;

const ARROWS: &[&str] = &["<->", "->", "→", "➔", "➜", "↔", "⟷"];

/// D005: no colon before what the customer reads.
pub(super) fn colon(keyword: Keyword, place: Place, text: &str) -> Option<Diagnostic> {
    if !keyword.takes_colon() || text.contains(':') || keyword == Keyword::Else {
        return None;
    }
    let word = keyword.word();
    let rest = text.get(word.len()..)?.trim_start_matches(is_space);
    if rest.is_empty() {
        return None;
    }
    let reads = match keyword.class() {
        Class::Header | Class::Block => "before what it stands for",
        Class::Item | Class::Entry | Class::Reaction => "before the words the customer reads",
    };
    let line = place.span(0, text.len());
    let finding = Diagnostic::new(5, line, format!("`{word}` needs a colon {reads}."));
    let at = text.len() - rest.len();
    let name = rest.split(is_space).next().unwrap_or(rest);
    let mended = match keyword.usage().strip_prefix(word) {
        Some(usage) if usage.starts_with(':') && !rest.starts_with("if ") => format!("{word}: {rest}"),
        _ if is_name(name) && name != "if" && name.len() < rest.len() => {
            let words = rest[name.len()..].trim_start_matches(is_space);
            format!("{}{name}: {words}", &text[..at])
        }
        _ => return Some(finding.help(format!("It is written like this: `{}`.", keyword.usage()))),
    };
    Some(finding.help(format!("Write `{mended}`.")).fix("add the colon", line, mended))
}

/// D010 for a `{` that is never closed, D022 for something in `{ }` that is not a name.
pub(crate) fn live_values(place: Place, text: &str) -> Option<Diagnostic> {
    let mut at = 0;
    while let Some(open) = text.get(at..)?.find(['{', '\\']).map(|found| at + found) {
        if text[open..].starts_with('\\') {
            at = open + 1 + text[open + 1..].chars().next().map_or(0, char::len_utf8);
            continue;
        }
        let inside = &text[open + 1..];
        let close = inside.find(['{', '}']).filter(|close| inside[*close..].starts_with('}'));
        let Some(close) = close else {
            return Some(never_closed(place, open, inside));
        };
        let end = open + 1 + close + 1;
        if !is_live(&text[open..end]) {
            return Some(not_a_value(place, open, &inside[..close]));
        }
        at = end;
    }
    None
}

fn is_live(text: &str) -> bool {
    let dotted_phrase = text.split_once('(').is_some_and(|(name, _)| name.contains('.'));
    !dotted_phrase && LineParser::parse(Rule::live, text).is_ok_and(|pairs| pairs.as_str().len() == text.len())
}

fn never_closed(place: Place, open: usize, inside: &str) -> Diagnostic {
    let in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    let name = &inside[..inside.find(|letter| !in_name(letter)).unwrap_or(inside.len())];
    let name = name.trim_end_matches('.');
    let end = open + 1 + name.len();
    let finding = Diagnostic::new(10, place.span(open, end), "The `{` is never closed.")
        .help("Add `}` after the name, or write `\\{` if customers should read the brace.");
    if name.is_empty() {
        return finding.fix("write `\\{`", place.span(open, open), "\\");
    }
    finding.fix("add `}`", place.span(end, end), "}")
}

fn not_a_value(place: Place, open: usize, inside: &str) -> Diagnostic {
    let span = place.span(open, open + inside.len() + 2);
    let name = inside.trim_matches(is_space);
    let lower = name.to_ascii_lowercase();
    if name != lower && lower.split('.').all(is_name) {
        return Diagnostic::new(14, span, format!("A name must be lower-case letters, digits and `_`: `{name}`."))
            .help(format!("Write `{{{lower}}}`."))
            .fix(format!("write `{{{lower}}}`"), span, format!("{{{lower}}}"));
    }
    let shown: String = inside.chars().take(40).collect();
    Diagnostic::new(22, span, format!("Only a name can stand between braces, not `{{{shown}}}`."))
        .help("Write the name of a value, such as `{item.price}`; work something out with `set` on a line above.")
}

/// Two arrows (D009), an arrow to nowhere (D022) or to something that is not a name (D014).
pub(super) fn arrows(place: Place, text: &str, example: &str) -> Option<Diagnostic> {
    let found = find_arrows(text);
    let (first, sign) = *found.first()?;
    if let Some((second, other)) = found.get(1).copied() {
        let span = place.span(second, second + other.len());
        return Some(
            Diagnostic::new(9, span, "Two arrows on one line.")
                .label(place.span(first, first + sign.len()), "the first one is here")
                .help("A line goes to one place. Write `\\->` if the first one is part of the text."),
        );
    }
    let rest = &text[first + sign.len()..];
    let to = rest.trim_start_matches(is_space);
    if to.is_empty() {
        let span = place.span(first, text.len());
        return Some(Diagnostic::new(22, span, "This arrow leads nowhere.").help(format!("Write where: `{example}`.")));
    }
    let stop = [" with ", " into ", " if "].iter().filter_map(|word| to.find(word)).min().unwrap_or(to.len());
    let target = &to[..stop];
    if to.starts_with('{') || target.split('.').all(is_name) {
        return None;
    }
    Some(bad_name(place, text.len() - to.len(), target))
}

/// The arrows that are not escaped, with their places.
fn find_arrows(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some(arrow) = ARROWS.iter().find(|arrow| rest.starts_with(**arrow)) {
            found.push((at, *arrow));
            at += arrow.len();
        } else if letter == '\\' {
            at += 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
        } else {
            at += letter.len_utf8();
        }
    }
    found
}

/// D407 for a number without its unit, D022 for a unit that is cut short.
pub(super) fn time(keyword: Keyword, place: Place, text: &str) -> Option<Diagnostic> {
    let after = match keyword {
        Keyword::After | Keyword::Quiet => keyword.word().len(),
        _ => text.find(" within ")? + " within ".len(),
    };
    time_at(place, text, after)
}

/// The same for the time that stands at `after`.
pub(crate) fn time_at(place: Place, text: &str, after: usize) -> Option<Diagnostic> {
    let rest = text.get(after..)?.trim_start_matches(is_space);
    let start = text.len() - rest.len();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let number = &rest[..digits];
    let letters = rest[digits..].trim_start_matches(is_space);
    let unit: String = letters.chars().take_while(char::is_ascii_alphabetic).collect();
    let long = match unit.to_ascii_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => "seconds",
        "m" | "min" | "mins" | "minute" | "minutes" => "minutes",
        "h" | "hr" | "hrs" | "hour" | "hours" => "hours",
        "d" | "day" | "days" => "days",
        "w" | "week" | "weeks" => "weeks",
        _ => {
            return Some(
                Diagnostic::new(407, place.span(start, start + digits), format!("`{number}` needs a unit."))
                    .help(format!("Write `{number} minutes`, `{number} hours` or `{number} days`.")),
            );
        }
    };
    let end = text.len() - letters.len() + unit.len();
    let span = place.span(start, end);
    let mended = format!("{number} {long}");
    if text[start..end] == mended {
        return None;
    }
    Some(Diagnostic::new(22, span, format!("A time is written out: `{mended}`.")).safe_fix(
        format!("write `{mended}`"),
        span,
        mended,
    ))
}

/// D022: a bracket or quote that is never closed.
pub(super) fn brackets(place: Place, text: &str) -> Option<Diagnostic> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote: Option<(usize, char)> = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some((_, start)), '"' | '”' | '`') if closes(start, letter) => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`' | '“') => quote = Some((at, letter)),
            (None, '(' | '[') => open.push((at, letter)),
            (None, ')' | ']') => {
                open.pop();
            }
            (None, _) => {}
        }
    }
    let (at, sign) = quote.or(open.last().copied())?;
    let span = place.span(at, at + sign.len_utf8());
    Some(Diagnostic::new(22, span, format!("The `{sign}` is never closed.")).help("Close it, or take it away."))
}

fn closes(start: char, end: char) -> bool {
    (start == '`') == (end == '`')
}
