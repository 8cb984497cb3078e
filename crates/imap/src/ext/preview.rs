//! PREVIEW (RFC 8970): the first words of a message, made by the server. Dovecot has its forerunners too, SNIPPET and PREVIEW with
//! the name of an algorithm (draft-slusarz-imap-fetch-snippet, draft-ietf-extra-imap-fetch-preview).

use super::{Extension, NOTHING};
use crate::grammar::core::{item_value, name, nstring, sp};
use crate::grammar::{Parsed, Reading};
use crate::types::{Attribute, Fetched};
use nom::Parser as _;
use nom::character::complete::char;
use std::borrow::Cow;

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["PREVIEW"], items: &[("PREVIEW", preview), ("SNIPPET", preview)], ..NOTHING };

/// ```abnf
/// msg-att-dynamic =/ "PREVIEW" SP nstring
/// msg-att-dynamic =/ ("PREVIEW" / "SNIPPET") SP "(" algorithm SP nstring ")"
/// ```
/// The second is of the drafts; the algorithm is always FUZZY.
fn preview<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, text) = item_value(|input: &'a [u8]| {
        let Some(rest) = input.strip_prefix(b"(") else { return nstring(input, reading) };
        let (rest, _) = name(rest)?;
        let (rest, ()) = sp(rest, reading)?;
        let (rest, text) = nstring(rest, reading)?;
        let (rest, _) = char(')').parse(rest)?;
        Ok((rest, text))
    })(input)?;
    fetched.attributes.push(Attribute::Preview(text.map(Cow::into_owned)));
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_8970_examples_read() {
        let read = |value: &'static [u8]| {
            let mut fetched = Fetched::default();
            assert_eq!(preview(value, &mut fetched, Reading::lenient()), Ok((&b")"[..], ())));
            fetched.attributes
        };
        let text = b"This is a preview.".to_vec();
        assert_eq!(read(b"\"This is a preview.\")"), [Attribute::Preview(Some(text.clone()))]);
        assert_eq!(read(b"(FUZZY \"This is a preview.\"))"), [Attribute::Preview(Some(text))]);
        assert_eq!(read(b"NIL)"), [Attribute::Preview(None)]);
    }
}
