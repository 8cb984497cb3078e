//! The grammar of responses (RFC 9051, 9), one file per chapter. Functions carry the names of the ABNF rules.
//!
//! Input is a whole response from [`crate::frame`], so nothing here ever needs more octets. What extensions add stands in
//! [`crate::ext`]. Forgiveness stands where it is exercised; whatever is not understood is kept as octets.

mod body;
mod code;
pub(crate) mod core;
mod datetime;
mod envelope;
mod fetch;
mod mailbox;
mod octets;
mod response;
mod search;

use crate::fault::{Fault, Faults};
use crate::types::Breach;

pub(crate) use self::body::{Part, PartForm, parameters, strings};
pub(crate) use self::code::{capability_data, resp_text_code};
pub(crate) use self::core::is_atom_char;
pub(crate) use self::datetime::write_date_time;
pub(crate) use self::envelope::{FIELDS as ENVELOPE_FIELDS, addresses, envelope_in};
pub(crate) use self::fetch::{PartialFetch, keywords, message_data, msg_att};
pub(crate) use self::mailbox::mailbox_list;
pub(crate) use self::octets::line_end;
pub(crate) use self::response::{Line, line};

/// What a parser gives: the rest and a value, or where which rule broke.
pub(crate) type Parsed<'a, T> = nom::IResult<&'a [u8], T, Broken<'a>>;

/// Where input left the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken<'a> {
    /// The octets that did not match, up to the end of the input.
    pub(crate) at: &'a [u8],
    /// The innermost named rule; empty until [`nom::error::context`] names one.
    pub(crate) rule: &'static str,
}

impl<'a> nom::error::ParseError<&'a [u8]> for Broken<'a> {
    fn from_error_kind(at: &'a [u8], _: nom::error::ErrorKind) -> Self {
        Self { at, rule: "" }
    }
    fn append(_: &'a [u8], _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

impl<'a> nom::error::ContextError<&'a [u8]> for Broken<'a> {
    fn add_context(_: &'a [u8], rule: &'static str, other: Self) -> Self {
        if other.rule.is_empty() { Self { rule, ..other } } else { other }
    }
}

/// Where it broke, counted in `octets`, which `end` follows.
pub(crate) fn breach(octets: &[u8], end: &[u8], broken: Broken<'_>) -> Breach {
    let left = broken.at.len().saturating_sub(end.len());
    Breach { rule: broken.rule, offset: octets.len().saturating_sub(left) }
}

/// How responses are to be read on this connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'f> {
    /// How deep parts may nest.
    pub(crate) depth: usize,
    /// Mailbox names are UTF-8, not modified UTF-7 (RFC 6855, 3; RFC 9051, 5.1).
    pub(crate) utf8: bool,
    /// Where tolerated faults are counted.
    pub(crate) faults: &'f Faults,
}

impl Reading<'_> {
    /// Lets a fault pass and counts it; in strict mode it breaks `rule` at `input`.
    pub(crate) fn forgive<'a>(self, fault: Fault, input: &'a [u8], rule: &'static str) -> Parsed<'a, ()> {
        if self.faults.tolerate(fault) { Ok((input, ())) } else { core::fail(input, rule) }
    }

    /// How tests read that ask for nothing special.
    #[cfg(test)]
    pub(crate) fn lenient() -> Self {
        Self { depth: 100, utf8: false, faults: Box::leak(Box::new(Faults::new(false))) }
    }
}
