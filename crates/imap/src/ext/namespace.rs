//! NAMESPACE (RFC 2342; RFC 9051, 6.3.10): where the user's, other users' and shared mailboxes are.

use super::{Extension, NOTHING, Verb, commands, on_request};
use crate::encode::Encoder;
use crate::event::Response;
use crate::fault::Fault;
use crate::grammar::core::{list, nlist, sp, string};
use crate::grammar::{Parsed, Reading, delimiter, mailbox};
use crate::types::MailboxName;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["NAMESPACE"],
    untagged: on_request(&[("NAMESPACE", namespace_response)]),
    ..NOTHING
};

/// NAMESPACE (RFC 9051, 6.3.10). Answered by [`Response::Namespaces`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetNamespaces;

commands!(GetNamespaces);

/// A NAMESPACE response (RFC 9051, 7.3.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Namespaces {
    /// The user's own.
    pub personal: Vec<Namespace>,
    /// Other users'.
    pub other_users: Vec<Namespace>,
    /// Shared ones.
    pub shared: Vec<Namespace>,
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// What the names in it begin with.
    pub prefix: MailboxName,
    /// What stands between the levels of its names; `None` if they have none.
    pub delimiter: Option<char>,
    /// What extensions say of it, such as `TRANSLATION` (RFC 5255, 3.4).
    pub extensions: Vec<(String, Vec<Vec<u8>>)>,
}

impl Verb for GetNamespaces {
    fn needs(&self) -> &'static [&'static str] {
        &["NAMESPACE"]
    }

    /// ```abnf
    /// namespace-command = "NAMESPACE"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("NAMESPACE");
        Ok(())
    }
}

/// ```abnf
/// namespace-response = "NAMESPACE" SP namespace SP namespace SP namespace
/// namespace = nil / "(" 1*namespace-descr ")"
/// ```
fn namespace_response<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, personal) = nlist(input, reading, namespace_descr)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, other_users) = nlist(rest, reading, namespace_descr)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, shared) = nlist(rest, reading, namespace_descr)?;
    Ok((rest, Response::Namespaces(Namespaces { personal, other_users, shared })))
}

/// ```abnf
/// namespace-descr = "(" string SP (DQUOTE QUOTED-CHAR DQUOTE / nil) [namespace-response-extensions] ")"
/// namespace-response-extensions = *(SP string SP "(" string *(SP string) ")")
/// ```
fn namespace_descr<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Namespace> {
    let mut namespace = Namespace { prefix: MailboxName::new(""), delimiter: None, extensions: Vec::new() };
    let mut place = 0;
    let (rest, _) = list(input, reading, |input, reading| {
        place += 1;
        match place {
            1 => {
                if !matches!(input.first(), Some(b'"' | b'{')) {
                    reading.forgive(Fault::AtomForString, input, "string")?;
                }
                let (rest, prefix) = mailbox(input, reading)?;
                namespace.prefix = prefix;
                Ok((rest, ()))
            }
            2 => {
                let (rest, found) = delimiter(input, reading)?;
                namespace.delimiter = found;
                Ok((rest, ()))
            }
            _ => {
                let (rest, name) = string(input, reading)?;
                let (rest, ()) = sp(rest, reading)?;
                let (rest, values) = list(rest, reading, |input, reading| {
                    let (rest, value) = string(input, reading)?;
                    Ok((rest, value.into_owned()))
                })?;
                namespace.extensions.push((String::from_utf8_lossy(&name).into_owned(), values));
                Ok((rest, ()))
            }
        }
    })?;
    if place < 2 { crate::grammar::core::fail(input, "namespace-descr") } else { Ok((rest, namespace)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &'static str) -> Namespaces {
        match namespace_response(line.as_bytes(), Reading::lenient()).unwrap() {
            (b"", Response::Namespaces(namespaces)) => namespaces,
            other => panic!("{other:?}"),
        }
    }

    fn namespace(prefix: &str, delimiter: char) -> Namespace {
        Namespace { prefix: MailboxName::new(prefix), delimiter: Some(delimiter), extensions: Vec::new() }
    }

    #[test]
    fn rfc_2342_5_examples_read() {
        assert_eq!(read(r#"(("" "/")) NIL NIL"#).personal, [namespace("", '/')]);
        assert_eq!(read(r#"NIL NIL (("" "."))"#).shared, [namespace("", '.')]);
        let all =
            read(r##"(("" "/")) (("~" "/")) (("#shared/" "/")("#public/" "/")("#ftp/" "/")("#news." "."))"##);
        assert_eq!(all.other_users, [namespace("~", '/')]);
        assert_eq!(all.shared.len(), 4);
        assert_eq!(all.shared[3], namespace("#news.", '.'));
        let extended = read(r##"(("" "/")("#mh/" "/" "X-PARAM" ("FLAG1" "FLAG2"))) NIL NIL"##);
        let flags = vec![b"FLAG1".to_vec(), b"FLAG2".to_vec()];
        assert_eq!(extended.personal[1].extensions, [("X-PARAM".to_owned(), flags)]);
    }

    #[test]
    fn rfc_5255_3_4_translation_reads() {
        let other = read(
            r#"(("" "/")) (("Other Users/" "/" "TRANSLATION" ("Andere Ben&APw-tzer/"))) (("Public Folders/" "/" "TRANSLATION" ("Gemeinsame Postf&AM8-cher/")))"#,
        );
        let translation = vec![b"Andere Ben&APw-tzer/".to_vec()];
        assert_eq!(other.other_users[0].extensions, [("TRANSLATION".to_owned(), translation)]);
    }

    #[test]
    fn a_namespace_without_levels_or_of_one_word_is_told_apart() {
        assert_eq!(read(r#"(("" NIL)) NIL NIL"#).personal[0].delimiter, None);
        assert!(namespace_response(br#"(("")) NIL NIL"#, Reading::lenient()).is_err());
        assert!(namespace_response(br#"(("" "/")) NIL"#, Reading::lenient()).is_err());
    }
}
