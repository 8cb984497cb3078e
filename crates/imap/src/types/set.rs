//! Message numbers and sets of them.
use core::num::NonZeroU32;

/// A unique identifier of a message in a mailbox (RFC 9051, 2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(NonZeroU32);

impl Uid {
    /// `None` for 0, which is no UID.
    #[must_use]
    pub fn new(value: u32) -> Option<Self> {
        NonZeroU32::new(value).map(Self)
    }
    /// The number.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0.get()
    }
}

/// A set of sequence numbers or UIDs (RFC 9051, 9: sequence-set). Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceSet {
    /// Inclusive ranges; `None` as the end is `*`.
    ranges: Vec<(NonZeroU32, Option<NonZeroU32>)>,
}

impl SequenceSet {
    /// One number; `None` for 0.
    #[must_use]
    pub fn single(number: u32) -> Option<Self> {
        Self::range(number, number)
    }
    /// `first:last`, in whichever order they are given: hMailServer refuses sets that go down. `None` if either is 0.
    #[must_use]
    pub fn range(first: u32, last: u32) -> Option<Self> {
        let (first, last) = (first.min(last), first.max(last));
        Some(Self { ranges: vec![(NonZeroU32::new(first)?, Some(NonZeroU32::new(last)?))] })
    }
    /// `first:*`; `None` for 0.
    #[must_use]
    pub fn from_number(first: u32) -> Option<Self> {
        Some(Self { ranges: vec![(NonZeroU32::new(first)?, None)] })
    }
    /// The numbers as few ascending ranges; `None` if there is none but 0.
    #[must_use]
    pub fn from_numbers(numbers: impl IntoIterator<Item = u32>) -> Option<Self> {
        let mut numbers: Vec<_> = numbers.into_iter().filter_map(NonZeroU32::new).collect();
        numbers.sort_unstable();
        let mut ranges: Vec<(NonZeroU32, Option<NonZeroU32>)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some((_, Some(last))) if last.checked_add(1) == Some(number) || *last == number => {
                    *last = number
                }
                _ => ranges.push((number, Some(number))),
            }
        }
        if ranges.is_empty() { None } else { Some(Self { ranges }) }
    }
    /// The ranges; `None` as the end is `*`.
    pub fn ranges(&self) -> impl Iterator<Item = (u32, Option<u32>)> {
        self.ranges.iter().map(|(first, last)| (first.get(), last.map(NonZeroU32::get)))
    }
    /// Cuts it into sets that are written in at most `max_octets` each, in order; a range alone is never cut (21 octets).
    pub fn split(&self, max_octets: usize) -> impl Iterator<Item = Self> {
        let mut rest = self.ranges.as_slice();
        std::iter::from_fn(move || {
            let mut octets = 0;
            let fits = |range: &&(NonZeroU32, Option<NonZeroU32>)| {
                octets += width(range) + usize::from(octets > 0);
                octets <= max_octets
            };
            let count = rest.iter().take_while(fits).count().max(1).min(rest.len());
            let (piece, after) = rest.split_at(count);
            rest = after;
            (!piece.is_empty()).then(|| Self { ranges: piece.to_vec() })
        })
    }
}

/// How many octets a range takes where it is written.
fn width(range: &(NonZeroU32, Option<NonZeroU32>)) -> usize {
    let digits = |number: NonZeroU32| number.get().ilog10() as usize + 1;
    match range {
        (first, Some(last)) if first == last => digits(*first),
        (first, Some(last)) => digits(*first) + 1 + digits(*last),
        (first, None) => digits(*first) + 2,
    }
}

/// The numbers of a SEARCH or SORT response (RFC 3501, 7.2.5; RFC 5256, 4), in the server's order: sequence numbers, or UIDs
/// where the command asked by UID.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The numbers, never 0.
    pub numbers: Vec<u32>,
    /// The highest MODSEQ of those found (RFC 7162, 3.1.5).
    pub mod_sequence: Option<u64>,
    /// The response is long and goes on with the next event.
    pub more: bool,
}
