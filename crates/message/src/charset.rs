//! Octets of a named charset into text. Names as mail really uses them, not only as they are registered.
//!
//! The names are here, and so are UTF-8, windows-1252 and what browsers lack. The tables of all others weigh more than the reading of
//! messages, and every browser has them: see [`legacy`].

mod legacy;
mod tables;

use crate::table;

#[cfg(target_family = "wasm")]
pub use legacy::{HostDecoder, use_host_decoder};

/// Decodes by the declared charset. Without one, or with one that says nothing (`us-ascii`, `unknown-8bit`, an unknown name): UTF-8
/// if the octets are, else `windows-1252`.
pub(crate) fn decode(label: Option<&str>, octets: &[u8]) -> String {
    label.and_then(|label| decode_declared(label, octets)).unwrap_or_else(|| guess(octets))
}

/// Whether two labels name the same charset.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right) || canonical(left) == canonical(right)
}

/// Raw octets of a header: UTF-8 if they are, else ISO-2022-JP if they shift to it, else the fallback or `windows-1252`.
pub(crate) fn decode_raw_header(octets: &[u8], fallback: Option<&str>) -> String {
    if octets.contains(&ESCAPE) && shifts_to_jis(octets) {
        return decode_jis(octets);
    }
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => fallback.and_then(|label| decode_legacy(label, octets)).unwrap_or_else(|| guess(octets)),
    }
}

/// The declared charset if it can have made these octets, which are not UTF-8.
fn decode_legacy(label: &str, octets: &[u8]) -> Option<String> {
    let label = canonical(label)?;
    if label == "utf-8" {
        return None;
    }
    decode_declared(&label, octets)
}

fn decode_declared(label: &str, octets: &[u8]) -> Option<String> {
    let label = canonical(label)?;
    if let Some(name) = table::find(LABELS, &label) {
        return if name == JIS { Some(decode_jis(octets)) } else { decode_marked(name, octets) };
    }
    match label.as_str() {
        "utf-7" => Some(tables::utf_7(octets)),
        name if CP850.contains(&name) => Some(tables::cp850(octets)),
        _ => None,
    }
}

/// A byte order mark at the start says more than any name does.
fn decode_marked(name: &str, octets: &[u8]) -> Option<String> {
    match octets {
        // What browsers refuse to decode, because it has been used to hide markup.
        _ if name == "replacement" => None,
        [0xef, 0xbb, 0xbf, rest @ ..] => decode_named("utf-8", rest),
        [0xff, 0xfe, rest @ ..] => decode_named("utf-16le", rest),
        [0xfe, 0xff, rest @ ..] => decode_named("utf-16be", rest),
        _ => decode_named(name, octets),
    }
}

/// By a name of the Encoding Standard.
fn decode_named(name: &str, octets: &[u8]) -> Option<String> {
    let by_octets = !matches!(name, JIS | "utf-16le" | "utf-16be");
    match name {
        // What has no fault is read by words.
        "utf-8" => Some(match std::str::from_utf8(octets) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(octets).into_owned(),
        }),
        "windows-1252" => Some(octets.iter().map(|octet| windows_1252(*octet)).collect()),
        _ if by_octets && octets.is_ascii() => std::str::from_utf8(octets).ok().map(str::to_owned),
        // WebKitGTK and Node know the name and have no table.
        "iso-8859-16" => Some(tables::iso_8859_16(octets)),
        _ => legacy::decode(name, octets),
    }
}

/// The character of an octet. What the charset leaves open is a control character, as in browsers.
pub(crate) fn windows_1252(octet: u8) -> char {
    match octet {
        0x80..=0x9f => WINDOWS_1252[usize::from(octet - 0x80)],
        _ => char::from(octet),
    }
}

fn decode_jis(octets: &[u8]) -> String {
    decode_named(JIS, &without_idle_escapes(octets)).unwrap_or_else(|| guess(octets))
}

/// An escape that another one follows at once says nothing; the decoder of ISO-2022-JP would show it as a fault, but mailers that encode
/// word by word or line by line write it.
fn without_idle_escapes(octets: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(octets.len());
    for (at, &octet) in octets.iter().enumerate() {
        if octet == ESCAPE && octets.get(at + 3) == Some(&ESCAPE) {
            continue;
        }
        // The two octets after such an escape go with it.
        let follows = (1..=2).any(|back| {
            at >= back && octets[at - back] == ESCAPE && octets.get(at - back + 3) == Some(&ESCAPE)
        });
        if !follows {
            kept.push(octet);
        }
    }
    kept
}

/// UTF-8 if the octets are, even if the last of several characters is cut; else `windows-1252`, which gives something for any octets.
fn guess(octets: &[u8]) -> String {
    let octets = octets.strip_prefix(BYTE_ORDER_MARK).unwrap_or(octets);
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(error) if error.error_len().is_none() && !octets[..error.valid_up_to()].is_ascii() => {
            String::from_utf8_lossy(octets).into_owned()
        }
        Err(_) => octets.iter().map(|octet| windows_1252(*octet)).collect(),
    }
}

/// The name by which the decoders know a charset; `None` if the name says nothing about the octets.
fn canonical(label: &str) -> Option<String> {
    let label = label.trim_matches(|letter: char| !letter.is_ascii_alphanumeric()).to_ascii_lowercase();
    let compact: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    if let Some((_, name)) = ALIASES.iter().find(|(alias, _)| *alias == compact) {
        return (!name.is_empty()).then(|| (*name).to_owned());
    }
    if CP850.contains(&label.as_str()) {
        return Some(label);
    }
    for name in [label.as_str(), label.split(':').next().unwrap_or_default()] {
        if table::find(LABELS, name).is_some() {
            return Some(name.to_owned());
        }
    }
    for (prefix, name) in FAMILIES {
        if let Some(number) = compact.strip_prefix(prefix)
            && number.bytes().all(|digit| digit.is_ascii_digit())
        {
            return Some(format!("{name}{number}"));
        }
    }
    (!label.is_empty()).then_some(label)
}

fn shifts_to_jis(octets: &[u8]) -> bool {
    octets
        .windows(3)
        .any(|window| matches!(window, [ESCAPE, b'$', b'B' | b'@'] | [ESCAPE, b'(', b'I' | b'J']))
}

const ESCAPE: u8 = 0x1b;
const JIS: &str = "iso-2022-jp";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The labels of the Encoding Standard (4.2) with the names of their encodings, sorted.
const LABELS: &str = include_str!("labels.txt");

/// The octets 0x80 to 0x9f.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Names of cp850, which the Encoding Standard does not have.
const CP850: [&str; 4] = ["cp850", "ibm850", "850", "cspc850multilingual"];

/// Names that occur in mail (letters and digits only) and what they mean; empty means that they say nothing.
const ALIASES: [(&str, &str); 40] = [
    ("usascii", ""),
    ("ascii", ""),
    ("ansix341968", ""),
    ("iso646us", ""),
    ("unknown8bit", ""),
    ("xunknown", ""),
    ("unknown", ""),
    ("default", ""),
    ("none", ""),
    ("8bit", ""),
    ("utf8", "utf-8"),
    ("utf8mb4", "utf-8"),
    ("cputf8", "utf-8"),
    ("cp65001", "utf-8"),
    ("utf7", "utf-7"),
    ("unicode11utf7", "utf-7"),
    ("csunicode11utf7", "utf-7"),
    ("cp932", "shift_jis"),
    ("mscp932", "shift_jis"),
    ("xmscp932", "shift_jis"),
    ("windows932", "shift_jis"),
    ("eucjp", "euc-jp"),
    ("eucjpms", "euc-jp"),
    ("cp51932", "euc-jp"),
    ("jis", "iso-2022-jp"),
    ("iso2022jp1", "iso-2022-jp"),
    ("iso2022jpms", "iso-2022-jp"),
    ("cp50220", "iso-2022-jp"),
    ("cp50221", "iso-2022-jp"),
    ("cp936", "gbk"),
    ("gb180302000", "gb18030"),
    ("gb180302022", "gb18030"),
    ("euccn", "gbk"),
    ("cp950", "big5"),
    ("xwindows950", "big5"),
    ("cp949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("euckr", "euc-kr"),
    ("koi8r", "koi8-r"),
    ("koi8u", "koi8-u"),
];

/// Families of names that end in a number.
const FAMILIES: [(&str, &str); 6] = [
    ("windows", "windows-"),
    ("win", "windows-"),
    ("cp", "windows-"),
    ("xcp", "windows-"),
    ("iso8859", "iso-8859-"),
    ("8859", "iso-8859-"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_mail_uses_them_are_understood() {
        for (label, octets, expected) in [
            ("x-sjis", &b"\x93\xfa\x96\x7b"[..], "日本"),
            ("CP932", b"\x87\x40", "①"),
            ("\"Shift_JIS\"", b"\x93\xfa\x96\x7b", "日本"),
            ("ISO-2022-JP", b"\x1b$BF|K\\\x1b(B", "日本"),
            ("eucJP", b"\xc6\xfc\xcb\xdc", "日本"),
            ("gb2312", b"\xd6\xd0\x87\xd6", "中囍"),
            ("GB18030", b"\xd6\xd0\xce\xc4", "中文"),
            ("big5", b"\xa4\xa4\xa4\xe5", "中文"),
            ("ks_c_5601-1987", b"\xc7\xd1\xb1\xdb", "한글"),
            ("cp949", b"\x8c\x63", "똠"),
            ("koi8-r", b"\xed\xc9\xd2", "Мир"),
            ("KOI8-U", b"\xa7\xa6", "їі"),
            ("win-1251", b"\xcc\xe8\xf0", "Мир"),
            ("cp1253", b"\xe1\xe2", "αβ"),
            ("iso8859-7", b"\xe1\xe2", "αβ"),
            ("ISO_8859-15:1998", b"\xa4", "€"),
            ("iso-8859-15", b"\xa4", "€"),
            ("iso-8859-1", b"\x80", "€"),
            ("windows-1255", b"\xf9\xec\xe5\xed", "שלום"),
            ("windows-1256", b"\xe3\xd1\xcd\xc8\xc7", "مرحبا"),
            ("utf8", "ünï".as_bytes(), "ünï"),
            ("UTF-7", b"Gr+APw-n", "Grün"),
            ("unicode-1-1-utf-7", b"Gr+APw-n", "Grün"),
            ("cp850", b"\x81", "ü"),
        ] {
            assert_eq!(decode(Some(label), octets), expected, "{label}");
        }
    }

    /// The names, marks and what is decoded here are as in browsers: `encoding_rs` is what Firefox has.
    #[test]
    fn labels_marks_and_windows_1252_are_those_of_the_encoding_standard() {
        assert_eq!(LABELS.lines().count(), 228);
        let odd = [
            &b"\xef\xbb\xbfa\xc3"[..],
            b"\xff\xfea\0\0",
            b"\xfe\xff\0a\xd8",
            b"a\xef\xbb\xbf\x81\x1b~",
            b"~\\\x7f\x1a",
            b"",
        ];
        for line in LABELS.lines() {
            let (label, name) = line.split_once(' ').expect("a label and a name");
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).expect("a known label");
            assert_eq!(encoding.name().to_ascii_lowercase(), name, "{label}");
            assert_eq!(table::find(LABELS, label), Some(name));
            for octets in odd {
                let expected = (name != "replacement").then(|| encoding.decode(octets).0.into_owned());
                assert_eq!(decode_marked(name, octets), expected, "{name}, {octets:?}");
            }
        }
        let all: Vec<u8> = (0..=255).collect();
        for encoding in [encoding_rs::WINDOWS_1252, encoding_rs::ISO_8859_16] {
            let expected = encoding.decode_without_bom_handling(&all).0.into_owned();
            assert_eq!(decode_named(&encoding.name().to_ascii_lowercase(), &all), Some(expected));
        }
    }

    #[test]
    fn an_unknown_or_meaningless_charset_is_utf_8_or_windows_1252() {
        for label in
            [None, Some("x-klingon"), Some("us-ascii"), Some(""), Some("unknown-8bit"), Some("iso-2022-kr")]
        {
            assert_eq!(decode(label, "señor €".as_bytes()), "señor €", "{label:?}");
            assert_eq!(decode(label, b"se\xf1or \x80"), "señor €", "{label:?}");
        }
        assert_eq!(
            decode(None, b"\xc3\xa9 caf\xc3"),
            "é caf\u{fffd}",
            "a cut character does not change the charset"
        );
    }

    #[test]
    fn raw_headers_use_the_charset_of_the_message() {
        assert_eq!(decode_raw_header(b"\xed\xc9\xd2", Some("koi8-r")), "Мир");
        assert_eq!(decode_raw_header("Мир".as_bytes(), Some("koi8-r")), "Мир");
        assert_eq!(decode_raw_header(b"caf\xe9", None), "café");
        assert_eq!(decode_raw_header(b"caf\xe9", Some("utf-8")), "café");
        assert_eq!(decode_raw_header(b"Re: \x1b$BF|K\\\x1b(B!", None), "Re: 日本!");
    }
}
