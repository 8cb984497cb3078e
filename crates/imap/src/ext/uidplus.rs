//! UIDPLUS (RFC 4315): where APPEND put a message.

use super::{Extension, NOTHING};
use crate::grammar::core::{number, sp};
use crate::grammar::{Parsed, Reading};
use crate::types::ResponseCode;
use nom::Parser as _;
use nom::combinator::map;
use nom::sequence::separated_pair;

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["UIDPLUS"], codes: &[("APPENDUID", resp_code_apnd)], ..NOTHING };

/// ```abnf
/// resp-code-apnd = "APPENDUID" SP nz-number SP append-uid
/// ```
/// We append one message at a time: a set of UIDs (MULTIAPPEND) stays unread.
fn resp_code_apnd<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    map(separated_pair(number, |input| sp(input, reading), number), |(validity, uid)| {
        ResponseCode::AppendUid(validity, uid)
    })
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4315_3_example_reads() {
        assert_eq!(
            resp_code_apnd(b"38505 3955]", Reading::lenient()).unwrap(),
            (&b"]"[..], ResponseCode::AppendUid(38505, 3955))
        );
        assert!(resp_code_apnd(b"38505]", Reading::lenient()).is_err());
    }
}
