//! Going through the entries of an [`OrderedMap`](super::OrderedMap), run by run. The standard library's `Flatten` does the same in
//! three times the code for each type of entry.

use std::slice;

/// The entries of an [`OrderedMap`](super::OrderedMap) in their order.
#[derive(Debug)]
pub struct Iter<'a, K, V> {
    /// What is left of the first run.
    front: slice::Iter<'a, (K, V)>,
    /// Runs that were not begun.
    runs: slice::Iter<'a, Vec<(K, V)>>,
    /// What is left of the last run, once it was begun.
    back: slice::Iter<'a, (K, V)>,
}

impl<'a, K, V> Iter<'a, K, V> {
    /// All of these runs, the first from this entry on.
    pub(super) fn new(runs: &'a [Vec<(K, V)>], at: usize) -> Self {
        let mut runs = runs.iter();
        let front = runs.next().and_then(|run| run.get(at..)).unwrap_or_default();
        Self { front: front.iter(), runs, back: [].iter() }
    }
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { front: self.front.clone(), runs: self.runs.clone(), back: self.back.clone() }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.front.next() {
                return Some((key, value));
            }
            match self.runs.next() {
                Some(run) => self.front = run.iter(),
                None => return self.back.next().map(|(key, value)| (key, value)),
            }
        }
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.back.next_back() {
                return Some((key, value));
            }
            match self.runs.next_back() {
                Some(run) => self.back = run.iter(),
                None => return self.front.next_back().map(|(key, value)| (key, value)),
            }
        }
    }
}
