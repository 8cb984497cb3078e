//! File names among the parameters of Content-Type and Content-Disposition (RFC 2045, 5.1; RFC 2231), made safe to show.
//!
//! The octets of continuations are joined before they are decoded, because mailers cut characters in two, and the charset stands only in
//! the first.

use crate::{charset, header};

/// A piece of a parameter: `name*number*=value`.
struct Segment {
    number: u32,
    extended: bool,
    value: Vec<u8>,
}

/// The decoded value of a parameter: RFC 2231, encoded words although they are not allowed there, or raw octets.
pub(crate) fn parameter(header: &[u8], name: &str, fallback: Option<&str>) -> Option<String> {
    let unfolded = header::unfold(header);
    let mut segments: Vec<Segment> = segments(&unfolded, name);
    // The extended form wins over the plain one that stands beside it for old readers (RFC 6266, 4.3).
    if segments.iter().any(|segment| segment.extended) {
        let continued = segments.iter().any(|segment| segment.number > 0);
        segments.retain(|segment| segment.extended || continued);
    }
    segments.sort_by_key(|segment| segment.number);
    segments.dedup_by_key(|segment| segment.number);
    let first = segments.first()?;
    if !first.extended && segments.len() == 1 {
        return Some(header::text(&first.value, fallback));
    }
    let mut label = None;
    let mut octets = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let value = match (index, segment.extended, split_charset(&segment.value)) {
            (0, true, Some((charset, rest))) => {
                label = std::str::from_utf8(charset).ok().filter(|charset| !charset.is_empty());
                rest
            }
            _ => &segment.value,
        };
        octets.extend(if segment.extended { unescape(value) } else { value.to_vec() });
    }
    Some(match label {
        Some(label) => charset::decode(Some(label), &octets),
        None => header::text(&octets, fallback),
    })
}

/// A file name without path, control characters and the characters that reorder text; bounded, its extension kept.
pub(crate) fn file_name(name: &str) -> String {
    let parts = name.split(['/', '\\']);
    let last = parts.map(harmless).rfind(|part| !part.is_empty() && part != "." && part != "..");
    let name = last.unwrap_or_default();
    let length = name.chars().count();
    if length <= LONGEST_NAME {
        return name;
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let extension_length = extension.chars().count() + 1;
    if extension.is_empty() || extension_length > LONGEST_EXTENSION {
        return name.chars().take(LONGEST_NAME).collect();
    }
    let stem: String = name.chars().take(LONGEST_NAME - extension_length).collect();
    format!("{}.{extension}", stem.trim_end())
}

fn harmless(part: &str) -> String {
    let marks = |letter: char| {
        matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    header::clean(part).chars().filter(|letter| !marks(*letter)).collect::<String>().trim().to_owned()
}

/// ```abnf
/// parameter := attribute [ "*" number ] [ "*" ] "=" value
/// ```
/// A value without quotes ends at `;` only: mailers write file names with spaces so.
fn segments(header: &[u8], wanted: &str) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some(start) = end_of(rest) {
        rest = &rest[start + 1..];
        let field = &rest[..end_of(rest).unwrap_or(rest.len())];
        let Some(equals) = field.iter().position(|octet| *octet == b'=') else { continue };
        let attribute = String::from_utf8_lossy(&field[..equals]).trim().to_ascii_lowercase();
        if let Some((number, extended)) = segment_of(&attribute, wanted) {
            found.push(Segment { number, extended, value: unquote(&field[equals + 1..]) });
        }
    }
    found
}

/// Number and extended mark, if the attribute is the wanted one.
pub(crate) fn segment_of(attribute: &str, wanted: &str) -> Option<(u32, bool)> {
    let tail = attribute.strip_prefix(wanted)?;
    let (tail, extended) = tail.strip_suffix('*').map_or((tail, false), |tail| (tail, true));
    if tail.is_empty() {
        return Some((0, extended));
    }
    tail.strip_prefix('*').and_then(|number| number.parse().ok()).map(|number| (number, extended))
}

/// Where the next `;` outside quotes is.
fn end_of(octets: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    octets.iter().position(|octet| {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => return true,
            _ => {}
        }
        false
    })
}

fn unquote(value: &[u8]) -> Vec<u8> {
    let value = value.trim_ascii();
    let Some(inner) = value.strip_prefix(b"\"") else { return value.to_vec() };
    let mut unquoted = Vec::with_capacity(inner.len());
    let mut octets = inner.iter().copied().peekable();
    while let Some(octet) = octets.next() {
        match octet {
            b'"' => break,
            // Windows mailers write paths without escaping: only a quote or a backslash is taken as escaped.
            b'\\' if matches!(octets.peek(), Some(b'"' | b'\\')) => unquoted.extend(octets.next()),
            _ => unquoted.push(octet),
        }
    }
    unquoted
}

/// `charset'language'value`
fn split_charset(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = value.iter().position(|octet| *octet == b'\'')?;
    let second = value[first + 1..].iter().position(|octet| *octet == b'\'')?;
    Some((&value[..first], &value[first + 1 + second + 1..]))
}

/// Escapes of RFC 2231 undone.
pub(crate) fn unescape(value: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(&octet) = value.get(at) {
        match value.get(at + 1..at + 3).filter(|_| octet == b'%').and_then(header::hex) {
            Some(escaped) => {
                octets.push(escaped);
                at += 3;
            }
            None => {
                octets.push(octet);
                at += 1;
            }
        }
    }
    octets
}

/// File systems take 255 octets; a character may be four.
const LONGEST_NAME: usize = 120;
/// What follows the last dot of a longer tail is no extension.
const LONGEST_EXTENSION: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_in_all_their_forms_are_decoded() {
        for (value, expected) in [
            (&b"attachment; filename=plain.txt"[..], "plain.txt"),
            (b"attachment; filename=with spaces.txt; size=3", "with spaces.txt"),
            (b"attachment; filename=\"a \\\"b\\\"; c.txt\"", "a \"b\"; c.txt"),
            (b"attachment; filename*=utf-8''%E7%81%AF%E5%A1%94.txt", "灯塔.txt"),
            (b"attachment; filename=\"x.txt\"; filename*=UTF-8'en'na%C3%AFve.txt", "naïve.txt"),
            (b"attachment;\r\n filename*0*=utf-8''%E7%81;\r\n filename*1*=%AF%E5%A1%94;\r\n filename*2=\".txt\"", "灯塔.txt"),
            (b"attachment; filename*1*=%96%7B.txt; filename*0*=Shift_JIS''%93%FA", "日本.txt"),
            (b"attachment; filename*0=\"long \"; filename*1=\"name.txt\"", "long name.txt"),
            (b"attachment; filename=\"=?utf-8?B?54Gv5aGU?=.txt\"", "灯塔.txt"),
            (b"attachment; FILENAME = \"caf\xe9.txt\"", "café.txt"),
            (b"attachment; filename=\"caf\xc3\xa9.txt\"", "café.txt"),
            (b"attachment; broken; =; ;; filename=end.txt", "end.txt"),
            (b"attachment; filename=\"never closed.txt", "never closed.txt"),
        ] {
            let decoded = parameter(value, "filename", None);
            assert_eq!(decoded.as_deref(), Some(expected), "{}", String::from_utf8_lossy(value));
        }
        assert_eq!(parameter(b"attachment", "filename", None), None);
        assert_eq!(parameter(b"attachment; filenames=no", "filename", None), None);
    }

    #[test]
    fn a_file_name_is_harmless() {
        for (name, expected) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\robin\\plan.pdf", "plan.pdf"),
            ("..", ""),
            ("/", ""),
            ("folder/", "folder"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\u{200f}b\u{0}c\r\nd", "abc  d"),
            ("  name.txt  ", "name.txt"),
        ] {
            assert_eq!(file_name(name), expected, "{name:?}");
        }
        let long = file_name(&format!("{}.pdf", "灯".repeat(400)));
        assert_eq!(long.chars().count(), LONGEST_NAME);
        assert!(long.ends_with("灯.pdf"));
        assert_eq!(file_name(&"x".repeat(400)).len(), LONGEST_NAME);
    }
}
