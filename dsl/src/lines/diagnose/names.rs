//! Names that are not names, and first words that are almost keywords.

use crate::diagnostic::{Diagnostic, nearest};
use crate::layout::is_space;
use crate::line::keyword::{Class, Keyword};
use crate::line::parts::Place;
use crate::line::{Block, first_word};
use crate::span::Span;

/// Longer words are not compared with the keywords.
const LONGEST_WORD: usize = 16;

/// Words of other tools and what Duka calls the same thing.
const SYNONYMS: &[(&str, &str)] = &[
    ("goto", "->"),
    ("go", "->"),
    ("text", "say"),
    ("message", "say"),
    ("question", "ask"),
    ("choice", "button"),
    ("option", "row"),
    ("item", "row"),
    ("wait", "after"),
    ("when", "on"),
    ("event", "on"),
    ("photo", "image"),
    ("picture", "image"),
    ("stat", "state"),
    ("status", "state"),
    ("step", "state"),
    ("import", "use"),
    ("include", "use"),
    ("variables", "remember"),
    ("error", "failed"),
];

pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `text` as a name: `Check Out` becomes `check_out`. `None` when no letter of it can stay.
pub(crate) fn slug(text: &str) -> Option<String> {
    let mut name = String::new();
    for letter in text.trim().chars() {
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_');
    let name = name.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '_');
    (!name.is_empty()).then(|| name.to_string())
}

/// The keyword that `word` was meant to be.
pub(crate) fn near_keyword(word: &str) -> Option<&'static str> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    if let Some(keyword) = Keyword::of(&lower) {
        return Some(keyword.word());
    }
    if let Some((_, keyword)) = SYNONYMS.iter().find(|(synonym, _)| *synonym == lower) {
        return Some(keyword);
    }
    if lower.len() < 3 {
        return None;
    }
    let close = |keyword: &&'static str| keyword.len().abs_diff(lower.len()) <= 2;
    nearest(&lower, Keyword::ALL.iter().map(|keyword| keyword.word()).filter(close))
}

/// A line copied with the bullet of a list or chat message.
pub(super) fn bullet(place: Place, text: &str) -> Option<Diagnostic> {
    let rest = text.trim_start_matches(['-', '*', '•', '·', '–', '—', '>']).trim_start_matches(is_space);
    let mark = text.len() - rest.len();
    Keyword::of(first_word(rest)).filter(|_| mark > 0)?;
    let span = place.span(0, mark);
    let shown = text[..mark].trim_end();
    Some(
        Diagnostic::new(3, span, format!("This line starts with \"{shown}\", which Duka does not know."))
            .help("Take it away; a line starts with its word.")
            .fix("remove it", span, ""),
    )
}

/// D014: `text` stands at `start` of the line where a name should.
pub(crate) fn bad_name(place: Place, start: usize, text: &str) -> Diagnostic {
    let trimmed = text.trim_matches(is_space);
    let start = start + text.len() - text.trim_start_matches(is_space).len();
    let span = place.span(start, start + trimmed.len());
    let shown: String = trimmed.chars().take(40).collect();
    let finding = Diagnostic::new(14, span, format!("A name must be lower-case letters, digits and `_`: `{shown}`."));
    match slug(trimmed) {
        Some(name) => finding.help(format!("Write `{name}`.")).fix(format!("write `{name}`"), span, name),
        None => finding.help("Use plain letters from a to z, for example `more_choices`."),
    }
}

/// The name that begins an item of `rules`, `remember` or `words`.
pub(super) fn item(block: Block, place: Place, text: &str) -> Option<Diagnostic> {
    let sign = match block {
        Block::Rules => '=',
        Block::Remember | Block::Words | Block::Phrase => ':',
        Block::Keywords => return None,
    };
    let (name, _) = text.split_once(sign)?;
    if is_name(name.trim_matches(is_space)) || name.is_empty() {
        return None;
    }
    Some(bad_name(place, 0, name))
}

/// D014 for the name after the keyword.
pub(super) fn of_line(keyword: Keyword, place: Place, text: &str) -> Option<Diagnostic> {
    let signs = name_ends(keyword);
    if signs.is_empty() {
        return None;
    }
    let rest = text.get(keyword.word().len()..)?.trim_start_matches(is_space);
    let start = text.len() - rest.len();
    if rest.starts_with(':') {
        return nameless(keyword, place, start, rest);
    }
    let stop = signs.iter().filter_map(|sign| rest.find(sign)).min();
    if stop.is_none() && matches!(keyword, Keyword::Call | Keyword::Set | Keyword::Phrase) {
        return None;
    }
    let name = rest[..stop.unwrap_or(rest.len())].trim_end_matches(is_space);
    let opener = keyword.class() == Class::Block;
    if let Some(name) = name.strip_suffix(':').filter(|name| opener && is_name(name)) {
        let span = place.span(start + name.len(), start + name.len() + 1);
        return Some(no_colon(keyword, span));
    }
    // `answer quantity 1 to 5`: the name is fine, and what comes after it is not.
    let first = name.split(is_space).next().unwrap_or(name);
    let goes_on = matches!(keyword, Keyword::Pick | Keyword::Answer | Keyword::Fill | Keyword::Send | Keyword::Field);
    if name.is_empty() || is_name(name) || (goes_on && is_name(first)) {
        return None;
    }
    Some(bad_name(place, start, name))
}

/// A choice without its id.
fn nameless(keyword: Keyword, place: Place, colon: usize, rest: &str) -> Option<Diagnostic> {
    if !matches!(keyword, Keyword::Button | Keyword::Row | Keyword::Link) {
        return None;
    }
    let word = keyword.word();
    let title = rest[1..].split(['{', '|', '-', '<', '→', '↔']).next().unwrap_or_default();
    let name = slug(title).unwrap_or_else(|| "my_choice".to_string());
    let span = place.span(0, colon + 1);
    Some(
        Diagnostic::new(22, span, format!("This `{word}` has no name."))
            .help(format!("A name is its id for ever, the words may change: `{word} {name}: …`."))
            .fix(format!("name it `{name}`"), span, format!("{word} {name}:")),
    )
}

/// D022: `rules:`, `state welcome:`.
pub(super) fn no_colon(keyword: Keyword, span: Span) -> Diagnostic {
    Diagnostic::new(22, span, format!("A `{}` line ends without a colon.", keyword.word())).safe_fix(
        "take the colon away",
        span,
        "",
    )
}

/// A block opened with a colon, as other languages do.
pub(super) fn bare(keyword: Keyword, place: Place, text: &str) -> Option<Diagnostic> {
    let rest = text.strip_prefix(keyword.word())?;
    let bare = matches!(keyword, Keyword::Rules | Keyword::Words | Keyword::Anywhere | Keyword::Remember);
    if !bare || rest.trim_start_matches(is_space).trim_start_matches("customer").trim_start_matches(is_space) != ":" {
        return None;
    }
    Some(no_colon(keyword, place.span(text.len() - 1, text.len())))
}

/// What ends the name after a keyword; nothing for lines without one. A name may have been written with spaces in it.
fn name_ends(keyword: Keyword) -> &'static [&'static str] {
    use Keyword as K;
    match keyword {
        K::Flow | K::Start | K::Gives | K::Form | K::Group | K::Follow => &[" #", "->"],
        K::Takes | K::Consent | K::Experiment => &[":"],
        K::Phrase => &["("],
        K::State => &[" was "],
        K::Button | K::Row | K::Link => &[":", " if "],
        K::Call | K::Set => &["="],
        K::Send => &[" else ", "->"],
        K::Hears => &[" if ", "->", "<->", "→", "↔"],
        K::Fill => &[" into ", "->", "<->", "→", "↔"],
        K::Pick | K::Answer => &[" from ", "->", "<->", "→", "↔", ":"],
        K::Field => &[" ", ":"],
        K::Template => &[" "],
        K::Duka | K::Languages | K::Currency | K::Timezone | K::Use | K::Rules | K::Remember | K::Words => &[],
        K::Anywhere | K::Title | K::Submit | K::Body | K::Sample | K::Say | K::Ask | K::Image | K::Video => &[],
        K::Audio | K::Document | K::List | K::Section | K::Footer | K::Alert | K::Do | K::If | K::Each => &[],
        K::Reply | K::Cards | K::Show | K::Emoji => &[],
        K::On | K::After | K::Quiet | K::Else | K::Failed | K::Lost => &[],
    }
}
