//! Message numbers and sets of them.
use core::fmt;
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
    /// Inclusive ranges; `None` as the end is `*`. None at all stands for `$`.
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
    /// `first:*`; `None` for 0. It names the last message even where that comes before `first`.
    #[must_use]
    pub fn from_number(first: u32) -> Option<Self> {
        Some(Self { ranges: vec![(NonZeroU32::new(first)?, None)] })
    }
    /// `*`: the last message of the mailbox.
    #[must_use]
    pub fn last() -> Self {
        Self { ranges: vec![(NonZeroU32::MAX, None)] }
    }
    /// `$`: what the last SEARCH with `SAVE` found (RFC 5182, 2.1; RFC 9051, 6.4.4.1).
    #[must_use]
    pub fn saved() -> Self {
        Self { ranges: Vec::new() }
    }
    /// Whether this is `$`.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        self.ranges.is_empty()
    }
    /// The numbers as few ascending ranges; `None` if there is none but 0.
    #[must_use]
    pub fn from_numbers(numbers: impl IntoIterator<Item = u32>) -> Option<Self> {
        Self::from_ranges(numbers.into_iter().map(|number| (number, Some(number))))
    }
    /// The ranges, `None` as the end for `*`, as few ascending ones; `None` if there is none but those with a 0.
    #[must_use]
    pub fn from_ranges(ranges: impl IntoIterator<Item = (u32, Option<u32>)>) -> Option<Self> {
        let ascending = |(first, last): (u32, Option<u32>)| {
            let (first, last) = match last {
                Some(last) => (first.min(last), Some(NonZeroU32::new(first.max(last))?)),
                None => (first, None),
            };
            Some((NonZeroU32::new(first)?, last))
        };
        let mut given: Vec<_> = ranges.into_iter().filter_map(ascending).collect();
        given.sort_unstable();
        let mut ranges: Vec<(NonZeroU32, Option<NonZeroU32>)> = Vec::new();
        for (first, last) in given {
            match ranges.last_mut() {
                // `n:*` may be a message before n: it swallows nothing.
                Some((_, Some(end))) if last.is_some() && first.get() <= end.get().saturating_add(1) => {
                    *end = last.map_or(*end, |last| last.max(*end));
                }
                _ => ranges.push((first, last)),
            }
        }
        if ranges.is_empty() { None } else { Some(Self { ranges }) }
    }
    /// The ranges; `None` as the end is `*`, and none at all for `$`.
    pub fn ranges(&self) -> impl Iterator<Item = (u32, Option<u32>)> {
        self.ranges.iter().map(|(first, last)| (first.get(), last.map(NonZeroU32::get)))
    }
    /// Cuts it into sets that are written in at most `max_octets` each, in order; a range alone is never cut (21 octets).
    pub fn split(&self, max_octets: usize) -> impl Iterator<Item = Self> {
        let mut rest = self.ranges.as_slice();
        let mut saved = self.is_saved();
        std::iter::from_fn(move || {
            if std::mem::take(&mut saved) {
                return Some(Self::saved());
            }
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
    /// Cuts it into sets that name at most `most` messages each, in order: servers with MESSAGELIMIT take no more at once (RFC
    /// 9738, 3). What ends in `*` is a piece of its own, and so is `$`: nobody knows how many they name.
    pub fn split_messages(&self, most: NonZeroU32) -> impl Iterator<Item = Self> {
        let mut rest = self.ranges.iter().copied();
        let mut left = None;
        let mut saved = self.is_saved();
        std::iter::from_fn(move || {
            let mut piece = Vec::new();
            let mut room = most.get();
            while let Some(range) = left.take().or_else(|| rest.next()).filter(|_| room > 0) {
                let (first, Some(last)) = range else {
                    if piece.is_empty() {
                        piece.push(range);
                    } else {
                        left = Some(range);
                    }
                    break;
                };
                let end = first.saturating_add(room - 1).min(last);
                room -= end.get() - first.get() + 1;
                piece.push((first, Some(end)));
                left = end.checked_add(1).filter(|next| *next <= last).map(|next| (next, Some(last)));
                if room == 0 {
                    break;
                }
            }
            let saved = std::mem::take(&mut saved);
            (saved || !piece.is_empty()).then_some(Self { ranges: piece })
        })
    }
}

impl fmt::Display for SequenceSet {
    /// As it is written in a command.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_saved() {
            return formatter.write_str("$");
        }
        for (index, (first, last)) in self.ranges().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match last {
                Some(last) if last == first => write!(formatter, "{comma}{first}")?,
                Some(last) => write!(formatter, "{comma}{first}:{last}")?,
                None if first == u32::MAX => write!(formatter, "{comma}*")?,
                None => write!(formatter, "{comma}{first}:*")?,
            }
        }
        Ok(())
    }
}

/// Octets of a range as it is written.
fn width((first, last): &(NonZeroU32, Option<NonZeroU32>)) -> usize {
    let digits = |number: &NonZeroU32| number.ilog10() as usize + 1;
    match last {
        Some(last) if last == first => digits(first),
        Some(last) => digits(first) + 1 + digits(last),
        None if *first == NonZeroU32::MAX => 1,
        None => digits(first) + 2,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_few_ascending_ranges() {
        let set = |ranges: &[(u32, Option<u32>)]| SequenceSet::from_ranges(ranges.iter().copied());
        assert_eq!(
            set(&[(9, Some(7)), (3, Some(3)), (1, Some(2)), (8, None)]).unwrap().to_string(),
            "1:3,7:9,8:*"
        );
        assert_eq!(set(&[(1, Some(9)), (2, Some(3)), (u32::MAX, None)]).unwrap().to_string(), "1:9,*");
        assert_eq!(set(&[(0, Some(3)), (0, None)]), None);
        assert_eq!(SequenceSet::range(9, 3).unwrap().to_string(), "3:9");
        assert_eq!(SequenceSet::range(0, 3), None);
        assert_eq!(SequenceSet::saved().to_string(), "$");
        assert_eq!(SequenceSet::last().to_string(), "*");
        let most = SequenceSet::from_numbers([u32::MAX, u32::MAX - 1, u32::MAX]).unwrap();
        assert_eq!(most.to_string(), "4294967294:4294967295");
    }

    #[test]
    fn pieces_are_as_long_as_they_may_be_and_together_the_whole() {
        let ranges = (1..2000_u32)
            .map(|step| (step * 7, if step % 3 == 0 { Some(step * 7 + 2) } else { Some(step * 7) }));
        let set = SequenceSet::from_ranges(ranges.chain([(20_000, None)])).unwrap();
        for max in [0, 1, 21, 100, 1000, 100_000] {
            let pieces: Vec<String> = set.split(max).map(|piece| piece.to_string()).collect();
            assert_eq!(pieces.join(","), set.to_string());
            assert!(pieces.iter().all(|piece| piece.len() <= max || !piece.contains(',')), "{max}");
            let tight = pieces.windows(2).all(|two| {
                let next = two[1].split(',').next().unwrap_or_default();
                two[0].len() + 1 + next.len() > max
            });
            assert!(tight, "{max}: a piece could have been longer");
        }
        assert_eq!(SequenceSet::saved().split(1).collect::<Vec<_>>(), [SequenceSet::saved()]);
    }

    #[test]
    fn pieces_name_no_more_messages_than_they_may() {
        let cut = |ranges: &[(u32, Option<u32>)], most| {
            let set = SequenceSet::from_ranges(ranges.iter().copied()).unwrap();
            let pieces = set.split_messages(NonZeroU32::new(most).unwrap());
            pieces.take(5).map(|piece| piece.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(cut(&[(1, Some(2)), (5, Some(9)), (20, None)], 3), ["1:2,5", "6:8", "9", "20:*"]);
        assert_eq!(cut(&[(1, Some(3)), (7, Some(9))], 3), ["1:3", "7:9"]);
        assert_eq!(cut(&[(1, Some(u32::MAX))], u32::MAX), ["1:4294967295"]);
        assert_eq!(cut(&[(u32::MAX - 1, Some(u32::MAX))], 1), ["4294967294", "4294967295"]);
        assert_eq!(cut(&[(1, Some(u32::MAX))], 2).len(), 5, "made on the way");
        let saved: Vec<_> = SequenceSet::saved().split_messages(NonZeroU32::MIN).collect();
        assert_eq!(saved, [SequenceSet::saved()]);
    }
}
