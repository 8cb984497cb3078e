//! QRESYNC (RFC 7162, 3.2): what is gone, by UID. The parameters of SELECT and FETCH are in `commands/`.

use super::{Extension, NOTHING};
use crate::event::Response;
use crate::fault::Fault;
use crate::grammar::set::numbers;
use crate::grammar::{Parsed, Reading};
use crate::types::NumberSet;
use nom::Parser as _;
use nom::bytes::complete::tag_no_case;
use nom::combinator::opt;

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["QRESYNC"], untagged: &[("VANISHED", expunged_resp)], ..NOTHING };

/// ```abnf
/// expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids
/// ```
fn expunged_resp<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, earlier) = opt(tag_no_case("(EARLIER)")).parse(input)?;
    let rest = if earlier.is_some() { rest.strip_prefix(b" ").unwrap_or(rest) } else { rest };
    let (rest, uids) = if rest.is_empty() {
        reading.forgive(Fault::EmptyUidSet, rest, "known-uids")?;
        (rest, NumberSet::default())
    } else {
        numbers(rest, reading)?
    };
    Ok((rest, Response::Vanished { earlier: earlier.is_some(), uids }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ResponseCode;

    #[test]
    fn rfc_7162_3_2_10_examples_read() {
        let read = |input| expunged_resp(input, Reading::lenient()).unwrap();
        let uids = NumberSet::new([(405, 405), (407, 407), (410, 425)]);
        assert_eq!(read(b"405,407,410:425"), (&b""[..], Response::Vanished { earlier: false, uids }));
        let uids = NumberSet::new([(300, 310), (405, 405), (411, 411)]);
        assert_eq!(
            read(b"(EARLIER) 300:310,405,411"),
            (&b""[..], Response::Vanished { earlier: true, uids })
        );
        let uids = NumberSet::default();
        assert_eq!(read(b"(EARLIER) "), (&b""[..], Response::Vanished { earlier: true, uids }));
        assert!(expunged_resp(b"(LATER) 1", Reading::lenient()).is_err());
        assert_eq!(ResponseCode::parse(b"[CLOSED]"), Some(ResponseCode::Closed));
    }
}
