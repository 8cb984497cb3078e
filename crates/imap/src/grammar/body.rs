//! BODYSTRUCTURE (RFC 9051, 7.5.2 and 9).

use super::core::{any_value, count, fail, nil, nlist, nstring, opt_sp, string};
use super::envelope::envelope;
use super::{Parsed, Reading};
use crate::types::{BodyStructure, Disposition};
use nom::Parser as _;
use nom::character::complete::char;
use std::borrow::Cow;

type Parameters = Vec<(String, Vec<u8>)>;

/// ```abnf
/// body = "(" (body-type-1part / body-type-mpart) ")"
/// ```
/// `reading.depth` is how many levels may still follow.
pub(crate) fn body<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, BodyStructure> {
    let Some(depth) = reading.depth.checked_sub(1) else { return fail(input, "body") };
    let reading = Reading { depth, ..reading };
    let (rest, _) = char('(').parse(input)?;
    let (rest, ()) = opt_sp(rest)?;
    let (rest, structure) = if rest.first() == Some(&b'(') {
        body_type_mpart(rest, reading)?
    } else {
        body_type_1part(rest, reading)?
    };
    let (rest, ()) = skip_to_close(rest)?;
    Ok((rest, structure))
}

/// ```abnf
/// body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
/// body-ext-mpart = body-fld-param [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
/// ```
/// A part that breaks its rule keeps its place, so that the numbers of the parts after it hold.
fn body_type_mpart<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, BodyStructure> {
    let mut rest = input;
    let mut parts = Vec::new();
    while rest.first() == Some(&b'(') {
        let (after, part) = match body(rest, reading) {
            Ok(part) => part,
            Err(_) => (any_value(rest)?.0, unreadable()),
        };
        parts.push(part);
        rest = opt_sp(after)?.0;
    }
    let (rest, subtype) = nstring(rest, reading)?;
    let (rest, _) = optional(rest, reading, body_fld_param)?;
    let (rest, disposition) = optional(rest, reading, body_fld_dsp)?;
    Ok((
        rest,
        BodyStructure::Multipart {
            parts,
            subtype: lower(subtype, "mixed"),
            disposition: disposition.flatten(),
        },
    ))
}

/// ```abnf
/// body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
/// body-type-basic = media-basic SP body-fields
/// body-type-text = media-text SP body-fields SP body-fld-lines
/// body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets
/// ```
/// A multipart without parts, as Dovecot and Gmail send for damaged mail, starts with its subtype and parameters; what is no
/// part by its rule is taken for one (Gmail: `("RELATED" NIL ("ATTACHMENT" NIL) NIL)`, MailKit issue 371).
fn body_type_1part<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, BodyStructure> {
    body_type_single(input, reading).or_else(|_| {
        let (rest, subtype) = string(input, reading)?;
        let subtype = lower(Some(subtype), "mixed");
        Ok((rest, BodyStructure::Multipart { parts: Vec::new(), subtype, disposition: None }))
    })
}

fn body_type_single<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, BodyStructure> {
    let (rest, kind) = nstring(input, reading)?;
    let (rest, ()) = opt_sp(rest)?;
    if rest.first() == Some(&b'(') {
        return fail(rest, "media-subtype");
    }
    let kind = lower(kind, "application");
    let (rest, subtype) = nstring(rest, reading)?;
    let subtype = lower(subtype, "octet-stream");
    let (rest, parameters) = body_fld_param(opt_sp(rest)?.0, reading)?;
    let (rest, id) = nstring(opt_sp(rest)?.0, reading)?;
    let (rest, _description) = nstring(opt_sp(rest)?.0, reading)?;
    let (rest, encoding) = nstring(opt_sp(rest)?.0, reading)?;
    let (rest, octets) = count(opt_sp(rest)?.0, reading)?;
    let (rest, message) = if kind == "message" && matches!(subtype.as_str(), "rfc822" | "global") {
        body_type_msg(rest, reading)?
    } else if kind == "text" {
        (optional(rest, reading, count)?.0, None)
    } else {
        (rest, None)
    };
    let (rest, _md5) = optional(rest, reading, nstring)?;
    let (rest, disposition) = optional(rest, reading, body_fld_dsp)?;
    let encoding = lower(encoding, "7bit");
    let disposition = disposition.flatten();
    Ok((
        rest,
        BodyStructure::Single {
            kind,
            subtype,
            parameters,
            id: id.map(Cow::into_owned),
            encoding,
            octets,
            disposition,
            message,
        },
    ))
}

type Inner = Option<Box<(crate::types::Envelope, BodyStructure)>>;

/// ```abnf
/// body-type-msg = media-message SP body-fields SP envelope SP body SP body-fld-lines
/// ```
/// Gmail sends a message in base64 as a basic part, without the envelope: then there is no inner message.
fn body_type_msg<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Inner> {
    let inner = || -> Parsed<'_, Inner> {
        let (rest, envelope) = envelope(opt_sp(input)?.0, reading)?;
        let (rest, structure) = body(opt_sp(rest)?.0, reading)?;
        let (rest, _lines) = optional(rest, reading, count)?;
        Ok((rest, Some(Box::new((envelope, structure)))))
    };
    inner().or(Ok((input, None)))
}

/// ```abnf
/// body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
/// ```
fn body_fld_param<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Parameters> {
    nlist(input, reading, |input, reading| {
        let (rest, name) = string(input, reading)?;
        let (rest, value) = nstring(opt_sp(rest)?.0, reading)?;
        Ok((rest, (lower(Some(name), ""), value.map(Cow::into_owned).unwrap_or_default())))
    })
}

/// ```abnf
/// body-fld-dsp = "(" string SP body-fld-param ")" / nil
/// ```
/// Exchange sends a bare string.
fn body_fld_dsp<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Option<Disposition>> {
    if let Ok((rest, ())) = nil(input) {
        return Ok((rest, None));
    }
    if let Ok((rest, kind)) = string(input, reading) {
        return Ok((rest, Some(Disposition { kind: lower(Some(kind), ""), parameters: Vec::new() })));
    }
    let (rest, _) = char('(').parse(input)?;
    let (rest, kind) = nstring(opt_sp(rest)?.0, reading)?;
    let (rest, parameters) = optional(rest, reading, body_fld_param)?;
    let (rest, ()) = skip_to_close(rest)?;
    Ok((
        rest,
        kind.map(|kind| Disposition {
            kind: lower(Some(kind), ""),
            parameters: parameters.unwrap_or_default(),
        }),
    ))
}

fn unreadable() -> BodyStructure {
    BodyStructure::Single {
        kind: "application".to_owned(),
        subtype: "octet-stream".to_owned(),
        parameters: Vec::new(),
        id: None,
        encoding: "7bit".to_owned(),
        octets: 0,
        disposition: None,
        message: None,
    }
}

/// The next field, unless the list ends here or the field is not what it should be: then it is skipped.
fn optional<'a, T>(
    input: &'a [u8],
    reading: Reading<'_>,
    field: impl Fn(&'a [u8], Reading<'_>) -> Parsed<'a, T>,
) -> Parsed<'a, Option<T>> {
    let (rest, ()) = opt_sp(input)?;
    if rest.first() == Some(&b')') {
        return Ok((rest, None));
    }
    match field(rest, reading) {
        Ok((after, value)) => Ok((after, Some(value))),
        Err(_) => any_value(rest).map(|(after, _)| (after, None)),
    }
}

/// Skips what is left of a list: extensions that are not shown.
fn skip_to_close(mut rest: &[u8]) -> Parsed<'_, ()> {
    loop {
        rest = opt_sp(rest)?.0;
        match rest.strip_prefix(b")") {
            Some(after) => return Ok((after, ())),
            None => rest = any_value(rest)?.0,
        }
    }
}

fn lower(text: Option<Cow<'_, [u8]>>, missing: &str) -> String {
    let Some(text) = text else { return missing.to_owned() };
    let mut text = String::from_utf8_lossy(&text).into_owned();
    text.make_ascii_lowercase();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> BodyStructure {
        let (rest, structure) = body(text.as_bytes(), Reading::lenient()).unwrap();
        assert_eq!(rest, b"", "all of {text} is read");
        structure
    }

    #[test]
    fn rfc_9051_7_5_2_examples_read() {
        let text = read(r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 2279 48)"#);
        assert!(matches!(&text, BodyStructure::Single { kind, octets: 2279, parameters, .. }
            if kind == "text" && parameters[0] == ("charset".to_owned(), b"US-ASCII".to_vec())));
        let mixed = read(
            r#"(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73) "MIXED")"#,
        );
        assert!(
            matches!(&mixed, BodyStructure::Multipart { parts, subtype, .. } if parts.len() == 2 && subtype == "mixed")
        );
    }

    #[test]
    fn a_message_inside_is_read_with_its_envelope_and_disposition() {
        let message = read(
            r#"("message" "rfc822" NIL NIL NIL "7bit" 700 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 5 1) 20 NIL ("attachment" ("filename" "x.eml")) NIL NIL)"#,
        );
        let BodyStructure::Single { message: Some(inner), disposition: Some(disposition), .. } = message
        else {
            panic!("a message with a disposition")
        };
        assert_eq!(inner.0.subject.as_deref(), Some(&b"in"[..]));
        assert_eq!(disposition.parameters[0].1, b"x.eml");
    }

    #[test]
    fn servers_faults_cost_nothing_but_the_fault() {
        // Gmail: nested multiparts with one boundary. Exchange: a bare disposition. Others: negative counts.
        let gmail = read(
            r#"(("TEXT" "PLAIN" NIL NIL NIL "7BIT" -1 -1)("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL)("RELATED" NIL ("ATTACHMENT" NIL) NIL)("ALTERNATIVE") "MIXED" ("BOUNDARY" "x") NIL NIL)"#,
        );
        let BodyStructure::Multipart { parts, .. } = &gmail else { panic!("a multipart") };
        let empty = |part: &BodyStructure, name: &str| matches!(part, BodyStructure::Multipart { parts, subtype, .. } if parts.is_empty() && subtype == name);
        assert!(
            empty(&parts[1], "alternative") && empty(&parts[2], "related") && empty(&parts[3], "alternative")
        );
        let exchange = read(r#"("image" "png" NIL NIL NIL "base64" 12 NIL "inline" NIL)"#);
        assert!(
            matches!(exchange, BodyStructure::Single { disposition: Some(Disposition { kind, .. }), .. } if kind == "inline")
        );
        let odd = read(r#"((BROKEN)("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)(5 ("x" 1)) "MIXED")"#);
        assert!(matches!(&odd, BodyStructure::Multipart { parts, .. } if parts.len() == 3
            && matches!(&parts[1], BodyStructure::Single { kind, octets: 5, .. } if kind == "text")));
        assert!(body("(".repeat(5000).as_bytes(), Reading::lenient()).is_err());
    }
}
