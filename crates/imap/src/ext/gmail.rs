//! X-GM-EXT-1: Gmail's numbers of messages and conversations, and its labels
//! (<https://developers.google.com/workspace/gmail/imap/imap-extensions>). Search keys are in `command/search.rs`, changes of labels
//! in `commands/store.rs`.

use super::{Extension, NOTHING};
use crate::grammar::core::{astring, item_value, list, number64};
use crate::grammar::{Parsed, Reading};
use crate::mutf7;
use crate::types::{Attribute, Fetched};

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["X-GM-EXT-1"],
    items: &[
        ("X-GM-MSGID", |input, fetched, _| number_item(input, fetched, Attribute::GmailMessageId)),
        ("X-GM-THRID", |input, fetched, _| number_item(input, fetched, Attribute::GmailThreadId)),
        ("X-GM-LABELS", labels),
    ],
    ..NOTHING
};

/// ```abnf
/// msg-att-static =/ ("X-GM-MSGID" / "X-GM-THRID") SP number64
/// ```
fn number_item<'a>(input: &'a [u8], fetched: &mut Fetched, made: fn(u64) -> Attribute) -> Parsed<'a, ()> {
    let (rest, number) = item_value(number64)(input)?;
    fetched.attributes.push(made(number));
    Ok((rest, ()))
}

/// ```abnf
/// msg-att-dynamic =/ "X-GM-LABELS" SP "(" [astring *(SP astring)] ")"
/// ```
/// In modified UTF-7, or in UTF-8 where that is enabled. Forgives NIL.
fn labels<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, labels) = item_value(|input| {
        list(input, reading, |input, reading| {
            let (rest, label) = astring(input, reading)?;
            let label = if reading.utf8 {
                String::from_utf8_lossy(&label).into_owned()
            } else {
                mutf7::decode(&label)
            };
            Ok((rest, label))
        })
    })(input)?;
    fetched.attributes.push(Attribute::GmailLabels(labels));
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &'static [u8]) -> Vec<String> {
        let mut fetched = Fetched::default();
        assert_eq!(labels(input, &mut fetched, Reading::lenient()), Ok((&b")"[..], ())));
        match fetched.attributes.pop() {
            Some(Attribute::GmailLabels(labels)) => labels,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn labels_of_every_form_read() {
        assert_eq!(
            read(b"(\\Inbox \"\\\\Sent\" Important \"Muy Importante\" {4}\r\na(b) Entw&APw-rfe [x]))"),
            ["\\Inbox", "\\Sent", "Important", "Muy Importante", "a(b)", "Entwürfe", "[x]"]
        );
        assert_eq!(read(b"())"), [""; 0]);
        assert_eq!(read(b"NIL)"), [""; 0]);
    }

    #[test]
    fn numbers_of_gmail_read() {
        let mut fetched = Fetched::default();
        for (name, value) in
            [("X-GM-MSGID", &b"1278455344230334865 "[..]), ("X-GM-THRID", b"1266894439832287888)")]
        {
            let parse = super::super::item(name.as_bytes()).unwrap();
            assert!(parse(value, &mut fetched, Reading::lenient()).is_ok());
        }
        let expected = [
            Attribute::GmailMessageId(1_278_455_344_230_334_865),
            Attribute::GmailThreadId(1_266_894_439_832_287_888),
        ];
        assert_eq!(fetched.attributes, expected);
    }
}
