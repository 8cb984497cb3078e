//! CONDSTORE (RFC 7162, 3.1): mod-sequences. The commands are in `commands/`: FETCH with CHANGEDSINCE, STORE with UNCHANGEDSINCE,
//! SELECT with CONDSTORE; the search keys in `command/search.rs`.

use super::{Extension, NOTHING};
use crate::fault::Fault;
use crate::grammar::core::{item_value, number64};
use crate::grammar::set::numbers;
use crate::grammar::{Parsed, Reading};
use crate::types::{Fetched, ResponseCode};
use nom::Parser as _;
use nom::character::complete::char;
use nom::combinator::{map, opt};

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["CONDSTORE"],
    codes: &[
        ("HIGHESTMODSEQ", highest_mod_seq),
        ("NOMODSEQ", |input, _| Ok((input, ResponseCode::NoModSeq))),
        ("MODIFIED", |input, reading| {
            map(|input| numbers(input, reading), ResponseCode::Modified).parse(input)
        }),
    ],
    items: &[("MODSEQ", fetch_mod_sequence)],
    ..NOTHING
};

/// ```abnf
/// resp-text-code =/ "HIGHESTMODSEQ" SP mod-sequence-value / "NOMODSEQ" / "MODIFIED" SP sequence-set
/// ```
fn highest_mod_seq<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, ResponseCode> {
    map(number64, ResponseCode::HighestModSeq).parse(input)
}

/// ```abnf
/// fetch-mod-sequence = "MODSEQ" SP "(" permsg-modsequence ")"
/// ```
/// Zoho has none and says `MODSEQ (-1)`.
fn fetch_mod_sequence<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, value) = item_value(|input| {
        let (rest, _) = char('(').parse(input)?;
        let (rest, minus) = opt(char('-')).parse(rest)?;
        let (rest, value) = number64(rest)?;
        let (rest, _) = char(')').parse(rest)?;
        Ok((rest, (minus, value)))
    })(input)?;
    fetched.mod_sequence = match value {
        (None, value) => Some(value),
        (Some(_), _) => {
            reading.forgive(Fault::NegativeModSequence, input, "permsg-modsequence")?;
            None
        }
    };
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::NumberSet;

    #[test]
    fn rfc_7162_3_1_examples_read() {
        let read = |code: &[u8]| ResponseCode::parse(code).unwrap();
        assert_eq!(read(b"[HIGHESTMODSEQ 715194045007]"), ResponseCode::HighestModSeq(715_194_045_007));
        assert_eq!(read(b"[NOMODSEQ]"), ResponseCode::NoModSeq);
        assert_eq!(read(b"[MODIFIED 7,9]"), ResponseCode::Modified(NumberSet::new([(7, 7), (9, 9)])));
        let mut fetched = Fetched::default();
        let (rest, ()) = fetch_mod_sequence(b"(624140003))", &mut fetched, Reading::lenient()).unwrap();
        assert_eq!((rest, fetched.mod_sequence), (&b")"[..], Some(624_140_003)));
    }

    #[test]
    fn a_mod_sequence_below_nothing_is_none() {
        let mut fetched = Fetched::default();
        let reading = Reading::lenient();
        let (rest, ()) = fetch_mod_sequence(b"(-1))", &mut fetched, reading).unwrap();
        assert_eq!((rest, fetched.mod_sequence), (&b")"[..], None));
        assert_eq!(
            reading.faults.fired().next().map(|(row, count)| (row.name, count)),
            Some(("negative-modseq", 1))
        );
        assert!(fetch_mod_sequence(b"(--1))", &mut fetched, Reading::lenient()).is_err());
    }
}
