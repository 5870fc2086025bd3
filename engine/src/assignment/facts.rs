//! Sets of places that are known to have a value.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::hir::{Ambient, Expr, ExprKind};

/// A set of small numbers. What is missing from a shorter set is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// The set of everything below `len`.
    pub fn all(len: usize) -> Bits {
        Bits { words: vec![u64::MAX; len.div_ceil(64)] }
    }

    /// How many numbers the set has room for.
    pub fn len(&self) -> usize {
        self.words.len() * 64
    }

    pub fn contains(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    pub fn insert(&mut self, at: usize) {
        if self.words.len() <= at / 64 {
            self.words.resize(at / 64 + 1, 0);
        }
        self.words[at / 64] |= 1 << (at % 64);
    }

    pub fn remove(&mut self, at: usize) {
        if let Some(word) = self.words.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    /// Keeps what is in both; whether anything was lost.
    pub fn intersect(&mut self, other: &Bits) -> bool {
        let mut changed = false;
        for (index, word) in self.words.iter_mut().enumerate() {
            let both = *word & other.words.get(index).copied().unwrap_or(0);
            changed |= both != *word;
            *word = both;
        }
        changed
    }

    /// This set without `removed`, with `added`.
    pub fn with(&self, removed: &Bits, added: &Bits) -> Bits {
        let mut words = self.words.clone();
        words.resize(words.len().max(added.words.len()), 0);
        for (index, word) in words.iter_mut().enumerate() {
            let without = *word & !removed.words.get(index).copied().unwrap_or(0);
            *word = without | added.words.get(index).copied().unwrap_or(0);
        }
        Bits { words }
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
}

impl<'b> Facts<'b> {
    pub fn new(base: Option<&'b Bits>) -> Facts<'b> {
        Facts { base, added: Bits::default(), removed: Bits::default() }
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

    pub fn remove(&mut self, number: usize) {
        self.added.remove(number);
        self.removed.insert(number);
    }
}
