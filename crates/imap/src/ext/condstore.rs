//! CONDSTORE (RFC 7162): what servers send of it unasked.

use super::{Extension, NOTHING};
use crate::grammar::core::{item_value, number64};
use crate::grammar::{Parsed, Reading};
use crate::types::{Fetched, ResponseCode};
use nom::Parser as _;
use nom::character::complete::char;
use nom::combinator::map;
use nom::sequence::delimited;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["CONDSTORE"],
    codes: &[("HIGHESTMODSEQ", highest_mod_seq)],
    items: &[("MODSEQ", fetch_mod_sequence)],
    ..NOTHING
};

/// ```abnf
/// resp-text-code =/ "HIGHESTMODSEQ" SP mod-sequence-value
/// ```
fn highest_mod_seq<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, ResponseCode> {
    map(number64, ResponseCode::HighestModSeq).parse(input)
}

/// ```abnf
/// fetch-mod-sequence = "MODSEQ" SP "(" permsg-modsequence ")"
/// ```
/// Zoho's `MODSEQ (-1)` is no value: it stays among the unknown items.
fn fetch_mod_sequence<'a>(input: &'a [u8], fetched: &mut Fetched, _: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, value) = item_value(|input| delimited(char('('), number64, char(')')).parse(input))(input)?;
    fetched.mod_sequence = Some(value);
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_7162_3_1_examples_read() {
        assert_eq!(
            highest_mod_seq(b"715194045007]", Reading::lenient()).unwrap().1,
            ResponseCode::HighestModSeq(715_194_045_007)
        );
        let mut fetched = Fetched::default();
        let (rest, ()) = fetch_mod_sequence(b"(624140003))", &mut fetched, Reading::lenient()).unwrap();
        assert_eq!((rest, fetched.mod_sequence), (&b")"[..], Some(624_140_003)));
        assert!(fetch_mod_sequence(b"(-1)", &mut fetched, Reading::lenient()).is_err());
    }
}
