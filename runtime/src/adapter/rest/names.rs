//! The words of a catalogue, and which things best fit what a customer typed: whole words, beginnings of words, and words
//! with letters wrong or swapped, in any order and any script. Knows no prices and no stock; those are always asked for.

use std::collections::HashMap;

use duka_engine::fold;
use smol_str::SmolStr;
use strsim::osa_distance;

/// Of what is typed, so many words count.
const MOST_WORDS: usize = 8;

/// How well a word fits, out of 1,000.
const EXACT: u64 = 1_000;
const BEGINNING: u64 = 900;
const ENDING: u64 = 850;
/// With one, two or three letters wrong.
const MISSPELT: [u64; 3] = [800, 600, 450];
const WITHIN: u64 = 500;

/// Things that fit less than so much of what the best fits are left out, in percent.
const CLOSE: u64 = 60;

/// Things of a catalogue by the words in their names.
#[derive(Debug, Default)]
pub struct Names {
    ids: Vec<SmolStr>,
    words: Vec<Word>,
    /// How many words each thing has.
    lengths: Vec<u32>,
}

#[derive(Debug)]
struct Word {
    text: String,
    letters: u64,
    count: usize,
    /// The things that have it.
    things: Vec<u32>,
}

impl Names {
    /// Of each thing its id and the texts that it can be found by.
    pub fn of(things: impl IntoIterator<Item = (SmolStr, Vec<String>)>) -> Names {
        let mut names = Names::default();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (at, (id, texts)) in things.into_iter().enumerate() {
            let Ok(thing) = u32::try_from(at) else { break };
            let mut count = 0;
            for word in texts.iter().flat_map(|text| words(text)) {
                count += 1;
                let place = *places.entry(word.clone()).or_insert_with(|| {
                    let (letters, count) = (letters(&word), word.chars().count());
                    names.words.push(Word { text: word, letters, count, things: Vec::new() });
                    names.words.len() - 1
                });
                if let Some(word) = names.words.get_mut(place).filter(|word| word.things.last() != Some(&thing)) {
                    word.things.push(thing);
                }
            }
            names.ids.push(id);
            names.lengths.push(count);
        }
        names
    }

    /// The ids of the things that fit best, the best first.
    pub fn best(&self, typed: &str, most: usize) -> Vec<&SmolStr> {
        let typed = typed_words(typed);
        let asked = u64::try_from(typed.len()).unwrap_or(1).max(1);
        let mut scores: HashMap<u32, (u64, u64)> = HashMap::new();
        for word in &typed {
            for (thing, (fit, weighed)) in self.fits_of(word) {
                let score = scores.entry(thing).or_default();
                score.0 += fit;
                score.1 += weighed;
            }
        }
        // One word of four says too little.
        scores.retain(|_, (fit, _)| *fit * 4 >= EXACT * asked);
        let best = scores.values().map(|(_, weighed)| *weighed).max().unwrap_or(0);
        let mut found: Vec<(u64, u32)> = scores.into_iter().map(|(thing, (_, weighed))| (weighed, thing)).collect();
        found.retain(|(weighed, _)| weighed * 100 >= best * CLOSE);
        let length = |thing: u32| self.lengths.get(usize::try_from(thing).unwrap_or(usize::MAX)).copied();
        found.sort_by_key(|(weighed, thing)| (std::cmp::Reverse(*weighed), length(*thing), *thing));
        let ids = found.into_iter().filter_map(|(_, thing)| self.ids.get(usize::try_from(thing).ok()?));
        ids.take(most).collect()
    }

    /// By thing, how well its best word fits one that was typed, and the same weighed by how rare that word is.
    fn fits_of(&self, typed: &str) -> HashMap<u32, (u64, u64)> {
        let (marks, count) = (letters(typed), typed.chars().count());
        let all = self.ids.len().max(1);
        let mut fits: HashMap<u32, (u64, u64)> = HashMap::new();
        for word in &self.words {
            let Some(fit) = fit((typed, marks, count), word) else { continue };
            let rare = u64::from((all / word.things.len().max(1)).max(1).ilog2()) + 2;
            for thing in &word.things {
                let known = fits.entry(*thing).or_default();
                *known = (*known).max((fit, fit * rare));
            }
        }
        fits
    }
}

/// How well a word of the catalogue fits one that was typed; `None`: not at all.
fn fit((typed, marks, count): (&str, u64, usize), word: &Word) -> Option<u64> {
    if word.text == typed {
        return Some(EXACT);
    }
    // 12 is not 13.
    if typed.bytes().chain(word.text.bytes()).any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if count >= 3 && word.text.starts_with(typed) {
        return Some(BEGINNING);
    }
    if word.count >= 3 && count <= word.count + 3 && typed.starts_with(word.text.as_str()) {
        return Some(ENDING);
    }
    let allowed = match count.min(word.count) {
        0..=3 => 0,
        4..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    let near = (marks ^ word.letters).count_ones() <= 2 * allowed && count.abs_diff(word.count) <= 3;
    if allowed > 0 && near {
        let wrong = osa_distance(typed, &word.text);
        let allowed = usize::try_from(allowed).unwrap_or(0);
        if let Some(fit) = wrong.checked_sub(1).filter(|_| wrong <= allowed).and_then(|at| MISSPELT.get(at)) {
            return Some(*fit);
        }
    }
    (count >= 4 && word.text.contains(typed)).then_some(WITHIN)
}

/// The words of a text as they are compared.
pub fn words(text: &str) -> Vec<String> {
    fold(text).split(' ').map(plain).filter(|word| !word.is_empty()).collect()
}

/// Of what a customer typed, without the little words that say nothing, unless there are no others.
pub fn typed_words(text: &str) -> Vec<String> {
    let all = words(text);
    let long: Vec<String> = all.iter().filter(|word| word.chars().count() > 2 || has_digit(word)).cloned().collect();
    let mut kept = if long.is_empty() { all } else { long };
    kept.truncate(MOST_WORDS);
    kept
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Without what writers of Arabic, Persian, Urdu and Hindi write one way or another.
fn plain(word: &str) -> String {
    let plain: String = word
        .chars()
        .filter(|letter| !matches!(letter, '\u{93c}' | '\u{640}'))
        .map(|letter| match letter {
            'ى' | 'ی' => 'ي',
            'ة' => 'ه',
            'ک' => 'ك',
            'ٱ' => 'ا',
            'ँ' => 'ं',
            other => other,
        })
        .collect();
    match plain.strip_prefix("ال") {
        Some(bare) if bare.chars().count() >= 3 => bare.to_string(),
        Some(_) | None => plain,
    }
}

/// Which letters there are, as bits: words that share too few are not compared.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |bits, letter| bits | 1 << (u32::from(letter) % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Names {
        let things = [
            ("D1", "Blue wrap dress, size 12"),
            ("D2", "Red wrap dress, size 12"),
            ("D3", "Blue evening dress, size 14"),
            ("S1", "Sisal sandals"),
            ("S2", "Leather sandals, brown"),
            ("A1", "فستان أزرق طويل"),
            ("A2", "الحقيبة الجلدية"),
            ("H1", "नीली सूती साड़ी"),
            ("W1", "Kiatu cha ngozi"),
            ("C1", "Crème brûlée candle"),
        ];
        Names::of(things.map(|(id, name)| (id.into(), vec![name.to_string()])))
    }

    #[test]
    fn what_is_typed_finds_what_is_meant() {
        let names = shop();
        let cases = [
            ("blue dress", "D1 D3"),
            ("dress blue 14", "D3"),
            ("bleu dres", "D1 D3"),
            ("I want a blue dress in size 12 please", "D1 D2 D3"),
            ("sendals", "S1 S2"),
            ("SANDAL", "S1 S2"),
            ("brown lether sandles", "S2"),
            ("فستان ازرق", "A1"),
            ("حقيبه", "A2"),
            ("نيلي", ""),
            ("नीली साडी", "H1"),
            ("viatu", "W1"),
            ("creme brulee", "C1"),
            ("size 13", "D1 D2 D3"),
            ("13", ""),
            ("pizza", ""),
            ("", ""),
            ("👗", ""),
        ];
        for (typed, expected) in cases {
            let found: Vec<&str> = names.best(typed, 3).into_iter().map(SmolStr::as_str).collect();
            assert_eq!(found.join(" "), expected, "{typed}");
        }
    }
}
