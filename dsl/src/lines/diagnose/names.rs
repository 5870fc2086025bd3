//! Names that are not names, and first words that are almost keywords.

use crate::diagnostic::{Diagnostic, nearest};
use crate::layout::is_space;
use crate::line::keyword::Keyword;
use crate::line::parts::Place;
use crate::line::{Block, first_word};

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
pub(super) fn bad_name(place: Place, start: usize, text: &str) -> Diagnostic {
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
    let stop = signs.iter().filter_map(|sign| rest.find(sign)).min().unwrap_or(rest.len());
    let name = rest[..stop].trim_end_matches(is_space);
    if name.is_empty() || is_name(name) {
        return None;
    }
    Some(bad_name(place, start, name))
}

/// What ends the name after a keyword; nothing for lines without one. A name may have been written with spaces in it.
fn name_ends(keyword: Keyword) -> &'static [&'static str] {
    use Keyword as K;
    match keyword {
        K::Flow | K::Start | K::Gives | K::Form | K::Group | K::Follow => &[" #"],
        K::Takes | K::Consent | K::Experiment => &[":"],
        K::Phrase => &["("],
        K::State => &[" was "],
        K::Button | K::Row | K::Link => &[":", " if "],
        K::Call | K::Set => &["="],
        K::Send => &[" else ", "->"],
        K::Hears => &[" if ", "->", "<->", "→", "↔"],
        K::Fill => &[" into ", "->", "<->", "→", "↔"],
        K::Pick | K::Answer => &[" from ", "->", "<->", "→", "↔", ":"],
        K::Template | K::Field => &[" "],
        K::Duka | K::Languages | K::Currency | K::Timezone | K::Use | K::Rules | K::Remember | K::Words => &[],
        K::Anywhere | K::Title | K::Submit | K::Body | K::Sample | K::Say | K::Ask | K::Image | K::Video => &[],
        K::Audio | K::Document | K::List | K::Section | K::Footer | K::Alert | K::Do | K::If | K::Each => &[],
        K::On | K::After | K::Quiet | K::Else | K::Failed | K::Lost => &[],
    }
}
