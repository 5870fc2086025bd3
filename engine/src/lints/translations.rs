//! Texts in the shop's other languages: missing, behind, short of a value or a plural form (D801-D803, D805, D813).

pub mod open;

use std::collections::BTreeSet;

use duka_dsl::Diagnostic;
use duka_dsl::ast::Plural;
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules, PluralRulesOptions};

use super::context::Context;
use super::expr;
use super::fit::literal;
use crate::hir::{ExprKind, Flow, Segment, Shop, TextBlock, TextEntry, TextPiece};
use crate::source::FileKind;

/// How many keys a finding lists.
const MOST_KEYS: usize = 6;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        for index in 1..context.shop.languages.len() {
            missing(context.shop, flow, index, found);
        }
        for entry in &flow.texts {
            lost_values(context.shop, flow, entry, found);
            mixed_digits(context.shop, flow, entry, found);
        }
        plurals(context.shop, flow, found);
        behind(context, flow, found);
    }
}

/// A language by its English name; its tag when it is not one of those our shops speak.
pub fn language_name(tag: &str) -> &str {
    match tag {
        "en" => "English",
        "sw" => "Swahili",
        "ar" => "Arabic",
        "fr" => "French",
        "pt" => "Portuguese",
        "es" => "Spanish",
        "hi" => "Hindi",
        "ur" => "Urdu",
        "am" => "Amharic",
        "so" => "Somali",
        "zu" => "Zulu",
        "xh" => "Xhosa",
        "af" => "Afrikaans",
        "yo" => "Yoruba",
        "ig" => "Igbo",
        "ha" => "Hausa",
        "de" => "German",
        "id" => "Indonesian",
        other => other,
    }
}

fn missing(shop: &Shop, flow: &Flow, index: usize, found: &mut Vec<Diagnostic>) {
    let tag = shop.languages.get(index).map_or("", |tag| tag.as_str());
    let language = language_name(tag);
    let open = open::missing(flow, Some(index));
    let Some(first) = open.first() else { return };
    let keys: Vec<String> = open.iter().take(MOST_KEYS).map(|entry| format!("`{}`", entry.key)).collect();
    let more = if open.len() > MOST_KEYS { " and more" } else { "" };
    let count = match open.len() {
        1 => "1 text has".to_string(),
        count => format!("{count} texts have"),
    };
    let message = format!("{count} no {language}: {}{more}.", keys.join(", "));
    let help =
        format!("Customers read the first language instead. `duka texts new {tag}` writes down what is missing.");
    found.push(Diagnostic::new(801, first.span, message).help(help));
}

/// The live values of a text, as keys.
fn values(shop: &Shop, flow: &Flow, block: &TextBlock) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for piece in &block.pieces {
        let (TextPiece::Line(line) | TextPiece::Each { line, .. }) = piece;
        for segment in line {
            match segment {
                Segment::Literal(_) | Segment::Parameter => {}
                // What could not be resolved has its own finding.
                Segment::Value { value, .. } if matches!(value.kind, ExprKind::Constant(_)) => {}
                Segment::Value { value, .. } => {
                    keys.insert(expr::key(shop, flow, value));
                }
                Segment::Phrase { argument, .. } => {
                    keys.insert(expr::key(shop, flow, argument));
                }
            }
        }
    }
    keys
}

/// Whether a text names what does not exist, which has its own finding.
fn has_unresolved(block: &TextBlock) -> bool {
    block.pieces.iter().any(|piece| {
        let (TextPiece::Line(line) | TextPiece::Each { line, .. }) = piece;
        line.iter().any(
            |segment| matches!(segment, Segment::Value { value, .. } if matches!(value.kind, ExprKind::Constant(_))),
        )
    })
}

fn lost_values(shop: &Shop, flow: &Flow, entry: &TextEntry, found: &mut Vec<Diagnostic>) {
    let Some(source) = entry.languages.first().and_then(Option::as_ref) else { return };
    let wanted = values(shop, flow, source);
    for (language, block) in shop.languages.iter().zip(&entry.languages).skip(1) {
        let Some(block) = block else { continue };
        if has_unresolved(block) {
            continue;
        }
        let kept = values(shop, flow, block);
        if let Some(lost) = wanted.difference(&kept).next() {
            let message = format!("The {} text of `{}` lost `{{{lost}}}`.", language_name(language), entry.key);
            found.push(Diagnostic::new(803, block.span.unwrap_or(entry.span), message).help("Put it back."));
        }
    }
}

/// European and Arabic digits in one text.
fn mixed_digits(shop: &Shop, flow: &Flow, entry: &TextEntry, found: &mut Vec<Diagnostic>) {
    for (language, block) in shop.languages.iter().zip(&entry.languages) {
        let Some(block) = block else { continue };
        let words = literal(block);
        let arabic = words.chars().any(|letter| matches!(letter, '٠'..='٩' | '۰'..='۹' | '०'..='९'));
        if arabic && words.chars().any(|letter| letter.is_ascii_digit()) {
            let message = format!("Two kinds of digits in one {} text.", language_name(language));
            let help = "Write numbers as live values, so that they are printed the customer's way, or use one kind.";
            found.push(Diagnostic::new(813, block.span.unwrap_or(flow.span), message).help(help));
        }
    }
}

fn plurals(shop: &Shop, flow: &Flow, found: &mut Vec<Diagnostic>) {
    for phrase in &flow.phrases {
        for (language, forms) in shop.languages.iter().zip(&phrase.forms) {
            let needed = categories(language);
            let missing: Vec<&str> = needed
                .into_iter()
                .filter(|form| !forms.iter().any(|(known, _)| known == form))
                .map(plural_name)
                .collect();
            if !forms.is_empty() && !missing.is_empty() {
                let message =
                    format!("{} needs {} as well for `{}`.", language_name(language), missing.join(", "), phrase.name);
                found.push(Diagnostic::new(805, phrase.span, message).help("Add the forms; they may say the same."));
            }
        }
    }
}

/// The plural forms that a language tells apart for whole numbers people meet in shops.
fn categories(tag: &str) -> Vec<Plural> {
    let Ok(locale) = tag.parse::<Locale>() else { return vec![Plural::Other] };
    let Ok(rules) = PluralRules::try_new(locale.into(), PluralRulesOptions::default()) else {
        return vec![Plural::Other];
    };
    let mut needed: Vec<Plural> = Vec::new();
    for number in 0..=200usize {
        let form = match rules.category_for(number) {
            PluralCategory::Zero => Plural::Zero,
            PluralCategory::One => Plural::One,
            PluralCategory::Two => Plural::Two,
            PluralCategory::Few => Plural::Few,
            PluralCategory::Many => Plural::Many,
            PluralCategory::Other => Plural::Other,
        };
        if !needed.contains(&form) {
            needed.push(form);
        }
    }
    needed
}

fn plural_name(form: Plural) -> &'static str {
    match form {
        Plural::Zero => "`zero`",
        Plural::One => "`one`",
        Plural::Two => "`two`",
        Plural::Few => "`few`",
        Plural::Many => "`many`",
        Plural::Other => "`other`",
    }
}

/// Translations made from an earlier text, by the lock file that notes what each was made from.
fn behind(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    let Some(lock) = context.source.files.iter().find(|file| file.kind == FileKind::TextsLock) else { return };
    for (index, tag) in context.shop.languages.iter().enumerate().skip(1) {
        for (entry, block) in open::behind(context.shop, flow, index, &lock.text) {
            let message = format!("The text of `{}` changed after its {} translation.", entry.key, language_name(tag));
            found.push(
                Diagnostic::new(802, block.span.unwrap_or(entry.span), message)
                    .label(entry.span, "the text today")
                    .help("Translate it again, then run `duka texts lock`."),
            );
        }
    }
}
