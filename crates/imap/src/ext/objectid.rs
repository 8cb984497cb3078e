//! OBJECTID (RFC 8474): identifiers that stay with a message when it is moved, and with a mailbox over its renaming. MAILBOXID
//! comes as a code of CREATE, SELECT and EXAMINE, and as an item of STATUS (`grammar/status.rs`).

use super::{Extension, NOTHING};
use crate::fault::Fault;
use crate::grammar::core::{item_value, loose_atom, nil};
use crate::grammar::{Parsed, Reading, object_id};
use crate::types::{Attribute, Fetched, ResponseCode};
use nom::Parser as _;
use nom::bytes::complete::tag;
use nom::character::complete::char;
use nom::combinator::map;
use nom::sequence::delimited;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["OBJECTID"],
    codes: &[("MAILBOXID", mailbox_id)],
    items: &[("EMAILID", email_id), ("THREADID", thread_id)],
    ..NOTHING
};

/// ```abnf
/// objectid = 1*255(ALPHA / DIGIT / "_" / "-")
/// ```
/// In parentheses; read as any atom. pymap puts it into two pairs of them.
fn parenthesised_id<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, String> {
    let mut id = map(loose_atom, |id| String::from_utf8_lossy(id).into_owned());
    if input.starts_with(b"((") {
        reading.forgive(Fault::DoubledObjectId, input, "objectid")?;
        return delimited(tag("(("), id, tag("))")).parse(input);
    }
    let (rest, _) = char('(').parse(input)?;
    let (rest, id) = id.parse(rest)?;
    let (rest, _) = char(')').parse(rest)?;
    Ok((rest, id))
}

/// ```abnf
/// fetch-emailid-resp = "EMAILID" SP "(" objectid ")"
/// ```
fn email_id<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, id) = item_value(|input| parenthesised_id(input, reading))(input)?;
    fetched.attributes.push(Attribute::EmailId(id));
    Ok((rest, ()))
}

/// ```abnf
/// fetch-threadid-resp = "THREADID" SP ( "(" objectid ")" / nil )
/// ```
fn thread_id<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, id) = item_value(|input| match nil(input) {
        Ok((rest, ())) => Ok((rest, None)),
        Err(_) => map(|input| parenthesised_id(input, reading), Some).parse(input),
    })(input)?;
    fetched.attributes.push(Attribute::ThreadId(id));
    Ok((rest, ()))
}

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
    fn rfc_8474_5_examples_read() {
        let mut fetched = Fetched::default();
        let reading = Reading::lenient();
        assert_eq!(email_id(b"(M6d99ac3275bb4e) ", &mut fetched, reading), Ok((&b" "[..], ())));
        assert_eq!(thread_id(b"(T64b478a75b7ea9))", &mut fetched, reading), Ok((&b")"[..], ())));
        assert_eq!(thread_id(b"NIL)", &mut fetched, reading), Ok((&b")"[..], ())));
        let expected = [
            Attribute::EmailId("M6d99ac3275bb4e".to_owned()),
            Attribute::ThreadId(Some("T64b478a75b7ea9".to_owned())),
            Attribute::ThreadId(None),
        ];
        assert_eq!(fetched.attributes, expected);
        assert!(email_id(b"NIL)", &mut fetched, reading).is_err());
    }

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
