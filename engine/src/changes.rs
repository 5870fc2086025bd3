//! What a change of a shop's flows means for customers: states, choices, words and templates that came, went or changed.
//! Says nothing of who stands where; that is the server's to count.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::approval::{self, Wanted};
use crate::hir::{Flow, Shop, State, Trigger};
use crate::lints::text_lines;

/// One difference, at a place that people know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// The flow, `boutique`.
    pub flow: String,
    /// The state, if it is about one. Where customers stand by this name is told beside it.
    pub state: Option<String>,
    /// As a sentence without its stop.
    pub what: String,
}

/// All differences, by flow, in the order of the flows' files.
pub fn changes(before: &Shop, after: &Shop) -> Vec<Change> {
    let mut found = Vec::new();
    let old: Vec<&Flow> = before.flows.iter().filter(|flow| !flow.standard).collect();
    let new: Vec<&Flow> = after.flows.iter().filter(|flow| !flow.standard).collect();
    for flow in &old {
        match new.iter().find(|other| other.path == flow.path) {
            Some(other) => Comparing { before, after, old: flow, new: other }.tell(&mut found),
            None => found.push(Change { flow: flow.path.to_string(), state: None, what: "the flow is gone".into() }),
        }
    }
    for flow in new.iter().filter(|flow| !old.iter().any(|other| other.path == flow.path)) {
        found.push(Change { flow: flow.path.to_string(), state: None, what: "the flow is new".into() });
    }
    templates(before, after, &mut found);
    found
}

struct Comparing<'a> {
    before: &'a Shop,
    after: &'a Shop,
    old: &'a Flow,
    new: &'a Flow,
}

impl Comparing<'_> {
    fn tell(&self, found: &mut Vec<Change>) {
        let mut say = |state: Option<&str>, what: String| {
            found.push(Change { flow: self.old.path.to_string(), state: state.map(str::to_string), what });
        };
        for state in &self.old.states {
            let same = self.new.states.iter().find(|other| other.name == state.name);
            let renamed = || self.new.states.iter().find(|other| other.was.contains(&state.name));
            match same.or_else(renamed) {
                None => say(Some(&state.name), "the state is gone".into()),
                Some(other) => {
                    if other.name != state.name {
                        say(Some(&state.name), format!("the state is called `{}` now", other.name));
                    }
                    for what in choices(state, other) {
                        say(Some(&state.name), what);
                    }
                }
            }
        }
        for state in &self.new.states {
            let known = self.old.states.iter().any(|old| old.name == state.name || state.was.contains(&old.name));
            if !known {
                say(Some(&state.name), "the state is new".into());
            }
        }
        for (state, what) in self.words() {
            say(state.as_deref(), what);
        }
    }

    /// Texts that customers read otherwise, by their key and language.
    fn words(&self) -> Vec<(Option<String>, String)> {
        let mut found = Vec::new();
        for entry in self.old.texts.iter().filter(|entry| !entry.key.starts_with("template.")) {
            let Some(other) = self.new.texts.iter().find(|other| other.key == entry.key) else { continue };
            for (at, language) in self.before.languages.iter().enumerate() {
                let Some(now_at) = self.after.languages.iter().position(|known| known == language) else { continue };
                let old = entry.languages.get(at).and_then(Option::as_ref);
                let new = other.languages.get(now_at).and_then(Option::as_ref);
                let (Some(old), Some(new)) = (old, new) else { continue };
                let was = text_lines(self.before, self.old, old).join(" / ");
                let is = text_lines(self.after, self.new, new).join(" / ");
                if was != is {
                    let state = entry.key.split('.').next().unwrap_or_default().to_string();
                    let state = self.old.states.iter().any(|known| known.name == state).then_some(state);
                    found.push((state, format!("`{}` ({language}) said \"{was}\" and says \"{is}\"", entry.key)));
                }
            }
        }
        found
    }
}

fn choices(old: &State, new: &State) -> Vec<String> {
    let named = |state: &State| -> Vec<String> {
        let names = state.reactions.iter().filter_map(|reaction| match &reaction.trigger {
            Trigger::Button { name, .. } | Trigger::Row { name, .. } | Trigger::Pick { name, .. } => {
                Some(name.to_string())
            }
            Trigger::Answer { .. }
            | Trigger::Fill { .. }
            | Trigger::Hears { .. }
            | Trigger::On { .. }
            | Trigger::After { .. }
            | Trigger::Quiet { .. }
            | Trigger::Else { .. }
            | Trigger::Failed
            | Trigger::Lost => None,
        });
        names.collect()
    };
    let (old, new) = (named(old), named(new));
    let gone = old.iter().filter(|name| !new.contains(name)).map(|name| format!("the choice `{name}` is gone"));
    let came = new.iter().filter(|name| !old.contains(name)).map(|name| format!("the choice `{name}` is new"));
    gone.chain(came).collect()
}

fn templates(before: &Shop, after: &Shop, found: &mut Vec<Change>) {
    let by_name = |shop: &Shop| -> BTreeMap<(String, String), Wanted> {
        let all = approval::wanted(shop).into_iter().filter(|wanted| !wanted.standard);
        all.map(|wanted| ((wanted.name.to_string(), wanted.language.to_string()), wanted)).collect()
    };
    let (old, new) = (by_name(before), by_name(after));
    let mut say = |wanted: &Wanted, what: &str| {
        let what = format!("template `{}` ({}) {what}", wanted.name, wanted.language);
        found.push(Change { flow: wanted.flow.to_string(), state: None, what });
    };
    for (key, wanted) in &old {
        match new.get(key) {
            None => say(wanted, "is gone"),
            Some(other) => {
                let parts =
                    |it: &Wanted| (it.body.clone(), it.footer.clone(), it.buttons.clone(), it.image, it.category);
                if parts(wanted) != parts(other) {
                    say(wanted, "changed: WhatsApp must approve it again");
                }
            }
        }
    }
    for (_, wanted) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        say(wanted, "is new: WhatsApp must approve it");
    }
}
