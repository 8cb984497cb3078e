//! Parts exactly as the rules have them, of strings without literals: nearly all that there are. `None` is anything else, right or
//! wrong: the rules read it.

use super::super::octets::{after_text, number};
use super::{Part, PartForm, Table};

/// What follows `(`: a part that is neither a multipart nor a message.
#[cfg_attr(for_speed, optimize(speed))]
pub(super) fn single<'a>(input: &'a [u8], table: &Table<'_>) -> Option<(&'a [u8], Part)> {
    let mut part = Part { form: PartForm::Single, kind: table.place(input), ..Part::default() };
    let rest = word(input)?;
    let kind = input.get(1..input.len() - rest.len() - 2)?;
    if kind.eq_ignore_ascii_case(b"message") {
        return None;
    }
    part.subtype = table.place(rest);
    let rest = word(rest)?;
    part.parameters = table.place(rest);
    let [b' ', rest @ ..] = after_parameters(rest)? else { return None };
    part.id = table.place(rest);
    let [b' ', rest @ ..] = after_text(rest)? else { return None };
    part.description = table.place(rest);
    let [b' ', rest @ ..] = after_text(rest)? else { return None };
    part.encoding = table.place(rest);
    let [b' ', rest @ ..] = after_text(rest)? else { return None };
    let (octets, mut rest) = count(rest)?;
    part.octets = octets;
    if kind.eq_ignore_ascii_case(b"text") {
        let [b' ', after @ ..] = rest else { return None };
        let (lines, after) = count(after)?;
        (part.lines, rest) = (Some(lines), after);
    }
    let rest = field(rest, table, &mut part.md5, after_text)?;
    end(rest, part, table)
}

/// What follows the parts of a multipart.
#[cfg_attr(for_speed, optimize(speed))]
pub(super) fn multipart_end<'a>(input: &'a [u8], table: &Table<'_>) -> Option<(&'a [u8], Part)> {
    let mut part = Part { form: PartForm::Multipart, subtype: table.place(input), ..Part::default() };
    let rest = field(after_text(input)?, table, &mut part.parameters, after_parameters)?;
    end(rest, part, table)
}

/// Disposition, language and location, as far as they are there, and the closing parenthesis.
#[cfg_attr(for_speed, optimize(speed))]
fn end<'a>(input: &'a [u8], mut part: Part, table: &Table<'_>) -> Option<(&'a [u8], Part)> {
    let rest = field(input, table, &mut part.disposition, after_disposition)?;
    let rest = field(rest, table, &mut part.language, after_text)?;
    let rest = field(rest, table, &mut part.location, after_text)?;
    let [b')', after @ ..] = rest else { return None };
    part.end = table.place(rest);
    Some((after, part))
}

/// A field that may be missing, where the list ends.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn field<'a>(
    input: &'a [u8],
    table: &Table<'_>,
    place: &mut u32,
    after: impl Fn(&'a [u8]) -> Option<&'a [u8]>,
) -> Option<&'a [u8]> {
    match input {
        [b')', ..] => Some(input),
        [b' ', rest @ ..] => {
            *place = table.place(rest);
            after(rest)
        }
        _ => None,
    }
}

/// A quoted string and the space after it.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn word(input: &[u8]) -> Option<&[u8]> {
    if input.first() != Some(&b'"') {
        return None;
    }
    after_text(input)?.strip_prefix(b" ")
}

#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn count(input: &[u8]) -> Option<(u64, &[u8])> {
    let (number, digits) = number(input)?;
    input.get(digits..).filter(|rest| matches!(rest, [b' ' | b')', ..])).map(|rest| (number, rest))
}

/// NIL, or pairs of quoted strings.
#[cfg_attr(for_speed, optimize(speed))]
fn after_parameters(input: &[u8]) -> Option<&[u8]> {
    let [b'(', list @ ..] = input else { return input.strip_prefix(b"NIL") };
    let mut rest = list;
    loop {
        let value = word(rest)?;
        if value.first() != Some(&b'"') {
            return None;
        }
        rest = match after_text(value)? {
            [b')', after @ ..] => return Some(after),
            [_, after @ ..] => after,
            [] => return None,
        };
    }
}

/// NIL, or a quoted string and parameters.
#[cfg_attr(for_speed, optimize(speed))]
fn after_disposition(input: &[u8]) -> Option<&[u8]> {
    let [b'(', list @ ..] = input else { return input.strip_prefix(b"NIL") };
    after_parameters(word(list)?)?.strip_prefix(b")")
}

#[cfg(test)]
mod tests {
    use super::super::{body_ext_mpart, body_type_single, nstring_raw};
    use super::*;
    use crate::grammar::Reading;
    use std::cell::Cell;

    const SINGLE: &[&str] = &[
        r#""text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 700 10 NIL NIL NIL NIL)"#,
        r#""TEXT" "PLAIN" NIL "<1@a>" "a \"b\"" NIL 5 1) and what follows"#,
        r#""image" "png" ("name" "a.png" "x" "") NIL "A picture" "base64" 1234567 "bWQ1" ("attachment" ("filename" "a.png")) "de" "l")"#,
        r#""application" "pdf" NIL NIL NIL "base64" 0 NIL ("inline" NIL))"#,
    ];

    const OTHERS: &[&str] = &[
        r#""message" "rfc822" NIL NIL NIL "7bit" 5 1)"#,
        r#"NIL "plain" NIL NIL NIL "7bit" 5 1)"#,
        r#""text" NIL NIL NIL NIL "7bit" 5 1)"#,
        r#""text" "plain" ("charset" NIL) NIL NIL "7bit" 5 1)"#,
        r#""text" "plain" () NIL NIL "7bit" 5 1)"#,
        r#""text" "plain"  NIL NIL NIL "7bit" 5 1)"#,
        r#""text" "plain" NIL NIL NIL "7bit" 5)"#,
        r#""text" "plain" NIL NIL NIL "7bit" -5 1)"#,
        r#""text" "plain" NIL NIL NIL "7bit" 5 1 NIL "inline")"#,
        r#""text" "plain" NIL NIL NIL "7bit" 5 1 NIL NIL ("de" "en") NIL)"#,
        r#""text" "plain" NIL NIL NIL "7bit" 5 1 NIL NIL NIL NIL NIL)"#,
        r#""text" "plain" NIL NIL NIL "7bit" 5 1 )"#,
    ];

    /// Reads with both; what the rules say where `usual` says something.
    fn compare(input: &str, multipart: bool) -> Option<Part> {
        let (octets, reading) = (input.as_bytes(), Reading::lenient());
        let mut parts = Vec::new();
        let mut table = Table { parts: &mut parts, end: octets.len() + 1, odd: Cell::new(0) };
        let usual = if multipart { multipart_end(octets, &table) } else { single(octets, &table) };
        let (rest, part) = usual?;
        let (by_rules, expected) = if multipart {
            let (after, _) = nstring_raw(octets, reading).unwrap();
            let part = Part { form: PartForm::Multipart, subtype: table.place(octets), ..Part::default() };
            body_ext_mpart(after, part, &table, reading).unwrap()
        } else {
            body_type_single(octets, &mut table, reading).unwrap()
        };
        assert_eq!((rest, &part), (by_rules, &expected), "{input}");
        assert_eq!(reading.faults.fired().count(), 0, "{input}");
        Some(part)
    }

    #[test]
    fn a_part_reads_as_by_the_rules_and_what_is_no_usual_one_is_left_to_them() {
        for input in SINGLE {
            assert!(compare(input, false).is_some(), "{input}");
            for end in 0..input.len() {
                // What is cut is none, or reads the same.
                compare(&input[..end], false);
            }
        }
        for input in OTHERS {
            assert!(compare(input, false).is_none(), "{input}");
        }
    }

    #[test]
    fn the_end_of_a_multipart_reads_as_by_the_rules() {
        for input in [
            r#""mixed" ("boundary" "x") ("inline" NIL) NIL "l")"#,
            r#""mixed") 5"#,
            r#"NIL NIL NIL NIL NIL)"#,
        ] {
            assert!(compare(input, true).is_some(), "{input}");
        }
        for input in [r#""mixed" x)"#, r#""mixed" NIL NIL NIL NIL NIL)"#, r#"mixed)"#, r#""mixed" ("a"))"#] {
            assert!(compare(input, true).is_none(), "{input}");
        }
    }
}
