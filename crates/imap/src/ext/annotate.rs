//! ANNOTATE-EXPERIMENT-1 (RFC 5257): notes on messages.

use super::{Extension, NOTHING, on_request};
use crate::encode::Encoder;
use crate::grammar::core::{astring, fail, item_value, list, name, nstring, number64, opt_sp, sp};
use crate::grammar::{Parsed, Reading};
use crate::types::{Annotation, AnnotationEntry, AnnotationSupport, Attribute, Fetched, ResponseCode};
use std::borrow::Cow;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["ANNOTATE-EXPERIMENT-1"],
    codes: &[("ANNOTATE", annotate_code), ("ANNOTATIONS", annotations_code)],
    items: on_request(&[("ANNOTATION", annotation)]),
    ..NOTHING
};

impl Encoder {
    /// ```abnf
    /// att-annotate = "ANNOTATION" SP "(" entry-att *(SP entry-att) ")"
    /// entry-att = entry SP "(" att-value *(SP att-value) ")"
    /// att-value = attrib SP value
    /// ```
    pub(crate) fn annotations(&mut self, entries: &[AnnotationEntry]) -> Result<(), &'static str> {
        if entries.is_empty() || entries.iter().any(|entry| entry.values.is_empty()) {
            return Err("annotations of nothing");
        }
        self.text("ANNOTATION (");
        for (index, entry) in entries.iter().enumerate() {
            self.text(if index == 0 { "" } else { " " });
            self.astring(entry.entry.as_bytes())?;
            for (index, one) in entry.values.iter().enumerate() {
                self.text(if index == 0 { " (" } else { " " });
                self.astring(one.attribute.as_bytes())?;
                self.text(" ");
                match &one.value {
                    Some(value) => self.string(value)?,
                    None => self.text("NIL"),
                }
            }
            self.text(")");
        }
        self.text(")");
        Ok(())
    }

    /// ```abnf
    /// fetch-att =/ "ANNOTATION" SP "(" entries SP attribs ")"
    /// entries = entry-match / "(" entry-match *(SP entry-match) ")"
    /// attribs = attrib / "(" attrib *(SP attrib) ")"
    /// ```
    /// After the word.
    pub(crate) fn fetch_annotations(
        &mut self,
        entries: &[String],
        attributes: &[String],
    ) -> Result<(), &'static str> {
        self.text("(");
        for (index, list) in [entries, attributes].into_iter().enumerate() {
            self.text(if index == 0 { "" } else { " " });
            match list {
                [] => return Err("annotations of nothing"),
                [one] => self.astring(one.as_bytes())?,
                many => {
                    for (index, one) in many.iter().enumerate() {
                        self.text(if index == 0 { "(" } else { " " });
                        self.astring(one.as_bytes())?;
                    }
                    self.text(")");
                }
            }
        }
        self.text(")");
        Ok(())
    }
}

/// ```abnf
/// msg-att-dynamic =/ "ANNOTATION" SP "(" entry-att *(SP entry-att) ")"
/// ```
fn annotation<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let text = |octets: Cow<'_, [u8]>| String::from_utf8_lossy(&octets).into_owned();
    let att_value = |input: &'a [u8], reading: Reading<'_>| -> Parsed<'a, Annotation> {
        let (rest, attribute) = astring(input, reading)?;
        let (rest, ()) = sp(rest, reading)?;
        let (rest, value) = nstring(rest, reading)?;
        Ok((rest, Annotation { attribute: text(attribute), value: value.map(Cow::into_owned) }))
    };
    let (rest, entries) = item_value(|input| {
        list(input, reading, |input, reading| {
            let (rest, entry) = astring(input, reading)?;
            let (rest, ()) = sp(rest, reading)?;
            let (rest, values) = list(rest, reading, att_value)?;
            Ok((rest, AnnotationEntry { entry: text(entry), values }))
        })
    })(input)?;
    fetched.attributes.push(Attribute::Annotations(entries));
    Ok((rest, ()))
}

/// ```abnf
/// resp-text-code =/ "ANNOTATE" SP "TOOBIG" / "ANNOTATE" SP "TOOMANY"
/// ```
fn annotate_code<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, word) = name(input)?;
    if word.eq_ignore_ascii_case(b"TOOBIG") {
        Ok((rest, ResponseCode::AnnotateTooBig))
    } else if word.eq_ignore_ascii_case(b"TOOMANY") {
        Ok((rest, ResponseCode::AnnotateTooMany))
    } else {
        fail(input, "resp-text-code")
    }
}

/// ```abnf
/// resp-text-code =/ "ANNOTATIONS" SP annotation-size / "NONE" / "READ-ONLY"
/// annotation-size = nz-number [SP "NOPRIVATE"]
/// ```
fn annotations_code<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, ResponseCode> {
    if let Ok((rest, most)) = number64(input) {
        let (after, word) = name(opt_sp(rest)?.0).unwrap_or((rest, b""));
        let no_private = word.eq_ignore_ascii_case(b"NOPRIVATE");
        let rest = if no_private { after } else { rest };
        return Ok((rest, ResponseCode::Annotations(AnnotationSupport::Octets { most, no_private })));
    }
    let (rest, word) = name(input)?;
    let support = if word.eq_ignore_ascii_case(b"NONE") {
        AnnotationSupport::Never
    } else if word.eq_ignore_ascii_case(b"READ-ONLY") {
        AnnotationSupport::ReadOnly
    } else {
        return fail(input, "annotation-size");
    };
    Ok((rest, ResponseCode::Annotations(support)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_5257_4_2_2_example_reads() {
        let mut fetched = Fetched::default();
        let input = b"(/comment (value.priv \"My comment\" value.shared NIL size.priv \"10\") \"/altsubject\" (value \"x\")) ";
        assert_eq!(annotation(input, &mut fetched, Reading::lenient()), Ok((&b" "[..], ())));
        let [Attribute::Annotations(entries)] = fetched.attributes.as_slice() else { panic!("{fetched:?}") };
        assert_eq!((entries[0].entry.as_str(), entries[1].entry.as_str()), ("/comment", "/altsubject"));
        let values: Vec<_> =
            entries[0].values.iter().map(|one| (one.attribute.as_str(), one.value.as_deref())).collect();
        assert_eq!(
            values,
            [("value.priv", Some(&b"My comment"[..])), ("value.shared", None), ("size.priv", Some(b"10"))]
        );
    }

    #[test]
    fn rfc_5257_4_1_and_4_4_codes_read() {
        let read = |code: &[u8]| ResponseCode::parse(code).unwrap();
        let octets =
            |most, no_private| ResponseCode::Annotations(AnnotationSupport::Octets { most, no_private });
        assert_eq!(read(b"[ANNOTATIONS 20480]"), octets(20480, false));
        assert_eq!(read(b"[ANNOTATIONS 20480 NOPRIVATE]"), octets(20480, true));
        assert_eq!(read(b"[ANNOTATIONS READ-ONLY]"), ResponseCode::Annotations(AnnotationSupport::ReadOnly));
        assert_eq!(read(b"[ANNOTATIONS NONE]"), ResponseCode::Annotations(AnnotationSupport::Never));
        assert_eq!(read(b"[ANNOTATE TOOBIG]"), ResponseCode::AnnotateTooBig);
        assert_eq!(read(b"[ANNOTATE TOOMANY]"), ResponseCode::AnnotateTooMany);
        assert!(matches!(read(b"[ANNOTATE ODD]"), ResponseCode::Unparsed(_)));
    }
}
