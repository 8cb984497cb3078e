//! LIST and flags (RFC 9051, 7.3 and 9; RFC 6154 for attributes of special use).

use super::core::{fail, list, loose_atom, nil, quoted, sp, string};
use super::{Parsed, Reading};
use crate::mutf7;
use crate::types::{Flag, MailboxListing, MailboxName};
use std::borrow::Cow;

/// ```abnf
/// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
/// ```
/// The extended data of RFC 5258 is left unread.
pub(crate) fn mailbox_list<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, MailboxListing> {
    let (rest, attributes) = list(input, reading, |input, _| {
        let (rest, atom) = loose_atom(input)?;
        Ok((rest, String::from_utf8_lossy(atom).into_owned()))
    })?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, delimiter) = delimiter(rest, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    let (_, name) = mailbox(rest, reading)?;
    Ok((&[], MailboxListing { name, delimiter, attributes }))
}

fn delimiter<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Option<char>> {
    if let Ok((rest, ())) = nil(input) {
        return Ok((rest, None));
    }
    let (rest, text) = match input.first() {
        Some(b'"') => quoted(input, reading)?,
        _ => loose_atom(input).map(|(rest, atom)| (rest, Cow::Borrowed(atom)))?,
    };
    Ok((rest, String::from_utf8_lossy(&text).chars().next()))
}

/// ```abnf
/// mailbox = "INBOX" / astring
/// ```
/// Exchange does not quote names with tabs (MailKit issue 945): a name without quotes reaches to the end or to the extended
/// data of RFC 5258.
pub(crate) fn mailbox<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, MailboxName> {
    let (rest, name) = match string(input, reading) {
        Ok(found) => found,
        Err(_) => {
            let end = input.windows(2).position(|pair| pair == b" (").unwrap_or(input.len());
            let (name, rest) = input.split_at(end);
            (rest, Cow::Borrowed(name.trim_ascii_end()))
        }
    };
    if name.is_empty() && rest.len() == input.len() {
        return fail(input, "mailbox");
    }
    Ok((rest, self::name(&name, reading)))
}

/// A name, from the octets that stand for it.
pub(crate) fn name(octets: &[u8], reading: Reading<'_>) -> MailboxName {
    let name =
        if reading.utf8 { String::from_utf8_lossy(octets).into_owned() } else { mutf7::decode(octets) };
    MailboxName::new(&name)
}

/// ```abnf
/// flag-list = "(" [flag *(SP flag)] ")"
/// ```
/// Forgives NIL and quoted flags.
pub(crate) fn flag_list<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Vec<Flag>> {
    list(input, reading, |input, reading| match input.first() {
        Some(b'"') => quoted(input, reading).map(|(rest, text)| (rest, flag(&text))),
        _ => loose_atom(input).map(|(rest, atom)| (rest, flag(atom))),
    })
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
