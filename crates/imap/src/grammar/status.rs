//! STATUS (RFC 9051, 7.3.4): a table from item names to parsers.

use super::code::nz_number;
use super::core::{any_value, count, fail, item_value, list, name, nil, number, number64, sp};
use super::mailbox::{mailbox, tagged_ext_val, unquoted};
use super::{Parsed, Reading};
use crate::ext;
use crate::types::{AppendLimit, MailboxName, MailboxStatus, Unparsed};
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::take_while_m_n;
use nom::character::complete::char;
use nom::combinator::map;
use nom::sequence::delimited;

/// The value of an item of STATUS.
type Item = for<'a> fn(&'a [u8], &mut MailboxStatus, Reading<'_>) -> Parsed<'a, ()>;

/// ```abnf
/// status-att-val = ("MESSAGES" SP number) / ("UIDNEXT" SP nz-number) / ("UIDVALIDITY" SP nz-number) /
///                  ("UNSEEN" SP number) / ("DELETED" SP number) / ("SIZE" SP number64)
/// status-att-val =/ "RECENT" SP number / "HIGHESTMODSEQ" SP mod-sequence-valzer / "DELETED-STORAGE" SP number64 /
///                   "MAILBOXID" SP "(" objectid ")" / "APPENDLIMIT" SP (number / nil)
/// ```
const ITEMS: &[(&str, Item)] = &[
    ("MESSAGES", |input, status, _| keep(&mut status.messages, number(input))),
    ("RECENT", |input, status, _| keep(&mut status.recent, number(input))),
    ("UIDNEXT", |input, status, reading| keep(&mut status.uid_next, nz_number(input, reading))),
    ("UIDVALIDITY", |input, status, reading| keep(&mut status.uid_validity, nz_number(input, reading))),
    ("UNSEEN", |input, status, _| keep(&mut status.unseen, number(input))),
    ("DELETED", |input, status, _| keep(&mut status.deleted, number(input))),
    ("DELETED-STORAGE", |input, status, reading| keep(&mut status.deleted_storage, count(input, reading))),
    ("SIZE", |input, status, reading| keep(&mut status.size, count(input, reading))),
    ("HIGHESTMODSEQ", |input, status, _| keep(&mut status.highest_mod_seq, number64(input))),
    ("APPENDLIMIT", |input, status, _| {
        let limit = map(number64, AppendLimit::Octets);
        keep(&mut status.append_limit, alt((limit, map(nil, |()| AppendLimit::Unknown))).parse(input))
    }),
    ("MAILBOXID", |input, status, _| {
        keep(&mut status.mailbox_id, delimited(char('('), object_id, char(')')).parse(input))
    }),
];

fn keep<'a, T>(field: &mut Option<T>, read: Parsed<'a, T>) -> Parsed<'a, ()> {
    let (rest, value) = read?;
    if !matches!(rest.first(), Some(b' ' | b')')) {
        return fail(rest, "SP");
    }
    *field = Some(value);
    Ok((rest, ()))
}

/// ```abnf
/// objectid = 1*255(ALPHA / DIGIT / "_" / "-")
/// ```
pub(crate) fn object_id(input: &[u8]) -> Parsed<'_, String> {
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-');
    map(take_while_m_n(1, 255, allowed), |id| String::from_utf8_lossy(id).into_owned()).parse(input)
}

/// ```abnf
/// mailbox-data =/ "STATUS" SP mailbox SP "(" [status-att-list] ")"
/// ```
/// An item that breaks its rule costs itself only.
pub(crate) fn status_response<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, MailboxStatus> {
    let (rest, mailbox) = named(input, reading)?;
    let mut status = MailboxStatus::new(mailbox);
    let (rest, _) = list(rest, reading, |input, reading| status_att(input, &mut status, reading))?;
    Ok((rest, status))
}

/// The name and the space before the list. Exchange does not quote names with spaces.
fn named<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, MailboxName> {
    if let Ok((rest, name)) = mailbox(input, reading)
        && let Ok((rest, ())) = sp(rest, reading)
        && rest.first() == Some(&b'(')
    {
        return Ok((rest, name));
    }
    match input.windows(2).rposition(|pair| pair == b" (") {
        Some(end) if !matches!(input.first(), Some(b'"' | b'{')) => {
            let (rest, name) = unquoted(input, end, reading)?;
            Ok((sp(rest, reading)?.0, name))
        }
        _ => fail(input, "mailbox"),
    }
}

fn status_att<'a>(input: &'a [u8], status: &mut MailboxStatus, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, word) = name(input)?;
    let (value, ()) = sp(rest, reading)?;
    let known = ext::lookup(ITEMS, word);
    let broken = match known {
        Some(parse) => match parse(value, status, reading) {
            Ok(read) => return Ok(read),
            Err(nom::Err::Error(broken) | nom::Err::Failure(broken)) => Some(broken),
            Err(nom::Err::Incomplete(_)) => None,
        },
        None => None,
    };
    let word = String::from_utf8_lossy(word).into_owned();
    if known.is_none()
        && let Ok((rest, value)) = item_value(|value| tagged_ext_val(value, reading))(value)
    {
        status.unknown.push((word, value));
        return Ok((rest, ()));
    }
    let (rest, octets) = any_value(value)?;
    let breach = broken.map(|broken| super::breach(octets, rest, broken.within("status-att-val")));
    status.unparsed.push(Unparsed { name: word, octets: octets.to_vec(), breach });
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{StatusItem, TaggedValue};

    fn read(line: &str) -> MailboxStatus {
        let (rest, status) = status_response(line.as_bytes(), Reading::lenient()).unwrap();
        assert_eq!(rest, b"", "{line}");
        status
    }

    #[test]
    fn rfc_9051_7_3_4_example_reads() {
        let status = read("blurdybloop (MESSAGES 231 UIDNEXT 44292)");
        assert_eq!(status.mailbox, MailboxName::new("blurdybloop"));
        assert_eq!((status.messages, status.uid_next, status.unseen), (Some(231), Some(44292), None));
    }

    #[test]
    fn items_of_extensions_read() {
        // RFC 7162, 3.1.7; RFC 8438, 3; RFC 9208, 4.1.4; RFC 8474, 4.3; RFC 7889, 3.1.
        assert_eq!(read("a (HIGHESTMODSEQ 7011231777)").highest_mod_seq, Some(7_011_231_777));
        assert_eq!(read("blurdybloop (MESSAGES 231 SIZE 44421)").size, Some(44421));
        let quota = read("INBOX (MESSAGES 12 DELETED 4 DELETED-STORAGE 8)");
        assert_eq!((quota.deleted, quota.deleted_storage), (Some(4), Some(8)));
        let id = read("foo (MAILBOXID (F2212ea87-6097-4256-9d51-71338625))").mailbox_id;
        assert_eq!(id.as_deref(), Some("F2212ea87-6097-4256-9d51-71338625"));
        let limit = |line| read(line).append_limit;
        assert_eq!(limit("INBOX (APPENDLIMIT 257890)"), Some(AppendLimit::Octets(257_890)));
        assert_eq!(limit("INBOX (APPENDLIMIT NIL)"), Some(AppendLimit::Unknown));
    }

    #[test]
    fn a_broken_item_costs_itself_and_an_unknown_one_is_kept() {
        let status = read("\"Sent Items\" (MESSAGES many UNSEEN 5 X-ODD (1 \"a\") UIDNEXT 7x SIZE -1)");
        assert_eq!(
            (status.messages, status.unseen, status.uid_next, status.size),
            (None, Some(5), None, Some(0))
        );
        let names: Vec<&str> = status.unparsed.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["MESSAGES", "UIDNEXT"]);
        assert!(status.unparsed.iter().all(|item| item.breach.is_some()));
        let list = TaggedValue::List(vec![TaggedValue::Number(1), TaggedValue::Text(b"a".to_vec())]);
        assert_eq!(status.unknown, [("X-ODD".to_owned(), list)]);
        assert_eq!(read("INBOX ()").messages, None);
        assert_eq!(read("Sent Items (MESSAGES 5)").mailbox.as_str(), "Sent Items");
    }

    #[test]
    fn every_item_that_can_be_asked_for_is_read() {
        let names: Vec<&str> = ITEMS.iter().map(|(name, _)| *name).collect();
        let asked: Vec<&str> = StatusItem::ALL.iter().map(|item| item.name()).collect();
        assert!(asked.iter().all(|name| names.contains(name)));
        assert_eq!(asked.len(), names.len());
    }
}
