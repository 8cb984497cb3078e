//! ESEARCH (RFC 4731; RFC 9051, 7.3.4): answers to SEARCH as a set.

use super::{Extension, NOTHING};
use crate::event::Response;
use crate::grammar::core::{any_value, fail, name, number, opt_sp, sp};
use crate::grammar::{Parsed, Reading};
use crate::types::{Found, Uid};
use nom::Parser as _;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::preceded;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["ESEARCH"],
    untagged: &[("ESEARCH", |input, reading| {
        let (rest, found) = esearch_response(input, reading, SEARCH_LIMIT)?;
        let numbers = found.iter().map(|uid| uid.as_u32()).collect();
        Ok((rest, Response::Search(Found { numbers, ..Found::default() })))
    })],
    ..NOTHING
};

/// ```abnf
/// esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
/// search-correlator = SP "(" "TAG" SP tag-string ")"
/// ```
/// Only ALL is read. A set is unfolded up to `limit` numbers: a longer one is no answer to what we ask.
fn esearch_response<'a>(input: &'a [u8], reading: Reading<'_>, limit: usize) -> Parsed<'a, Vec<Uid>> {
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
        let (_, ()) = sp(after, reading)?;
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
            return fail(input, "sequence-set");
        }
        found.extend((low..=high).filter_map(Uid::new));
        let (after, more) = opt(char(',')).parse(after)?;
        rest = after;
        if more.is_none() {
            return Ok((rest, found));
        }
    }
}

/// More UIDs than the largest mailboxes of public servers hold; 40 MB unfolded.
const SEARCH_LIMIT: usize = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(input: &[u8]) -> Vec<u32> {
        esearch_response(input, Reading::lenient(), 100).unwrap().1.iter().map(|uid| uid.as_u32()).collect()
    }

    #[test]
    fn rfc_9051_7_3_4_examples_read() {
        assert_eq!(numbers(br#" (TAG "A285") UID MIN 7 ALL 4:6,9 COUNT 4"#), [4, 5, 6, 9]);
        assert_eq!(numbers(br#" (TAG "A284")"#), []);
        assert_eq!(numbers(br#" (TAG "A282") COUNT 5 ALL 6:4 MODSEQ 917162488 X-ODD (a b)"#), [4, 5, 6]);
    }

    #[test]
    fn a_set_too_long_to_hold_is_refused() {
        assert!(esearch_response(b" ALL 1:4294967295", Reading::lenient(), 1000).is_err());
    }
}
