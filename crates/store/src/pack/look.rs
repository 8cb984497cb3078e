//! Which nodes must be known for some keys of one group.

use super::Packing;
use crate::{Key, Table};

/// Keys of one group whose nodes are wanted.
///
/// First the keys of the nodes are asked for: the highest one up to [`Look::from`] that is of the group, and all up to
/// [`Look::to`]. From these [`Look::touched`] tells which nodes to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The table.
    pub table: Table,
    /// What all the keys have in common; a node below it is none of theirs.
    pub group: Key,
    /// In order.
    keys: Vec<Key>,
    /// All keys that begin like one of these.
    prefixes: Vec<Key>,
}

impl Look {
    /// For keys of this group; none yet.
    #[must_use]
    pub fn new(table: Table, group: Key) -> Self {
        Self { table, group, keys: Vec::new(), prefixes: Vec::new() }
    }

    /// Some keys, by their groups.
    #[must_use]
    pub fn all<'a>(table: Table, packing: Packing, keys: impl Iterator<Item = &'a Key>) -> Vec<Self> {
        let mut looks: Vec<Self> = Vec::new();
        for key in keys {
            let group = packing.group(key);
            let at = looks.iter().position(|look| look.group == group).unwrap_or_else(|| {
                looks.push(Self::new(table, group));
                looks.len() - 1
            });
            if let Some(look) = looks.get_mut(at) {
                look.add(key.clone());
            }
        }
        looks
    }

    pub(super) fn add(&mut self, key: Key) {
        insert(&mut self.keys, key);
    }

    pub(super) fn add_prefix(&mut self, prefix: Key) {
        insert(&mut self.prefixes, prefix);
    }

    /// The lowest key.
    #[must_use]
    pub fn from(&self) -> &Key {
        let lowest = [self.keys.first(), self.prefixes.first()].into_iter().flatten().min();
        lowest.unwrap_or(&self.group)
    }

    /// The highest key; with `true`, all that begin so.
    #[must_use]
    pub fn to(&self) -> (&Key, bool) {
        match (self.keys.last(), self.prefixes.last()) {
            (Some(key), Some(prefix)) if key > prefix && !key.0.starts_with(&prefix.0) => (key, false),
            (_, Some(prefix)) => (prefix, true),
            (Some(key), None) => (key, false),
            (None, None) => (&self.group, false),
        }
    }

    /// The places of those nodes that hold one of the keys, if any does, or that reach over the beginning or the end of what begins
    /// alike; in order. `nodes` are in order.
    #[must_use]
    pub fn touched(&self, nodes: &[Key]) -> Vec<usize> {
        let mut touched: Vec<usize> = self.keys.iter().filter_map(|key| floor(nodes, key)).collect();
        for prefix in &self.prefixes {
            touched.extend(floor(nodes, prefix));
            let beyond = nodes.partition_point(|node| node <= prefix || node.0.starts_with(&prefix.0));
            touched.extend(beyond.checked_sub(1));
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }
}

/// Adds a key in its place; once.
fn insert(keys: &mut Vec<Key>, key: Key) {
    let place = match keys.last() {
        Some(last) if *last < key => Err(keys.len()),
        _ => keys.binary_search(&key),
    };
    if let Err(place) = place {
        keys.insert(place, key);
    }
}

/// The place of the node in which a key would be.
pub(super) fn floor(nodes: &[Key], key: &Key) -> Option<usize> {
    nodes.partition_point(|node| node <= key).checked_sub(1)
}
