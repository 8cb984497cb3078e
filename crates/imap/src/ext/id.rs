//! ID (RFC 2971): which program is at the other end.

use super::{Extension, NOTHING, Verb, commands};
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::core::{fail, nlist, nstring};
use crate::grammar::{Parsed, Reading};
use std::borrow::Cow;

/// Fields of ID, as octets: `name`, `version`, `vendor` and others (RFC 2971, 3.3).
pub type Fields = Vec<(String, Option<Vec<u8>>)>;

/// ID (RFC 2971, 3.1), with what the program says of itself; no field sends NIL. May be sent before login. Answered by
/// [`Response::Id`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(pub Vec<(String, String)>);

commands!(Id);

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["ID"], untagged: &[("ID", id_response)], ..NOTHING };

impl Verb for Id {
    fn needs(&self) -> &'static [&'static str] {
        &["ID"]
    }

    fn order(&self) -> super::Order {
        super::Order::Anywhere
    }

    /// ```abnf
    /// id = "ID" SP id-params-list
    /// id-params-list = "(" *(string SP nstring) ")" / nil
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        if self.0.is_empty() {
            encoder.text("ID NIL");
            return Ok(());
        }
        if self.0.len() > FIELDS {
            return Err("ID takes at most 30 fields");
        }
        encoder.text("ID (");
        for (index, (field, value)) in self.0.iter().enumerate() {
            encoder.text(if index == 0 { "" } else { " " });
            encoder.string(field.as_bytes())?;
            encoder.text(" ");
            encoder.string(value.as_bytes())?;
        }
        encoder.text(")");
        Ok(())
    }
}

/// ```abnf
/// id-response = "ID" SP id-params-list
/// ```
/// Forgives words without quotes (Proton).
fn id_response<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, words) = nlist(input, reading, nstring)?;
    let (pairs, []) = words.as_chunks::<2>() else { return fail(input, "id-params-list") };
    let octets = |word: &Option<Cow<'_, [u8]>>| word.as_ref().map(|word| word.to_vec());
    let fields = pairs.iter().map(|[field, value]| {
        let field = octets(field).unwrap_or_default();
        (String::from_utf8_lossy(&field).into_owned(), octets(value))
    });
    let fields = fields.collect();
    Ok((rest, Response::Id(fields)))
}

/// RFC 2971, 3.3.
const FIELDS: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Peer;

    #[test]
    fn rfc_2971_3_1_examples_are_written_and_read() {
        let sent = |id: Id| {
            let fragments = Encoder::command("a023", &id.into(), &Peer::default()).unwrap();
            String::from_utf8(fragments[0].to_vec()).unwrap()
        };
        let id = Id(vec![("name".to_owned(), "sodr".to_owned()), ("version".to_owned(), "19.34".to_owned())]);
        assert_eq!(sent(id), "a023 ID (\"name\" \"sodr\" \"version\" \"19.34\")\r\n");
        assert_eq!(sent(Id(Vec::new())), "a023 ID NIL\r\n");
        let read = |line: &'static [u8]| match id_response(line, Reading::lenient()).unwrap() {
            (b"", Response::Id(fields)) => fields,
            other => panic!("{other:?}"),
        };
        assert_eq!(read(b"NIL"), []);
        let fields = read(b"(\"name\" \"Cyrus\" \"os\" NIL)");
        assert_eq!(fields, [("name".to_owned(), Some(b"Cyrus".to_vec())), ("os".to_owned(), None)]);
        assert_eq!(read(b"(name Bridge)"), [("name".to_owned(), Some(b"Bridge".to_vec()))]);
        assert!(id_response(b"(\"name\")", Reading::lenient()).is_err());
    }
}
