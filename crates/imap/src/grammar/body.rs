//! BODYSTRUCTURE (RFC 9051, 7.5.2 and 9). All of it is checked here; kept is a flat table of parts that says where their fields
//! stand.

use super::core::{
    Raw, any_value, count, each, fail, gap, neach, nil, no_sp, nstring_raw, number64, opt_sp, skip_nstring,
    string, string_raw,
};
use super::envelope::envelope;
use super::{Again, Parsed, Reading, nstring_again, octets};
use crate::fault::Fault;
use crate::types::place;
use nom::Parser as _;
use nom::character::complete::char;
use nom::error::context;
use std::borrow::Cow;
use std::cell::Cell;

mod usual;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum PartForm {
    Multipart,
    Single,
    /// Not understood; `kind` and `end` enclose its octets.
    #[default]
    Broken,
}

/// A row of the table: a part comes before the parts in it. Fields are where they stand in the response; 0 is one that was not
/// sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Part {
    pub(crate) form: PartForm,
    pub(crate) kind: u32,
    pub(crate) subtype: u32,
    pub(crate) parameters: u32,
    pub(crate) id: u32,
    pub(crate) description: u32,
    pub(crate) encoding: u32,
    pub(crate) md5: u32,
    pub(crate) disposition: u32,
    pub(crate) language: u32,
    pub(crate) location: u32,
    /// What follows the known fields, up to `end`.
    pub(crate) extension: u32,
    pub(crate) end: u32,
    /// The envelope of the message inside, which is the next row.
    pub(crate) envelope: u32,
    /// The row after the last of the parts in it.
    pub(crate) next: u32,
    pub(crate) octets: u64,
    pub(crate) lines: Option<u64>,
}

/// The table as it grows, and the length of the response, from which places count.
pub(super) struct Table<'t> {
    pub(super) parts: &'t mut Vec<Part>,
    pub(super) end: usize,
    /// Where the first field of the current part stands that is not what its place asks for; 0 if none is.
    pub(super) odd: Cell<u32>,
}

impl Table<'_> {
    #[cfg_attr(for_speed, optimize(speed))]
    fn place(&self, rest: &[u8]) -> u32 {
        place(self.end, rest)
    }
    /// Puts a part into the row that was kept for it.
    #[cfg_attr(for_speed, optimize(speed))]
    fn set(&mut self, row: usize, mut part: Part) {
        part.next = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        if let Some(kept) = self.parts.get_mut(row) {
            *kept = part;
        }
    }
}

/// ```abnf
/// body = "(" (body-type-1part / body-type-mpart) ")"
/// ```
/// `reading.depth` is how many levels may still follow.
#[cfg_attr(for_speed, optimize(speed))]
pub(super) fn body<'a>(input: &'a [u8], table: &mut Table<'_>, reading: Reading<'_>) -> Parsed<'a, ()> {
    let Some(depth) = reading.depth.checked_sub(1) else { return fail(input, "depth") };
    let reading = Reading { depth, ..reading };
    let (rest, _) = context("body", char('(')).parse(input)?;
    let (rest, ()) = no_sp(rest, reading)?;
    let row = table.parts.len();
    table.parts.push(Part::default());
    let odd = table.odd.take();
    let read = match rest {
        [b'(', ..] => body_type_mpart(rest, table, reading),
        _ => body_type_1part(rest, table, reading),
    };
    table.odd.set(odd);
    match read {
        Ok((rest, part)) => {
            table.set(row, part);
            Ok((rest, ()))
        }
        Err(broken) => {
            table.parts.truncate(row);
            Err(broken)
        }
    }
}

/// ```abnf
/// body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
/// ```
/// A part that breaks its rule keeps its place, so that the numbers of the parts after it hold.
fn body_type_mpart<'a>(input: &'a [u8], table: &mut Table<'_>, reading: Reading<'_>) -> Parsed<'a, Part> {
    let mut rest = input;
    while let [b'(', ..] = rest {
        rest = match reading.faults.attempt(|| body(rest, table, reading)) {
            Ok((after, ())) => after,
            Err(_) => {
                reading.forgive(Fault::BrokenPart, rest, "body")?;
                let (after, octets) = any_value(rest)?;
                let (kind, row) = (table.place(rest), table.parts.len());
                let end = kind.saturating_add(u32::try_from(octets.len()).unwrap_or(u32::MAX));
                table.parts.push(Part::default());
                table.set(row, Part { kind, end, ..Part::default() });
                after
            }
        };
        rest = opt_sp(rest)?.0;
    }
    if let Some(usual) = usual::multipart_end(rest, table) {
        return Ok(usual);
    }
    let subtype = table.place(rest);
    let (rest, _) = nstring_raw(rest, reading)?;
    body_ext_mpart(rest, Part { form: PartForm::Multipart, subtype, ..Part::default() }, table, reading)
}

/// ```abnf
/// body-ext-mpart = body-fld-param [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
/// ```
fn body_ext_mpart<'a>(
    input: &'a [u8],
    mut part: Part,
    table: &Table<'_>,
    reading: Reading<'_>,
) -> Parsed<'a, Part> {
    let (rest, parameters) = optional(input, table, reading, body_fld_param)?;
    part.parameters = parameters;
    body_fld_dsp_and_on(rest, part, table, reading)
}

/// ```abnf
/// body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]
/// ```
/// What both kinds of parts end with, and the closing parenthesis.
fn body_fld_dsp_and_on<'a>(
    input: &'a [u8],
    mut part: Part,
    table: &Table<'_>,
    reading: Reading<'_>,
) -> Parsed<'a, Part> {
    let (rest, disposition) = optional(input, table, reading, body_fld_dsp)?;
    let (rest, language) = optional(rest, table, reading, body_fld_lang)?;
    let (rest, location) = optional(rest, table, reading, text)?;
    (part.disposition, part.language, part.location) = (disposition, language, location);
    let (rest, ()) = no_sp(rest, reading)?;
    if !rest.starts_with(b")") {
        part.extension = table.place(rest);
    }
    let (end, rest) = skip_to_close(rest)?;
    part.end = table.place(end);
    // Nothing is lost: what was passed over is an extension with all that follows it.
    match table.odd.take() {
        0 => {}
        odd => part.extension = odd,
    }
    Ok((rest, part))
}

/// ```abnf
/// body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
/// ```
/// A multipart without parts, as Dovecot and Gmail send for damaged mail, starts with its subtype, and no second string follows
/// (Gmail: `("RELATED" NIL ("ATTACHMENT" NIL) NIL)`, MailKit issue 371).
fn body_type_1part<'a>(input: &'a [u8], table: &mut Table<'_>, reading: Reading<'_>) -> Parsed<'a, Part> {
    if let Some(usual) = usual::single(input, table) {
        return Ok(usual);
    }
    let row = table.parts.len();
    reading.faults.attempt(|| body_type_single(input, table, reading)).or_else(|broken| {
        table.parts.truncate(row);
        table.odd.set(0);
        // IceWarp says NIL for the parts that are not there.
        let input = match nil(input) {
            Ok((rest, ())) => opt_sp(rest)?.0,
            Err(_) => input,
        };
        let Ok((rest, _)) = string_raw(input, reading) else { return Err(broken) };
        if !matches!(opt_sp(rest)?.0, [b'(' | b')' | b'N' | b'n', ..]) {
            return Err(broken);
        }
        reading.forgive(Fault::EmptyMultipart, input, "body-type-1part")?;
        let subtype = table.place(input);
        body_ext_mpart(rest, Part { form: PartForm::Multipart, subtype, ..Part::default() }, table, reading)
    })
}

/// ```abnf
/// body-type-basic = media-basic SP body-fields
/// body-type-text = media-text SP body-fields SP body-fld-lines
/// body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets
/// body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
/// ```
fn body_type_single<'a>(input: &'a [u8], table: &mut Table<'_>, reading: Reading<'_>) -> Parsed<'a, Part> {
    let mut part = Part { form: PartForm::Single, kind: table.place(input), ..Part::default() };
    let (rest, kind) = media(input, reading)?;
    let (rest, ()) = gap(rest, reading)?;
    let (rest, subtype) = if stands_for_both(rest, reading) {
        reading.forgive(Fault::NilMediaType, input, "media-type")?;
        (part.kind, part.subtype) = (0, part.kind);
        (rest, None)
    } else {
        part.subtype = table.place(rest);
        let (rest, subtype) = media(rest, reading)?;
        (gap(rest, reading)?.0, subtype)
    };
    part.parameters = table.place(rest);
    let (rest, ()) = gap(body_fld_param(rest, reading)?.0, reading)?;
    part.id = table.place(rest);
    let (rest, ()) = gap(skip_nstring(rest, reading)?.0, reading)?;
    part.description = table.place(rest);
    let (rest, ()) = gap(skip_nstring(rest, reading)?.0, reading)?;
    part.encoding = table.place(rest);
    let (rest, ()) = gap(skip_nstring(rest, reading)?.0, reading)?;
    let (rest, octets) = count(rest, reading)?;
    part.octets = octets;
    let is = |text: Option<Raw<'_>>, name: &str| text.is_some_and(|text| text.is(name));
    let rest = if is(kind, "text") {
        body_fld_lines(rest, &mut part, table, reading)?.0
    } else if is(kind, "message") && (is(subtype, "rfc822") || is(subtype, "global")) {
        body_type_msg(rest, &mut part, table, reading)?.0
    } else {
        rest
    };
    let (rest, md5) = optional(rest, table, reading, text)?;
    part.md5 = md5;
    body_fld_dsp_and_on(rest, part, table, reading)
}

/// ```abnf
/// media-type = string
/// media-subtype = string
/// ```
/// Forgives NIL.
fn media<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Option<Raw<'a>>> {
    if let [b'(' | b')', ..] = input {
        return fail(input, "media-subtype");
    }
    let (rest, text) = nstring_raw(input, reading)?;
    if text.is_none() {
        reading.forgive(Fault::NilMediaType, input, "media-subtype")?;
    }
    Ok((rest, text))
}

/// Whether the string before `input` is all there is of type and subtype: `("X-ZIP" ("a" "b") NIL NIL "base64" 4096 ...)`, as some
/// server writes a type without a slash (MailKit issue 371). What follows it are the fields after the subtype.
fn stands_for_both(input: &[u8], reading: Reading<'_>) -> bool {
    if !matches!(input, [b'(' | b'N' | b'n', ..]) {
        return false;
    }
    let fields = || -> Parsed<'_, ()> {
        let (mut rest, ()) = body_fld_param(input, reading)?;
        for _ in 0..2 {
            rest = skip_nstring(gap(rest, reading)?.0, reading)?.0;
        }
        let (rest, ()) = gap(rest, reading)?;
        let [b'"', ..] = rest else { return fail(rest, "body-fld-enc") };
        let (rest, _) = number64(gap(string_raw(rest, reading)?.0, reading)?.0)?;
        if matches!(rest, [b' ' | b')', ..]) { Ok((rest, ())) } else { fail(rest, "body-fld-octets") }
    };
    let mark = reading.faults.mark();
    let read = fields().is_ok();
    reading.faults.take_back(mark);
    read
}

/// ```abnf
/// body-fld-lines = number64
/// ```
fn body_fld_lines<'a>(
    input: &'a [u8],
    part: &mut Part,
    table: &Table<'_>,
    reading: Reading<'_>,
) -> Parsed<'a, ()> {
    let mut lines = None;
    let (rest, _) = optional(input, table, reading, |input, reading| {
        let (rest, number) = count(input, reading)?;
        lines = Some(number);
        Ok((rest, ()))
    })?;
    part.lines = lines;
    Ok((rest, ()))
}

/// ```abnf
/// body-type-msg = media-message SP body-fields SP envelope SP body SP body-fld-lines
/// ```
/// Gmail sends a message in base64 as a basic part, without the envelope: then there is no inner message.
fn body_type_msg<'a>(
    input: &'a [u8],
    part: &mut Part,
    table: &mut Table<'_>,
    reading: Reading<'_>,
) -> Parsed<'a, ()> {
    let row = table.parts.len();
    let inner = || -> Parsed<'a, u32> {
        let (rest, ()) = gap(input, reading)?;
        let at = table.place(rest);
        let (rest, _) = envelope(rest, table.end, reading)?;
        let (rest, ()) = gap(rest, reading)?;
        let (rest, ()) = body(rest, table, reading)?;
        Ok((rest, at))
    };
    match reading.faults.attempt(inner) {
        Ok((rest, at)) => {
            part.envelope = at;
            body_fld_lines(rest, part, table, reading)
        }
        Err(_) => {
            table.parts.truncate(row);
            reading.forgive(Fault::MessageWithoutEnvelope, input, "body-type-msg")
        }
    }
}

/// ```abnf
/// body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
/// ```
fn body_fld_param<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ()> {
    neach(input, reading, |input, reading| {
        let (rest, ()) = gap(string_raw(input, reading)?.0, reading)?;
        if nil(rest).is_ok() {
            reading.forgive(Fault::NilParameter, rest, "body-fld-param")?;
        }
        skip_nstring(rest, reading)
    })
}

/// ```abnf
/// body-fld-dsp = "(" string SP body-fld-param ")" / nil
/// ```
/// Exchange sends a bare string, and NIL for the string.
fn body_fld_dsp<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ()> {
    if let Ok((rest, ())) = nil(input) {
        return Ok((rest, ()));
    }
    let [b'(', rest @ ..] = input else {
        let (rest, _) = string_raw(input, reading)?;
        reading.forgive(Fault::BareDisposition, input, "body-fld-dsp")?;
        return Ok((rest, ()));
    };
    let (rest, ()) = no_sp(rest, reading)?;
    let (after, kind) = nstring_raw(rest, reading)?;
    if kind.is_none() {
        reading.forgive(Fault::NilDisposition, rest, "body-fld-dsp")?;
    }
    let rest = after;
    let rest = match opt_sp(rest)?.0 {
        [b')', ..] => rest,
        _ => body_fld_param(gap(rest, reading)?.0, reading)?.0,
    };
    let (_, rest) = skip_to_close(rest)?;
    Ok((rest, ()))
}

/// ```abnf
/// body-fld-lang = nstring / "(" string *(SP string) ")"
/// ```
fn body_fld_lang<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ()> {
    match input {
        [b'(', ..] => {
            each(input, reading, |input, reading| string_raw(input, reading).map(|(rest, _)| (rest, ())))
        }
        _ => skip_nstring(input, reading),
    }
}

fn text<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ()> {
    skip_nstring(input, reading)
}

/// Where the next field stands; 0 if the list ends here. A field that is not what it should be is passed over.
#[inline]
fn optional<'a>(
    input: &'a [u8],
    table: &Table<'_>,
    reading: Reading<'_>,
    field: impl FnOnce(&'a [u8], Reading<'_>) -> Parsed<'a, ()>,
) -> Parsed<'a, u32> {
    if let [b')', ..] = input {
        return Ok((input, 0));
    }
    let (rest, ()) = gap(input, reading)?;
    if let [b')', ..] = rest {
        return Ok((rest, 0));
    }
    match reading.faults.attempt(|| field(rest, reading)) {
        Ok((after, ())) => Ok((after, table.place(rest))),
        Err(broken) => {
            let (after, _) = any_value(rest)?;
            if reading.forgive(Fault::OddBodyField, rest, "body-fields").is_err() {
                return Err(broken);
            }
            if table.odd.get() == 0 {
                table.odd.set(table.place(rest));
            }
            Ok((after, 0))
        }
    }
}

/// Skips what is left of a list: gives its closing parenthesis on, and what follows.
fn skip_to_close(mut rest: &[u8]) -> Result<(&[u8], &[u8]), nom::Err<super::Broken<'_>>> {
    loop {
        rest = opt_sp(rest)?.0;
        match rest {
            [b')', after @ ..] => return Ok((rest, after)),
            _ => rest = any_value(rest)?.0,
        }
    }
}

/// The name and the value of a parameter.
type Parameter<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// The next parameter of a list that was read before, after its opening parenthesis.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn parameters(list: &[u8]) -> Option<(&[u8], Parameter<'_>)> {
    if let Some((after, Some(name))) = octets::text(list)
        && let [b' ', after @ ..] = after
        && let Some((after, Some(value))) = octets::text(after)
    {
        return Some((after, (Cow::Borrowed(name), Cow::Borrowed(value))));
    }
    let (rest, name) = string(list.trim_ascii_start(), Again).ok()?;
    let (rest, value) = nstring_again(rest.trim_ascii_start())?;
    Some((rest, (name, value.unwrap_or_default())))
}

/// The strings of a field that was read before: none, one, or a list.
pub(crate) fn strings(field: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let (mut rest, list) = match field {
        [b'(', rest @ ..] => (rest, true),
        _ => (field, false),
    };
    std::iter::from_fn(move || {
        let (after, text) = nstring_again(rest.trim_ascii_start())?;
        rest = if list { after } else { &[] };
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{BodyStructure, OwnedBodyStructure};

    fn read(text: &str) -> OwnedBodyStructure {
        let octets = text.as_bytes();
        let mut parts = Vec::new();
        let mut table = Table { parts: &mut parts, end: octets.len(), odd: Cell::new(0) };
        let (rest, ()) = body(octets, &mut table, Reading::lenient()).unwrap();
        assert_eq!(rest, b"", "all of {text} is read");
        BodyStructure { octets, parts: &parts, at: 0 }.into_owned()
    }

    #[test]
    fn rfc_9051_7_5_2_examples_read() {
        let text = read(r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 2279 48)"#);
        assert_eq!((text.kind.as_str(), text.octets, text.lines), ("text", 2279, Some(48)));
        assert_eq!(text.parameters, [("charset".to_owned(), b"US-ASCII".to_vec())]);
        let mixed = read(
            r#"(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73) "MIXED")"#,
        );
        assert_eq!(
            (mixed.kind.as_str(), mixed.subtype.as_str(), mixed.parts.len()),
            ("multipart", "mixed", 2)
        );
        let diff = &mixed.parts[1];
        assert_eq!(diff.id.as_deref(), Some(&b"<960723163407.20117h@cac.washington.edu>"[..]));
        assert_eq!(
            (diff.description.as_deref(), diff.encoding.as_str()),
            (Some(&b"Compiler diff"[..]), "base64")
        );
    }

    #[test]
    fn every_field_is_there() {
        let part = read(
            r#"("image" "PNG" ("Name" "a \"b\".png") "<1@a>" "A picture" "BASE64" 12 "Q2hlY2sgSW50ZWdyaXR5IQ==" ("ATTACHMENT" ("FileName" "a.png" "size" "9")) ("de" "en-GB") "https://a.example/" ("more" 5) NIL)"#,
        );
        assert_eq!(part.parameters, [("name".to_owned(), b"a \"b\".png".to_vec())]);
        assert_eq!(part.md5.as_deref(), Some(&b"Q2hlY2sgSW50ZWdyaXR5IQ=="[..]));
        let disposition = part.disposition.unwrap();
        assert_eq!((disposition.kind.as_str(), disposition.parameters.len()), ("attachment", 2));
        assert_eq!(part.languages, [b"de".to_vec(), b"en-GB".to_vec()]);
        assert_eq!(part.location.as_deref(), Some(&b"https://a.example/"[..]));
        assert_eq!(part.extension.as_deref(), Some(&br#"("more" 5) NIL"#[..]));
        let parts = read(
            r#"(("text" "plain" NIL NIL NIL "7bit" 5 1 NIL NIL "de" NIL) "mixed" ("boundary" "x") ("inline" NIL) NIL "l")"#,
        );
        assert_eq!((parts.parts[0].languages.len(), parts.location.as_deref()), (1, Some(&b"l"[..])));
        assert_eq!((parts.disposition.unwrap().kind.as_str(), parts.parameters.len()), ("inline", 1));
    }

    #[test]
    fn a_message_inside_is_read_with_its_envelope_and_disposition() {
        let message = read(
            r#"("message" "rfc822" NIL NIL NIL "7bit" 700 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) (("text" "plain" NIL NIL NIL "7bit" 5 1)("image" "png" NIL NIL NIL "7bit" 6) "mixed") 20 NIL ("attachment" ("filename" "x.eml")) NIL NIL)"#,
        );
        assert_eq!(message.disposition.unwrap().parameters[0].1, b"x.eml");
        assert_eq!(message.lines, Some(20));
        let (envelope, inner) = *message.message.unwrap();
        assert_eq!((envelope.subject.as_deref(), inner.parts.len()), (Some(&b"in"[..]), 2));
        assert_eq!(inner.parts[1].octets, 6);
    }

    #[test]
    fn servers_faults_cost_nothing_but_the_fault() {
        // Gmail: nested multiparts with one boundary. Exchange: a bare disposition. Others: negative counts.
        let gmail = read(
            r#"(("TEXT" "PLAIN" NIL NIL NIL "7BIT" -1 -1)("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL)("RELATED" NIL ("ATTACHMENT" NIL) NIL)("ALTERNATIVE") "MIXED" ("BOUNDARY" "x") NIL NIL)"#,
        );
        let subtypes: Vec<&str> = gmail.parts.iter().map(|part| part.subtype.as_str()).collect();
        assert_eq!(subtypes, ["plain", "alternative", "related", "alternative"]);
        assert_eq!((gmail.parts[1].kind.as_str(), gmail.parts[1].parts.len()), ("multipart", 0));
        assert_eq!(gmail.parts[2].disposition.as_ref().unwrap().kind, "attachment");
        let exchange = read(r#"("image" "png" NIL NIL NIL "base64" 12 NIL "inline" NIL)"#);
        assert_eq!(exchange.disposition.unwrap().kind, "inline");
        // A media type that was one word in the message.
        for parameters in ["NIL", r#"("BOUNDARY" "x")"#] {
            let one = read(&format!(
                r#"("X-ZIP" {parameters} NIL NIL "BASE64" 4096 NIL ("ATTACHMENT" ("FILENAME" "x.zip")) NIL)"#
            ));
            assert_eq!((one.kind.as_str(), one.subtype.as_str()), ("application", "x-zip"));
            assert_eq!((one.encoding.as_str(), one.octets), ("base64", 4096));
            assert_eq!(one.disposition.unwrap().kind, "attachment");
        }
        let without = read(r#"("X-ZIP" NIL NIL NIL "a text" 7bit 5)"#);
        assert_eq!((without.kind.as_str(), without.encoding.as_str(), without.octets), ("x-zip", "7bit", 5));
        let message = read(r#"("message" "rfc822" NIL NIL NIL "base64" 700 NIL NIL NIL)"#);
        assert!(message.message.is_none() && message.octets == 700);
    }

    #[test]
    fn a_broken_part_keeps_its_place_and_its_octets() {
        let odd =
            read(r#"((BROKEN)("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)((("a" "b") "x")5 ("x" 1)) "MIXED")"#);
        assert_eq!(odd.parts.len(), 3);
        assert_eq!(odd.parts[0].broken.as_deref(), Some(&b"(BROKEN)"[..]));
        assert_eq!((odd.parts[1].kind.as_str(), odd.parts[1].octets), ("text", 5));
        assert!(odd.parts[2].broken.is_none(), "a multipart with a broken part is a multipart");
        let mut parts = Vec::new();
        let deep = "(".repeat(5000);
        let mut table = Table { parts: &mut parts, end: deep.len(), odd: Cell::new(0) };
        assert!(body(deep.as_bytes(), &mut table, Reading::lenient()).is_err());
        assert!(parts.is_empty());
    }
}
