//! Letters that a reader of the file can not see, and signs that word processors put in place of plain ones.

use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::line::Shape;
use crate::line::parts::Place;
use crate::span::FileId;

/// D012: direction characters, which make a line look different from what it says.
pub(crate) fn hidden(file: FileId, offset: usize, text: &str) -> Option<Diagnostic> {
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    found(Place { file, offset }, text, turns)
}

/// D012 in a line that could not be read: any invisible letter may be why.
pub(super) fn invisible(place: Place, text: &str) -> Option<Diagnostic> {
    if text.is_ascii() {
        return None;
    }
    let unseen = |letter: char| {
        matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
            || matches!(letter, '\u{61c}' | '\u{2060}' | '\u{ad}' | '\u{feff}')
    };
    found(place, text, unseen)
}

fn found(place: Place, text: &str, unseen: impl Fn(char) -> bool) -> Option<Diagnostic> {
    let edits: Vec<Edit> = text
        .char_indices()
        .filter(|(_, letter)| unseen(*letter))
        .map(|(at, letter)| Edit { span: place.span(at, at + letter.len_utf8()), text: String::new() })
        .collect();
    let span = edits.first()?.span;
    let mut finding = Diagnostic::new(12, span, "An invisible direction character is hidden in this line.")
        .help("Remove it: it can make the line look different from what it says.");
    finding.fix = Some(Fix { title: "remove it".to_string(), edits, safe: false });
    Some(finding)
}

/// D013: arrows, quotes and spaces of word processors outside the words that customers read.
pub(crate) fn word_processor(shape: Shape, place: Place, text: &str) -> Option<Diagnostic> {
    if !text.chars().any(|letter| plain(letter).is_some()) {
        return None;
    }
    let words = crate::line::text_ranges(shape, text);
    let in_words = |at: usize| {
        let before = words.partition_point(|range| range.start <= at);
        before > 0 && words[before - 1].contains(&at)
    };
    let edits: Vec<Edit> = text
        .char_indices()
        .filter_map(|(at, letter)| Some((at, letter, plain(letter)?)))
        .filter(|(at, _, _)| !in_words(*at))
        .map(|(at, letter, sign)| Edit { span: place.span(at, at + letter.len_utf8()), text: sign.to_string() })
        .collect();
    let span = edits.first()?.span;
    let message = "Word-processor characters (→, “ ”, non-breaking space) were read as plain ones.";
    let mut finding = Diagnostic::new(13, span, message).help("`duka fmt` writes them plainly.");
    finding.fix = Some(Fix { title: "write them plainly".to_string(), edits, safe: true });
    Some(finding)
}

fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        '→' | '➔' | '➜' => "->",
        '↔' | '⟷' => "<->",
        '“' | '”' | '„' => "\"",
        '‘' | '’' => "'",
        '\u{a0}' | '\u{202f}' | '\u{2007}' | '\u{3000}' => " ",
        _ => return None,
    })
}
