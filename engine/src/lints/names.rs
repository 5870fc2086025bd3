//! Phrases that two sets of words share in a translation (D806). In the first language lowering tells (D112).

use std::collections::{BTreeMap, BTreeSet};

use duka_dsl::Diagnostic;

use super::context::Context;
use super::translations::language_name;
use crate::hir::{Flow, Reaction, Trigger, WordsId};

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        shared_phrases(context, flow, found);
    }
}

/// Two sets heard in one place that share a phrase: the first always wins.
fn shared_phrases(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    let groups = flow.groups.iter().map(|group| &group.reactions);
    let states = flow.states.iter().map(|state| &state.reactions);
    let mut told = BTreeSet::new();
    for reactions in std::iter::once(&flow.anywhere).chain(groups).chain(states) {
        let heard = heard(reactions);
        for (language, name) in context.shop.languages.iter().enumerate().skip(1) {
            let mut owners: BTreeMap<String, WordsId> = BTreeMap::new();
            for words in &heard {
                let Some(set) = flow.words.get(words.index()) else { continue };
                for phrase in set.phrases.get(language).into_iter().flatten() {
                    let phrase = phrase.trim().to_lowercase();
                    let first = *owners.entry(phrase.clone()).or_insert(*words);
                    if first != *words && told.insert((first, *words)) {
                        found.push(shared(flow, first, *words, &phrase, language_name(name)));
                    }
                }
            }
        }
    }
}

fn heard(reactions: &[Reaction]) -> Vec<WordsId> {
    let words = reactions
        .iter()
        .filter(|reaction| reaction.guard.is_none())
        .filter_map(|reaction| if let Trigger::Hears { words } = reaction.trigger { Some(words) } else { None });
    words.collect()
}

fn shared(flow: &Flow, first: WordsId, second: WordsId, phrase: &str, language: &str) -> Diagnostic {
    let name = |words: WordsId| flow.words.get(words.index()).map_or("", |set| set.name.as_str());
    let span = |words: WordsId| flow.words.get(words.index()).map_or(flow.span, |set| set.span);
    let message = format!(
        "In {language}, the words `{}` share \"{phrase}\" with `{}`; `{}` always wins.",
        name(second),
        name(first),
        name(first)
    );
    Diagnostic::new(806, span(second), message)
        .label(span(first), "this set is tried first")
        .help("Keep the phrase in one of the two.")
}
