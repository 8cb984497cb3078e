//! A map from keys as a vector in their order: what is added mostly stands behind the rest, and a tree takes twenty times the code.

use crate::Key;

/// Values by key, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sorted<V>(Vec<(Key, V)>);

impl<V> Default for Sorted<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> Sorted<V> {
    fn search(&self, key: &Key) -> Result<usize, usize> {
        match self.0.last() {
            Some((last, _)) if last < key => Err(self.0.len()),
            _ => self.0.binary_search_by(|(known, _)| known.cmp(key)),
        }
    }

    /// Puts a value in the place of the one that was there.
    pub fn insert(&mut self, key: Key, value: V) {
        match self.search(&key) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (key, value)),
        }
    }

    /// Takes a value out; says whether there was one.
    pub(super) fn remove(&mut self, key: &Key) -> bool {
        self.search(key).map(|place| self.0.remove(place)).is_ok()
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Key) -> bool) {
        self.0.retain(|(key, _)| keep(key));
    }

    /// The entry of the highest key that is not above this one.
    #[must_use]
    pub fn floor(&self, key: &Key) -> Option<&(Key, V)> {
        let place = self.search(key).map_or_else(|place| place.checked_sub(1), Some);
        self.0.get(place?)
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut V> {
        let place = self.search(key).ok()?;
        self.0.get_mut(place).map(|(_, value)| value)
    }

    /// All of them.
    #[must_use]
    pub fn entries(&self) -> &[(Key, V)] {
        &self.0
    }

    pub(super) fn entries_mut(&mut self) -> &mut [(Key, V)] {
        &mut self.0
    }
}

impl<V> FromIterator<(Key, V)> for Sorted<V> {
    fn from_iter<I: IntoIterator<Item = (Key, V)>>(entries: I) -> Self {
        let mut sorted = Self::default();
        entries.into_iter().for_each(|(key, value)| sorted.insert(key, value));
        sorted
    }
}
