//! Says what is wrong with a line that its rule does not match, in the words of the keyword that its author meant.
//!
//! Looks only at lines that are already known to be broken, so it may guess; it never decides how a line reads.

mod names;
mod parts;
mod signs;

use crate::ast::LineKind;
use crate::diagnostic::Diagnostic;
use crate::line::keyword::{Class, Keyword};
use crate::line::parts::Place;
use crate::line::{Block, MAX_LINE_BYTES, Shape, first_word};
pub(crate) use names::{bad_name, is_name, near_keyword, slug};
pub(crate) use parts::{live_values, time_at};
pub(crate) use signs::{hidden, word_processor};

/// The diagnostic of a line that could not be read as its `shape`; `at` is where the grammar gave up.
pub(crate) fn broken(block: Block, shape: Shape, place: Place, text: &str, at: usize) -> Diagnostic {
    if let Some(finding) = too_long(place, text).or_else(|| signs::invisible(place, text)) {
        return finding;
    }
    let finding = match shape {
        Shape::Unknown => return unknown(block, place, text),
        Shape::Item(block) => names::item(block, place, text).or_else(|| parts::live_values(place, text)),
        Shape::Jump => parts::arrows(place, text, "-> welcome"),
        Shape::More => parts::live_values(place, text),
        Shape::Keyword(keyword) => keyword_line(keyword, place, text),
    };
    finding.unwrap_or_else(|| not_read(block, shape, place, text, at))
}

/// What a line begins with: its first word or sign.
pub(crate) fn opening(text: &str) -> &str {
    match first_word(text) {
        "" => {
            let end = ["<->", "->", "|"]
                .iter()
                .find(|sign| text.starts_with(**sign))
                .map_or_else(|| text.chars().next().map_or(0, char::len_utf8), |sign| sign.len());
            &text[..end]
        }
        word => word,
    }
}

/// D015: the name of a value is a word that begins lines, or a state is called like a reserved place.
pub(crate) fn reserved(kind: &LineKind) -> Option<Diagnostic> {
    let of_values = |word: &str| word == "none" || Keyword::of(word).is_some_and(Keyword::is_reserved_name);
    let (name, reserved) = match kind {
        LineKind::Rule { name, .. } | LineKind::WordSet { name, .. } => (name, of_values(name.as_str())),
        LineKind::Memory(memory) => (&memory.name, of_values(memory.name.as_str())),
        LineKind::State { name, .. } => (name, PLACES.contains(&name.as_str())),
        _ => return None,
    };
    if !reserved {
        return None;
    }
    let word = name.as_str();
    Some(
        Diagnostic::new(15, name.span, format!("`{word}` is a Duka word and can not be a name."))
            .help(format!("Choose another name, for example `my_{word}`.")),
    )
}

/// Where an arrow can lead besides a state; `none` is no value at all.
const PLACES: [&str; 5] = ["end", "again", "back", "return", "none"];

fn too_long(place: Place, text: &str) -> Option<Diagnostic> {
    if text.len() <= MAX_LINE_BYTES {
        return None;
    }
    let message = format!("This line has {} KiB; that is too long to read.", text.len() / 1024);
    Some(Diagnostic::new(22, place.span(0, opening(text).len()), message).help("Write it as several lines."))
}

pub(crate) fn too_many(place: Place, text: &str) -> Diagnostic {
    Diagnostic::new(3, place.span(0, text.len()), "Too many lines of this file can not be read; the rest is left out.")
        .help("Is this a Duka file? A flow begins with the line `duka 1`.")
}

fn keyword_line(keyword: Keyword, place: Place, text: &str) -> Option<Diagnostic> {
    let goes = match keyword.class() {
        Class::Header | Class::Block | Class::Item => false,
        Class::Entry | Class::Reaction => true,
    };
    names::bare(keyword, place, text)
        .or_else(|| parts::colon(keyword, place, text))
        .or_else(|| names::of_line(keyword, place, text))
        .or_else(|| parts::live_values(place, text).filter(|_| keyword.takes_colon()))
        .or_else(|| if goes { parts::arrows(place, text, keyword.usage()) } else { None })
        .or_else(|| parts::time(keyword, place, text))
        .or_else(|| parts::brackets(place, text))
}

/// The line is of a known kind, but not complete or with something too much.
fn not_read(block: Block, shape: Shape, place: Place, text: &str, at: usize) -> Diagnostic {
    let (what, usage) = match shape {
        Shape::Keyword(keyword) => (format!("This `{}` line", keyword.word()), keyword.usage()),
        Shape::Item(_) | Shape::Unknown => item_usage(block),
        Shape::Jump => ("This arrow".to_string(), "-> welcome"),
        Shape::More => ("This text".to_string(), "| Thank you, {customer.first_name}!"),
    };
    let help = match shape {
        Shape::Keyword(Keyword::Template) => {
            format!("It is `marketing`, `utility` or `authentication`, written like this: `{usage}`.")
        }
        Shape::Item(_) | Shape::Keyword(_) | Shape::Jump | Shape::More | Shape::Unknown => {
            format!("It is written like this: `{usage}`.")
        }
    };
    let rest = text.get(at..).unwrap_or_default();
    let lead = rest.len() - rest.trim_start_matches(crate::layout::is_space).len();
    if rest.len() == lead || opening(text).len() == text.len() {
        return Diagnostic::new(22, place.span(0, text.len()), format!("{what} is not complete.")).help(help);
    }
    if at <= opening(text).len() {
        let span = place.span(0, text.len());
        return Diagnostic::new(22, span, format!("{what} is not written the way Duka reads it.")).help(help);
    }
    let here = place.span(at + lead, text.len());
    let shown: String = rest.trim().chars().take(30).collect();
    Diagnostic::new(22, here, format!("{what} can not be read from `{shown}` on.")).help(help)
}

fn item_usage(block: Block) -> (String, &'static str) {
    let (what, usage) = match block {
        Block::Rules => ("This rule", "free_delivery_over = KES 5,000"),
        Block::Remember => ("This remembered value", "quantity: number = 1"),
        Block::Words => ("This set of words", "menu: menu, start, hello"),
        Block::Phrase => ("This form of a phrase", "one: 1 item"),
        Block::Keywords => ("This line", "say: Thank you!"),
    };
    (what.to_string(), usage)
}

/// D003, or what an item of the block looks like.
fn unknown(block: Block, place: Place, text: &str) -> Diagnostic {
    if let Some(finding) = names::bullet(place, text) {
        return finding;
    }
    let word = match first_word(text) {
        "" => text.split(crate::layout::is_space).next().unwrap_or(text),
        word => word,
    };
    let near = names::near_keyword(word);
    let in_items = match block {
        Block::Rules | Block::Remember | Block::Words | Block::Phrase => true,
        Block::Keywords => false,
    };
    if near.is_none() && in_items {
        return names::item(block, place, text)
            .unwrap_or_else(|| not_read(block, Shape::Item(block), place, text, word.len()));
    }
    let shown: String = word.chars().take(30).collect();
    let span = place.span(0, word.len());
    let finding = Diagnostic::new(3, span, format!("This line starts with \"{shown}\", which Duka does not know."));
    match near {
        Some(near) => finding.help(format!("Did you mean `{near}`?")).fix(format!("write `{near}`"), span, near),
        None => finding.help(
            "A line starts with a Duka word such as `say`, `ask`, `button` or `state`. To go on with the text above, \
             start the line with `|`.",
        ),
    }
}

/// The diagnostic of a line of a texts file that could not be read.
pub(crate) fn broken_text(place: Place, text: &str, at: usize, usage: &str) -> Diagnostic {
    let finding = too_long(place, text).or_else(|| signs::invisible(place, text));
    if let Some(finding) = finding.or_else(|| parts::live_values(place, text)) {
        return finding;
    }
    let line = place.span(0, text.len());
    let help = format!("It is written like this: `{usage}`.");
    if !text.contains(':') && usage.contains(':') {
        return Diagnostic::new(5, line, "This line needs a colon before the words the customer reads.").help(help);
    }
    let start = if text.get(at..).is_some_and(|rest| !rest.is_empty()) { at } else { 0 };
    Diagnostic::new(22, place.span(start, text.len()), "This line is not written the way Duka reads it.").help(help)
}
