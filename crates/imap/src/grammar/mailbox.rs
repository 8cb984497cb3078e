//! LIST and flags (RFC 9051, 7.3 and 9; RFC 6154 for attributes of special use).

use super::core::{fail, is_atom_char, list, loose_atom, nstring, quoted, sp, string};
use super::{Parsed, Reading};
use crate::fault::Fault;
use crate::mutf7;
use crate::types::{Flag, MailboxListing, MailboxName};
use nom::Parser as _;
use nom::error::context;
use std::borrow::Cow;

/// ```abnf
/// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
/// ```
/// The extended data of RFC 5258 is left unread.
pub(crate) fn mailbox_list<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, MailboxListing> {
    let (rest, attributes) = mbx_list_flags(input, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, delimiter) = delimiter(rest, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    let (_, name) = mailbox(rest, reading)?;
    Ok((&[], MailboxListing { name, delimiter, attributes }))
}

/// ```abnf
/// mbx-list-flags = *(mbx-list-oflag SP) mbx-list-sflag *(SP mbx-list-oflag) / mbx-list-oflag *(SP mbx-list-oflag)
/// ```
/// Forgives an attribute that is a backslash only: it is left out.
fn mbx_list_flags<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Vec<String>> {
    let (rest, attributes) = list(input, reading, |input, reading| {
        let (rest, atom) = context("mbx-list-flags", loose_atom).parse(input)?;
        if atom == b"\\" {
            reading.forgive(Fault::EmptyFlag, input, "mbx-list-oflag")?;
            return Ok((rest, None));
        }
        Ok((rest, Some(String::from_utf8_lossy(atom).into_owned())))
    })?;
    Ok((rest, attributes.into_iter().flatten().collect()))
}

/// ```abnf
/// DQUOTE QUOTED-CHAR DQUOTE / nil
/// ```
/// Forgives an empty string for NIL, and a delimiter without quotes.
fn delimiter<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Option<char>> {
    let (rest, text) = nstring(input, reading)?;
    let delimiter = text.as_ref().and_then(|text| String::from_utf8_lossy(text).chars().next());
    if delimiter.is_none() && text.is_some() {
        reading.forgive(Fault::EmptyDelimiter, input, "QUOTED-CHAR")?;
    }
    Ok((rest, delimiter))
}

/// ```abnf
/// mailbox = "INBOX" / astring
/// ```
/// Exchange does not quote names with tabs (MailKit issue 945): a name without quotes reaches to the end or to the extended
/// data of RFC 5258.
pub(crate) fn mailbox<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, MailboxName> {
    let (rest, name) = match input.first() {
        Some(b'"') | None => string(input, reading)?,
        // A literal that is none is a name that looks like one.
        _ => string(input, reading).or_else(|_| unquoted(input, reading))?,
    };
    let name = if reading.utf8 { String::from_utf8_lossy(&name).into_owned() } else { mutf7::decode(&name) };
    Ok((rest, MailboxName::new(&name)))
}

/// A name without quotes.
fn unquoted<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Cow<'a, [u8]>> {
    let end = memchr::memmem::find(input, b" (").unwrap_or(input.len());
    let (name, rest) = input.split_at(end);
    let name = name.trim_ascii_end();
    if name.is_empty() {
        return fail(input, "mailbox");
    }
    if loose_atom(name).is_ok_and(|(rest, _)| rest.is_empty()) {
        let (_, rest) = input.split_at(name.len());
        return Ok((rest, Cow::Borrowed(name)));
    }
    reading.forgive(Fault::UnquotedName, input, "astring")?;
    Ok((rest, Cow::Borrowed(name)))
}

/// ```abnf
/// flag-list = "(" [flag *(SP flag)] ")"
/// ```
/// Forgives NIL, quoted flags, and one that is a backslash only: that is left out.
pub(crate) fn flag_list<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Vec<Flag>> {
    let (rest, flags) = list(input, reading, |input, reading| {
        if input.first() == Some(&b'"') {
            let (rest, text) = quoted(input, reading)?;
            reading.forgive(Fault::QuotedFlag, input, "flag")?;
            return Ok((rest, Some(flag(&text))));
        }
        let (rest, atom) = context("flag", loose_atom).parse(input)?;
        let system = atom.strip_prefix(b"\\");
        if system == Some(b"") {
            reading.forgive(Fault::EmptyFlag, input, "flag")?;
            return Ok((rest, None));
        }
        if system != Some(b"*") && !system.unwrap_or(atom).iter().all(|octet| is_atom_char(*octet)) {
            reading.forgive(Fault::OddKeyword, input, "flag")?;
        }
        Ok((rest, Some(flag(atom))))
    })?;
    Ok((rest, flags.into_iter().flatten().collect()))
}

/// ```abnf
/// flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword / flag-extension
/// ```
fn flag(atom: &[u8]) -> Flag {
    const SYSTEM: [(&str, Flag); 7] = [
        ("\\Seen", Flag::Seen),
        ("\\Answered", Flag::Answered),
        ("\\Flagged", Flag::Flagged),
        ("\\Deleted", Flag::Deleted),
        ("\\Draft", Flag::Draft),
        ("\\Recent", Flag::Recent),
        ("\\*", Flag::Any),
    ];
    SYSTEM
        .iter()
        .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(atom))
        .map_or_else(|| Flag::Keyword(String::from_utf8_lossy(atom).into_owned()), |(_, flag)| flag.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_of_four_servers_read() {
        for (line, name, delimiter, attributes) in [
            (&br#"(\HasNoChildren \Drafts) "/" Drafts"#[..], "Drafts", Some('/'), 2),
            (br#"(\Unmarked \HasNoChildren) "." "INBOX.Trash""#, "INBOX.Trash", Some('.'), 2),
            (br"(\NoInferiors) NIL INBOX", "INBOX", None, 1),
            (b"(\\HasNoChildren \\archive) \"/\" {7}\r\nArchive", "Archive", Some('/'), 2),
            (br#"() "" inbox"#, "INBOX", None, 0),
            (b"() \"/\" Sent\tItems of 2026 ", "Sent\tItems of 2026", Some('/'), 0),
            (br#"(\HasChildren ) "/" "Entw&APw-rfe" (OLDNAME ("x"))"#, "Entwürfe", Some('/'), 1),
        ] {
            let (_, listing) = mailbox_list(line, Reading::lenient()).unwrap();
            assert_eq!(
                (listing.name.as_str(), listing.delimiter, listing.attributes.len()),
                (name, delimiter, attributes)
            );
        }
    }

    #[test]
    fn names_are_utf_8_where_that_is_enabled() {
        let line = "(\\HasNoChildren) \"/\" \"Entwürfe &AOQ-\"".as_bytes();
        let name = |utf8| mailbox_list(line, Reading { utf8, ..Reading::lenient() }).unwrap().1.name;
        assert_eq!(name(true).as_str(), "Entwürfe &AOQ-");
        assert_eq!(name(false).as_str(), "Entwürfe ä");
    }

    #[test]
    fn flags_read_in_any_case_and_shape() {
        let (_, flags) = flag_list(br#"(\seen \* $Label1 "\\Flagged" [odd] )"#, Reading::lenient()).unwrap();
        let odd = Flag::Keyword("[odd]".to_owned());
        assert_eq!(flags, [Flag::Seen, Flag::Any, Flag::Keyword("$Label1".to_owned()), Flag::Flagged, odd]);
        assert_eq!(flag_list(b"NIL", Reading::lenient()).unwrap().1, []);
    }
}
