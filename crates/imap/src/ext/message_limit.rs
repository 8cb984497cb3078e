//! MESSAGELIMIT and SAVELIMIT (RFC 9738): on how many messages a command may act; the code says how far it came.
//! [`crate::types::Capabilities::number`] reads the limit from the capability.

use super::{Extension, NOTHING};
use crate::grammar::core::{number, sp};
use crate::grammar::{Parsed, Reading};
use crate::types::{ResponseCode, Uid};

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["MESSAGELIMIT", "SAVELIMIT"],
    codes: &[("MESSAGELIMIT", message_limit)],
    ..NOTHING
};

/// ```abnf
/// resp-text-code =/ "MESSAGELIMIT" SP message-limit [SP uniqueid]
/// message-limit = nz-number
/// ```
fn message_limit<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, messages) = number(input)?;
    if rest.first() != Some(&b' ') {
        return Ok((rest, ResponseCode::MessageLimit { messages, last: None }));
    }
    let (rest, ()) = sp(rest, reading)?;
    let (rest, uid) = number(rest)?;
    Ok((rest, ResponseCode::MessageLimit { messages, last: Uid::new(uid) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_9738_3_examples_read() {
        let code = |last| Some(ResponseCode::MessageLimit { messages: 1000, last });
        assert_eq!(ResponseCode::parse(b"[MESSAGELIMIT 1000 23221]"), code(Uid::new(23221)));
        assert_eq!(ResponseCode::parse(b"[MESSAGELIMIT 1000]"), code(None));
        assert!(matches!(ResponseCode::parse(b"[MESSAGELIMIT some]"), Some(ResponseCode::Unparsed(_))));
    }
}
