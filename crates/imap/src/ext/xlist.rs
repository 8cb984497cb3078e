//! XLIST, the forerunner of SPECIAL-USE at Gmail and its imitators: answered like LIST.

use super::{Extension, NOTHING};
use crate::event::Response;
use crate::grammar::{Parsed, Reading, mailbox_list};

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["XLIST"], untagged: &[("XLIST", mailbox_data)], ..NOTHING };

/// ```abnf
/// mailbox-data =/ "XLIST" SP mailbox-list
/// ```
fn mailbox_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, listing) = mailbox_list(input, reading)?;
    Ok((rest, Response::List(listing)))
}
