//! Maps and sets in the order of their keys, as runs of entries.
//!
//! They do what the trees of the standard library do for the engine, in a tenth of the code that a browser has to download for each type
//! of entry: nothing here joins runs or keeps them full. What comes in order fills its runs whole.

mod iter;
mod set;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Index;
use std::vec;

use iter::Iter;
pub use set::OrderedSet;

/// Values by key, ascending.
#[derive(Clone)]
pub struct OrderedMap<K, V> {
    /// None is empty, and none is longer than [`RUN`].
    runs: Vec<Vec<(K, V)>>,
}

/// A run, and a place in it.
type Place = (usize, usize);

impl<K, V> OrderedMap<K, V> {
    /// Without an entry.
    #[must_use]
    pub const fn new() -> Self {
        Self { runs: Vec::new() }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }

    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The entries in their order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(&self.runs, 0)
    }

    /// The keys in their order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// The entries, to change their values.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.runs.iter_mut().flatten().map(|(key, value)| (&*key, value))
    }

    /// The values, to change them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.iter_mut().map(|(_, value)| value)
    }

    /// The keys without their values.
    pub fn into_keys(self) -> impl Iterator<Item = K> {
        self.into_iter().map(|(key, _)| key)
    }

    /// The values without their keys.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.into_iter().map(|(_, value)| value)
    }

    /// The lowest entry.
    #[must_use]
    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.runs.first()?.first().map(|(key, value)| (key, value))
    }

    /// The highest entry.
    #[must_use]
    pub fn last_key_value(&self) -> Option<(&K, &V)> {
        self.runs.last()?.last().map(|(key, value)| (key, value))
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.runs.clear();
    }

    /// Takes the lowest entry out.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.is_empty()).then(|| self.take((0, 0)))
    }

    /// Keeps the entries of which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.runs.retain_mut(|run| {
            run.retain_mut(|(key, value)| keep(key, value));
            !run.is_empty()
        });
    }

    fn put(&mut self, (mut run, mut at): Place, entry: (K, V)) -> &mut V {
        match self.runs.get_mut(run) {
            None => self.runs.push(Vec::new()),
            Some(entries) if entries.len() == RUN => {
                // What is added at the end of a run begins the next: mostly entries come in order.
                let kept = if at == RUN { RUN } else { RUN / 2 };
                let rest = entries.split_off(kept);
                self.runs.insert(run + 1, rest);
                if at > kept || at == RUN {
                    (run, at) = (run + 1, at - kept);
                }
            }
            Some(_) => {}
        }
        let entries = &mut self.runs[run];
        entries.insert(at, entry);
        &mut entries[at].1
    }

    fn take(&mut self, (run, at): Place) -> (K, V) {
        let entries = &mut self.runs[run];
        let entry = entries.remove(at);
        if entries.is_empty() {
            self.runs.remove(run);
        }
        entry
    }
}

impl<K, V> OrderedMap<K, V> {
    /// Where a key is, or where it belongs.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<Place, Place>
    where
        K: Borrow<Q>,
    {
        let order = |(run, at): Place| self.runs[run][at].0.borrow().cmp(key);
        let run = match search(self.runs.len(), &|run| order((run, 0))) {
            Ok(run) => return Ok((run, 0)),
            Err(after) => after.saturating_sub(1),
        };
        let entries = self.runs.get(run).map_or(0, Vec::len);
        match search(entries, &|at| order((run, at))) {
            Ok(at) => Ok((run, at)),
            Err(at) => Err((run, at)),
        }
    }

    /// The entry of a key.
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let (run, at) = self.find(key).ok()?;
        self.runs.get(run)?.get(at).map(|(key, value)| (key, value))
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The value of a key, to change it.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (run, at) = self.find(key).ok()?;
        Some(&mut self.runs.get_mut(run)?.get_mut(at)?.1)
    }

    /// Whether there is a value of this key.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// Takes the value of a key out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.find(key).ok()?;
        Some(self.take(place).1)
    }

    /// The entries from this key on, whether it is there or not.
    pub fn starting_at<Q: Ord + ?Sized>(&self, key: &Q) -> impl Iterator<Item = (&K, &V)>
    where
        K: Borrow<Q>,
    {
        let (run, at) = self.find(key).unwrap_or_else(|place| place);
        Iter::new(self.runs.get(run..).unwrap_or_default(), at)
    }
}

impl<K: Ord, V> OrderedMap<K, V> {
    /// Puts a value in the place of the one that was there, and gives that.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok((run, at)) => Some(std::mem::replace(&mut self.runs[run][at].1, value)),
            Err(place) => {
                self.put(place, (key, value));
                None
            }
        }
    }

    /// The place of a key, filled or not.
    pub fn entry(&mut self, key: K) -> Slot<'_, K, V> {
        Slot { place: self.find(&key), map: self, key }
    }
}

/// The place of a key in an [`OrderedMap`].
#[derive(Debug)]
pub struct Slot<'a, K, V> {
    map: &'a mut OrderedMap<K, V>,
    key: K,
    place: Result<Place, Place>,
}

impl<'a, K, V> Slot<'a, K, V> {
    /// The value that is there, or otherwise what `make` makes.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        match self.place {
            Ok((run, at)) => &mut self.map.runs[run][at].1,
            Err(place) => self.map.put(place, (self.key, make())),
        }
    }

    /// The value that is there, or otherwise this one.
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// The value that is there, or otherwise the type's own.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

impl<K, V> Default for OrderedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// Two with the same entries are equal, however they came to be in their runs.
impl<K: PartialEq, V: PartialEq> PartialEq for OrderedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: Eq, V: Eq> Eq for OrderedMap<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for OrderedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<Q: Ord + ?Sized, K: Borrow<Q>, V> Index<&Q> for OrderedMap<K, V> {
    type Output = V;

    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("the key is in the map")
    }
}

impl<K: Ord, V> Extend<(K, V)> for OrderedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for OrderedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for OrderedMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K, V> IntoIterator for OrderedMap<K, V> {
    type Item = (K, V);
    type IntoIter = vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        let mut runs = self.runs.into_iter();
        let mut entries = runs.next().unwrap_or_default();
        runs.for_each(|mut run| entries.append(&mut run));
        entries.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a OrderedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Where among so many, ascending, the one stands that is equal, or where it belongs. One search for all types.
fn search(count: usize, order: &dyn Fn(usize) -> Ordering) -> Result<usize, usize> {
    let (mut from, mut to) = (0, count);
    while from < to {
        let middle = usize::midpoint(from, to);
        match order(middle) {
            Ordering::Less => from = middle + 1,
            Ordering::Equal => return Ok(middle),
            Ordering::Greater => to = middle,
        }
    }
    Err(from)
}

/// The longest run: moving it costs little, and half a million entries take no more than 8,000 runs to look through.
const RUN: usize = 128;
