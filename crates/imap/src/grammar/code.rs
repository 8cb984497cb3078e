//! Response codes (RFC 9051, 7.1; RFC 5530): a table from names to parsers; extensions add rows of their own.

use super::core::{astring, list, name, no_sp, number, sp, string};
use super::mailbox::flag_list;
use super::{Broken, Parsed, Reading, broken};
use crate::ext;
use crate::fault::Fault;
use crate::types::{Capabilities, ResponseCode, Unparsed};
use nom::Parser as _;
use nom::bytes::complete::take_while;
use nom::character::complete::char;
use nom::combinator::map;
use nom::error::context;

/// The codes that mean something to the engine.
const CODES: &[(&str, ext::Code)] = &[
    ("CAPABILITY", |input, reading| {
        let (rest, known) = capability_data(input, reading)?;
        Ok((rest, ResponseCode::Capability(known)))
    }),
    ("UIDVALIDITY", |input, reading| {
        map(|input| nz_number(input, reading), ResponseCode::UidValidity).parse(input)
    }),
];

/// One row per other code of the base specification and its forerunners, and of Gmail.
const OF_CLIENTS: &[(&str, ext::Code)] = ext::of_clients(&[
    ("ALERT", |input, _| Ok((input, ResponseCode::Alert))),
    ("ALREADYEXISTS", |input, _| Ok((input, ResponseCode::AlreadyExists))),
    ("AUTHENTICATIONFAILED", |input, _| Ok((input, ResponseCode::AuthenticationFailed))),
    ("AUTHORIZATIONFAILED", |input, _| Ok((input, ResponseCode::AuthorizationFailed))),
    ("CANNOT", |input, _| Ok((input, ResponseCode::Cannot))),
    ("CLIENTBUG", |input, _| Ok((input, ResponseCode::ClientBug))),
    ("CLOSED", |input, _| Ok((input, ResponseCode::Closed))),
    ("CONTACTADMIN", |input, _| Ok((input, ResponseCode::ContactAdmin))),
    ("CORRUPTION", |input, _| Ok((input, ResponseCode::Corruption))),
    ("EXPIRED", |input, _| Ok((input, ResponseCode::Expired))),
    ("EXPUNGEISSUED", |input, _| Ok((input, ResponseCode::ExpungeIssued))),
    ("HASCHILDREN", |input, _| Ok((input, ResponseCode::HasChildren))),
    ("INUSE", |input, _| Ok((input, ResponseCode::InUse))),
    ("LIMIT", |input, _| Ok((input, ResponseCode::Limit))),
    ("NONEXISTENT", |input, _| Ok((input, ResponseCode::NonExistent))),
    ("NOPERM", |input, _| Ok((input, ResponseCode::NoPerm))),
    ("OVERQUOTA", |input, _| Ok((input, ResponseCode::OverQuota))),
    ("PARSE", |input, _| Ok((input, ResponseCode::Parse))),
    ("PRIVACYREQUIRED", |input, _| Ok((input, ResponseCode::PrivacyRequired))),
    ("SERVERBUG", |input, _| Ok((input, ResponseCode::ServerBug))),
    ("UIDNOTSTICKY", |input, _| Ok((input, ResponseCode::UidNotSticky))),
    ("UNAVAILABLE", |input, _| Ok((input, ResponseCode::Unavailable))),
    ("BADCHARSET", bad_charset),
    ("THROTTLED", |input, _| Ok((input, ResponseCode::Throttled))),
    ("PERMANENTFLAGS", |input, reading| {
        let (rest, flags) = flag_list(input, reading)?;
        Ok((rest, ResponseCode::PermanentFlags(flags)))
    }),
    ("READ-ONLY", |input, _| Ok((input, ResponseCode::ReadOnly))),
    ("READ-WRITE", |input, _| Ok((input, ResponseCode::ReadWrite))),
    ("TRYCREATE", |input, _| Ok((input, ResponseCode::TryCreate))),
    ("UIDNEXT", |input, reading| map(|input| nz_number(input, reading), ResponseCode::UidNext).parse(input)),
    ("UNSEEN", |input, reading| map(|input| nz_number(input, reading), ResponseCode::Unseen).parse(input)),
    ("NEWNAME", new_name),
    ("WEBALERT", |input, _| {
        let (rest, url) = take_while(|octet| octet != b' ' && octet != b']').parse(input)?;
        Ok((rest, ResponseCode::WebAlert(text(url))))
    }),
]);

/// ```abnf
/// resp-text-code =/ "BADCHARSET" [SP "(" charset *(SP charset) ")"]
/// charset = atom / quoted
/// ```
/// The list may be empty.
fn bad_charset<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    if input.first() != Some(&b'(') {
        return Ok((input, ResponseCode::BadCharset(Vec::new())));
    }
    let (rest, known) = list(input, reading, |input, reading| {
        let (rest, charset) = astring(input, reading)?;
        Ok((rest, text(&charset)))
    })?;
    Ok((rest, ResponseCode::BadCharset(known)))
}

/// ```abnf
/// resp-text-code =/ "NEWNAME" SP string SP string
/// ```
/// RFC 2060 took it from RFC 1730; names are kept as sent.
fn new_name<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, before) = string(input, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, now) = string(rest, reading)?;
    Ok((rest, ResponseCode::NewName(text(&before), text(&now))))
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// ```abnf
/// nz-number = digit-nz *DIGIT ; 0 < n < 4,294,967,296
/// ```
/// Forgives 0.
pub(super) fn nz_number<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, u32> {
    let (rest, found) = context("nz-number", number).parse(input)?;
    if found == 0 {
        reading.forgive(Fault::ZeroNumber, input, "nz-number")?;
    }
    Ok((rest, found))
}

/// ```abnf
/// capability-data = "CAPABILITY" *(SP capability) SP "IMAP4rev2" *(SP capability)
/// ```
/// The order is not looked at. Forgives spaces at the end, and `LITERAL +`.
pub(crate) fn capability_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Capabilities> {
    let mut rest = input;
    let mut names: Vec<String> = Vec::new();
    loop {
        rest = no_sp(rest, reading)?.0;
        let (after, atom) = take_while(|octet| octet > b' ' && !matches!(octet, b']' | 0x7f)).parse(rest)?;
        if atom.is_empty() {
            return Ok((rest, Capabilities::new(names)));
        }
        match names.last_mut().filter(|last| last.eq_ignore_ascii_case("LITERAL") && atom.len() == 1) {
            Some(last) if matches!(atom, b"+" | b"-") => {
                reading.forgive(Fault::SplitCapability, rest, "capability")?;
                last.push_str(&text(atom));
            }
            _ => names.push(text(atom)),
        }
        rest = match after {
            // A space that nothing follows is one too many (QQ).
            [b' ', rest @ ..] if !matches!(rest, [] | [b']', ..]) => rest,
            _ => after,
        };
    }
}

/// ```abnf
/// resp-text = ["[" resp-text-code "]" SP] [text]
/// resp-text-code = "ALERT" / capability-data / "PERMANENTFLAGS" SP "(" [flag-perm *(SP flag-perm)] ")" / "READ-ONLY" /
///                  "READ-WRITE" / "TRYCREATE" / "UIDNEXT" SP nz-number / "UIDVALIDITY" SP nz-number /
///                  atom [SP 1*<any TEXT-CHAR except "]">]
/// ```
/// With its brackets. An argument that broke its rule is kept as octets.
pub(crate) fn resp_text_code<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, _) = context("resp-text-code", char('[')).parse(input)?;
    let (rest, name) = context("resp-text-code", name).parse(rest)?;
    let argument = rest.strip_prefix(b" ").unwrap_or(rest);
    let broken = match reading.faults.attempt(|| known_code(name, argument, reading)) {
        Ok(found) => return Ok(found),
        Err(broken) => broken,
    };
    let (end, octets) = take_while(|octet| octet != b']').parse(argument)?;
    let (rest, _) = context("resp-text-code", char(']')).parse(end)?;
    let name = text(name).to_ascii_uppercase();
    let breach = broken.map(|broken| super::breach(octets, end, broken.within("resp-text-code")));
    Ok((rest, ResponseCode::Unparsed(Unparsed { name, octets: octets.to_vec(), breach })))
}

/// A code of the tables, from its argument on to its `]`; `Err(None)` if there is none of that name.
fn known_code<'a>(
    name: &[u8],
    argument: &'a [u8],
    reading: Reading<'_>,
) -> Result<(&'a [u8], ResponseCode), Option<Broken<'a>>> {
    let base = [CODES, OF_CLIENTS].into_iter().find_map(|table| ext::lookup(table, name));
    let parse = base.or_else(|| ext::code(name)).ok_or(None)?;
    let (argument, ()) = no_sp(argument, reading).map_err(broken)?;
    let (rest, code) = parse(argument, reading).map_err(broken)?;
    let (rest, ()) = no_sp(rest, reading).map_err(broken)?;
    match rest.strip_prefix(b"]") {
        Some(rest) => Ok((rest, code)),
        None => Err(Some(Broken { at: rest, rule: "resp-text-code" })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Breach, NumberSet};

    #[test]
    fn rfc_5530_3_and_rfc_9051_7_1_codes_are_told_apart_by_name() {
        for name in [
            "ALERT",
            "ALREADYEXISTS",
            "AUTHENTICATIONFAILED",
            "AUTHORIZATIONFAILED",
            "CANNOT",
            "CLIENTBUG",
            "CLOSED",
            "COMPRESSIONACTIVE",
            "CONTACTADMIN",
            "CORRUPTION",
            "EXPIRED",
            "EXPUNGEISSUED",
            "HASCHILDREN",
            "INUSE",
            "LIMIT",
            "NONEXISTENT",
            "NOPERM",
            "OVERQUOTA",
            "PARSE",
            "PRIVACYREQUIRED",
            "SERVERBUG",
            "UIDNOTSTICKY",
            "UNAVAILABLE",
        ] {
            let code = ResponseCode::parse(format!("[{name}]").as_bytes()).unwrap();
            assert!(!matches!(code, ResponseCode::Unparsed(_)), "{name}");
            assert_eq!(code.name(), name);
        }
        let charsets = |text: &'static str| match ResponseCode::parse(text.as_bytes()) {
            Some(ResponseCode::BadCharset(charsets)) => charsets,
            other => panic!("{other:?}"),
        };
        assert_eq!(charsets("[BADCHARSET]"), Vec::<String>::new());
        assert_eq!(charsets("[BADCHARSET (UTF-8 \"a ] b\")]"), ["UTF-8", "a ] b"]);
        assert!(matches!(ResponseCode::parse(b"[CLOSED odd]"), Some(ResponseCode::Unparsed(_))));
    }

    #[test]
    fn codes_read_with_and_without_arguments() {
        let read = |text: &'static str| resp_text_code(text.as_bytes(), Reading::lenient()).unwrap().1;
        assert_eq!(read("[ALERT] x"), ResponseCode::Alert);
        assert_eq!(read("[UIDVALIDITY 2910538380]"), ResponseCode::UidValidity(2_910_538_380));
        assert_eq!(
            read("[APPENDUID 38505 3955]"),
            ResponseCode::AppendUid(38505, NumberSet::new([(3955, 3955)]))
        );
        let ResponseCode::Unparsed(odd) = read("[x-odd a b]") else { panic!("an unknown code") };
        assert_eq!((odd.name.as_str(), odd.octets.as_slice(), odd.breach), ("X-ODD", &b"a b"[..], None));
        let ResponseCode::Unparsed(broken) = read("[UIDNEXT soon]") else { panic!("a broken code") };
        assert_eq!(broken.breach, Some(Breach { rule: "nz-number", offset: 0 }));
        assert_eq!(read("[authenticationfailed]"), ResponseCode::AuthenticationFailed);
        let charsets = ["UTF-8".to_owned(), "x]y".to_owned()];
        assert_eq!(read("[BADCHARSET (UTF-8 \"x]y\")]"), ResponseCode::BadCharset(charsets.to_vec()));
        assert_eq!(read("[BADCHARSET]"), ResponseCode::BadCharset(Vec::new()));
        let renamed = ResponseCode::NewName("a".to_owned(), "b c".to_owned());
        assert_eq!(read("[NEWNAME \"a\" \"b c\"]"), renamed);
        let url = "https://mail.example/a?b=c".to_owned();
        assert_eq!(read("[WEBALERT https://mail.example/a?b=c]"), ResponseCode::WebAlert(url));
        let ResponseCode::Capability(known) = read("[CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN ] ok") else {
            panic!("a list")
        };
        assert_eq!(known.iter().collect::<Vec<_>>(), ["IMAP4rev1", "LITERAL+", "AUTH=PLAIN"]);
        assert!(known.has("literal+"));
        assert_eq!(known.mechanisms().collect::<Vec<_>>(), ["PLAIN"]);
    }
}
