//! Character references of HTML. The table has all names of the HTML standard; a number is read as browsers read it.
//!
//! The MIME library's own table is not used: its hash is made for pointers of 64 bits, and misses names in wasm32.

use crate::{charset, table};

/// A line per name, sorted by octets: the name, its one or two characters in hexadecimal, and `*` if it needs no semicolon.
const NAMES: &str = include_str!("entities.txt");
/// `CounterClockwiseContourIntegral` is the longest.
const LONGEST: usize = 31;
/// The longest that needs no semicolon, such as `Eacute`, and the shortest, such as `lt`.
const WITHOUT_SEMICOLON: std::ops::RangeInclusive<usize> = 2..=6;

/// Text with its character references decoded; what is none stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        decoded.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        let taken = match rest.strip_prefix('#') {
            Some(number) => push_number(&mut decoded, number).map(|taken| taken + 1),
            None => push_named(&mut decoded, rest),
        };
        match taken {
            Some(taken) => rest = &rest[taken..],
            None => decoded.push('&'),
        }
    }
    decoded.push_str(rest);
    decoded
}

/// What follows `&#`. Gives how much of it belongs to the number.
fn push_number(decoded: &mut String, text: &str) -> Option<usize> {
    let (prefix, radix) = if text.starts_with(['x', 'X']) { (1, 16) } else { (0, 10) };
    let digits = &text[prefix..];
    let end = digits.find(|letter: char| !letter.is_digit(radix)).unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    // What is too large for a u32 is no character either.
    let number = u32::from_str_radix(&digits[..end], radix).unwrap_or(u32::MAX);
    decoded.extend(numbered(number));
    Some(prefix + end + usize::from(digits[end..].starts_with(';')))
}

/// Numbers 128 to 159 mean windows-1252, as in browsers; 0 is left out.
fn numbered(number: u32) -> Option<char> {
    match u8::try_from(number) {
        Ok(0) => None,
        Ok(octet @ 0x80..=0x9f) => Some(charset::windows_1252(octet)),
        _ => Some(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)),
    }
}

/// What follows `&`. Gives how much of it belongs to the name: the whole word with its semicolon, or else the longest old name that
/// it begins with.
fn push_named(decoded: &mut String, text: &str) -> Option<usize> {
    let word = text.bytes().take(LONGEST + 1).take_while(u8::is_ascii_alphanumeric).count();
    if text[word..].starts_with(';')
        && let Some((letters, _)) = find(&text[..word])
    {
        push_letters(decoded, letters);
        return Some(word + 1);
    }
    WITHOUT_SEMICOLON.rev().filter(|length| *length <= word).find_map(|length| {
        let (letters, old) = find(&text[..length])?;
        old.then(|| {
            push_letters(decoded, letters);
            length
        })
    })
}

fn push_letters(decoded: &mut String, letters: &str) {
    let letter = |number| u32::from_str_radix(number, 16).ok().and_then(char::from_u32);
    decoded.extend(letters.split(' ').filter_map(letter));
}

/// The characters of a name as the table has them, and whether it needs no semicolon.
fn find(name: &str) -> Option<(&'static str, bool)> {
    let letters = table::find(NAMES, name)?;
    let old = letters.strip_suffix(" *");
    Some((old.unwrap_or(letters), old.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_table_is_found() {
        let lines: Vec<&str> = NAMES.lines().collect();
        assert_eq!(lines.len(), 2125);
        assert_eq!(lines.iter().filter(|line| line.ends_with(" *")).count(), 106);
        for line in lines {
            let (name, letters) = line.split_once(' ').expect("a name and its characters");
            let expected: String = letters
                .trim_end_matches(" *")
                .split(' ')
                .map(|number| {
                    char::from_u32(u32::from_str_radix(number, 16).expect("hex")).expect("a character")
                })
                .collect();
            assert_eq!(decode(&format!("&{name};")), expected, "{name}");
            let old = letters.ends_with(" *");
            assert!(name.len() <= LONGEST && (!old || WITHOUT_SEMICOLON.contains(&name.len())), "{name}");
            if old {
                assert_eq!(decode(&format!("&{name} ")), format!("{expected} "), "{name}");
            }
        }
    }

    #[test]
    fn references_are_read_as_browsers_read_them() {
        for (text, expected) in [
            ("4&nbsp;&euro;&zwnj;", "4\u{a0}€\u{200c}"),
            ("&copy2026 &notit; &notin; &ampamp;", "©2026 ¬it; ∉ &amp;"),
            ("&euro &unknown; AT&T & &; &", "&euro &unknown; AT&T & &; &"),
            ("&NotEqualTilde;&Tab;", "≂\u{338}\t"),
            ("&#233;&#xE9;&#Xe9 &#233x &#150;&#x80;", "ééé éx –€"),
            ("&#;&#x;&#xg;&#", "&#;&#x;&#xg;&#"),
            ("&#0;&#xd800;&#x110000;&#99999999999999999999;x", "\u{fffd}\u{fffd}\u{fffd}x"),
            ("&é; &ltü", "&é; <ü"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }
}
