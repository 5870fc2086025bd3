//! A table that remembers what a transaction replaced.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::ops::RangeBounds;

pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    replaced: Vec<(K, Option<V>)>,
}

/// How a transaction ends, for tables of any type.
pub(super) trait Undo {
    fn keep(&mut self);
    fn undo(&mut self);
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table { rows: BTreeMap::new(), replaced: Vec::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    pub fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    pub fn contains(&self, key: &K) -> bool {
        self.rows.contains_key(key)
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn iter(&self) -> btree_map::Iter<'_, K, V> {
        self.rows.iter()
    }

    pub fn range(&self, range: impl RangeBounds<K>) -> btree_map::Range<'_, K, V> {
        self.rows.range(range)
    }

    pub fn insert(&mut self, key: K, row: V) {
        let before = self.rows.insert(key.clone(), row);
        self.replaced.push((key, before));
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let before = self.rows.remove(key)?;
        self.replaced.push((key.clone(), Some(before.clone())));
        Some(before)
    }

    /// Removes what `gone` names; returns how many that were.
    pub fn remove_where(&mut self, gone: impl Fn(&K, &V) -> bool) -> u64 {
        self.remove_some(u32::MAX, gone)
    }

    /// The same of at most so many.
    pub fn remove_some(&mut self, most: u32, gone: impl Fn(&K, &V) -> bool) -> u64 {
        let found = self.rows.iter().filter(|(key, row)| gone(key, row)).take(most as usize);
        let keys: Vec<K> = found.map(|(key, _)| key.clone()).collect();
        for key in &keys {
            self.remove(key);
        }
        keys.len() as u64
    }
}

impl<K: Ord + Clone, V: Clone> Undo for Table<K, V> {
    fn keep(&mut self) {
        self.replaced.clear();
    }

    fn undo(&mut self) {
        while let Some((key, before)) = self.replaced.pop() {
            match before {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }
}
