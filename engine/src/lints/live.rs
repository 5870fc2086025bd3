//! A change of the flows against the conversations that are under way: what customers stand before, and what is remembered
//! of them, is a promise (D114, D410).

use duka_dsl::{Diagnostic, Span};
use serde::Deserialize;
use smol_str::SmolStr;

use super::{Finding, Settings, weigh};
use crate::compile::Compiled;
use crate::hir::{Flow, Reaction, Shop, SlotKind, State, Trigger};
use crate::types::type_words;

/// How many conversations stand where, as the server's API counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Live {
    #[serde(default)]
    pub states: Vec<LiveState>,
    #[serde(default)]
    pub values: Vec<LiveValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LiveState {
    pub flow: SmolStr,
    pub state: SmolStr,
    pub conversations: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LiveValue {
    pub flow: SmolStr,
    pub value: SmolStr,
    pub conversations: u64,
}

impl Live {
    /// Reads what the API answers.
    ///
    /// # Errors
    /// It is something else: what, in a few words.
    pub fn read(text: &str) -> Result<Live, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    fn in_state(&self, flow: &str, state: &str) -> u64 {
        let mut states = self.states.iter();
        states.find(|known| known.flow == flow && known.state == state).map_or(0, |known| known.conversations)
    }

    fn holding(&self, flow: &str, value: &str) -> u64 {
        let mut values = self.values.iter();
        values.find(|known| known.flow == flow && known.value == value).map_or(0, |known| known.conversations)
    }
}

/// What a change breaks for conversations that are under way.
pub fn check_live(before: &Compiled, after: &Compiled, live: &Live, settings: &Settings) -> Vec<Finding> {
    let (Some(old), Some(new)) = (before.shop(), after.shop()) else { return Vec::new() };
    let mut found = Vec::new();
    for was in old.flows.iter().filter(|flow| !flow.standard) {
        let Some(is) = new.flows.iter().find(|flow| flow.path == was.path) else { continue };
        for state in &was.states {
            match live.in_state(&was.path, &state.name) {
                0 => {}
                customers => state_of(is, state, customers, &mut found),
            }
        }
        values((old, was), (new, is), live, &mut found);
    }
    found.into_iter().filter_map(|diagnostic| weigh(diagnostic, after, settings)).collect()
}

/// What became of a state in which customers stand.
fn state_of(is: &Flow, was: &State, customers: u64, found: &mut Vec<Diagnostic>) {
    let same = is.states.iter().find(|state| state.name == was.name || state.was.contains(&was.name));
    let Some(state) = same else {
        if is.anywhere.iter().any(|reaction| matches!(reaction.trigger, Trigger::Lost)) {
            return;
        }
        let message = format!("The state `{}` is gone, and {} in it.", was.name, people(customers));
        let help = format!(
            "Write `was {}` behind the state that takes its place, or add `lost -> …` to `anywhere`.",
            was.name
        );
        found.push(Diagnostic::new(114, is.span, message).help(help));
        return;
    };
    let old = choices(was);
    let new = choices(state);
    let added: Vec<&(SmolStr, Span)> =
        new.iter().filter(|(name, _)| !old.iter().any(|(known, _)| known == name)).collect();
    let gone = old.iter().filter(|(name, _)| !new.iter().any(|(known, _)| known == name));
    // A choice that is only taken out answers as any old one does; one that has another name in its place was renamed.
    for ((name, _), (renamed, span)) in gone.zip(added) {
        let message =
            format!("The choice `{}.{name}` has another name now, and {} before it.", was.name, people(customers));
        let help = format!("Ids are promises: call it `{name}` and not `{renamed}`; its words may change freely.");
        found.push(Diagnostic::new(114, *span, message).help(help));
    }
}

fn people(customers: u64) -> String {
    if customers == 1 { "1 customer stands".to_string() } else { format!("{customers} customers stand") }
}

/// The names that taps of a state carry.
fn choices(state: &State) -> Vec<(SmolStr, Span)> {
    let named = |reaction: &Reaction| Some((reaction.choice()?.clone(), reaction.span));
    state.reactions.iter().filter_map(named).collect()
}

/// Remembered values whose type is another one now.
fn values((old, was): (&Shop, &Flow), (new, is): (&Shop, &Flow), live: &Live, found: &mut Vec<Diagnostic>) {
    for slot in was.slots.iter().filter(|slot| slot.kind == SlotKind::Remembered) {
        let holding = live.holding(&was.path, &slot.name);
        let Some(now) = is.slots.iter().find(|known| known.name == slot.name && known.kind == slot.kind) else {
            continue;
        };
        let (from, to) = (type_words(old, &slot.ty), type_words(new, &now.ty));
        if holding == 0 || from == to {
            continue;
        }
        let hold = match holding {
            1 => "1 live conversation holds".to_string(),
            many => format!("{many} live conversations hold"),
        };
        let message = format!("The type of `{}` changed from {from} to {to}; {hold} {from}.", slot.name);
        let help =
            "Give the value a new name, so that what is remembered stays; or accept that those begin again at `lost`.";
        found.push(Diagnostic::new(410, now.span, message).help(help));
    }
}
