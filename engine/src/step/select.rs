//! Which reaction is taken: state, group, `anywhere`, each caller's `anywhere` outward; document order inside each
//! (language.md 2.2, rulings 4 and 11).

use super::machine::{Machine, Place, Scope};
use crate::hir::{Reaction, Trigger};
use crate::session::LineList;
use crate::trace::TraceEntry;

/// One set of reactions that applies now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub frame: usize,
    pub kind: LevelKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LevelKind {
    State,
    Group,
    Anywhere,
}

impl<'p> Machine<'p> {
    /// The levels, the nearest first.
    pub fn levels(&self) -> impl Iterator<Item = Level> + use<> {
        let frames = self.session.frames.len();
        let top = self.top();
        let inner = if self.is_entered(top) { &[LevelKind::State, LevelKind::Group][..] } else { &[] };
        let inner = inner.iter().map(move |kind| Level { frame: top, kind: *kind });
        inner.chain((0..frames).rev().map(|frame| Level { frame, kind: LevelKind::Anywhere }))
    }

    pub fn reactions(&self, level: Level) -> &'p [Reaction] {
        let (_, flow) = self.flow_of(Scope::Frame(level.frame));
        let state = || self.state_in(level.frame);
        let found = match level.kind {
            LevelKind::State => state().map(|state| &state.reactions),
            LevelKind::Group => state()
                .and_then(|state| state.group)
                .and_then(|group| flow.and_then(|flow| flow.groups.get(group.index())))
                .map(|group| &group.reactions),
            LevelKind::Anywhere => flow.map(|flow| &flow.anywhere),
        };
        found.map_or(&[], |reactions| reactions.as_slice())
    }

    pub fn place_of(&self, level: Level, reaction: usize) -> Place {
        let at = u16::try_from(reaction).unwrap_or(u16::MAX);
        let list = match level.kind {
            LevelKind::State => LineList::State(at),
            LevelKind::Group => LineList::Group(at),
            LevelKind::Anywhere => LineList::Anywhere { reaction: at },
        };
        Place { scope: Scope::Frame(level.frame), list, index: 0 }
    }

    /// Whether the guard of a reaction holds.
    pub fn is_enabled(&mut self, level: Level, at: usize, reaction: &Reaction) -> bool {
        reaction.guard.as_ref().is_none_or(|guard| self.holds(self.place_of(level, at), guard))
    }

    /// The first enabled reaction of a level to such a trigger.
    pub fn first_in(&mut self, level: Level, wanted: impl Fn(&'p Trigger) -> bool) -> Option<usize> {
        let reactions = self.reactions(level);
        let mut fitting = reactions.iter().enumerate().filter(|(_, reaction)| wanted(&reaction.trigger));
        fitting.find(|(at, reaction)| self.is_enabled(level, *at, reaction)).map(|(at, _)| at)
    }

    /// The first enabled reaction of all levels.
    pub fn first(&mut self, wanted: impl Fn(&'p Trigger) -> bool) -> Option<(Level, usize)> {
        let mut levels = self.levels();
        levels.find_map(|level| self.first_in(level, &wanted).map(|at| (level, at)))
    }

    /// The same, but only the nearest level that has such a line counts.
    pub fn nearest(&mut self, wanted: impl Fn(&'p Trigger) -> bool) -> Option<(Level, usize)> {
        let level = self.nearest_level(&wanted)?;
        self.first_in(level, wanted).map(|at| (level, at))
    }

    pub fn nearest_level(&self, wanted: impl Fn(&'p Trigger) -> bool) -> Option<Level> {
        self.levels().find(|level| self.reactions(*level).iter().any(|reaction| wanted(&reaction.trigger)))
    }

    /// Takes a reaction; gives its first line.
    pub fn take(&mut self, level: Level, reaction: usize) -> Place {
        let place = self.place_of(level, reaction);
        let (flow, state) = self.traced(place);
        self.trace.entries.push(TraceEntry::Reaction { flow, state, list: place.list });
        place
    }
}
