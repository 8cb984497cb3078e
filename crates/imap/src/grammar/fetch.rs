//! FETCH (RFC 9051, 7.5.2): a table from item names to parsers. An item that is not understood is kept as octets and costs
//! nothing but itself.

use super::Parsed;
use super::core::{Text, any_value, astring, body_string, count, fail, list, name, number, opt_sp};
use super::{body, datetime, envelope, mailbox};
use crate::types::{BodyData, Fetched, FetchedBody, Section, SectionText, Uid};
use nom::Parser as _;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::delimited;

type Item = for<'a> fn(&'a [u8], &mut Fetched, usize) -> Parsed<'a, ()>;

/// One row per item. The last argument is how deep parts may nest.
const ITEMS: &[(&str, Item)] = &[
    ("UID", |input, fetched, _| {
        let (rest, uid) = number(input)?;
        fetched.uid = Uid::new(uid);
        Ok((rest, ()))
    }),
    ("FLAGS", |input, fetched, _| {
        let (rest, flags) = mailbox::flag_list(input)?;
        fetched.flags = Some(flags);
        Ok((rest, ()))
    }),
    ("ENVELOPE", |input, fetched, _| {
        let (rest, envelope) = envelope::envelope(input)?;
        fetched.envelope = Some(Box::new(envelope));
        Ok((rest, ()))
    }),
    ("INTERNALDATE", |input, fetched, _| {
        let (rest, date) = datetime::date_time(input)?;
        fetched.internal_date = date;
        Ok((rest, ()))
    }),
    ("RFC822.SIZE", |input, fetched, _| {
        let (rest, size) = count(input)?;
        fetched.size = Some(size);
        Ok((rest, ()))
    }),
    ("BODYSTRUCTURE", body_structure),
    ("BODY", body_structure),
    ("RFC822", |input, fetched, _| keep(input, fetched, SectionText::Whole)),
    ("RFC822.HEADER", |input, fetched, _| keep(input, fetched, SectionText::Header)),
    ("RFC822.TEXT", |input, fetched, _| keep(input, fetched, SectionText::Text)),
];

/// ```abnf
/// msg-att = "(" (msg-att-dynamic / msg-att-static) *(SP (msg-att-dynamic / msg-att-static)) ")"
/// ```
pub(crate) fn msg_att(input: &[u8], sequence: u32, depth: usize) -> Parsed<'_, Fetched> {
    let mut fetched = Fetched { sequence, ..Fetched::default() };
    let (mut rest, _) = char('(').parse(input)?;
    loop {
        rest = opt_sp(rest)?.0;
        if let Some(after) = rest.strip_prefix(b")") {
            return Ok((after, fetched));
        }
        let (after, item) = name(rest)?;
        rest = match value(after, item, &mut fetched, depth) {
            Ok((after, ())) => after,
            Err(_) => {
                let (after, octets) = any_value(opt_sp(after)?.0)?;
                fetched.unknown.push((String::from_utf8_lossy(item).into_owned(), octets.to_vec()));
                after
            }
        };
    }
}

fn value<'a>(input: &'a [u8], item: &[u8], fetched: &mut Fetched, depth: usize) -> Parsed<'a, ()> {
    if input.first() == Some(&b'[')
        && (item.eq_ignore_ascii_case(b"BODY") || item.eq_ignore_ascii_case(b"BINARY"))
    {
        return body_section(input, fetched);
    }
    let (rest, ()) = opt_sp(input)?;
    match ITEMS.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(item)) {
        Some((_, parse)) => {
            let (rest, ()) = parse(rest, fetched, depth)?;
            // A value ends at a space or the closing parenthesis; anything else belongs to a value not understood.
            if matches!(rest.first(), Some(b' ' | b')')) { Ok((rest, ())) } else { fail(rest) }
        }
        None => fail(rest),
    }
}

fn body_structure<'a>(input: &'a [u8], fetched: &mut Fetched, depth: usize) -> Parsed<'a, ()> {
    let (rest, structure) = body::body(input, depth)?;
    fetched.body_structure = Some(Box::new(structure));
    Ok((rest, ()))
}

fn keep<'a>(input: &'a [u8], fetched: &mut Fetched, text: SectionText) -> Parsed<'a, ()> {
    let (rest, data) = body_data(input)?;
    fetched.bodies.push(FetchedBody { section: Section { part: Vec::new(), text }, origin: None, data });
    Ok((rest, ()))
}

/// ```abnf
/// msg-att-static =/ "BODY" section ["<" number ">"] SP nstring
/// ```
/// Yandex leaves the value out.
fn body_section<'a>(input: &'a [u8], fetched: &mut Fetched) -> Parsed<'a, ()> {
    let (rest, section) = section(input)?;
    let (rest, origin) = opt(delimited(char('<'), number, char('>'))).parse(rest)?;
    let (rest, ()) = opt_sp(rest)?;
    let (rest, data) = if rest.first() == Some(&b')') { (rest, BodyData::Absent) } else { body_data(rest)? };
    fetched.bodies.push(FetchedBody { section, origin, data });
    Ok((rest, ()))
}

fn body_data(input: &[u8]) -> Parsed<'_, BodyData> {
    let (rest, text) = body_string(input)?;
    Ok((
        rest,
        match text {
            None => BodyData::Absent,
            Some(Text::Held(octets)) => BodyData::Inline(octets),
            Some(Text::Streamed(octets)) => BodyData::Streamed(octets),
        },
    ))
}

/// ```abnf
/// section = "[" [section-spec] "]"
/// section-spec = section-msgtext / (section-part ["." section-text])
/// section-part = nz-number *("." nz-number)
/// ```
fn section(input: &[u8]) -> Parsed<'_, Section> {
    let (mut rest, _) = char('[').parse(input)?;
    let mut part = Vec::new();
    while let Ok((after, number)) = number(rest) {
        part.push(number);
        rest = after.strip_prefix(b".").unwrap_or(after);
    }
    let (rest, text) = section_text(rest)?;
    let (rest, _) = char(']').parse(rest)?;
    Ok((rest, Section { part, text }))
}

/// ```abnf
/// section-text = section-msgtext / "MIME"
/// section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
/// ```
fn section_text(input: &[u8]) -> Parsed<'_, SectionText> {
    let Ok((rest, word)) = name(input) else { return Ok((input, SectionText::Whole)) };
    let plain = [("HEADER", SectionText::Header), ("TEXT", SectionText::Text), ("MIME", SectionText::Mime)];
    if let Some((_, text)) = plain.into_iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(word))
    {
        return Ok((rest, text));
    }
    let (rest, names) = list(|input| {
        let (rest, name) = astring(input)?;
        Ok((rest, String::from_utf8_lossy(&name).into_owned()))
    })(opt_sp(rest)?.0)?;
    if word.eq_ignore_ascii_case(b"HEADER.FIELDS") {
        Ok((rest, SectionText::HeaderFields(names)))
    } else if word.eq_ignore_ascii_case(b"HEADER.FIELDS.NOT") {
        Ok((rest, SectionText::HeaderFieldsNot(names)))
    } else {
        fail(input)
    }
}

/// What a FETCH response tells before the literal of a body begins: sequence number, UID if it came first, and section.
/// `before` ends with the mark of the streamed literal.
pub(crate) fn section_before_literal(before: &[u8], depth: usize) -> Option<(u32, Option<Uid>, Section)> {
    let (rest, sequence) = number(before.strip_prefix(b"* ")?).ok()?;
    let rest = opt_sp(rest).ok()?.0;
    let (rest, _) = name(rest).ok()?;
    let rest = opt_sp(rest).ok()?.0;
    let closed = [rest, b")"].concat();
    let (_, fetched) = msg_att(&closed, sequence, depth).ok()?;
    let section = fetched.bodies.last().map(|body| body.section.clone()).unwrap_or_default();
    Some((sequence, fetched.uid, section))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Flag;

    fn read(text: &[u8]) -> Fetched {
        let (rest, fetched) = msg_att(text, 1, 100).unwrap();
        assert_eq!(rest, b"");
        fetched
    }

    #[test]
    fn items_read_in_any_order() {
        let fetched = read(
            b"(FLAGS (\\Seen) UID 4827313 RFC822.SIZE 44827 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")",
        );
        assert_eq!(fetched.uid.map(Uid::as_u32), Some(4_827_313));
        assert_eq!(fetched.flags, Some(vec![Flag::Seen]));
        assert_eq!(fetched.size, Some(44827));
        assert!(fetched.internal_date.is_some());
    }

    #[test]
    fn a_broken_item_costs_only_itself() {
        let fetched = read(b"(UID 5 MODSEQ (-1) ENVELOPE broken X-GM-LABELS (\"a)\" b) FLAGS (\\Flagged) )");
        assert_eq!(fetched.uid.map(Uid::as_u32), Some(5));
        assert_eq!(fetched.flags, Some(vec![Flag::Flagged]));
        let names: Vec<&str> = fetched.unknown.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["MODSEQ", "ENVELOPE", "X-GM-LABELS"]);
        assert_eq!(fetched.unknown[0].1, b"(-1)");
    }

    #[test]
    fn sections_read_with_part_fields_and_origin() {
        let fetched = read(b"(BODY[1.2.HEADER.FIELDS (From \"To\")]<10> {2}\r\nab BODY[] \x00123456\0 BODY[TEXT] NIL BINARY[3] \"x\")");
        assert_eq!(fetched.bodies[0].section.part, [1, 2]);
        assert_eq!(
            fetched.bodies[0].section.text,
            SectionText::HeaderFields(vec!["From".to_owned(), "To".to_owned()])
        );
        assert_eq!(fetched.bodies[0].origin, Some(10));
        assert_eq!(fetched.bodies[0].data, BodyData::Inline(b"ab".to_vec()));
        assert_eq!(fetched.bodies[1].data, BodyData::Streamed(123_456));
        assert_eq!(fetched.bodies[2].data, BodyData::Absent);
        assert_eq!(read(b"(UID 3 BODY[] )").bodies[0].data, BodyData::Absent);
    }

    #[test]
    fn what_comes_before_a_streamed_literal_names_it() {
        let (sequence, uid, section) =
            section_before_literal(b"* 12 FETCH (UID 7 BODY[1] \x005000\0", 100).unwrap();
        assert_eq!((sequence, uid.map(Uid::as_u32), section.part), (12, Some(7), vec![1]));
    }
}
