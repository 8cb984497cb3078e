//! SEARCH (RFC 3501, 7.2.5) and the list of numbers that SORT shares with it. ESEARCH, which RFC 9051 sends instead, is in
//! `ext/esearch.rs`.

use super::core::{any_value, number, number64, onward};
use super::{Parsed, Reading, octets};
use crate::types::Found;
use nom::Parser as _;
use nom::bytes::complete::{tag, tag_no_case};
use nom::sequence::delimited;

/// ```abnf
/// mailbox-data =/ "SEARCH" *(SP nz-number) [SP search-sort-mod-seq]
/// search-sort-mod-seq = "(" "MODSEQ" SP mod-sequence-value ")"
/// ```
/// Zeros are left out.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn found<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Found> {
    let mut rest = input;
    // Most numbers have six digits or more; what is never filled is given back.
    let mut found = Found { numbers: Vec::with_capacity(rest.len() / 7), ..Found::default() };
    while !rest.is_empty() {
        rest = usual_numbers(rest, &mut found.numbers);
        let after = if let Ok((after, one)) = number(rest) {
            found.numbers.extend(Some(one).filter(|one| *one != 0));
            after
        } else if let Ok((after, value)) = mod_sequence(rest) {
            found.mod_sequence = Some(value);
            after
        } else {
            any_value(rest)?.0
        };
        rest = onward(after, reading)?.0;
    }
    Ok((rest, found))
}

/// Takes numbers with one space behind each; gives what is left. A loop of its own, and so a small function: engines of wasm compile it
/// at once.
#[cfg_attr(for_speed, optimize(speed))]
#[inline(never)]
fn usual_numbers<'a>(input: &'a [u8], numbers: &mut Vec<u32>) -> &'a [u8] {
    let mut rest = input;
    while let Some((number, digits)) = octets::number(rest) {
        let Some([b' ', after @ ..]) = rest.get(digits..) else { break };
        if number == 0 || matches!(after, [] | [b' ', ..]) {
            break;
        }
        // It has seven digits at most.
        numbers.push(number as u32);
        rest = after;
    }
    rest
}

fn mod_sequence(input: &[u8]) -> Parsed<'_, u64> {
    delimited(tag_no_case("(MODSEQ "), number64, tag(")")).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3501_7_2_5_example_reads() {
        let read = |input| found(input, Reading::lenient()).unwrap().1;
        assert_eq!(read(b"2 3  6 ").numbers, [2, 3, 6]);
        let both = read(b"2 5 (MODSEQ 917162488)");
        assert_eq!((both.numbers.as_slice(), both.mod_sequence), (&[2, 5][..], Some(917_162_488)));
        assert_eq!(read(b""), Found::default());
        let faults = crate::fault::Faults::new(true);
        let strict = Reading { faults: &faults, ..Reading::lenient() };
        assert!(found(b"2 3 6", strict).is_ok() && found(b"2 3 6 ", strict).is_err());
    }
}
