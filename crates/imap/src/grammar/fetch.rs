//! FETCH (RFC 9051, 7.5.2): a table from item names to parsers. An item that is not understood is kept as octets and costs
//! nothing but itself.

use super::core::{
    Again, Text, any_value, astring, body_string, count, each, fail, item_value, list, loose_atom, name,
    no_sp, number, opt_sp, quoted,
};
use super::{Broken, Parsed, Reading, body, datetime};
use crate::ext;
use crate::fault::Fault;
use crate::types::{
    BodyData, Breach, Fetched, FetchedBody, FlagPlaces, Flags, Section, SectionText, Uid, Unparsed,
    system_bit,
};
use nom::Parser as _;
use nom::bytes::complete::take_while_m_n;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::delimited;
use std::borrow::Cow;

/// The items of the base specification by their names, in upper case.
fn base_item(name: &[u8]) -> Option<ext::Item> {
    Some(match name {
        b"UID" => uid,
        b"FLAGS" => flags,
        b"ENVELOPE" => envelope,
        b"INTERNALDATE" => internal_date,
        b"RFC822.SIZE" => size,
        b"BODYSTRUCTURE" | b"BODY" => body_structure,
        b"RFC822" => |input, fetched, reading| keep(input, fetched, reading, SectionText::Whole),
        b"RFC822.HEADER" => |input, fetched, reading| keep(input, fetched, reading, SectionText::Header),
        b"RFC822.TEXT" => |input, fetched, reading| keep(input, fetched, reading, SectionText::Text),
        _ => return None,
    })
}

/// An item of those that rows are made of, spelt as nearly all servers spell it: its name, and its value as it was read. `None`
/// leaves it to the table.
#[inline]
fn usual_item<'a>(
    input: &'a [u8],
    fetched: &mut Fetched,
    reading: Reading<'_>,
) -> Option<(&'static [u8], Parsed<'a, ()>)> {
    if let Some(rest) = input.strip_prefix(b"UID ") {
        return Some((b"UID", uid(rest, fetched, reading)));
    }
    if let Some(rest) = input.strip_prefix(b"FLAGS ") {
        return Some((b"FLAGS", flags(rest, fetched, reading)));
    }
    if let Some(rest) = input.strip_prefix(b"RFC822.SIZE ") {
        return Some((b"RFC822.SIZE", size(rest, fetched, reading)));
    }
    if let Some(rest) = input.strip_prefix(b"INTERNALDATE ") {
        return Some((b"INTERNALDATE", internal_date(rest, fetched, reading)));
    }
    let rest = input.strip_prefix(b"ENVELOPE ")?;
    Some((b"ENVELOPE", envelope(rest, fetched, reading)))
}

#[inline]
fn uid<'a>(input: &'a [u8], fetched: &mut Fetched, _: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, uid) = item_value(number)(input)?;
    fetched.uid = Uid::new(uid);
    Ok((rest, ()))
}

#[inline]
fn flags<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, flags) = item_value(|input| flag_list(input, fetched, reading))(input)?;
    fetched.flags = Some(flags);
    Ok((rest, ()))
}

fn envelope<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, fields) = item_value(|input| super::envelope::envelope(input, fetched.end, reading))(input)?;
    fetched.envelope = Some(fields);
    fetched.want(rest);
    Ok((rest, ()))
}

fn internal_date<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, date) = item_value(|input| datetime::date_time(input, reading))(input)?;
    fetched.internal_date = date;
    Ok((rest, ()))
}

fn size<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, size) = item_value(|input| count(input, reading))(input)?;
    fetched.size = Some(size);
    Ok((rest, ()))
}

/// The parser of an item whose name stands in any case.
fn item_named(name: &[u8]) -> Option<ext::Item> {
    let mut upper = [0; LONGEST];
    let base = upper.get_mut(..name.len()).and_then(|upper| {
        upper.copy_from_slice(name);
        upper.make_ascii_uppercase();
        base_item(upper)
    });
    base.or_else(|| ext::item(name))
}

/// The length of `BODYSTRUCTURE`, the longest name of the base specification.
const LONGEST: usize = 13;

/// ```abnf
/// flag-list = "(" [flag *(SP flag)] ")"
/// flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword / flag-extension
/// ```
/// System flags are bits; keywords stay where they stand. Forgives NIL and quoted flags.
fn flag_list<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, FlagPlaces> {
    if let Some((rest, system)) = usual_flags(input) {
        return Ok((rest, FlagPlaces { system, ..FlagPlaces::default() }));
    }
    let mut flags = FlagPlaces::default();
    let mut first = None;
    let (rest, ()) = each(input, reading, |input, reading| {
        let (rest, flag) = flag(input, reading)?;
        match system_bit(&flag) {
            Some(bit) => flags.system |= bit,
            None => first = first.or(Some(input)),
        }
        Ok((rest, ()))
    })?;
    if let Some(first) = first {
        // The parenthesis shows where the last of them ends.
        flags.keywords = (fetched.place(first), fetched.place(rest));
        fetched.want(rest);
    }
    Ok((rest, flags))
}

/// A list of none but the usual system flags, spelt as nearly all servers spell them. `None` is any other list.
#[inline]
fn usual_flags(input: &[u8]) -> Option<(&[u8], u8)> {
    let mut rest = input.strip_prefix(b"(")?;
    let mut system = 0;
    if let [b')', rest @ ..] = rest {
        return Some((rest, system));
    }
    loop {
        rest = if let Some(rest) = rest.strip_prefix(b"\\Seen") {
            system |= Flags::SEEN;
            rest
        } else if let Some(rest) = rest.strip_prefix(b"\\Answered") {
            system |= Flags::ANSWERED;
            rest
        } else {
            system |= Flags::FLAGGED;
            rest.strip_prefix(b"\\Flagged")?
        };
        match rest {
            [b' ', after @ ..] => rest = after,
            [b')', after @ ..] => return Some((after, system)),
            _ => return None,
        }
    }
}

fn flag<'a>(input: &'a [u8], reading: impl super::core::Forgive) -> Parsed<'a, Cow<'a, [u8]>> {
    if let [b'"', ..] = input {
        reading.forgive(Fault::QuotedFlag, input, "flag")?;
        return quoted(input, reading);
    }
    let (rest, atom) = loose_atom(input)?;
    Ok((rest, Cow::Borrowed(atom)))
}

/// The keywords in the rest of a list of flags that was read before.
pub(crate) fn keywords(list: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let mut rest = list;
    let flags = std::iter::from_fn(move || {
        let (after, found) = flag(rest.trim_ascii_start(), Again).ok()?;
        rest = after;
        Some(found)
    });
    flags.filter(|flag| system_bit(flag).is_none())
}

/// ```abnf
/// msg-att = "(" (msg-att-dynamic / msg-att-static) *(SP (msg-att-dynamic / msg-att-static)) ")"
/// ```
/// Where nothing more can be told apart, the rest is one unknown item and what came before it is kept: it ended in a space.
pub(crate) fn msg_att<'a>(input: &'a [u8], sequence: u32, reading: Reading<'_>) -> Parsed<'a, Fetched> {
    let (rest, _) = char('(').parse(input)?;
    let mut fetched = Fetched { sequence, end: input.len(), ..Fetched::default() };
    finish(rest, &mut fetched, reading);
    fetched.keep(input);
    Ok((&[], fetched))
}

/// ```abnf
/// message-data = nz-number SP "FETCH" SP msg-att
/// ```
/// A whole response as nearly all servers write it; `None` leaves what is written otherwise to [`super::line`]. This is where
/// nearly all octets of a session go through, and nothing of it is moved once it is made.
pub(crate) fn message_data(response: &[u8], reading: Reading<'_>) -> Option<Box<Fetched>> {
    let (rest, sequence) = number(response.strip_prefix(b"* ")?).ok()?;
    let rest = rest.strip_prefix(b" FETCH (")?;
    let mut fetched = Box::<Fetched>::default();
    (fetched.sequence, fetched.end) = (sequence, response.len());
    finish(rest, &mut fetched, reading);
    fetched.keep(response);
    Some(fetched)
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
        match rest {
            [] | [b')', ..] => return rest,
            [b' ', b' ' | b')', ..] => {
                let Ok((after, ())) = no_sp(rest, reading) else { return rest };
                rest = after;
                continue;
            }
            [b' ', after @ ..] => rest = after,
            _ => {}
        }
        let (item, after, read) = match usual_item(rest, fetched, reading) {
            Some((_, Ok((after, ())))) => {
                rest = after;
                continue;
            }
            Some((item, Err(error))) => {
                (item, rest.get(item.len()..).unwrap_or_default(), Err(broken(error)))
            }
            None => {
                let Ok((after, item)) = name(rest) else { return rest };
                (item, after, value(after, item, fetched, reading))
            }
        };
        rest = match read {
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

fn broken(error: nom::Err<Broken<'_>>) -> Option<Broken<'_>> {
    match error {
        nom::Err::Error(broken) | nom::Err::Failure(broken) => Some(broken),
        nom::Err::Incomplete(_) => None,
    }
}

/// Reads the value of an item; `Err(None)` if its name is not known.
fn value<'a>(
    input: &'a [u8],
    item: &[u8],
    fetched: &mut Fetched,
    reading: Reading<'_>,
) -> Result<(&'a [u8], ()), Option<Broken<'a>>> {
    if input.first() == Some(&b'[') {
        // RFC822[] was seen for RFC822 (ruby/net-imap).
        if !["BODY", "BINARY", "RFC822"].iter().any(|known| known.as_bytes().eq_ignore_ascii_case(item)) {
            return Err(None);
        }
        if item.eq_ignore_ascii_case(b"RFC822") {
            reading.forgive(Fault::Rfc822Section, input, "msg-att-static").map_err(broken)?;
        }
        return body_section(input, fetched, reading).map_err(broken);
    }
    let (rest, ()) = opt_sp(input).map_err(broken)?;
    let parse = item_named(item).ok_or(None)?;
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
            partial.fetched.end = response.len();
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
        fetched.end = response.len();
        finish(response.get(self.position?..)?, &mut fetched, reading);
        fetched.keep(response);
        Some(fetched)
    }
}

fn body_structure<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    // One allocation for most messages: a single part, or a few parts in a multipart or two.
    let mut parts = Vec::with_capacity(if input.starts_with(b"((") { 8 } else { 1 });
    let mut table = body::Table { parts: &mut parts, end: fetched.end };
    let (rest, ()) = item_value(|input| body::body(input, &mut table, reading))(input)?;
    fetched.structure = parts;
    fetched.want(rest);
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
        reading.forgive(Fault::BodyWithoutValue, rest, "msg-att-static")?;
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
        assert_eq!(fetched.flags().unwrap().to_vec(), [Flag::Seen]);
        assert_eq!(fetched.size, Some(44827));
        assert!(fetched.internal_date.is_some());
    }

    #[test]
    fn a_broken_item_costs_only_itself() {
        let fetched = read(b"(UID 5 MODSEQ (-1) ENVELOPE broken X-GM-LABELS (\"a)\" b) FLAGS (\\Flagged) )");
        assert_eq!(fetched.uid.map(Uid::as_u32), Some(5));
        assert_eq!(fetched.flags().unwrap().to_vec(), [Flag::Flagged]);
        let names: Vec<&str> = fetched.unparsed.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["MODSEQ", "ENVELOPE", "X-GM-LABELS"]);
        assert_eq!(fetched.unparsed[0].octets, b"(-1)");
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
        assert_eq!(
            (fetched.bodies.len(), fetched.size, fetched.flags().unwrap().to_vec().len()),
            (2, Some(5), 0)
        );
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
            assert_eq!(
                (fetched.uid.map(Uid::as_u32), fetched.flags().unwrap().to_vec()),
                (Some(5), vec![Flag::Seen])
            );
            assert_eq!(
                (fetched.unparsed[0].name.as_str(), fetched.unparsed[0].octets.as_slice()),
                ("", unknown)
            );
        }
        // Where the end is missing, the last value may be cut.
        assert_eq!(read(b"(FLAGS () UID 50").uid, None);
    }
}
