//! Sets of places that are known to have a value.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::hir::{Ambient, Expr, ExprKind, SlotId};

/// A set of small numbers. The first ones, which are all of them in most flows, need no allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits {
    first: [u64; FIRST],
    rest: Vec<u64>,
}

/// How many words of 64 numbers lie in the set itself.
const FIRST: usize = 2;

impl Bits {
    /// The set of everything below `len`.
    pub fn all(len: usize) -> Bits {
        Bits { first: [u64::MAX; FIRST], rest: vec![u64::MAX; len.div_ceil(64).saturating_sub(FIRST)] }
    }

    /// How many numbers the set has room for.
    pub fn len(&self) -> usize {
        self.words() * 64
    }

    pub fn contains(&self, at: usize) -> bool {
        self.word(at / 64) >> (at % 64) & 1 == 1
    }

    fn word(&self, index: usize) -> u64 {
        self.first.get(index).or_else(|| self.rest.get(index.wrapping_sub(FIRST))).copied().unwrap_or(0)
    }

    /// A word that there is room for.
    fn word_mut(&mut self, index: usize) -> Option<&mut u64> {
        if index < FIRST { self.first.get_mut(index) } else { self.rest.get_mut(index - FIRST) }
    }

    fn words(&self) -> usize {
        FIRST + self.rest.len()
    }

    /// Makes room for a word.
    fn grow(&mut self, index: usize) {
        let needed = (index + 1).saturating_sub(FIRST);
        if self.rest.len() < needed {
            self.rest.resize(needed, 0);
        }
    }

    pub fn insert(&mut self, at: usize) {
        self.grow(at / 64);
        if let Some(word) = self.word_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    pub fn remove(&mut self, at: usize) {
        if let Some(word) = self.word_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    /// Keeps what is in the words of another set too; whether anything was lost.
    pub fn intersect(&mut self, other: impl Fn(usize) -> u64) -> bool {
        let mut changed = false;
        for index in 0..self.words() {
            let both = self.word(index) & other(index);
            if let Some(word) = self.word_mut(index) {
                changed |= both != *word;
                *word = both;
            }
        }
        changed
    }

    /// A word of this set without `removed`, with `added`.
    pub fn word_with(&self, removed: &Bits, added: &Bits, index: usize) -> u64 {
        self.word(index) & !removed.word(index) | added.word(index)
    }

    /// This set without `removed`, with `added`.
    pub fn with(&self, removed: &Bits, added: &Bits) -> Bits {
        let mut with = self.clone();
        with.rest.resize(with.rest.len().max(added.rest.len()), 0);
        for index in 0..with.words() {
            if let Some(word) = with.word_mut(index) {
                *word = self.word_with(removed, added, index);
            }
        }
        with
    }
}

/// Where a path of names begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Root {
    Slot(u16),
    Customer(u16),
    Cart,
    CustomerRecord,
    Shop,
    Event(SmolStr),
}

impl Root {
    /// Whether it is read anew in every turn.
    pub fn passes(&self) -> bool {
        match self {
            Root::Cart | Root::CustomerRecord | Root::Shop | Root::Event(_) => true,
            Root::Slot(_) | Root::Customer(_) => false,
        }
    }
}

/// A place that may have a value: a root, or fields of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub root: Root,
    pub fields: Vec<u16>,
}

/// Numbers for places.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    numbers: BTreeMap<Key, usize>,
    keys: Vec<Key>,
}

impl Keys {
    pub fn root(&mut self, root: Root) -> usize {
        self.number(Key { root, fields: Vec::new() })
    }

    pub fn number(&mut self, key: Key) -> usize {
        if let Some(known) = self.numbers.get(&key) {
            return *known;
        }
        let number = self.keys.len();
        self.keys.push(key.clone());
        self.numbers.insert(key, number);
        number
    }

    /// The number of a place that some line has tested or filled.
    pub fn known(&self, key: &Key) -> Option<usize> {
        self.numbers.get(key).copied()
    }

    /// The places below a root, itself left out.
    pub fn below(&self, root: &Root) -> Vec<usize> {
        let from = Key { root: root.clone(), fields: Vec::new() };
        let of_root = self.numbers.range(from..).take_while(|(key, _)| key.root == *root);
        of_root.filter(|(key, _)| !key.fields.is_empty()).map(|(_, number)| *number).collect()
    }

    /// The places that are read anew in every turn.
    pub fn passing(&self) -> Vec<usize> {
        let keys = self.keys.iter().enumerate();
        keys.filter(|(_, key)| key.root.passes()).map(|(number, _)| number).collect()
    }
}

/// The place that an expression reads, if it is one.
pub(super) fn place(expr: &Expr) -> Option<Key> {
    let root = |root: Root| Some(Key { root, fields: Vec::new() });
    match &expr.kind {
        ExprKind::Slot(slot) => root(Root::Slot(slot.0)),
        ExprKind::Customer(slot) => root(Root::Customer(slot.0)),
        ExprKind::Ambient(Ambient::Cart) => root(Root::Cart),
        ExprKind::Ambient(Ambient::Customer) => root(Root::CustomerRecord),
        ExprKind::Ambient(Ambient::Shop) => root(Root::Shop),
        ExprKind::Event(field) => root(Root::Event(field.clone())),
        ExprKind::Field(inner, field) => {
            let mut key = place(inner)?;
            key.fields.push(*field);
            Some(key)
        }
        ExprKind::Constant(_)
        | ExprKind::Rule(_)
        | ExprKind::Ambient(Ambient::Now | Ambient::Language | Ambient::Channel)
        | ExprKind::Experiment(_)
        | ExprKind::Consent(..)
        | ExprKind::Property(..)
        | ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Compare(..)
        | ExprKind::Arithmetic(..)
        | ExprKind::In(..)
        | ExprKind::Hook { .. }
        | ExprKind::Script { .. } => None,
    }
}

/// What is known at a line: what was known on entering the state, and what has changed since.
#[derive(Clone, Debug)]
pub(super) struct Facts<'b> {
    /// `None`: everything, while the ways are collected.
    base: Option<&'b Bits>,
    pub added: Bits,
    pub removed: Bits,
    /// Results of calls in these lines; they are known nowhere else.
    locals: Vec<SlotId>,
}

impl<'b> Facts<'b> {
    pub fn new(base: Option<&'b Bits>) -> Facts<'b> {
        Facts { base, added: Bits::default(), removed: Bits::default(), locals: Vec::new() }
    }

    pub fn has(&self, number: usize) -> bool {
        self.added.contains(number)
            || (!self.removed.contains(number) && self.base.is_none_or(|base| base.contains(number)))
    }

    /// Whether nothing is known to be missing: the ways are still being collected.
    pub fn is_collecting(&self) -> bool {
        self.base.is_none()
    }

    pub fn add(&mut self, number: usize) {
        self.added.insert(number);
        self.removed.remove(number);
    }

    pub fn has_local(&self, slot: SlotId) -> bool {
        self.locals.contains(&slot)
    }

    pub fn add_local(&mut self, slot: SlotId) {
        if !self.locals.contains(&slot) {
            self.locals.push(slot);
        }
    }

    pub fn remove(&mut self, number: usize) {
        self.added.remove(number);
        self.removed.insert(number);
    }

    /// Takes over what `after` has lost; whether that was anything.
    pub fn lose(&mut self, after: &Facts<'_>) -> bool {
        let mut lost_any = false;
        for index in 0..after.removed.words() {
            let base = self.base.map_or(u64::MAX, |base| base.word(index));
            let known = self.added.word(index) | base & !self.removed.word(index);
            let lost = after.removed.word(index) & known;
            if lost == 0 {
                continue;
            }
            lost_any = true;
            self.removed.grow(index);
            if let Some(word) = self.removed.word_mut(index) {
                *word |= lost;
            }
            if let Some(word) = self.added.word_mut(index) {
                *word &= !lost;
            }
        }
        lost_any
    }
}
