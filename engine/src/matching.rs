//! What a text means (language.md 2.4): compared without case, accents, emoji or the script of its digits, and typed.
//! No scores and no guesses.

mod typed;

use unicode_normalization::UnicodeNormalization;

use crate::locale::digit_value;

pub(crate) use typed::{Reading, read_text};

/// A text as it is compared: small letters, no accents, digits as ASCII, everything else as single blanks.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        text.chars().for_each(|letter| push(letter, &mut folded));
    } else {
        text.nfkd().for_each(|letter| push(letter, &mut folded));
    }
    if folded.ends_with(' ') {
        folded.pop();
    }
    folded
}

fn push(letter: char, folded: &mut String) {
    if letter.is_ascii_alphanumeric() {
        folded.push(letter.to_ascii_lowercase());
    } else if let Some(digit) = digit_value(letter).and_then(|digit| char::from_digit(digit, 10)) {
        folded.push(digit);
    } else if is_accent(letter) {
        // Left out without a blank.
    } else if letter.is_alphanumeric() || is_mark_of_a_word(letter) {
        folded.extend(letter.to_lowercase());
    } else if !folded.is_empty() && !folded.ends_with(' ') {
        folded.push(' ');
    }
}

/// Accents and vowel signs that people leave out: Latin, Arabic, and the stroke that stretches Arabic words.
fn is_accent(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}'
        | '\u{200c}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}')
}

/// Signs of Indian and Thai writing that are part of a word though they are no letters.
fn is_mark_of_a_word(letter: char) -> bool {
    matches!(letter, '\u{900}'..='\u{963}' | '\u{970}'..='\u{dff}' | '\u{e30}'..='\u{e4e}')
}

/// Whether `phrase` stands in `text` as whole words. Both are folded.
pub(crate) fn contains_phrase(text: &str, phrase: &str) -> bool {
    !phrase.is_empty()
        && text.match_indices(phrase).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let after = text[at + found.len()..].chars().next();
            before.is_none_or(|letter| letter == ' ') && after.is_none_or(|letter| letter == ' ')
        })
}

/// A whole number such as `2`, `٢` or `#2`: the number of a choice. `text` is folded.
pub(crate) fn choice_number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_emoji_and_digits_do_not_count() {
        let cases = [
            ("  Déjà VU! ", "deja vu"),
            ("Shop 🛍️", "shop"),
            ("١٢", "12"),
            ("नमस्ते", "नमस्ते"),
            ("مَرْحَبًا", "مرحبا"),
            ("where is my order?", "where is my order"),
            ("👍", ""),
        ];
        for (text, folded) in cases {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn a_phrase_is_whole_words() {
        assert!(contains_phrase("please track it", "track"));
        assert!(!contains_phrase("my name is tracy", "trac"));
        assert!(!contains_phrase("anything", ""));
    }
}
