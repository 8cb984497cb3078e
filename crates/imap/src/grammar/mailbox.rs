//! LIST, names of mailboxes and flags (RFC 9051, 7.3 and 9; RFC 6154 for attributes of special use).

use super::core::{astring, fail, is_atom_char, list, loose_atom, nil, number64, quoted, sp};
use super::{Broken, Parsed, Reading};
use crate::fault::Fault;
use crate::types::{Flag, ListItem, MailboxListing, MailboxName, TaggedValue, Unparsed};
use nom::Parser as _;
use nom::error::context;
use std::borrow::Cow;

/// ```abnf
/// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
/// ```
pub(crate) fn mailbox_list<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, MailboxListing> {
    let (rest, attributes) = mbx_list_flags(input, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, delimiter) = delimiter(rest, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, name) = listed_name(rest, reading)?;
    let Some(list) = rest.strip_prefix(b" ").filter(|list| list.starts_with(b"(")) else {
        return Ok((rest, MailboxListing { name, delimiter, attributes, extended: Vec::new() }));
    };
    let (rest, extended) = match mbox_list_extended(list, reading) {
        Ok((rest, items)) if rest.trim_ascii().is_empty() => (rest, items),
        Ok((at, _)) => broken_extension(list, Broken { at, rule: "mbox-list-extended" }),
        Err(nom::Err::Error(broken) | nom::Err::Failure(broken)) => broken_extension(list, broken),
        Err(error) => return Err(error),
    };
    Ok((rest, MailboxListing { name, delimiter, attributes, extended }))
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

/// What breaks its rule behind a name does not cost the name.
fn broken_extension<'a>(list: &'a [u8], broken: Broken<'a>) -> (&'a [u8], Vec<ListItem>) {
    let breach = Some(super::breach(list, &[], broken.within("mbox-list-extended")));
    (&[], vec![ListItem::Unparsed(Unparsed { name: String::new(), octets: list.to_vec(), breach })])
}

/// The delimiter of a listing or a namespace: one character in quotes, or NIL. An empty one is none (XLIST of some servers); of a
/// longer one the first character counts.
pub(crate) fn delimiter<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Option<char>> {
    if let Ok((rest, ())) = nil(input) {
        return Ok((rest, None));
    }
    let (rest, text, is_quoted) = match input.first() {
        Some(b'"') => quoted(input, reading).map(|(rest, text)| (rest, text, true))?,
        _ => loose_atom(input).map(|(rest, atom)| (rest, Cow::Borrowed(atom), false))?,
    };
    let text = String::from_utf8_lossy(&text);
    let mut characters = text.chars();
    let first = characters.next();
    if first.is_none() || characters.next().is_some() || !is_quoted {
        reading.forgive(Fault::OddDelimiter, input, "mailbox-list")?;
    }
    Ok((rest, first))
}

/// The name in a listing. NIL is no name, as in the answer to a LIST that asks for the delimiter: a mailbox of that name stands
/// in quotes. Exchange does not quote names with spaces and tabs (MailKit issue 945): such a name reaches to the end, or to the
/// extended data.
fn listed_name<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, MailboxName> {
    if let Ok((rest, ())) = nil(input)
        && rest.is_empty()
    {
        reading.forgive(Fault::NilName, input, "mailbox")?;
        return Ok((rest, MailboxName::new("")));
    }
    if matches!(input.first(), Some(b'"' | b'{')) {
        return mailbox(input, reading);
    }
    let is_extended = |rest: &'a [u8]| {
        let list = rest.get(1..).unwrap_or_default();
        matches!(mbox_list_extended(list, reading), Ok((rest, _)) if rest.trim_ascii().is_empty())
    };
    if let Ok((rest, name)) = mailbox(input, reading)
        && (rest.trim_ascii().is_empty() || is_extended(rest))
    {
        return Ok((rest, name));
    }
    let lists = input.windows(2).enumerate().filter(|(_, pair)| *pair == b" (").map(|(at, _)| at);
    let end = lists.take(LISTS).find(|at| is_extended(input.get(*at..).unwrap_or_default()));
    unquoted(input, end.unwrap_or(input.len()), reading)
}

/// A name without the quotes that it needs, `length` octets with the spaces behind it.
pub(crate) fn unquoted<'a>(input: &'a [u8], length: usize, reading: Reading<'_>) -> Parsed<'a, MailboxName> {
    let (octets, rest) = input.split_at_checked(length).unwrap_or((input, &[]));
    let octets = octets.trim_ascii_end();
    if octets.is_empty() {
        return fail(input, "mailbox");
    }
    reading.forgive(Fault::UnquotedName, input, "astring")?;
    Ok((rest, received(octets, input, reading)?))
}

/// ```abnf
/// mailbox = "INBOX" / astring
/// ```
/// Forgives octets above 127 where names are modified UTF-7.
pub(crate) fn mailbox<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, MailboxName> {
    let (rest, octets) = astring(input, reading)?;
    Ok((rest, received(&octets, input, reading)?))
}

fn received<'a>(
    octets: &[u8],
    input: &'a [u8],
    reading: Reading<'_>,
) -> Result<MailboxName, nom::Err<Broken<'a>>> {
    if !reading.utf8 && !octets.is_ascii() {
        reading.forgive(Fault::RawName, input, "mailbox")?;
    }
    Ok(MailboxName::from_wire(octets, reading.utf8))
}

/// ```abnf
/// mbox-list-extended = "(" [mbox-list-extended-item *(SP mbox-list-extended-item)] ")"
/// mbox-list-extended-item = mbox-list-extended-item-tag SP tagged-ext-val
/// childinfo-extended-item = "CHILDINFO" SP "(" list-select-base-opt-quoted *(SP list-select-base-opt-quoted) ")"
/// oldname-extended-item = "OLDNAME" SP "(" mailbox ")"
/// ```
fn mbox_list_extended<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Vec<ListItem>> {
    list(input, reading, |input, reading| {
        let (rest, tag) = astring(input, reading)?;
        let (rest, ()) = sp(rest, reading)?;
        if tag.eq_ignore_ascii_case(b"CHILDINFO") {
            let (rest, options) = list(rest, reading, |input, reading| {
                let (rest, option) = astring(input, reading)?;
                Ok((rest, String::from_utf8_lossy(&option).into_owned()))
            })?;
            return Ok((rest, ListItem::ChildInfo(options)));
        }
        if tag.eq_ignore_ascii_case(b"OLDNAME")
            && let Ok((rest, names)) = list(rest, reading, mailbox)
            && let Ok([old]) = <[MailboxName; 1]>::try_from(names)
        {
            return Ok((rest, ListItem::OldName(old)));
        }
        let (rest, value) = tagged_ext_val(rest, reading)?;
        Ok((rest, ListItem::Unknown(String::from_utf8_lossy(&tag).into_owned(), value)))
    })
}

/// ```abnf
/// tagged-ext-val = tagged-ext-simple / "(" [tagged-ext-comp] ")"
/// tagged-ext-simple = sequence-set / number / number64
/// tagged-ext-comp = astring / tagged-ext-comp *(SP tagged-ext-comp) / "(" tagged-ext-comp ")"
/// ```
pub(crate) fn tagged_ext_val<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, TaggedValue> {
    let Some(depth) = reading.depth.checked_sub(1) else { return fail(input, "depth") };
    if input.first() == Some(&b'(') {
        let reading = Reading { depth, ..reading };
        let (rest, values) = list(input, reading, tagged_ext_val)?;
        return Ok((rest, TaggedValue::List(values)));
    }
    if let Ok((rest, number)) = number64(input)
        && matches!(rest.first(), None | Some(b' ' | b')'))
    {
        return Ok((rest, TaggedValue::Number(number)));
    }
    let (rest, text) = astring(input, reading)?;
    Ok((rest, TaggedValue::Text(text.into_owned())))
}

/// ```abnf
/// flag-list = "(" [flag *(SP flag)] ")"
/// ```
/// Forgives NIL, quoted flags, keywords that are no atoms, and one that is a backslash only: that is left out.
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

/// Where the extended data may begin in a name without quotes: trying each parenthesis would take the square of the length.
const LISTS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn listings_of_four_servers_read() {
        for (line, name, delimiter, attributes) in [
            (&br#"(\HasNoChildren \Drafts) "/" Drafts"#[..], "Drafts", Some('/'), 2),
            (br#"(\Unmarked \HasNoChildren) "." "INBOX.Trash""#, "INBOX.Trash", Some('.'), 2),
            (br"(\NoInferiors) NIL INBOX", "INBOX", None, 1),
            (b"(\\HasNoChildren \\archive) \"/\" {7}\r\nArchive", "Archive", Some('/'), 2),
            (br#"() "" inbox"#, "INBOX", None, 0),
            (b"() \"/\" Sent\tItems of 2026 ", "Sent\tItems of 2026", Some('/'), 0),
            (b"() \"/\" Sent Items (old)", "Sent Items (old)", Some('/'), 0),
            (b"() \"/\" Sent Items (OLDNAME (x))", "Sent Items", Some('/'), 0),
            (b"() \"/\" Sent (b) (OLDNAME (x))", "Sent (b)", Some('/'), 0),
            (br#"() "//" "/leading""#, "/leading", Some('/'), 0),
            (br#"() / /leading"#, "/leading", Some('/'), 0),
            (br#"(\Noselect) "/" """#, "", Some('/'), 1),
            (br#"(\Noselect) "/" NIL"#, "", Some('/'), 1),
            (br#"() "\\" "NIL""#, "NIL", Some('\\'), 0),
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
    fn rfc_9051_6_3_9_8_extended_items_read() {
        let items = |line: &'static str| {
            let (rest, listing) = mailbox_list(line.as_bytes(), Reading::lenient()).unwrap();
            assert!(rest.is_empty(), "{line}");
            listing.extended
        };
        assert_eq!(
            items(r#"(\NonExistent) "/" "Foo" ("CHILDINFO" ("SUBSCRIBED"))"#),
            [ListItem::ChildInfo(vec!["SUBSCRIBED".to_owned()])]
        );
        assert_eq!(
            items(r#"(\Subscribed) "/" "NewMailbox" ("OLDNAME" ("OldMailbox"))"#),
            [ListItem::OldName(MailboxName::new("OldMailbox"))]
        );
        let (text, number) = (TaggedValue::Text(b"tablecloth".to_vec()), TaggedValue::Number(3));
        let list = TaggedValue::List(vec![TaggedValue::List(vec![number, text.clone()]), text]);
        assert_eq!(items(r#"() "/" "Foo" ("tablecloth" (("3" tablecloth) "tablecloth") x 1:4)"#).len(), 2);
        assert_eq!(
            items(r#"() "/" "Foo" ("tablecloth" ((3 tablecloth) "tablecloth"))"#),
            [ListItem::Unknown("tablecloth".to_owned(), list)]
        );
        let deep = format!("() \"/\" \"Foo\" (x {})", "(".repeat(5000));
        let (rest, listing) = mailbox_list(deep.as_bytes(), Reading::lenient()).unwrap();
        assert_eq!((rest, listing.name.as_str()), (&b""[..], "Foo"));
        assert!(
            matches!(listing.extended.as_slice(), [ListItem::Unparsed(broken)] if broken.breach.is_some())
        );
    }

    #[test]
    fn rfc_3348_and_rfc_5258_4_attributes_say_what_can_be_done() {
        let said = |attributes: &str| {
            let line = format!("({attributes}) \"/\" a");
            let (_, listing) = mailbox_list(line.as_bytes(), Reading::lenient()).unwrap();
            (listing.is_selectable(), listing.has_children())
        };
        assert_eq!(said("\\Noselect \\HasChildren"), (false, Some(true)));
        assert_eq!(said("\\nonexistent"), (false, None));
        assert_eq!(said("\\NoInferiors"), (true, Some(false)));
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

    proptest! {
        #[test]
        fn any_name_that_is_listed_has_the_octets_that_came(octets: Vec<u8>, utf8: bool) {
            let mut line = format!("(\\HasNoChildren) \"/\" {{{}}}\r\n", octets.len()).into_bytes();
            line.extend_from_slice(&octets);
            line.extend_from_slice(b" (OLDNAME (x))");
            let (rest, listing) = mailbox_list(&line, Reading { utf8, ..Reading::lenient() }).unwrap();
            prop_assert!(rest.is_empty());
            prop_assert_eq!(&*listing.name.to_wire(utf8), &octets[..]);
            prop_assert_eq!(listing.old_name(), Some(&MailboxName::new("x")));
        }
    }
}
