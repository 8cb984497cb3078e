//! FETCH (RFC 9051, 7.5.2): a table from item names to parsers. An item that is not understood is kept as octets and costs
//! nothing but itself.

mod odd;
#[cfg(test)]
mod tests;

use self::odd::other_item;
use super::code::nz_number;
use super::core::{
    Text, astring, body_string, count, each, fail, is_atom_char, item_value, list, loose_atom, name, nil,
    no_sp, number, opt_sp, quoted, sp,
};
use super::{Again, Broken, Parsed, Reading, body, broken, datetime, octets};
use crate::ext;
use crate::fault::Fault;
use crate::types::{
    Attribute, BodyData, Breach, Fetched, FetchedBody, FlagPlaces, Flags, Section, SectionText, Uid,
    Unparsed, system_bit,
};
use nom::Parser as _;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::error::context;
use nom::sequence::delimited;
use std::borrow::Cow;
use std::cell::Cell;

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
#[cfg_attr(for_speed, optimize(speed))]
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
    if let Some(rest) = input.strip_prefix(b"ENVELOPE ") {
        return Some((b"ENVELOPE", envelope(rest, fetched, reading)));
    }
    let rest = input.strip_prefix(b"BODYSTRUCTURE ")?;
    Some((b"BODYSTRUCTURE", body_structure(rest, fetched, reading)))
}

#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn uid<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    if let Some((rest, uid @ 1..)) = usual_number(input) {
        fetched.uid = Uid::new(uid);
        return Ok((rest, ()));
    }
    let (rest, uid) = item_value(|input| nz_number(input, reading))(input)?;
    fetched.uid = Uid::new(uid);
    Ok((rest, ()))
}

#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn flags<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, flags) = item_value(|input| flag_list(input, fetched, reading))(input)?;
    fetched.flags = Some(flags);
    Ok((rest, ()))
}

#[cfg_attr(for_speed, optimize(speed))]
#[inline(never)]
fn envelope<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    if let Ok((rest, ())) = item_value(nil)(input) {
        reading.forgive(Fault::NilItem, input, "envelope")?;
        return Ok((rest, ()));
    }
    let (rest, fields) = item_value(|input| super::envelope::envelope(input, fetched.end, reading))(input)?;
    fetched.envelope = Some(fields);
    fetched.want_from(input);
    fetched.want(rest);
    Ok((rest, ()))
}

#[cfg_attr(for_speed, optimize(speed))]
fn internal_date<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, date) = item_value(|input| datetime::date_time(input, reading))(input)?;
    fetched.internal_date = date;
    Ok((rest, ()))
}

#[cfg_attr(for_speed, optimize(speed))]
fn size<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    if let Some((rest, size)) = usual_number(input) {
        fetched.size = Some(size.into());
        return Ok((rest, ()));
    }
    let (rest, size) = item_value(|input| count(input, reading))(input)?;
    fetched.size = Some(size);
    Ok((rest, ()))
}

/// A number of up to seven digits that ends where an item does.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn usual_number(input: &[u8]) -> Option<(&[u8], u32)> {
    let (number, digits) = octets::number(input)?;
    let rest = input.get(digits..)?;
    // It has seven digits at most.
    matches!(rest, [b' ' | b')', ..]).then_some((rest, number as u32))
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
/// System flags are bits; keywords stay where they stand. Forgives NIL, quoted flags, and keywords that are no atoms.
#[cfg_attr(for_speed, optimize(speed))]
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
            None if *flag == *b"\\" => reading.forgive(Fault::EmptyFlag, input, "flag")?.1,
            None => {
                if !is_keyword(&flag) {
                    reading.forgive(Fault::OddKeyword, input, "flag")?;
                }
                first = first.or(Some(input));
            }
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
#[cfg_attr(for_speed, optimize(speed))]
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

#[cfg_attr(for_speed, optimize(speed))]
fn flag<'a>(input: &'a [u8], reading: impl super::core::Forgive) -> Parsed<'a, Cow<'a, [u8]>> {
    if let [b'"', ..] = input {
        reading.forgive(Fault::QuotedFlag, input, "flag")?;
        return quoted(input, reading);
    }
    let (rest, atom) = context("flag", loose_atom).parse(input)?;
    Ok((rest, Cow::Borrowed(atom)))
}

#[cfg_attr(for_speed, optimize(speed))]
fn is_keyword(flag: &[u8]) -> bool {
    flag.strip_prefix(b"\\").unwrap_or(flag).iter().all(|octet| is_atom_char(*octet))
}

/// The keywords in the rest of a list of flags that was read before.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn keywords(list: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let mut rest = list;
    let flags = std::iter::from_fn(move || {
        let (after, found) = flag(rest.trim_ascii_start(), Again).ok()?;
        rest = after;
        Some(found)
    });
    flags.filter(|flag| system_bit(flag).is_none() && **flag != *b"\\")
}

/// ```abnf
/// msg-att = "(" (msg-att-dynamic / msg-att-static) *(SP (msg-att-dynamic / msg-att-static)) ")"
/// ```
/// Where nothing more can be told apart, the rest is one unknown item and what came before it is kept: it ended in a space.
pub(crate) fn msg_att<'a>(input: &'a [u8], sequence: u32, reading: Reading<'_>) -> Parsed<'a, Fetched> {
    let (rest, _) = context("msg-att", char('(')).parse(input)?;
    let (rest, ()) = no_sp(rest, reading)?;
    let mut fetched = Fetched::default();
    fetched.begin(sequence, input.len());
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
    let mut fetched = Box::<Fetched>::default();
    read_message_data(response, &mut fetched, reading)?;
    fetched.keep(response);
    Some(fetched)
}

/// The same into what held another response. It keeps no octets.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn read_message_data(response: &[u8], fetched: &mut Fetched, reading: Reading<'_>) -> Option<()> {
    let (rest, sequence) = number(response.strip_prefix(b"* ")?).ok()?;
    let rest = rest.strip_prefix(b" FETCH (").filter(|_| sequence != 0)?;
    if rest.starts_with(b" ") {
        return None;
    }
    fetched.begin(sequence, response.len());
    finish(rest, fetched, reading);
    Some(())
}

/// Xeams closes the list before its last items (paperless-ngx issue 13412).
#[cfg_attr(for_speed, optimize(speed))]
fn finish(input: &[u8], fetched: &mut Fetched, reading: Reading<'_>) {
    let mut rest = items(input, fetched, reading);
    while let Some(after) = rest.strip_prefix(b") ").filter(|after| begins_item(after)) {
        if reading.forgive(Fault::EarlyClose, rest, "msg-att").is_err() {
            break;
        }
        rest = items(after, fetched, reading);
    }
    // The closing parenthesis, then what does not belong there.
    let rest = match rest.strip_prefix(b")") {
        Some(rest) => no_sp(rest, reading).map_or(rest, |(rest, ())| rest),
        None => rest,
    };
    if !rest.is_empty() {
        let breach = Some(Breach { rule: "msg-att", offset: 0 });
        fetched.unparsed.push(Unparsed { name: String::new(), octets: rest.to_vec(), breach });
    }
    reading.faults.settle();
}

/// Whether an item that we know begins here.
#[cfg_attr(for_speed, optimize(speed))]
fn begins_item(input: &[u8]) -> bool {
    name(input).is_ok_and(|(rest, item)| {
        item_named(item).is_some() || (rest.starts_with(b"[") && has_sections(item))
    })
}

/// Reads items up to the closing parenthesis, the end, or what is no item; gives what is left. Domino puts an item into
/// parentheses of its own (MailKit issue 943).
#[cfg_attr(for_speed, optimize(speed))]
fn items<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> &'a [u8] {
    let mut rest = input;
    let mut opened = false;
    loop {
        match rest {
            [b')', after @ ..] if opened => {
                opened = false;
                rest = after;
                continue;
            }
            [] | [b')', ..] => return rest,
            [b' ', b' ' | b')', ..] => {
                let Ok((after, ())) = no_sp(rest, reading) else { return rest };
                rest = after;
                continue;
            }
            [b' ', after @ ..] => rest = after,
            _ => {}
        }
        if let [b'(', after @ ..] = rest
            && !opened
            && begins_item(after)
            && reading.forgive(Fault::ItemInParentheses, rest, "msg-att").is_ok()
        {
            opened = true;
            rest = after;
        }
        let mark = reading.faults.mark();
        let usual = match usual_item(rest, fetched, reading) {
            Some((_, Ok((after, ())))) => {
                rest = after;
                continue;
            }
            Some((item, Err(error))) => Some((item, broken(error))),
            None => None,
        };
        match other_item(rest, usual, mark, fetched, reading) {
            Some(after) => rest = after,
            None => return rest,
        }
    }
}

/// Items whose names have a section behind them.
fn has_sections(item: &[u8]) -> bool {
    ["BODY", "BINARY", "RFC822", "BODY.PEEK", "BINARY.PEEK"]
        .iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(item))
}

/// Reads the value of an item; `Err(None)` if its name is not known.
fn value<'a>(
    input: &'a [u8],
    item: &[u8],
    fetched: &mut Fetched,
    reading: Reading<'_>,
) -> Result<(&'a [u8], ()), Option<Broken<'a>>> {
    if let [b'[', ..] = input
        && has_sections(item)
    {
        // RFC822[] was seen for RFC822 (ruby/net-imap), and pymap repeats the .PEEK of the command.
        if item.eq_ignore_ascii_case(b"RFC822") {
            reading.forgive(Fault::Rfc822Section, input, "msg-att-static").map_err(broken)?;
        } else if item.contains(&b'.') {
            reading.forgive(Fault::PeekInResponse, input, "msg-att-static").map_err(broken)?;
        }
        let (rest, ()) = body_section(input, fetched, reading).map_err(broken)?;
        let binary = item.get(..6).is_some_and(|name| name.eq_ignore_ascii_case(b"BINARY"));
        if let Some(body) = fetched.bodies.last_mut() {
            body.decoded = binary;
        }
        return Ok((rest, ()));
    }
    if let [b'[', ..] = input
        && item.eq_ignore_ascii_case(b"BINARY.SIZE")
    {
        return binary_size(input, fetched, reading).map_err(broken);
    }
    let rest = match input {
        [b' ', b' ', ..] => no_sp(input, reading).map_err(broken)?.0,
        [b' ', rest @ ..] => rest,
        _ => input,
    };
    let parse = item_named(item).ok_or(None)?;
    parse(rest, fetched, reading).map_err(broken)
}

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
        let opening = || -> Parsed<'_, (u32, Option<Uid>)> {
            let (rest, _) = char('*').parse(response.trim_ascii_start())?;
            let (rest, sequence) = number(opt_sp(rest)?.0)?;
            let (rest, word) = name(opt_sp(rest)?.0)?;
            let (rest, _) = char('(').parse(opt_sp(rest)?.0)?;
            // The number is the UID then (RFC 9586, 3).
            let by_uid = word.eq_ignore_ascii_case(b"UIDFETCH");
            Ok((rest, if by_uid { (0, Uid::new(sequence)) } else { (sequence, None) }))
        };
        let read = opening().ok();
        let (sequence, uid) = read.map_or((0, None), |(_, number)| number);
        let position = read.map(|(rest, _)| response.len() - rest.len());
        Self { fetched: Fetched { sequence, uid, ..Fetched::default() }, position, named: false }
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

#[cfg_attr(for_speed, optimize(speed))]
#[inline(never)]
fn body_structure<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    if let Ok((rest, ())) = item_value(nil)(input) {
        reading.forgive(Fault::NilItem, input, "body")?;
        return Ok((rest, ()));
    }
    // One allocation for most messages: a single part, or a few parts in a multipart or two. None where a row before left its memory.
    let mut parts =
        if fetched.structure.is_empty() { std::mem::take(&mut fetched.structure) } else { Vec::new() };
    if parts.capacity() == 0 {
        parts.reserve_exact(if input.starts_with(b"((") { 8 } else { 1 });
    }
    let mut table = body::Table { parts: &mut parts, end: fetched.end, odd: Cell::new(0) };
    let (rest, ()) = item_value(|input| body::body(input, &mut table, reading))(input)?;
    fetched.structure = parts;
    fetched.want_from(input);
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
    fetched.bodies.push(FetchedBody {
        section: Section { part: Vec::new(), text },
        origin: None,
        data,
        decoded: false,
    });
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
    fetched.bodies.push(FetchedBody { section, origin, data, decoded: false });
    Ok((rest, ()))
}

/// ```abnf
/// msg-att-static =/ "BINARY.SIZE" section-binary SP number
/// section-binary = "[" [section-part] "]"
/// ```
fn binary_size<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, Section { part, text: SectionText::Whole }) = section(input, reading)? else {
        return fail(input, "section-binary");
    };
    let (rest, ()) = sp(rest, reading)?;
    let (rest, octets) = item_value(|input| count(input, reading))(rest)?;
    fetched.attributes.push(Attribute::BinarySize { part, octets });
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
    let (mut rest, _) = context("section", char('[')).parse(input)?;
    let mut part = Vec::new();
    while let Ok((after, number)) = number(rest) {
        part.push(number);
        rest = after.strip_prefix(b".").unwrap_or(after);
    }
    let (rest, text) = section_text(rest, reading)?;
    let (rest, _) = context("section", char(']')).parse(rest)?;
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
