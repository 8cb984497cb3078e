//! FETCH (RFC 9051, 7.5.2): a table from item names to parsers. An item that is not understood is kept as octets and costs
//! nothing but itself.

use super::core::{
    Text, any_value, astring, body_string, count, fail, item_value, list, name, number, opt_sp,
};
use super::{Broken, Parsed, Reading, body, datetime, envelope, mailbox};
use crate::ext;
use crate::types::{BodyData, Breach, Fetched, FetchedBody, Section, SectionText, Uid, Unparsed};
use nom::Parser as _;
use nom::bytes::complete::take_while_m_n;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::delimited;

/// One row per item of the base specification.
const ITEMS: &[(&str, ext::Item)] = &[
    ("UID", |input, fetched, _| {
        let (rest, uid) = item_value(number)(input)?;
        fetched.uid = Uid::new(uid);
        Ok((rest, ()))
    }),
    ("FLAGS", |input, fetched, reading| {
        let (rest, flags) = item_value(|input| mailbox::flag_list(input, reading))(input)?;
        fetched.flags = Some(flags);
        Ok((rest, ()))
    }),
    ("ENVELOPE", |input, fetched, reading| {
        let (rest, envelope) = item_value(|input| envelope::envelope(input, reading))(input)?;
        fetched.envelope = Some(Box::new(envelope));
        Ok((rest, ()))
    }),
    ("INTERNALDATE", |input, fetched, reading| {
        let (rest, date) = item_value(|input| datetime::date_time(input, reading))(input)?;
        fetched.internal_date = date;
        Ok((rest, ()))
    }),
    ("RFC822.SIZE", |input, fetched, reading| {
        let (rest, size) = item_value(|input| count(input, reading))(input)?;
        fetched.size = Some(size);
        Ok((rest, ()))
    }),
    ("BODYSTRUCTURE", body_structure),
    ("BODY", body_structure),
    ("RFC822", |input, fetched, reading| keep(input, fetched, reading, SectionText::Whole)),
    ("RFC822.HEADER", |input, fetched, reading| keep(input, fetched, reading, SectionText::Header)),
    ("RFC822.TEXT", |input, fetched, reading| keep(input, fetched, reading, SectionText::Text)),
];

/// ```abnf
/// msg-att = "(" (msg-att-dynamic / msg-att-static) *(SP (msg-att-dynamic / msg-att-static)) ")"
/// ```
/// Where nothing more can be told apart, the rest is one unknown item and what came before it is kept: it ended in a space.
pub(crate) fn msg_att<'a>(input: &'a [u8], sequence: u32, reading: Reading<'_>) -> Parsed<'a, Fetched> {
    let (rest, _) = char('(').parse(input)?;
    let mut fetched = Fetched { sequence, ..Fetched::default() };
    finish(rest, &mut fetched, reading);
    Ok((&[], fetched))
}

fn finish(input: &[u8], fetched: &mut Fetched, reading: Reading<'_>) {
    let rest = items(input, fetched, reading);
    // The closing parenthesis, then what does not belong there.
    let rest = rest.strip_prefix(b")").unwrap_or(rest).trim_ascii();
    if !rest.is_empty() {
        let breach = Some(Breach { rule: "msg-att", offset: 0 });
        fetched.unparsed.push(Unparsed { name: String::new(), octets: rest.to_vec(), breach });
    }
}

/// Reads items up to the closing parenthesis, the end, or what is no item; gives what is left.
fn items<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> &'a [u8] {
    let mut rest = input;
    loop {
        while let Some(after) = rest.strip_prefix(b" ") {
            rest = after;
        }
        if rest.is_empty() || rest.starts_with(b")") {
            return rest;
        }
        let Ok((after, item)) = name(rest) else { return rest };
        rest = match value(after, item, fetched, reading) {
            Ok((after, ())) => after,
            Err(broken) => match unknown_value(after) {
                Ok((end, octets)) => {
                    let breach = broken.map(|broken| super::breach(octets, end, broken));
                    let name = String::from_utf8_lossy(item).into_owned();
                    fetched.unparsed.push(Unparsed { name, octets: octets.to_vec(), breach });
                    end
                }
                Err(_) => return rest,
            },
        };
    }
}

/// Reads the value of an item; `Err(None)` if its name is not known.
fn value<'a>(
    input: &'a [u8],
    item: &[u8],
    fetched: &mut Fetched,
    reading: Reading<'_>,
) -> Result<(&'a [u8], ()), Option<Broken<'a>>> {
    let broken = |error| match error {
        nom::Err::Error(broken) | nom::Err::Failure(broken) => Some(broken),
        nom::Err::Incomplete(_) => None,
    };
    if input.first() == Some(&b'[') {
        // RFC822[] was seen for RFC822 (ruby/net-imap).
        if !["BODY", "BINARY", "RFC822"].iter().any(|known| known.as_bytes().eq_ignore_ascii_case(item)) {
            return Err(None);
        }
        return body_section(input, fetched, reading).map_err(broken);
    }
    let (rest, ()) = opt_sp(input).map_err(broken)?;
    let parse = ext::lookup(ITEMS, item).or_else(|| ext::item(item)).ok_or(None)?;
    parse(rest, fetched, reading).map_err(broken)
}

/// Skips the value of an item that is not understood, with the brackets of its name.
fn unknown_value(input: &[u8]) -> Parsed<'_, &[u8]> {
    let inner = |end: u8| take_while_m_n(0, SECTION, move |octet| octet != end);
    let (rest, _) = opt(delimited(char('['), inner(b']'), char(']'))).parse(input)?;
    let (rest, _) = opt(delimited(char('<'), inner(b'>'), char('>'))).parse(rest)?;
    any_value(opt_sp(rest)?.0)
}

/// Longest section that is looked for in an item that is not understood. Longer ones would have to be longer than any list of
/// header fields we ask for; without a bound, brackets that never close would take the square of the length.
const SECTION: usize = 1000;

/// A FETCH response whose bodies are streamed, read as far as it came. Nothing of it is read twice.
#[derive(Debug)]
pub(crate) struct PartialFetch {
    fetched: Fetched,
    /// Where the next item begins; `None` if it can't be told: then the response is read when it is whole.
    position: Option<usize>,
    /// The section of the body that was reached last is understood.
    named: bool,
}

impl PartialFetch {
    /// Reads `response`, which ends with the mark of a streamed literal, on from where `before` left it.
    pub(crate) fn read(before: Option<Self>, response: &[u8], reading: Reading<'_>) -> Self {
        let mut partial = before.unwrap_or_else(|| Self::begin(response));
        if let Some(position) = partial.position {
            let known = partial.fetched.bodies.len();
            let rest = items(response.get(position..).unwrap_or_default(), &mut partial.fetched, reading);
            partial.named = partial.fetched.bodies.len() > known;
            partial.position = rest.is_empty().then_some(response.len());
        }
        partial
    }

    fn begin(response: &[u8]) -> Self {
        let opening = || -> Parsed<'_, u32> {
            let (rest, _) = char('*').parse(response.trim_ascii_start())?;
            let (rest, sequence) = number(opt_sp(rest)?.0)?;
            let (rest, _) = name(opt_sp(rest)?.0)?;
            let (rest, _) = char('(').parse(opt_sp(rest)?.0)?;
            Ok((rest, sequence))
        };
        let read = opening().ok();
        let sequence = read.map_or(0, |(_, sequence)| sequence);
        let position = read.map(|(rest, _)| response.len() - rest.len());
        Self { fetched: Fetched { sequence, ..Fetched::default() }, position, named: false }
    }

    /// Sequence number, UID if it came first, and section of the body that begins; `None` if its section is not understood.
    pub(crate) fn section(&self) -> Option<(u32, Option<Uid>, Section)> {
        self.position.filter(|_| self.named)?;
        let body = self.fetched.bodies.last()?;
        Some((self.fetched.sequence, self.fetched.uid, body.section.clone()))
    }

    /// The whole response; `None` if it must be read from its beginning.
    pub(crate) fn finish(self, response: &[u8], reading: Reading<'_>) -> Option<Fetched> {
        let mut fetched = self.fetched;
        finish(response.get(self.position?..)?, &mut fetched, reading);
        Some(fetched)
    }
}

fn body_structure<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, structure) = item_value(|input| body::body(input, reading))(input)?;
    fetched.body_structure = Some(Box::new(structure));
    Ok((rest, ()))
}

fn keep<'a>(
    input: &'a [u8],
    fetched: &mut Fetched,
    reading: Reading<'_>,
    text: SectionText,
) -> Parsed<'a, ()> {
    let (rest, data) = item_value(|input| body_data(input, reading))(input)?;
    fetched.bodies.push(FetchedBody { section: Section { part: Vec::new(), text }, origin: None, data });
    Ok((rest, ()))
}

/// ```abnf
/// msg-att-static =/ "BODY" section ["<" number ">"] SP nstring
/// ```
/// Yandex leaves the value out.
fn body_section<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, section) = section(input, reading)?;
    let (rest, origin) = opt(delimited(char('<'), number, char('>'))).parse(rest)?;
    let (rest, ()) = opt_sp(rest)?;
    let (rest, data) = if rest.first() == Some(&b')') {
        (rest, BodyData::Absent)
    } else {
        item_value(|input| body_data(input, reading))(rest)?
    };
    fetched.bodies.push(FetchedBody { section, origin, data });
    Ok((rest, ()))
}

fn body_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, BodyData> {
    let (rest, text) = body_string(input, reading)?;
    Ok((
        rest,
        match text {
            None => BodyData::Absent,
            Some(Text::Held(octets)) => BodyData::Inline(octets.into_owned()),
            Some(Text::Streamed(octets)) => BodyData::Streamed(octets),
        },
    ))
}

/// ```abnf
/// section = "[" [section-spec] "]"
/// section-spec = section-msgtext / (section-part ["." section-text])
/// section-part = nz-number *("." nz-number)
/// ```
fn section<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Section> {
    let (mut rest, _) = char('[').parse(input)?;
    let mut part = Vec::new();
    while let Ok((after, number)) = number(rest) {
        part.push(number);
        rest = after.strip_prefix(b".").unwrap_or(after);
    }
    let (rest, text) = section_text(rest, reading)?;
    let (rest, _) = char(']').parse(rest)?;
    Ok((rest, Section { part, text }))
}

/// ```abnf
/// section-text = section-msgtext / "MIME"
/// section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
/// ```
fn section_text<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, SectionText> {
    let Ok((rest, word)) = name(input) else { return Ok((input, SectionText::Whole)) };
    let plain = [("HEADER", SectionText::Header), ("TEXT", SectionText::Text), ("MIME", SectionText::Mime)];
    if let Some((_, text)) = plain.into_iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(word))
    {
        return Ok((rest, text));
    }
    let (rest, names) = list(opt_sp(rest)?.0, reading, |input, reading| {
        let (rest, name) = astring(input, reading)?;
        Ok((rest, String::from_utf8_lossy(&name).into_owned()))
    })?;
    if word.eq_ignore_ascii_case(b"HEADER.FIELDS") {
        Ok((rest, SectionText::HeaderFields(names)))
    } else if word.eq_ignore_ascii_case(b"HEADER.FIELDS.NOT") {
        Ok((rest, SectionText::HeaderFieldsNot(names)))
    } else {
        fail(input, "section-text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Flag;

    fn read(text: &[u8]) -> Fetched {
        let (rest, fetched) = msg_att(text, 1, Reading::lenient()).unwrap();
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
        let fetched = read(b"(UID 5 MODSEQ (x) ENVELOPE broken X-ODD (\"a)\" b) FLAGS (\\Flagged) )");
        assert_eq!(fetched.uid.map(Uid::as_u32), Some(5));
        assert_eq!(fetched.flags, Some(vec![Flag::Flagged]));
        let names: Vec<&str> = fetched.unparsed.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["MODSEQ", "ENVELOPE", "X-ODD"]);
        assert_eq!(fetched.unparsed[0].octets, b"(x)");
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
    fn a_response_is_read_on_from_its_streamed_bodies() {
        let first = b"* 12 FETCH (UID 7 BODY[1] \x005000\0".as_slice();
        let partial = PartialFetch::read(None, first, Reading::lenient());
        let (sequence, uid, section) = partial.section().unwrap();
        assert_eq!((sequence, uid.map(Uid::as_u32), section.part), (12, Some(7), vec![1]));
        let second = [first, b" FLAGS () BODY[2]<0> \x006000\0"].concat();
        let partial = PartialFetch::read(Some(partial), &second, Reading::lenient());
        assert_eq!(partial.section().unwrap().2.part, [2]);
        let fetched =
            partial.finish(&[&second[..], b" RFC822.SIZE 5)"].concat(), Reading::lenient()).unwrap();
        assert_eq!((fetched.bodies.len(), fetched.size, fetched.flags.unwrap().len()), (2, Some(5), 0));
        assert!(fetched.unparsed.is_empty());
    }

    #[test]
    fn a_section_that_is_not_understood_is_no_section() {
        let response = b"* 12 FETCH (UID 7 BODY[ODD] \x005000\0".as_slice();
        let partial = PartialFetch::read(None, response, Reading::lenient());
        assert_eq!(partial.section(), None);
        let fetched = partial.finish(&[response, b")"].concat(), Reading::lenient()).unwrap();
        assert_eq!(
            (fetched.uid.map(Uid::as_u32), fetched.bodies.len(), fetched.unparsed.len()),
            (Some(7), 0, 1)
        );
        let response = b"* 12 FETCH UID BODY[] \x005000\0".as_slice();
        assert_eq!(PartialFetch::read(None, response, Reading::lenient()).section(), None);
    }

    #[test]
    fn what_came_before_the_point_of_no_understanding_is_kept() {
        for (broken, unknown) in [
            (&b"(UID 5 FLAGS (\\Seen) ENVELOPE (NIL \"open)"[..], b"ENVELOPE (NIL \"open)".as_slice()),
            (b"(UID 5 FLAGS (\\Seen) ( X )", b"( X )"),
            (b"(UID 5 FLAGS (\\Seen)) UID 6)", b"UID 6)"),
        ] {
            let fetched = read(broken);
            assert_eq!((fetched.uid.map(Uid::as_u32), fetched.flags), (Some(5), Some(vec![Flag::Seen])));
            assert_eq!(
                (fetched.unparsed[0].name.as_str(), fetched.unparsed[0].octets.as_slice()),
                ("", unknown)
            );
        }
        // Where the end is missing, the last value may be cut.
        assert_eq!(read(b"(FLAGS () UID 50").uid, None);
    }
}
