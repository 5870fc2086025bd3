//! What is left to translate, as data for the checks and for `duka texts`: which texts lack a language, which changed after
//! their translation, a file to fill in, and the lock file. Translates nothing.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use super::{categories, language_name, plural_name, values};
use crate::hir::{Flow, Segment, Shop, TextBlock, TextEntry, TextPiece};
use crate::lints::expr;
use crate::lints::fit::literal;

/// A text that a translator has to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenText {
    pub flow: SmolStr,
    pub key: SmolStr,
    pub why: Why,
    /// The words in the first language, on one line.
    pub source: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Missing,
    /// The text changed after its translation.
    Behind,
}

/// The texts of the shop's own flows that are not in a language, or not as they are today. `lock` is the lock file's text.
pub fn open(shop: &Shop, language: &str, lock: &str) -> Vec<OpenText> {
    let index = shop.languages.iter().position(|known| known == language);
    let mut found = Vec::new();
    for flow in shop.flows.iter().filter(|flow| !flow.standard) {
        let told = |entry: &TextEntry, why| {
            let source = source(entry).map(|block| text_lines(shop, flow, block).join(" / ")).unwrap_or_default();
            OpenText { flow: flow.path.clone(), key: entry.key.clone(), why, source }
        };
        found.extend(missing(flow, index).into_iter().map(|entry| told(entry, Why::Missing)));
        if let Some(index) = index {
            found.extend(behind(shop, flow, index, lock).into_iter().map(|(entry, _)| told(entry, Why::Behind)));
        }
    }
    found
}

fn source(entry: &TextEntry) -> Option<&TextBlock> {
    entry.languages.first().and_then(Option::as_ref)
}

/// Whether a text has anything to translate.
fn has_words(block: &TextBlock) -> bool {
    literal(block).chars().any(char::is_alphabetic)
}

/// The texts without a translation; all, where the shop does not speak the language yet. What the shop's own staff reads is
/// not translated.
pub(super) fn missing(flow: &Flow, index: Option<usize>) -> Vec<&TextEntry> {
    let lacks = |entry: &&TextEntry| index.and_then(|index| entry.languages.get(index)).is_none_or(Option::is_none);
    let texts = flow.texts.iter().filter(|entry| source(entry).is_some_and(has_words));
    texts.filter(lacks).filter(|entry| !entry.key.ends_with(".alert")).collect()
}

/// The texts whose translation was made from other words, by the lock file.
pub(super) fn behind<'a>(shop: &Shop, flow: &'a Flow, index: usize, lock: &str) -> Vec<(&'a TextEntry, &'a TextBlock)> {
    let language = shop.languages.get(index).map_or("", |tag| tag.as_str());
    let mut found = Vec::new();
    for line in lock.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [path, key, tag, made_from] = words.as_slice() else { continue };
        if *path != flow.path || *tag != language {
            continue;
        }
        let Some(entry) = flow.texts.iter().find(|entry| entry.key == *key) else { continue };
        let translated = entry.languages.get(index).and_then(Option::as_ref);
        if let (Some(source), Some(block)) = (source(entry), translated)
            && *made_from != fingerprint(shop, flow, source)
        {
            found.push((entry, block));
        }
    }
    found
}

/// The texts file of a language with everything that is left to translate, as comments: a line counts once its `#` is gone.
/// `known` is the file as it is so far, empty for a new one. `None`: nothing is left.
pub fn to_fill_in(shop: &Shop, flow: &Flow, language: &str, known: &str) -> Option<String> {
    let index = shop.languages.iter().position(|tag| tag == language);
    let is_noted = |start: &str| known.lines().any(|line| line.trim_start_matches(['#', ' ']).starts_with(start));
    let mut lines = Vec::new();
    for words in &flow.words {
        let phrases = |at: usize| words.phrases.get(at).filter(|phrases| !phrases.is_empty());
        if index.and_then(phrases).is_none() && !is_noted(&format!("words {}:", words.name)) {
            let first = phrases(0).map(|phrases| phrases.join(", ")).unwrap_or_default();
            lines.push(format!("words {}: {first}", words.name));
        }
    }
    for phrase in &flow.phrases {
        let forms = |at: usize| phrase.forms.get(at).filter(|forms| !forms.is_empty());
        if index.and_then(forms).is_some() || is_noted(&format!("phrase {}(", phrase.name)) {
            continue;
        }
        lines.push(format!("phrase {}({})", phrase.name, phrase.parameter));
        let other =
            forms(0).and_then(|forms| forms.last()).map(|(_, words)| line(shop, flow, words, &phrase.parameter));
        for form in categories(language) {
            let name = plural_name(form).trim_matches('`');
            lines.push(format!("  {name}: {}", other.as_deref().unwrap_or_default()));
        }
    }
    for entry in missing(flow, index) {
        let Some(block) = source(entry).filter(|_| !is_noted(&format!("{}:", entry.key))) else { continue };
        match text_lines(shop, flow, block).as_slice() {
            [only] if !only.starts_with("each ") => lines.push(format!("{}: {only}", entry.key)),
            many => {
                lines.push(format!("{}:", entry.key));
                let piece =
                    |line: &String| if line.starts_with("each ") { format!("  {line}") } else { format!("  | {line}") };
                lines.extend(many.iter().map(piece));
            }
        }
    }
    if lines.is_empty() {
        return None;
    }
    let mut out = known.to_string();
    if known.is_empty() {
        let _ = write!(out, "duka 1\ntexts {language} for {}\n", flow.path);
    }
    let name = language_name(language);
    let _ = write!(
        out,
        "\n# Not in {name} yet. Translate the words, keep what stands in {{braces}}, and take the # away.\n\n"
    );
    lines.iter().for_each(|line| out.push_str(&format!("# {line}\n")));
    Some(out)
}

/// The lines of a text as they are written in a texts file.
/// A text as its author wrote it, line by line.
pub fn text_lines(shop: &Shop, flow: &Flow, block: &TextBlock) -> Vec<String> {
    let pieces = block.pieces.iter().map(|piece| match piece {
        TextPiece::Line(words) => line(shop, flow, words, ""),
        TextPiece::Each { item, list, line: words } => {
            let item = flow.slots.get(item.index()).map_or("", |slot| slot.name.as_str());
            format!("each {item} in {}: {}", expr::key(shop, flow, list), line(shop, flow, words, ""))
        }
    });
    pieces.collect()
}

fn line(shop: &Shop, flow: &Flow, segments: &[Segment], parameter: &str) -> String {
    let mut out = String::new();
    for segment in segments {
        match segment {
            Segment::Literal(words) => out.push_str(&words.replace('{', "\\{")),
            Segment::Value { value, as_url } => {
                let how = if *as_url { " as url" } else { "" };
                let _ = write!(out, "{{{}{how}}}", expr::key(shop, flow, value));
            }
            Segment::Phrase { phrase, argument } => {
                let name = flow.phrases.get(phrase.index()).map_or("", |phrase| phrase.name.as_str());
                let _ = write!(out, "{{{name}({})}}", expr::key(shop, flow, argument));
            }
            Segment::Parameter => {
                let _ = write!(out, "{{{parameter}}}");
            }
        }
    }
    out
}

/// The lock file of a shop: for each translated text, what it was made from. One line each: flow, key, language, hash.
pub fn texts_lock(shop: &Shop) -> String {
    let mut lines = Vec::new();
    for flow in shop.flows.iter().filter(|flow| !flow.standard) {
        for entry in &flow.texts {
            let Some(source) = source(entry) else { continue };
            for (language, block) in shop.languages.iter().zip(&entry.languages).skip(1) {
                if block.is_some() {
                    lines.push(format!("{} {} {language} {}\n", flow.path, entry.key, fingerprint(shop, flow, source)));
                }
            }
        }
    }
    lines.concat()
}

/// Eight hexadecimal letters that change when the words or values of a text change.
fn fingerprint(shop: &Shop, flow: &Flow, block: &TextBlock) -> String {
    let mut hash = Sha256::new();
    hash.update(literal(block));
    values(shop, flow, block).iter().for_each(|value| hash.update(value));
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
