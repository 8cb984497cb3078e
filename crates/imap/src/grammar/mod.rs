//! The grammar of responses (RFC 9051, 9), one file per chapter. Functions carry the names of the ABNF rules.
//!
//! Input is a whole response from [`crate::frame`], so nothing here ever needs more octets. Forgiveness stands where it is
//! exercised; whatever is not understood is kept as octets.

mod body;
mod code;
mod core;
mod datetime;
mod envelope;
mod fetch;
mod mailbox;
mod response;
mod search;

pub(crate) use self::core::is_atom_char;
pub(crate) use self::datetime::write_date_time;
pub(crate) use self::fetch::section_before_literal;
pub(crate) use self::response::{Line, line};

/// What a parser gives: the rest and a value, or nothing. Positions are not kept: what broke is handed on as octets.
pub(crate) type Parsed<'a, T> = nom::IResult<&'a [u8], T>;
