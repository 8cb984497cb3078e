//! LANGUAGE, I18NLEVEL and COMPARATOR (RFC 5255): the language of the server's words, and how it compares strings.

use super::{Extension, NOTHING, Order, Verb, commands, on_request};
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::core::{astring, list, sp};
use crate::grammar::{Parsed, Reading};
use crate::types::ResponseCode;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["LANGUAGE", "I18NLEVEL=1", "I18NLEVEL=2"],
    untagged: on_request(&[("LANGUAGE", language_data), ("COMPARATOR", comparator_data)]),
    codes: &[("BADCOMPARATOR", |input, _| Ok((input, ResponseCode::BadComparator)))],
    ..NOTHING
};

/// LANGUAGE (RFC 5255, 3.2): chooses the first of these ranges (RFC 4647) that the server has, `default` among them; with none it
/// asks which there are. Answered by [`Response::Language`]. May be sent before login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(pub Vec<String>);

/// COMPARATOR (RFC 5255, 4.7): chooses the first of these (RFC 4790, with wildcards) that the server has; with none it asks which
/// is in force. Answered by [`Response::Comparator`]; an end with [`ResponseCode::BadComparator`] means that none fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparator(pub Vec<String>);

commands!(Language, Comparator);

/// A COMPARATOR response (RFC 5255, 4.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveComparator {
    /// Which is in force.
    pub active: String,
    /// All that fit what was asked for.
    pub matching: Vec<String>,
}

impl Verb for Language {
    fn needs(&self) -> &'static [&'static str] {
        &["LANGUAGE"]
    }

    fn order(&self) -> Order {
        Order::Anywhere
    }

    /// ```abnf
    /// language-cmd = "LANGUAGE" *(SP lang-range-quoted)
    /// lang-range-quoted = astring
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        words(encoder, "LANGUAGE", &self.0)
    }
}

impl Verb for Comparator {
    fn needs(&self) -> &'static [&'static str] {
        &["I18NLEVEL=2"]
    }

    /// It changes what SEARCH and SORT find.
    fn order(&self) -> Order {
        Order::Changes
    }

    /// ```abnf
    /// comparator-cmd = "COMPARATOR" *(SP comp-order-quoted)
    /// comp-order-quoted = astring
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        words(encoder, "COMPARATOR", &self.0)
    }
}

fn words(encoder: &mut Encoder, command: &str, words: &[String]) -> Result<(), &'static str> {
    encoder.text(command);
    for word in words {
        encoder.text(" ");
        encoder.astring(word.as_bytes())?;
    }
    Ok(())
}

/// ```abnf
/// language-data = "LANGUAGE" SP "(" lang-tag-quoted *(SP lang-tag-quoted) ")"
/// lang-tag-quoted = astring
/// ```
fn language_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, languages) = list(input, reading, word)?;
    Ok((rest, Response::Language(languages)))
}

/// ```abnf
/// comparator-data = "COMPARATOR" SP comp-sel-quoted [SP "(" comp-id-quoted *(SP comp-id-quoted) ")"]
/// ```
fn comparator_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, active) = word(input, reading)?;
    let (rest, matching) = match rest.strip_prefix(b" (") {
        Some(_) => {
            let (rest, ()) = sp(rest, reading)?;
            list(rest, reading, word)?
        }
        None => (rest, Vec::new()),
    };
    Ok((rest, Response::Comparator(ActiveComparator { active, matching })))
}

fn word<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, String> {
    let (rest, word) = astring(input, reading)?;
    Ok((rest, String::from_utf8_lossy(&word).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::encode::Peer;

    fn sent(command: impl Into<Command>) -> String {
        let fragments = Encoder::command("D001", &command.into(), &Peer::default()).unwrap();
        String::from_utf8(fragments[0].to_vec()).unwrap()
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn rfc_5255_3_2_and_4_7_examples_are_written() {
        assert_eq!(sent(Language(vec![])), "D001 LANGUAGE\r\n");
        assert_eq!(sent(Language(strings(&["FR-CA", "EN-CA"]))), "D001 LANGUAGE FR-CA EN-CA\r\n");
        assert_eq!(sent(Comparator(vec![])), "D001 COMPARATOR\r\n");
        assert_eq!(sent(Comparator(strings(&["cz;*", "i;basic"]))), "D001 COMPARATOR \"cz;*\" i;basic\r\n");
    }

    #[test]
    fn rfc_5255_3_3_and_4_8_examples_read() {
        let read =
            |parse: super::super::Untagged, line: &'static [u8]| parse(line, Reading::lenient()).unwrap();
        assert_eq!(read(language_data, b"(DE)"), (&b""[..], Response::Language(strings(&["DE"]))));
        assert_eq!(
            read(language_data, b"(EN DE IT i-default)").1,
            Response::Language(strings(&["EN", "DE", "IT", "i-default"]))
        );
        let comparator = |active: &str, matching: &[&str]| {
            Response::Comparator(ActiveComparator { active: active.to_owned(), matching: strings(matching) })
        };
        assert_eq!(read(comparator_data, b"i;unicode-casemap").1, comparator("i;unicode-casemap", &[]));
        assert_eq!(
            read(comparator_data, b"i;basic (i;basic cz;comparator)").1,
            comparator("i;basic", &["i;basic", "cz;comparator"])
        );
        assert_eq!(ResponseCode::parse(b"[BADCOMPARATOR]"), Some(ResponseCode::BadComparator));
    }
}
