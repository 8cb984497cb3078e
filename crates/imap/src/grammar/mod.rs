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
mod response;
mod search;

pub(crate) use self::code::capability_data;
pub(crate) use self::core::is_atom_char;
pub(crate) use self::datetime::write_date_time;
pub(crate) use self::fetch::PartialFetch;
pub(crate) use self::mailbox::mailbox_list;
pub(crate) use self::response::{Line, line};

/// What a parser gives: the rest and a value, or nothing. Positions are not kept: what broke is handed on as octets.
pub(crate) type Parsed<'a, T> = nom::IResult<&'a [u8], T>;

/// How responses are to be read on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// How deep parts may nest.
    pub(crate) depth: usize,
    /// Mailbox names are UTF-8, not modified UTF-7 (RFC 6855, 3; RFC 9051, 5.1).
    pub(crate) utf8: bool,
}

#[cfg(test)]
impl Default for Reading {
    fn default() -> Self {
        Self { depth: 100, utf8: false }
    }
}
