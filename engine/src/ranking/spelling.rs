//! How well a word of a catalogue fits one that was typed: just so, in another form, its beginning or end, or with letters
//! wrong or swapped. Knows words only, and no language's grammar: what it takes for a form of a word may be another word.

use strsim::osa_distance;

/// How well a word fits, out of 1,000.
pub(super) const EXACT: u64 = 1_000;
const BEGINNING: u64 = 900;
const ENDING: u64 = 850;
/// One and many.
const FORM: u64 = 850;
/// With one or two letters before it: `magauni`, `tshirt`.
const PREFIXED: u64 = 700;
/// With one, two or three letters wrong.
const MISSPELT: [u64; 3] = [800, 600, 450];
const WITHIN: u64 = 500;

/// A word, and what it is compared by.
#[derive(Debug)]
pub(super) struct Spelt {
    text: String,
    letters: u64,
    count: usize,
    /// What is left of it without the letters that its forms differ in; empty: too little.
    stem: String,
}

impl Spelt {
    pub(super) fn new(text: &str) -> Spelt {
        Spelt { letters: letters(text), count: text.chars().count(), stem: stem(text), text: text.to_string() }
    }
}

/// How well a word of the catalogue fits one that was typed; `None`: not at all.
pub(super) fn fit(typed: &Spelt, word: &Spelt) -> Option<u64> {
    if word.text == typed.text {
        return Some(EXACT);
    }
    // 12 is not 13.
    if has_digit(&typed.text) || has_digit(&word.text) {
        return None;
    }
    if typed.count >= 3 && word.text.starts_with(&typed.text) {
        return Some(BEGINNING);
    }
    if word.count >= 3 && typed.count <= word.count + 3 && typed.text.starts_with(&word.text) {
        return Some(ENDING);
    }
    if !word.stem.is_empty() && word.stem == typed.stem {
        return Some(FORM);
    }
    let misspelt = misspelt(typed, word);
    let (short, long) = if typed.count < word.count { (typed, word) } else { (word, typed) };
    if misspelt.is_none_or(|fit| fit < PREFIXED)
        && short.count >= 4
        && long.count <= short.count + 2
        && long.text.ends_with(&short.text)
    {
        return Some(PREFIXED);
    }
    misspelt.or((typed.count >= 4 && word.text.contains(&typed.text)).then_some(WITHIN))
}

fn misspelt(typed: &Spelt, word: &Spelt) -> Option<u64> {
    let allowed = match typed.count.min(word.count) {
        0..=3 => 0,
        4..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    let near = (typed.letters ^ word.letters).count_ones() <= 2 * allowed && typed.count.abs_diff(word.count) <= 3;
    if allowed == 0 || !near {
        return None;
    }
    let wrong = osa_distance(&typed.text, &word.text);
    let is_allowed = wrong <= usize::try_from(allowed).unwrap_or(0);
    wrong.checked_sub(1).filter(|_| is_allowed).and_then(|at| MISSPELT.get(at)).copied()
}

pub(super) fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Which letters there are, as bits: words that share too few are not compared.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |bits, letter| bits | 1 << (u32::from(letter) % 64))
}

fn stem(word: &str) -> String {
    let (stem, least) = match word.chars().next() {
        Some('a'..='z') => (english(word), 3),
        Some('\u{621}'..='\u{64a}') => (arabic(word), 3),
        Some('\u{900}'..='\u{97f}') => (hindi(word), 2),
        Some(_) | None => (String::new(), 1),
    };
    if stem.chars().count() >= least { stem } else { String::new() }
}

/// `lilies` and `lily`, `knives` and `knife`; other endings are beginnings of one another.
fn english(word: &str) -> String {
    let many = [("ies", "y"), ("ves", "f"), ("fe", "f")];
    let one = many.iter().find_map(|(ending, one)| Some(format!("{}{one}", word.strip_suffix(ending)?)));
    one.unwrap_or_else(|| word.to_string())
}

/// Its consonants: many things are the same with other vowels between them.
fn arabic(word: &str) -> String {
    let bare = word.strip_suffix("ات").or(word.strip_suffix('ه')).unwrap_or(word);
    bare.chars().filter(|letter| !matches!(letter, 'ا' | 'و' | 'ي' | 'ء')).collect()
}

/// Without the ending that says how many, and whose.
fn hindi(word: &str) -> String {
    const ENDINGS: [&str; 11] = ["ियां", "ियों", "ाओं", "ाएं", "ों", "ें", "ी", "ा", "े", "ि", "ं"];
    let bare = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending));
    bare.unwrap_or(word).to_string()
}
