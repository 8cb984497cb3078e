//! Sets of numbers that a server sends.

use core::num::NonZeroU32;

/// Message numbers or UIDs as a server sent them: few ranges, in its order, never unfolded unasked. A range goes down where
/// the server wrote it so (`9:7`), which means something in the answer to SORT and nothing elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct NumberSet {
    /// Inclusive.
    ranges: Vec<(NonZeroU32, NonZeroU32)>,
}

impl NumberSet {
    /// From inclusive ranges; those with a 0 are left out.
    #[must_use]
    pub fn new(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let both = |(first, last)| Some((NonZeroU32::new(first)?, NonZeroU32::new(last)?));
        Self { ranges: ranges.into_iter().filter_map(both).collect() }
    }
    /// The inclusive ranges, in the server's order.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = (u32, u32)> {
        self.ranges.iter().map(|(first, last)| (first.get(), last.get()))
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
    /// How many there are, each range counted whole. Costs the number of ranges.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.ranges().map(|(first, last)| u64::from(first.abs_diff(last)) + 1).sum()
    }
    /// Whether a number is among them. Costs the number of ranges.
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        self.ranges().any(|(first, last)| (first.min(last)..=first.max(last)).contains(&number))
    }
    /// One number after the other, in the server's order. Made on the way: nothing is held. A server can name 4,294,967,295
    /// numbers in a few octets: look at [`NumberSet::count`] or bound it by `take`.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.ranges().flat_map(|(first, last)| {
            let count = u64::from(first.abs_diff(last));
            // A number of the range differs from its ends by no more than fits.
            let offset = |steps: u64| u32::try_from(steps).unwrap_or(u32::MAX);
            (0..=count)
                .map(offset)
                .map(move |steps| if first <= last { first + steps } else { first - steps })
        })
    }
    /// The numbers unfolded, in the server's order; `None` if there are more than `limit`.
    #[must_use]
    pub fn to_vec(&self, limit: usize) -> Option<Vec<u32>> {
        (self.count() <= limit as u64).then(|| self.iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_kept_as_sent_and_unfolded_only_when_asked() {
        let numbers = NumberSet::new([(4, 6), (9, 7), (2, 2), (0, 5)]);
        assert_eq!(numbers.to_vec(7), Some(vec![4, 5, 6, 9, 8, 7, 2]));
        assert_eq!((numbers.count(), numbers.to_vec(6)), (7, None));
        assert!(numbers.contains(8) && !numbers.contains(3));
        let all = NumberSet::new([(1, u32::MAX)]);
        assert_eq!((all.count(), all.ranges().len(), all.to_vec(1_000_000)), (4_294_967_295, 1, None));
        assert_eq!(all.iter().take(3).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(NumberSet::new([(u32::MAX, u32::MAX - 1)]).to_vec(2), Some(vec![u32::MAX, u32::MAX - 1]));
    }
}
