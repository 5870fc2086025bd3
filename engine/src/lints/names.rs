//! Names that nothing uses, and phrases that two sets of words share (D110-D112).

use std::collections::{BTreeMap, BTreeSet};

use duka_dsl::Diagnostic;

use super::context::{Context, dests};
use crate::hir::{DestKind, ExprKind, Flow, Reaction, SlotId, SlotKind, Target, Trigger, WordsId};
use crate::walk;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        unused_values(flow, found);
        unused_flows(context, flow, found);
        shared_phrases(context, flow, found);
    }
}

fn unused_values(flow: &Flow, found: &mut Vec<Diagnostic>) {
    let used = used_slots(flow);
    for (index, slot) in flow.slots.iter().enumerate() {
        let id = SlotId(walk::small(index));
        let handed = flow.takes.contains(&id) || flow.gives == Some(id);
        if slot.kind == SlotKind::Remembered && !handed && !used.contains(&id) {
            let message = format!("`remember {}` is never used.", slot.name);
            found.push(Diagnostic::new(110, slot.span, message).help("Delete the line, or use the value."));
        }
    }
}

/// The values that some line reads or writes.
fn used_slots(flow: &Flow) -> BTreeSet<SlotId> {
    let mut used = BTreeSet::new();
    walk::expressions(flow, &mut |expr| {
        if let ExprKind::Slot(slot) = &expr.kind {
            used.insert(*slot);
        }
    });
    let mut write = |target: Target| {
        if let Target::Slot(slot) = target {
            used.insert(slot);
        }
    };
    for lines in walk::lines(flow) {
        lines.reaction.and_then(walk::answered).into_iter().for_each(&mut write);
        lines.steps.iter().filter_map(walk::assigned).for_each(|(target, _)| write(target));
    }
    for dest in dests(flow) {
        if let DestKind::Visit { with, .. } = dest {
            with.iter().copied().for_each(&mut write);
        }
    }
    used
}

fn unused_flows(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for dest in dests(flow) {
        if let DestKind::Visit { flow, .. } | DestKind::Flow(flow) = dest {
            seen.insert(*flow);
        }
    }
    for (used, span) in &flow.uses {
        let Some(other) = context.shop.flows.get(used.index()) else { continue };
        // A flow with a `follow` block works by being there.
        if !seen.contains(used) && other.follows.is_empty() {
            let message = format!("`use {}` is never used.", other.path);
            found.push(Diagnostic::new(111, *span, message).help("Delete the line, or add a `<->` to it."));
        }
    }
}

/// Two sets heard in one place that share a phrase: the first always wins.
fn shared_phrases(context: &Context, flow: &Flow, found: &mut Vec<Diagnostic>) {
    let groups = flow.groups.iter().map(|group| &group.reactions);
    let states = flow.states.iter().map(|state| &state.reactions);
    let mut told = BTreeSet::new();
    for reactions in std::iter::once(&flow.anywhere).chain(groups).chain(states) {
        let heard = heard(reactions);
        for (language, name) in context.shop.languages.iter().enumerate() {
            let mut owners: BTreeMap<String, WordsId> = BTreeMap::new();
            for words in &heard {
                let Some(set) = flow.words.get(words.index()) else { continue };
                for phrase in set.phrases.get(language).into_iter().flatten() {
                    let phrase = phrase.trim().to_lowercase();
                    let first = *owners.entry(phrase.clone()).or_insert(*words);
                    if first != *words && told.insert((first, *words)) {
                        found.push(shared(flow, first, *words, &phrase, (language > 0).then_some(name)));
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

fn shared(
    flow: &Flow,
    first: WordsId,
    second: WordsId,
    phrase: &str,
    language: Option<&smol_str::SmolStr>,
) -> Diagnostic {
    let name = |words: WordsId| flow.words.get(words.index()).map_or("", |set| set.name.as_str());
    let span = |words: WordsId| flow.words.get(words.index()).map_or(flow.span, |set| set.span);
    let (code, of) = match language {
        // In a translation it has a rule of its own.
        Some(language) => (806, format!("In `{language}`, the")),
        None => (112, "The".to_string()),
    };
    let message = format!(
        "{of} words `{}` share \"{phrase}\" with `{}`; `{}` always wins.",
        name(second),
        name(first),
        name(first)
    );
    Diagnostic::new(code, span(second), message)
        .label(span(first), "this set is tried first")
        .help("Keep the phrase in one of the two.")
}
