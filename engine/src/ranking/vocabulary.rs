//! What words say in a search: which say nothing, which are colours, and how each is compared. The languages are those that
//! standard flows speak; what a shop sells is called as its catalogue calls it, and is translated by nobody here.

use super::spelling::has_digit;
use crate::matching::fold;

/// Of what is typed, so many words count.
const MOST_WORDS: usize = 8;

/// Words around what is looked for, as they are compared: English, Swahili, Arabic, Hindi.
const SILENT: &[&str] = &[
    "a",
    "about",
    "also",
    "am",
    "an",
    "and",
    "any",
    "are",
    "buy",
    "can",
    "color",
    "colors",
    "colour",
    "colours",
    "could",
    "do",
    "find",
    "for",
    "get",
    "got",
    "have",
    "hello",
    "hi",
    "in",
    "is",
    "it",
    "like",
    "looking",
    "me",
    "my",
    "need",
    "of",
    "on",
    "or",
    "please",
    "show",
    "size",
    "sizes",
    "some",
    "something",
    "sz",
    "the",
    "there",
    "to",
    "want",
    "with",
    "would",
    "you",
    "your", //
    "cha",
    "hii",
    "je",
    "kwa",
    "la",
    "lenye",
    "mna",
    "na",
    "nahitaji",
    "namba",
    "naomba",
    "nataka",
    "natafuta",
    "ninahitaji",
    "ninataka",
    "ninatafuta",
    "rangi",
    "saizi",
    "tafadhali",
    "ukubwa",
    "vya",
    "wa",
    "ya",
    "yenye",
    "za",
    //
    "ابغي",
    "ابي",
    "اريد",
    "بدي",
    "رقم",
    "سمحت",
    "عايز",
    "عايزه",
    "عاوز",
    "عاوزه",
    "عند",
    "عندك",
    "عندكم",
    "في",
    "قياس",
    "لو",
    "لون",
    "محتاج",
    "محتاجه",
    "مع",
    "مقاس",
    "ممكن",
    "من",
    "هل", //
    "आपके",
    "एक",
    "और",
    "का",
    "की",
    "कृपया",
    "के",
    "क्या",
    "चाहिए",
    "दिखाओ",
    "नंबर",
    "पास",
    "मुझे",
    "में",
    "रंग",
    "वाला",
    "वाली",
    "वाले",
    "साइज",
    "है",
    "हैं",
];

/// One colour or size a row, as words are compared; the first is what all of them mean.
const MEANINGS: &[&[&str]] = &[
    &["black", "nyeusi", "اسود", "سوداء", "काला", "काली", "काले"],
    &["white", "nyeupe", "ابيض", "بيضاء", "सफेद"],
    &["red", "nyekundu", "احمر", "حمراء", "लाल"],
    &["blue", "bluu", "buluu", "ازرق", "زرقاء", "नीला", "नीली", "नीले"],
    &["green", "kijani", "اخضر", "خضراء", "हरा", "हरी", "हरे"],
    &["yellow", "njano", "manjano", "اصفر", "صفراء", "पीला", "पीली", "पीले"],
    &["brown", "kahawia", "hudhurungi", "بني", "भूरा", "भूरी", "भूरे"],
    &["pink", "waridi", "pinki", "وردي", "زهري", "गुलाबी"],
    &["purple", "zambarau", "بنفسجي", "बैंगनी"],
    &["orange", "chungwa", "machungwa", "برتقالي", "नारंगी"],
    &["grey", "gray", "kijivu", "رمادي", "स्लेटी"],
    &["gold", "golden", "dhahabu", "ذهبي", "सुनहरा", "सुनहरी", "सुनहरे"],
    &["silver", "fedha", "فضي", "चांदी"],
    &["s", "small", "ndogo", "dogo", "صغير", "صغيره", "छोटा", "छोटी"],
    &["m", "medium", "wastani", "متوسط", "متوسطه", "मध्यम"],
    &["l", "large", "kubwa", "كبير", "كبيره", "बडा", "बडी"],
];

/// A word that was typed.
pub(super) struct Term {
    pub(super) text: String,
    /// Otherwise it is short, and only counts where a thing has it.
    pub(super) needed: bool,
}

/// The words of a text as they are compared.
pub(super) fn words(text: &str) -> Vec<String> {
    fold(text).split(' ').map(plain).filter(|word| !word.is_empty()).collect()
}

/// The colour or size that a word says in any language, if it is not written so already.
pub(super) fn meaning(word: &str) -> Option<&'static str> {
    let row = MEANINGS.iter().find(|row| row.iter().skip(1).any(|name| *name == word))?;
    row.first().copied()
}

/// What a search goes by: the words that say something, and short ones that could be a size.
pub(super) fn terms(text: &str) -> Vec<Term> {
    let (needed, all) = (typed_words(text), words(text));
    let short = all.into_iter().filter(|word| !needed.contains(word) && !is_silent(word)).take(MOST_WORDS);
    let short: Vec<Term> = short.map(|text| Term { text, needed: false }).collect();
    needed.into_iter().map(|text| Term { text, needed: true }).chain(short).collect()
}

/// Of what a customer typed, without the words that say nothing and the shortest, unless there are no others.
pub fn typed_words(text: &str) -> Vec<String> {
    let all = words(text);
    let says = |word: &&String| (word.chars().count() > 2 || has_digit(word)) && !is_silent(word);
    let mut kept: Vec<String> = Vec::new();
    for word in all.iter().filter(says) {
        if !kept.contains(word) {
            kept.push(word.clone());
        }
    }
    let mut kept = if kept.is_empty() { all } else { kept };
    kept.truncate(MOST_WORDS);
    kept
}

fn is_silent(word: &str) -> bool {
    SILENT.contains(&word)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_written_here_as_they_are_compared() {
        let all = SILENT.iter().chain(MEANINGS.iter().copied().flatten());
        let wrong: Vec<&&str> = all.filter(|word| words(word) != [word.to_string()]).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn what_says_nothing_is_left_out_unless_it_is_all() {
        assert_eq!(typed_words("I want a blue dress in size 12 please"), ["blue", "dress", "12"]);
        assert_eq!(typed_words("blue blue dress"), ["blue", "dress"]);
        assert_eq!(typed_words("what size"), ["what"]);
        assert_eq!(typed_words("size"), ["size"]);
        assert_eq!(typed_words("XL"), ["xl"]);
    }
}
