//! What customers can do and what time brings: choices, words that are heard, events, timers, and where each of them leads.

use duka_dsl::ast::{Atom, Dest, Guard, LineKind, Reaction, Trigger};
use duka_dsl::print::print_line;

use super::lines::{self, Renamed};

/// What became of the reactions of one place, as sentences.
pub(super) fn compare(old: &[Reaction], new: &[Reaction], renamed: &Renamed) -> Vec<String> {
    let (old, new) = (named(old), named(new));
    let other = |name: &Named, among: &[Named]| among.iter().position(|other| other.is(name));
    let mut found = Vec::new();
    for reaction in &old {
        match other(reaction, &new).and_then(|at| new.get(at)) {
            None => found.push(format!("{} is gone", reaction.title)),
            Some(now) => found.extend(changed(reaction, now, renamed)),
        }
    }
    let came = new.iter().filter(|reaction| other(reaction, &old).is_none());
    found.extend(came.map(|reaction| format!("{} is new", reaction.title)));
    found
}

/// A reaction as people call it.
struct Named<'a> {
    reaction: &'a Reaction,
    /// ``the choice `shop` ``, `` `hears menu` ``
    title: String,
    /// ``the tap on `shop` ``
    doing: String,
    /// How many of this title stand above it: they differ in their guards.
    nth: usize,
}

impl Named<'_> {
    fn is(&self, other: &Named) -> bool {
        (&self.title, self.nth) == (&other.title, other.nth)
    }
}

fn named(reactions: &[Reaction]) -> Vec<Named<'_>> {
    let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    let of = |reaction: &'_ Reaction| {
        let (title, doing) = titles(&reaction.trigger);
        let count = counts.entry(title.clone()).or_default();
        *count += 1;
        (title, doing, *count)
    };
    let names: Vec<_> = reactions.iter().map(of).collect();
    reactions.iter().zip(names).map(|(reaction, (title, doing, nth))| Named { reaction, title, doing, nth }).collect()
}

/// What a reaction is called where it came or went, and where it is taken.
fn titles(trigger: &Trigger) -> (String, String) {
    let both = |words: String| (words.clone(), words);
    match trigger {
        Trigger::Button { name, .. } | Trigger::Row { name, .. } | Trigger::Pick { name, .. } => {
            (format!("the choice `{}`", name.as_str()), format!("the tap on `{}`", name.as_str()))
        }
        Trigger::Answer { name, .. } => both(format!("the answer `{}`", name.as_str())),
        Trigger::Fill { form, .. } => both(format!("the form `{}`", form.as_str())),
        Trigger::Hears { words } => both(format!("`hears {}`", words.as_str())),
        Trigger::On { event } => both(format!("`on {event}`")),
        Trigger::After { .. } => both("the time limit".into()),
        Trigger::Quiet { .. } => both("the silence".into()),
        Trigger::Else { times: Some(times), .. } => both(format!("`else {times} times`")),
        Trigger::Else { times: None, .. } => both("`else`".into()),
        Trigger::Failed => both("`failed`".into()),
        Trigger::Lost => both("`lost`".into()),
    }
}

fn changed(old: &Named, new: &Named, renamed: &Renamed) -> Vec<String> {
    let doing = &old.doing;
    let mut found = Vec::new();
    let (was, is) = (asked(&old.reaction.trigger), asked(&new.reaction.trigger));
    if was != is {
        found.push(format!("`{was}` is now `{is}`"));
    }
    found.extend(guards(&old.title, old.reaction.guard.as_ref(), new.reaction.guard.as_ref()));
    let (was, led) = lines::read(&old.reaction.actions, renamed);
    let (is, leads) = lines::read(&new.reaction.actions, &Vec::new());
    found.extend(lines::compare(&was, &is).into_iter().map(|what| format!("{doing}: {what}")));
    found.extend(ways(doing, led.as_ref(), leads.as_ref()));
    found
}

/// Where something led and leads.
pub(super) fn ways(doing: &str, old: Option<&Dest>, new: Option<&Dest>) -> Option<String> {
    if old == new {
        return None;
    }
    let was = old.map_or("stayed where it is".into(), |dest| format!("led to {}", lines::way(dest)));
    let is = new.map_or("stays where it is".into(), |dest| format!("leads to {}", lines::way(dest)));
    Some(format!("{doing} {was} and now {is}"))
}

fn guards(title: &str, old: Option<&Guard>, new: Option<&Guard>) -> Option<String> {
    let written = |guard: &Guard| match guard {
        Guard::If(condition) => format!("`if {}`", condition.source),
        Guard::Else(_) => "`else`".into(),
    };
    match (old, new) {
        (old, new) if old == new => None,
        (Some(old), Some(new)) => Some(format!("{title} was there {} and now is {}", written(old), written(new))),
        (Some(old), None) => Some(format!("{title} was there {} and now always is", written(old))),
        (None, Some(new)) => Some(format!("{title} was always there and now is {}", written(new))),
        (None, None) => None,
    }
}

/// The part of a trigger that is no word of a text: its time, its list, its range.
fn asked(trigger: &Trigger) -> String {
    match trigger {
        Trigger::After { time } => print_line(&LineKind::After { time: time.clone(), dest: None }),
        Trigger::Quiet { time } => print_line(&LineKind::Quiet { time: time.clone(), dest: None }),
        Trigger::Pick { name, list, .. } => format!("pick {} from {}", name.as_str(), list.source),
        Trigger::Answer { name, range } => {
            let range: Option<(Atom, Atom)> = range.clone();
            print_line(&LineKind::Answer { name: name.clone(), range, dest: None })
        }
        Trigger::Fill { form, into } => {
            print_line(&LineKind::Fill { form: form.clone(), into: into.clone(), dest: None })
        }
        Trigger::Button { .. }
        | Trigger::Row { .. }
        | Trigger::Hears { .. }
        | Trigger::On { .. }
        | Trigger::Else { .. }
        | Trigger::Failed
        | Trigger::Lost => String::new(),
    }
}
