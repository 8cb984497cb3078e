//! SEARCH and ESEARCH (RFC 9051, 7.3.4; RFC 3501, 7.2.5).

use super::Parsed;
use super::core::{any_value, name, number, opt_sp, sp};
use crate::types::Uid;
use nom::Parser as _;
use nom::bytes::complete::tag;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::preceded;

/// ```abnf
/// mailbox-data =/ "SEARCH" *(SP nz-number) [SP search-sort-mod-seq]
/// ```
/// Zeros and the MODSEQ of RFC 7162 are left out.
pub(crate) fn search(input: &[u8]) -> Parsed<'_, Vec<Uid>> {
    let mut rest = opt_sp(input)?.0;
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let after = if let Ok((after, found)) = number(rest) {
            numbers.extend(Uid::new(found));
            after
        } else {
            any_value(rest)?.0
        };
        rest = opt_sp(after)?.0;
    }
    Ok((rest, numbers))
}

/// ```abnf
/// esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
/// search-correlator = SP "(" "TAG" SP tag-string ")"
/// ```
/// Only ALL is read. A set is unfolded up to `limit` numbers: a longer one is no answer to what we ask.
pub(crate) fn esearch(input: &[u8], limit: usize) -> Parsed<'_, Vec<Uid>> {
    let mut rest = opt_sp(input)?.0;
    if rest.first() == Some(&b'(') {
        rest = opt_sp(any_value(rest)?.0)?.0;
    }
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (after, item) = name(rest)?;
        rest = opt_sp(after)?.0;
        if item.eq_ignore_ascii_case(b"UID") {
            continue;
        }
        let (_, ()) = sp(after)?;
        if item.eq_ignore_ascii_case(b"ALL") {
            (rest, found) = sequence_set(rest, limit)?;
        } else {
            rest = any_value(rest)?.0;
        }
        rest = opt_sp(rest)?.0;
    }
    Ok((rest, found))
}

/// ```abnf
/// sequence-set = (seq-number / seq-range) ["," sequence-set]
/// seq-range = seq-number ":" seq-number
/// ```
fn sequence_set(input: &[u8], limit: usize) -> Parsed<'_, Vec<Uid>> {
    let mut found = Vec::new();
    let mut rest = input;
    loop {
        let (after, first) = number(rest)?;
        let (after, last) = opt(preceded(char(':'), number)).parse(after)?;
        let last = last.unwrap_or(first);
        let (low, high) = (first.min(last), first.max(last));
        if (high - low) as usize >= limit.saturating_sub(found.len()) {
            return super::core::fail(input);
        }
        found.extend((low..=high).filter_map(Uid::new));
        let (after, more) = opt(tag(",")).parse(after)?;
        rest = after;
        if more.is_none() {
            return Ok((rest, found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(found: &[Uid]) -> Vec<u32> {
        found.iter().map(|uid| uid.as_u32()).collect()
    }

    #[test]
    fn rfc_examples_read() {
        assert_eq!(numbers(&search(b" 2 3 6 ").unwrap().1), [2, 3, 6]);
        assert_eq!(numbers(&search(b" 2 5 (MODSEQ 917162488)").unwrap().1), [2, 5]);
        assert_eq!(numbers(&search(b"").unwrap().1), []);
        assert_eq!(
            numbers(&esearch(br#" (TAG "A285") UID MIN 7 ALL 4:6,9 COUNT 4"#, 100).unwrap().1),
            [4, 5, 6, 9]
        );
        assert_eq!(numbers(&esearch(br#" (TAG "A284")"#, 100).unwrap().1), []);
    }

    #[test]
    fn a_set_too_long_to_hold_is_refused() {
        assert!(esearch(b" ALL 1:4294967295", 1000).is_err());
    }
}
