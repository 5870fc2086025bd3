//! The words of a catalogue, and which things best fit what a customer typed, in any order and any script: what has all of it
//! first, then what has a part. Knows no prices and no stock; those are always asked for.

mod spelling;
mod vocabulary;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use smol_str::SmolStr;

use self::spelling::{EXACT, Spelt, fit};
use self::vocabulary::{meaning, terms, words};

pub use self::vocabulary::typed_words;

/// A word that fits so well is met; less is a guess.
const MET: u64 = 600;

/// Things that fit less than so much of what the best fits are left out, in percent.
const CLOSE: u64 = 15;

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
    spelt: Spelt,
    /// The things that have it.
    things: Vec<u32>,
}

/// How one thing fits.
#[derive(Clone, Copy, Default)]
struct Score {
    /// Of the words that say something.
    fit: u64,
    /// The same weighed by how rare each word is.
    weighed: u64,
    met: u32,
}

impl Names {
    /// Of each thing its id and the texts that it can be found by.
    pub fn of(things: impl IntoIterator<Item = (SmolStr, Vec<String>)>) -> Names {
        let mut names = Names::default();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for (at, (id, texts)) in things.into_iter().enumerate() {
            let Ok(thing) = u32::try_from(at) else { break };
            let own: Vec<String> = texts.iter().flat_map(|text| words(text)).collect();
            names.lengths.push(u32::try_from(own.len()).unwrap_or(u32::MAX));
            let meant: Vec<String> = own.iter().filter_map(|word| meaning(word)).map(str::to_string).collect();
            for word in own.into_iter().chain(meant) {
                let place = *places.entry(word).or_insert_with_key(|word| {
                    names.words.push(Word { spelt: Spelt::new(word), things: Vec::new() });
                    names.words.len() - 1
                });
                if let Some(word) = names.words.get_mut(place).filter(|word| word.things.last() != Some(&thing)) {
                    word.things.push(thing);
                }
            }
            names.ids.push(id);
        }
        names
    }

    /// The ids of the things that fit best, the best first.
    pub fn best(&self, typed: &str, most: usize) -> Vec<&SmolStr> {
        let mut scores = vec![Score::default(); self.ids.len()];
        let mut needed = 0;
        for term in terms(typed) {
            let fits = self.fits_of(&term.text);
            needed += u64::from(term.needed);
            for (score, (fit, weighed)) in scores.iter_mut().zip(fits) {
                // A little word is only an advantage where it is written just so: size M.
                if term.needed || fit == EXACT {
                    score.fit += if term.needed { fit } else { 0 };
                    score.weighed += weighed;
                    score.met += u32::from(fit >= MET);
                }
            }
        }
        let best = scores.iter().map(|score| score.weighed).max().unwrap_or(0);
        let enough = |score: &Score| {
            // One word of four says too little.
            score.fit > 0 && score.fit * 4 >= EXACT * needed && score.weighed * 100 >= best * CLOSE
        };
        let mut found: Vec<(usize, Score)> =
            scores.into_iter().enumerate().filter(|(_, score)| enough(score)).collect();
        let length = |thing: usize| self.lengths.get(thing).copied();
        found.sort_by_key(|(thing, score)| (Reverse(score.met), Reverse(score.weighed), length(*thing), *thing));
        found.into_iter().filter_map(|(thing, _)| self.ids.get(thing)).take(most).collect()
    }

    /// By thing, how well its best word fits one that was typed, and the same weighed by how rare that word is.
    fn fits_of(&self, typed: &str) -> Vec<(u64, u64)> {
        let all = self.ids.len().max(1);
        let mut fits = vec![(0, 0); self.ids.len()];
        let meant = [Some(typed), meaning(typed)].into_iter().flatten().map(Spelt::new).collect::<Vec<_>>();
        for word in &self.words {
            let Some(fit) = meant.iter().filter_map(|typed| fit(typed, &word.spelt)).max() else { continue };
            let rare = u64::from((all / word.things.len().max(1)).max(1).ilog2()) + 2;
            for thing in &word.things {
                if let Some(known) = usize::try_from(*thing).ok().and_then(|thing| fits.get_mut(thing)) {
                    *known = (*known).max((fit, fit * rare));
                }
            }
        }
        fits
    }
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
            ("W2", "Gauni refu la bluu, M"),
            ("C1", "Crème brûlée candle"),
            ("K1", "Silver knife"),
        ];
        Names::of(things.map(|(id, name)| (id.into(), vec![name.to_string()])))
    }

    #[test]
    fn what_is_typed_finds_what_is_meant() {
        let names = shop();
        let cases = [
            // All of it first, then a part.
            ("blue dress", "D1 D3 D2"),
            ("dress blue 14", "D3 D1 D2"),
            ("bleu dres", "D1 D3 W2"),
            ("I want a blue dress in size 12 please", "D1 D2 D3"),
            ("blue dresses size 10", "D1 D3 D2"),
            ("sendals", "S1 S2"),
            ("SANDAL", "S1 S2"),
            ("brown lether sandles", "S2"),
            ("knives", "K1"),
            ("creme brulee", "C1"),
            // Arabic, with and without the article, and with a plural that is another word.
            ("فستان ازرق", "A1 H1 D1"),
            ("فساتين", "A1"),
            ("حقيبه", "A2"),
            ("حقائب", "A2"),
            // Hindi, with and without its dots, one and many.
            ("नीली साडी", "H1 A1 D1"),
            ("साड़ियाँ", "H1"),
            // Swahili, one and many, and a size.
            ("viatu", "W1"),
            ("magauni", "W2"),
            ("nataka gauni la bluu saizi M tafadhali", "W2 A1 H1"),
            // A colour is a colour in any of them.
            ("gauni ya nyekundu", "D2 W2"),
            ("size 13", ""),
            ("13", ""),
            ("pizza", ""),
            ("", ""),
            ("👗", ""),
        ];
        let mut wrong = Vec::new();
        for (typed, expected) in cases {
            let found: Vec<&str> = names.best(typed, 3).into_iter().map(SmolStr::as_str).collect();
            if found.join(" ") != expected {
                wrong.push(format!("{typed}: {}", found.join(" ")));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
