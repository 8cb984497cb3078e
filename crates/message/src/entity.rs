//! Character references of HTML. The table has all names of the HTML standard; a number is read as browsers read it.

use crate::charset;
use std::sync::LazyLock;

/// A line for the characters of one or more names, ascending: how far the first is above that of the line before, `+` and the second
/// if there is one, both in hexadecimal; then the names, with `*` if they need no semicolon. That compresses to two thirds of a list
/// by name.
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
        && let Some(named) = find(&text[..word])
    {
        named.push(decoded);
        return Some(word + 1);
    }
    WITHOUT_SEMICOLON.rev().filter(|length| *length <= word).find_map(|length| {
        let named = find(&text[..length]).filter(|named| named.old)?;
        named.push(decoded);
        Some(length)
    })
}

/// What a name stands for.
struct Named {
    name: &'static str,
    first: u32,
    second: Option<u32>,
    /// Whether it needs no semicolon.
    old: bool,
}

impl Named {
    fn push(&self, decoded: &mut String) {
        decoded.extend(char::from_u32(self.first));
        decoded.extend(self.second.and_then(char::from_u32));
    }
}

fn find(name: &str) -> Option<&'static Named> {
    /// Made at the first name that is looked for.
    static BY_NAME: LazyLock<Vec<Named>> = LazyLock::new(by_name);

    let at = BY_NAME.binary_search_by(|named| named.name.cmp(name)).ok()?;
    BY_NAME.get(at)
}

fn by_name() -> Vec<Named> {
    let (mut all, mut first) = (Vec::new(), 0);
    for line in NAMES.lines() {
        let mut words = line.split(' ');
        let letters = words.next().unwrap_or_default();
        let (above, second) = letters.split_once('+').unwrap_or((letters, ""));
        first += hexadecimal(above).unwrap_or_default();
        for word in words {
            let name = word.trim_end_matches('*');
            all.push(Named { name, first, second: hexadecimal(second), old: name.len() < word.len() });
        }
    }
    all.sort_unstable_by_key(|named| named.name);
    all
}

fn hexadecimal(number: &str) -> Option<u32> {
    u32::from_str_radix(number, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_table_is_found() {
        let words = NAMES.lines().map(|line| line.split(' ').skip(1)).collect::<Vec<_>>();
        let names: Vec<&str> = words.into_iter().flatten().collect();
        assert_eq!(names.len(), 2125);
        assert_eq!(names.iter().filter(|name| name.ends_with('*')).count(), 106);
        let mut decoded = String::new();
        for word in names {
            let name = word.trim_end_matches('*');
            let letters = decode(&format!("&{name};"));
            assert!((1..=2).contains(&letters.chars().count()), "{name}");
            assert!(name.len() <= LONGEST, "{name}");
            if word != name {
                assert!(WITHOUT_SEMICOLON.contains(&name.len()), "{name}");
                assert_eq!(decode(&format!("&{name} ")), format!("{letters} "), "{name}");
            }
            decoded.push_str(&letters);
        }
        // The differences lead from the first character to the last, and nothing is lost on the way.
        assert!(decoded.starts_with("\t\n!\"") && decoded.ends_with("𝕫"), "{decoded}");
        assert_eq!(decode("&zopf; &gesl; &Zeta; &rarrw;"), "𝕫 ⋛\u{fe00} Ζ ↝");
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
