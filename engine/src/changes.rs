//! What a change of a shop means for customers: states, choices, ways, guards, timers, rules, words and templates that came,
//! went or changed; and settings, contracts and hooks that the flows share. Says nothing of who stands where; that is the server's to count.

mod declared;
mod files;
mod lines;
mod reactions;

use std::collections::BTreeMap;

use duka_dsl::ast::{FlowFile, Reaction, State};
use serde::Serialize;

use crate::approval::{self, Wanted};
use crate::compile::Compiled;
use crate::hir::{Flow, Shop};
use crate::lints::text_lines;
use crate::source::ShopSource;

use self::lines::Renamed;

/// One difference, at a place that people know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// The flow, `boutique`; the file, `shop.yaml`, if it is about what all flows share.
    pub flow: String,
    /// The state, if it is about one. Where customers stand by this name is told beside it.
    pub state: Option<String>,
    /// As a sentence without its stop.
    pub what: String,
}

/// All differences, by flow, in the order of the flows' files, and then by the files that flows share. Nothing is said of shops
/// with errors.
pub fn changes(before: (&Compiled, &ShopSource), after: (&Compiled, &ShopSource)) -> Vec<Change> {
    let sources = (before.1, after.1);
    let (before, after) = (before.0, after.0);
    let mut found = Vec::new();
    let (Some(was), Some(is)) = (before.shop(), after.shop()) else { return found };
    let (old, new) = (own(before, was), own(after, is));
    for (flow, file) in &old {
        match new.iter().find(|(other, _)| other.path == flow.path) {
            Some((other, now)) => {
                Comparing { before: was, after: is, old: flow, new: other, was: file, is: now }.tell(&mut found);
            }
            None => found.push(Change { flow: flow.path.to_string(), state: None, what: "the flow is gone".into() }),
        }
    }
    for (flow, _) in new.iter().filter(|(flow, _)| !old.iter().any(|(other, _)| other.path == flow.path)) {
        found.push(Change { flow: flow.path.to_string(), state: None, what: "the flow is new".into() });
    }
    templates(was, is, &mut found);
    files::compare(sources.0, sources.1, &mut found);
    found
}

/// The merchant's flows, resolved and as they are written.
fn own<'a>(compiled: &'a Compiled, shop: &'a Shop) -> Vec<(&'a Flow, &'a FlowFile)> {
    // The files of the flows that are used stand first, in the order of the flows.
    let both = shop.flows.iter().zip(compiled.files.iter().map(|(_, file)| file));
    both.filter(|(flow, _)| !flow.standard).collect()
}

struct Comparing<'a> {
    before: &'a Shop,
    after: &'a Shop,
    old: &'a Flow,
    new: &'a Flow,
    was: &'a FlowFile,
    is: &'a FlowFile,
}

impl Comparing<'_> {
    fn tell(&self, found: &mut Vec<Change>) {
        let mut say = |state: Option<&str>, what: String| {
            found.push(Change { flow: self.old.path.to_string(), state: state.map(str::to_string), what });
        };
        let words = declared::words((self.before, self.old), (self.after, self.new));
        declared::compare(self.was, self.is).into_iter().chain(words).for_each(|what| say(None, what));
        let renamed = self.renamed();
        self.beside(&renamed).into_iter().for_each(|what| say(None, what));
        for state in &self.was.states {
            let name = state.name.as_str();
            match self.successor(state) {
                None => say(Some(name), "the state is gone".into()),
                Some(other) => {
                    if other.name != state.name {
                        say(Some(name), format!("the state is called `{}` now", other.name.as_str()));
                    }
                    self.state(state, other, &renamed).into_iter().for_each(|what| say(Some(name), what));
                }
            }
        }
        for state in &self.is.states {
            let known = self.was.states.iter().any(|old| old.name == state.name || state.was.contains(&old.name));
            if !known {
                say(Some(state.name.as_str()), "the state is new".into());
            }
        }
        for (state, what) in self.words() {
            say(state.as_deref(), what);
        }
    }

    /// The state that takes a state's place.
    fn successor(&self, state: &State) -> Option<&State> {
        let same = self.is.states.iter().find(|other| other.name == state.name);
        same.or_else(|| self.is.states.iter().find(|other| other.was.contains(&state.name)))
    }

    fn renamed(&self) -> Renamed<'_> {
        let pair = |state| Some((state, self.successor(state)?));
        let both = self.was.states.iter().filter_map(pair).filter(|(state, other)| state.name != other.name);
        both.map(|(state, other)| (state.name.as_str(), &other.name)).collect()
    }

    fn state(&self, old: &State, new: &State, renamed: &Renamed) -> Vec<String> {
        let group = |file: &FlowFile, state: &State| {
            state.group.and_then(|at| file.groups.get(at)).map(|group| group.name.as_str().to_string())
        };
        let mut found = reactions::compare(&old.reactions, &new.reactions, renamed);
        let (was, led) = lines::read(&old.steps, renamed);
        let (is, leads) = lines::read(&new.steps, &Vec::new());
        found.extend(lines::compare(&was, &is));
        found.extend(reactions::ways("the state", led.as_ref(), leads.as_ref()));
        match (group(self.was, old), group(self.is, new)) {
            (was, is) if was == is => {}
            (_, Some(is)) => found.push(format!("the state belongs to the group `{is}` now")),
            (Some(was), None) => found.push(format!("the state belongs to the group `{was}` no more")),
            (None, None) => {}
        }
        found
    }

    /// What holds in many states, and beside them.
    fn beside(&self, renamed: &Renamed) -> Vec<String> {
        let place = |place: String, old: &[Reaction], new: &[Reaction]| {
            let found = reactions::compare(old, new, renamed).into_iter();
            found.map(|what| format!("{place}: {what}")).collect::<Vec<_>>()
        };
        let mut found = place("anywhere".into(), &self.was.anywhere, &self.is.anywhere);
        for old in &self.was.groups {
            let new = self.is.groups.iter().find(|new| new.name == old.name);
            let new = new.map_or(&[][..], |new| &new.reactions);
            found.extend(place(format!("in the group `{}`", old.name.as_str()), &old.reactions, new));
        }
        for old in &self.was.follows {
            let new = self.is.follows.iter().find(|new| new.name == old.name);
            let new = new.map_or(&[][..], |new| &new.reactions);
            found.extend(place(format!("beside `{}`", old.name.as_str()), &old.reactions, new));
        }
        for (old, new) in self
            .was
            .templates
            .iter()
            .filter_map(|old| Some((old, self.is.templates.iter().find(|new| new.name == old.name)?)))
        {
            found.extend(place(format!("under the template `{}`", old.name.as_str()), &old.buttons, &new.buttons));
        }
        found
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
