//! Sets of numbers (RFC 9051, 9).

use super::core::number;
use super::{Parsed, Reading};
use crate::types::NumberSet;

/// ```abnf
/// uid-set = (uniqueid / uid-range) *("," uid-set)
/// uid-range = (uniqueid ":" uniqueid)
/// sequence-set = (seq-number / seq-range) ["," sequence-set]
/// ```
/// What servers send has no `*`. Ranges stay ranges: this costs the octets read, whatever numbers they name. Zeros are left out.
pub(crate) fn numbers<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, NumberSet> {
    let mut ranges = Vec::new();
    let mut rest = input;
    loop {
        let (after, first) = number(rest)?;
        let (after, last) = match after.strip_prefix(b":") {
            Some(after) => number(after)?,
            None => (after, first),
        };
        ranges.push((first, last));
        match after.strip_prefix(b",") {
            Some(after) => rest = after,
            None => return Ok((after, NumberSet::new(ranges))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_read_as_ranges_in_the_order_sent() {
        let read = |input: &'static [u8]| {
            let (rest, numbers) = numbers(input, Reading::lenient()).unwrap();
            (rest, numbers.ranges().collect::<Vec<_>>())
        };
        assert_eq!(read(b"2,10:15,4:3]"), (&b"]"[..], vec![(2, 2), (10, 15), (4, 3)]));
        assert_eq!(read(b"0,1:4294967295 "), (&b" "[..], vec![(1, u32::MAX)]));
        for broken in [&b"1,"[..], b"*", b"1:*", b"", b"1:4294967296"] {
            assert!(numbers(broken, Reading::lenient()).is_err());
        }
    }

    #[test]
    fn a_long_set_costs_no_more_than_its_length() {
        // Each range names all numbers: unfolding even one of them would take minutes.
        let long = vec!["1:4294967295"; 100_000].join(",");
        assert_eq!(numbers(long.as_bytes(), Reading::lenient()).unwrap().1.ranges().len(), 100_000);
    }
}
