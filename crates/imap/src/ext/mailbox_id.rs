//! MAILBOXID of OBJECTID (RFC 8474, 4): an identifier that stays with a mailbox over its renaming. It comes as a code of CREATE,
//! SELECT and EXAMINE, and as an item of STATUS.

use super::{Extension, NOTHING};
use crate::grammar::{Parsed, Reading, object_id};
use crate::types::ResponseCode;
use nom::Parser as _;
use nom::character::complete::char;
use nom::combinator::map;
use nom::sequence::delimited;

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["OBJECTID"], codes: &[("MAILBOXID", mailbox_id)], ..NOTHING };

/// ```abnf
/// resp-text-code =/ "MAILBOXID" SP "(" objectid ")"
/// ```
fn mailbox_id<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, ResponseCode> {
    map(delimited(char('('), object_id, char(')')), ResponseCode::MailboxId).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_8474_4_1_example_reads() {
        let id = "F2212ea87-6097-4256-9d51-71338625".to_owned();
        assert_eq!(
            ResponseCode::parse(b"[MAILBOXID (F2212ea87-6097-4256-9d51-71338625)]"),
            Some(ResponseCode::MailboxId(id))
        );
        assert!(matches!(ResponseCode::parse(b"[MAILBOXID (a b)]"), Some(ResponseCode::Unparsed(_))));
    }
}
