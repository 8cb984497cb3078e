//! MESSAGELIMIT and SAVELIMIT (RFC 9738): servers that take only so many messages in one command.

use super::{Extension, NOTHING};
use crate::grammar::core::number;
use crate::grammar::{Parsed, Reading};
use crate::types::{Capabilities, ResponseCode};
use nom::Parser as _;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::preceded;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["MESSAGELIMIT", "SAVELIMIT"],
    codes: &[("MESSAGELIMIT", message_limit)],
    ..NOTHING
};

/// Most messages that COPY, FETCH, MOVE, SEARCH, STORE and their like take at once (RFC 9738, 3); `None` without such a limit.
#[must_use]
pub fn most_messages(capabilities: &Capabilities) -> Option<u32> {
    limit(capabilities, "MESSAGELIMIT=")
}

/// Most messages that APPEND and COPY store at once (RFC 9738, 5); `None` without such a limit.
#[must_use]
pub fn most_saved(capabilities: &Capabilities) -> Option<u32> {
    limit(capabilities, "SAVELIMIT=").or_else(|| most_messages(capabilities))
}

fn limit(capabilities: &Capabilities, name: &str) -> Option<u32> {
    capabilities.iter().find_map(|known| {
        let (prefix, number) = known.split_at_checked(name.len())?;
        prefix.eq_ignore_ascii_case(name).then(|| number.parse().ok().filter(|number| *number > 0))?
    })
}

/// ```abnf
/// message-limit-code = "MESSAGELIMIT" SP message-limit [SP uniqueid]
/// ```
fn message_limit<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, most) = number(input)?;
    let (rest, uid) = opt(preceded(char(' '), number)).parse(rest)?;
    Ok((rest, ResponseCode::MessageLimit(most, uid)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_9738_3_examples_read() {
        let code = |octets: &[u8]| ResponseCode::parse(octets).unwrap();
        assert_eq!(code(b"[MESSAGELIMIT 1000]"), ResponseCode::MessageLimit(1000, None));
        assert_eq!(code(b"[MESSAGELIMIT 1000 23221]"), ResponseCode::MessageLimit(1000, Some(23221)));
        let known = |names: &[&str]| Capabilities::new(names.iter().map(|name| (*name).to_owned()).collect());
        let both = known(&["IMAP4rev1", "messagelimit=1000", "SAVELIMIT=50"]);
        assert_eq!((most_messages(&both), most_saved(&both)), (Some(1000), Some(50)));
        let odd = known(&["MESSAGELIMIT=", "MESSAGELIMIT=0", "MESSAGELIMIT=7"]);
        assert_eq!((most_messages(&odd), most_saved(&odd)), (Some(7), Some(7)));
        assert_eq!(most_messages(&known(&["IMAP4rev1"])), None);
    }
}
