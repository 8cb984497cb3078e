//! From a prefix and a place to go on from to the bounds of a key range. No browser in here.

use waypost_store::Key;

/// A range of keys. The upper bound is never part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) lower: Key,
    pub(super) lower_open: bool,
    pub(super) upper: Key,
    /// Whether the upper bound is the end of all keys that begin with `upper`.
    pub(super) upper_is_prefix: bool,
}

impl Bounds {
    pub(super) fn contains(&self, key: &Key) -> bool {
        let above = if self.lower_open { *key > self.lower } else { *key >= self.lower };
        above && (*key < self.upper || self.upper_is_prefix && key.0.starts_with(&self.upper.0))
    }
}

/// All keys that begin with `prefix`.
pub(super) fn prefixed(prefix: &Key) -> Bounds {
    Bounds { lower: prefix.clone(), lower_open: false, upper: prefix.clone(), upper_is_prefix: true }
}

/// The keys that begin with `prefix` and stand below `after` when descending, above it when ascending. `None` if there
/// can be none: a browser refuses an empty range.
pub(super) fn page(prefix: &Key, after: Option<&Key>, descending: bool) -> Option<Bounds> {
    let whole = prefixed(prefix);
    let Some(after) = after else { return Some(whole) };
    if !after.0.starts_with(&prefix.0) {
        // It stands before or behind all of them.
        return (descending == (after > prefix)).then_some(whole);
    }
    match (descending, after == prefix) {
        (true, true) => None,
        (true, false) => Some(Bounds { upper: after.clone(), upper_is_prefix: false, ..whole }),
        (false, _) => Some(Bounds { lower: after.clone(), lower_open: true, ..whole }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_holds_what_the_reference_store_gives() {
        let mut keys = vec![Key::default()];
        for first in 0..3 {
            keys.push(Key::numbers(&[first]));
            for second in 0..3 {
                keys.push(Key::numbers(&[first, second]));
                keys.push(Key::numbers(&[first]).with_text(&format!("uidl-{second}")));
            }
        }
        for prefix in &keys {
            for after in keys.iter().map(Some).chain([None]) {
                for descending in [false, true] {
                    let bounds = page(prefix, after, descending);
                    for key in &keys {
                        let expected = key.0.starts_with(&prefix.0)
                            && after.is_none_or(|after| if descending { key < after } else { key > after });
                        let found = bounds.as_ref().is_some_and(|bounds| bounds.contains(key));
                        assert_eq!(
                            found, expected,
                            "{prefix:?} after {after:?} descending {descending}: {key:?}"
                        );
                    }
                }
            }
        }
    }
}
