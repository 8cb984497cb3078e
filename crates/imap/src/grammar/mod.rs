//! The grammar of responses (RFC 9051, 9), one file per chapter. Functions carry the names of the ABNF rules.
//!
//! Input is a whole response from [`crate::frame`], so nothing here ever needs more octets. What extensions add stands in
//! [`crate::ext`]. Forgiveness stands where it is exercised; whatever is not understood is kept as octets.

mod again;
mod body;
mod code;
pub(crate) mod core;
mod datetime;
mod envelope;
mod fetch;
pub(crate) mod mailbox;
mod octets;
mod response;
pub(crate) mod search;
pub(crate) mod set;
mod status;

use crate::fault::{Fault, Faults};
use crate::types::Breach;

pub(crate) use self::again::{Again, nstring_again};
pub(crate) use self::body::{Part, PartForm, parameters, strings};
pub(crate) use self::code::{capability_data, resp_text_code};
#[cfg(test)]
pub(crate) use self::core::astring;
pub(crate) use self::core::{following, is_atom_char};
pub(crate) use self::datetime::{date_time, write_date_time};
pub(crate) use self::envelope::{FIELDS as ENVELOPE_FIELDS, addresses, envelope_in};
pub(crate) use self::fetch::{PartialFetch, keywords, message_data, msg_att, read_message_data};
pub(crate) use self::mailbox::{delimiter, mailbox, mailbox_list};
pub(crate) use self::octets::line_end;
pub(crate) use self::response::{Line, cut, empty_line, line};
pub(crate) use self::status::object_id;

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
        other.within(rule)
    }
}

impl Broken<'_> {
    /// Names the rule that was read, if none in it was named.
    pub(crate) fn within(self, rule: &'static str) -> Self {
        if self.rule.is_empty() { Self { rule, ..self } } else { self }
    }
}

/// Where it broke, counted in `octets`, which `end` follows.
pub(crate) fn breach(octets: &[u8], end: &[u8], broken: Broken<'_>) -> Breach {
    let left = broken.at.len().saturating_sub(end.len());
    Breach { rule: broken.rule, offset: octets.len().saturating_sub(left) }
}

/// What broke, if more octets would not help: they never do, a response is whole.
pub(crate) fn broken(error: nom::Err<Broken<'_>>) -> Option<Broken<'_>> {
    match error {
        nom::Err::Error(broken) | nom::Err::Failure(broken) => Some(broken),
        nom::Err::Incomplete(_) => None,
    }
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
