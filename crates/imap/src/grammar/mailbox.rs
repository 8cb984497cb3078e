//! LIST and flags (RFC 9051, 7.3 and 9; RFC 6154 for attributes of special use).

use super::core::{fail, list, loose_atom, nil, opt_sp, quoted, sp, string};
use super::{Parsed, Reading};
use crate::mutf7;
use crate::types::{Flag, MailboxListing, MailboxName};
use nom::Parser as _;
use nom::branch::alt;
use nom::combinator::{map, value};
use std::borrow::Cow;

/// ```abnf
/// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
/// ```
/// The extended data of RFC 5258 is left unread.
pub(crate) fn mailbox_list(input: &[u8], reading: Reading) -> Parsed<'_, MailboxListing> {
    let (rest, attributes) = list(|input| {
        map(loose_atom, |atom: &[u8]| String::from_utf8_lossy(atom).into_owned()).parse(opt_sp(input)?.0)
    })(input)?;
    let (rest, ()) = sp(rest)?;
    let (rest, delimiter) = alt((
        value(None, nil),
        map(quoted, |text| String::from_utf8_lossy(&text).chars().next()),
        map(loose_atom, |atom: &[u8]| atom.first().map(|octet| char::from(*octet))),
    ))
    .parse(rest)?;
    let (rest, ()) = sp(rest)?;
    let (_, name) = mailbox(rest, reading)?;
    Ok((&[], MailboxListing { name, delimiter, attributes }))
}

/// ```abnf
/// mailbox = "INBOX" / astring
/// ```
/// Exchange does not quote names with tabs (MailKit issue 945): a name without quotes reaches to the end or to the extended
/// data of RFC 5258.
fn mailbox(input: &[u8], reading: Reading) -> Parsed<'_, MailboxName> {
    let (rest, name) = match string(input) {
        Ok((rest, name)) => (rest, Cow::Owned(name)),
        Err(_) => {
            let end = input.windows(2).position(|pair| pair == b" (").unwrap_or(input.len());
            let (name, rest) = input.split_at(end);
            (rest, Cow::Borrowed(name.trim_ascii_end()))
        }
    };
    if name.is_empty() && rest.len() == input.len() {
        return fail(input);
    }
    let name = if reading.utf8 { String::from_utf8_lossy(&name).into_owned() } else { mutf7::decode(&name) };
    Ok((rest, MailboxName::new(&name)))
}

/// ```abnf
/// flag-list = "(" [flag *(SP flag)] ")"
/// ```
/// Forgives NIL and quoted flags.
pub(crate) fn flag_list(input: &[u8]) -> Parsed<'_, Vec<Flag>> {
    list(|input| alt((map(loose_atom, flag), map(quoted, |text| flag(&text)))).parse(input))(input)
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
            let (_, listing) = mailbox_list(line, Reading::default()).unwrap();
            assert_eq!(
                (listing.name.as_str(), listing.delimiter, listing.attributes.len()),
                (name, delimiter, attributes)
            );
        }
    }

    #[test]
    fn names_are_utf_8_where_that_is_enabled() {
        let line = "(\\HasNoChildren) \"/\" \"Entwürfe &AOQ-\"".as_bytes();
        let name = |utf8| mailbox_list(line, Reading { utf8, ..Reading::default() }).unwrap().1.name;
        assert_eq!(name(true).as_str(), "Entwürfe &AOQ-");
        assert_eq!(name(false).as_str(), "Entwürfe ä");
    }

    #[test]
    fn flags_read_in_any_case_and_shape() {
        let (_, flags) = flag_list(br#"(\seen \* $Label1 "\\Flagged" [odd] )"#).unwrap();
        let odd = Flag::Keyword("[odd]".to_owned());
        assert_eq!(flags, [Flag::Seen, Flag::Any, Flag::Keyword("$Label1".to_owned()), Flag::Flagged, odd]);
        assert_eq!(flag_list(b"NIL").unwrap().1, []);
    }
}
