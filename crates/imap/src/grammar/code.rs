//! Response codes (RFC 9051, 7.1; RFC 5530): a table from names to parsers; extensions add rows of their own.

use super::core::{loose_atom, name, number, opt_sp};
use super::mailbox::flag_list;
use super::{Broken, Parsed, Reading};
use crate::ext;
use crate::types::{Capabilities, ResponseCode, Unparsed};
use nom::Parser as _;
use nom::bytes::complete::take_while;
use nom::character::complete::char;
use nom::combinator::map;

/// One row per code of the base specification whose argument is typed. Any other code is [`ResponseCode::Other`].
const CODES: &[(&str, ext::Code)] = &[
    ("ALERT", |input, _| Ok((input, ResponseCode::Alert))),
    ("CAPABILITY", |input, _| map(capability_data, ResponseCode::Capability).parse(input)),
    ("PERMANENTFLAGS", |input, reading| {
        let (rest, flags) = flag_list(input, reading)?;
        Ok((rest, ResponseCode::PermanentFlags(flags)))
    }),
    ("READ-ONLY", |input, _| Ok((input, ResponseCode::ReadOnly))),
    ("READ-WRITE", |input, _| Ok((input, ResponseCode::ReadWrite))),
    ("TRYCREATE", |input, _| Ok((input, ResponseCode::TryCreate))),
    ("UIDNEXT", |input, _| map(number, ResponseCode::UidNext).parse(input)),
    ("UIDVALIDITY", |input, _| map(number, ResponseCode::UidValidity).parse(input)),
    ("UNSEEN", |input, _| map(number, ResponseCode::Unseen).parse(input)),
];

/// ```abnf
/// capability-data = "CAPABILITY" *(SP capability) SP "IMAP4rev2" *(SP capability)
/// ```
/// The order is not looked at. Forgives a space at the end.
pub(crate) fn capability_data(input: &[u8]) -> Parsed<'_, Capabilities> {
    let mut rest = opt_sp(input)?.0;
    let mut names = Vec::new();
    while let Ok((after, atom)) = loose_atom(rest) {
        if atom.starts_with(b"]") {
            break;
        }
        let bracket = atom.iter().position(|octet| *octet == b']').unwrap_or(atom.len());
        let (atom, tail) = atom.split_at(bracket);
        names.push(String::from_utf8_lossy(atom).into_owned());
        rest = if tail.is_empty() { opt_sp(after)?.0 } else { rest.get(bracket..).unwrap_or_default() };
    }
    Ok((rest, Capabilities::new(names)))
}

/// ```abnf
/// resp-text = ["[" resp-text-code "]" SP] [text]
/// resp-text-code = "ALERT" / capability-data / "PERMANENTFLAGS" SP "(" [flag-perm *(SP flag-perm)] ")" / "READ-ONLY" /
///                  "READ-WRITE" / "TRYCREATE" / "UIDNEXT" SP nz-number / "UIDVALIDITY" SP nz-number /
///                  atom [SP 1*<any TEXT-CHAR except "]">]
/// ```
/// With its brackets. An argument that broke its rule is kept as octets.
pub(crate) fn resp_text_code<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, _) = char('[').parse(input)?;
    let (rest, name) = name(rest)?;
    let argument = opt_sp(rest)?.0;
    let mut broken = None;
    if let Some(parse) = ext::lookup(CODES, name).or_else(|| ext::code(name)) {
        match parse(argument, reading) {
            Ok((after, code)) => match opt_sp(after)?.0.strip_prefix(b"]") {
                Some(after) => return Ok((after, code)),
                None => broken = Some(Broken { at: after, rule: "resp-text-code" }),
            },
            Err(nom::Err::Error(at) | nom::Err::Failure(at)) => broken = Some(at),
            Err(nom::Err::Incomplete(_)) => {}
        }
    }
    let (end, octets) = take_while(|octet| octet != b']').parse(argument)?;
    let (rest, _) = char(']').parse(end)?;
    let name = String::from_utf8_lossy(name).to_ascii_uppercase();
    let breach = broken.map(|broken| super::breach(octets, end, broken));
    Ok((rest, ResponseCode::Unparsed(Unparsed { name, octets: octets.to_vec(), breach })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Numbers;

    #[test]
    fn codes_read_with_and_without_arguments() {
        let read = |text: &'static str| resp_text_code(text.as_bytes(), Reading::lenient()).unwrap().1;
        assert_eq!(read("[ALERT] x"), ResponseCode::Alert);
        assert_eq!(read("[UIDVALIDITY 2910538380]"), ResponseCode::UidValidity(2_910_538_380));
        assert_eq!(
            read("[APPENDUID 38505 3955]"),
            ResponseCode::AppendUid(38505, Numbers::new([(3955, 3955)]))
        );
        let ResponseCode::Unparsed(odd) = read("[x-odd a b]") else { panic!("an unknown code") };
        assert_eq!((odd.name.as_str(), odd.octets.as_slice(), odd.breach), ("X-ODD", &b"a b"[..], None));
        let ResponseCode::Unparsed(broken) = read("[UIDNEXT soon]") else { panic!("a broken code") };
        assert!(broken.breach.is_some());
        let ResponseCode::Capability(known) = read("[CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN ] ok") else {
            panic!("a list")
        };
        assert_eq!(known.iter().collect::<Vec<_>>(), ["IMAP4rev1", "LITERAL+", "AUTH=PLAIN"]);
        assert!(known.has("literal+"));
        assert_eq!(known.mechanisms().collect::<Vec<_>>(), ["PLAIN"]);
    }
}
