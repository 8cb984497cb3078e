//! PREVIEW (RFC 8970): the first words of a message, made by the server.

use super::{Extension, NOTHING};
use crate::grammar::core::{item_value, nstring};
use crate::grammar::{Parsed, Reading};
use crate::types::{Attribute, Fetched};
use std::borrow::Cow;

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["PREVIEW"], items: &[("PREVIEW", preview)], ..NOTHING };

/// ```abnf
/// msg-att-dynamic =/ "PREVIEW" SP nstring
/// ```
fn preview<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, text) = item_value(|input| nstring(input, reading))(input)?;
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
        assert_eq!(read(b"\"This is a preview.\")"), [Attribute::Preview(Some(text))]);
        assert_eq!(read(b"NIL)"), [Attribute::Preview(None)]);
    }
}
