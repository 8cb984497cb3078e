//! Mail with every character of the charsets that a browser decodes, as this machine reads it: a JSON line per charset with the message
//! in base64 and its text. The test of the wasm core compares with it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::io::{BufWriter, Result, Write, stdout};
use waypost_message::view;

/// The encodings of the Encoding Standard whose characters are octets, beside windows-1252.
const SINGLE: [&str; 28] = [
    "ibm866",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-8-i",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "macintosh",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "x-mac-cyrillic",
    "x-user-defined",
];
const DOUBLE: [&str; 6] = ["big5", "euc-jp", "euc-kr", "gb18030", "gbk", "shift_jis"];

fn main() -> Result<()> {
    let singles = SINGLE.map(|name| (name, (0xa0..=0xff).chain(0x80..=0x9f).collect::<Vec<u8>>()));
    // What begins a character of three octets in EUC-JP is no part of a pair.
    let pairs_of = |name| match name {
        "euc-jp" => [pairs(&[], 0x81..=0x8d, 0x30..=0xfe), pairs(&[], 0x90..=0xfe, 0x30..=0xfe)].concat(),
        _ => pairs(&[], 0x81..=0xfe, 0x30..=0xfe),
    };
    let doubles = DOUBLE.map(|name| (name, [pairs_of(name), beyond(name)].concat()));
    let others = [
        ("iso-2022-jp", jis()),
        ("utf-16le", b"G\0r\0\xfc\0n\0=\xd8\0\xde".to_vec()),
        ("utf-16be", b"\0G\0r\0\xfc".to_vec()),
    ];
    let mut out = BufWriter::new(stdout().lock());
    for (name, octets) in singles.into_iter().chain(doubles).chain(others) {
        let body = STANDARD.encode(octets);
        let lines: Vec<&str> =
            body.as_bytes().chunks(76).filter_map(|line| str::from_utf8(line).ok()).collect();
        let raw = format!(
            "From: a@b.example\r\nContent-Type: text/plain; charset={name}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            lines.join("\r\n")
        );
        writeln!(
            out,
            "{}",
            json!({ "name": name, "raw": STANDARD.encode(&raw), "text": view(raw.as_bytes()).text })
        )?;
    }
    out.flush()
}

/// All pairs, a line for each first octet; a pair that is none shows as a fault and what is left of it.
fn pairs(
    before: &[u8],
    first: std::ops::RangeInclusive<u8>,
    second: std::ops::RangeInclusive<u8>,
) -> Vec<u8> {
    let line = |one| second.clone().flat_map(move |two| [before, &[one, two, b' ']].concat()).chain(*b"\r\n");
    first.flat_map(line).collect()
}

/// What a charset has beside octets alone and in pairs.
fn beyond(name: &str) -> Vec<u8> {
    match name {
        "euc-jp" => [pairs(b"\x8f", 0xa1..=0xfe, 0xa1..=0xfe), pairs(&[], 0x8e..=0x8e, 0xa1..=0xdf)].concat(),
        "shift_jis" => (0xa1..=0xdf).collect(),
        "gb18030" => b"\x81\x30\x81\x30 \x81\x35\xf4\x37 \x84\x31\xa4\x39 \x90\x30\x81\x30 \x94\x39\xfc\x36 \xe3\x32\x9a\x35".to_vec(),
        _ => Vec::new(),
    }
}

/// JIS X 0208, JIS X 0201 and its katakana.
fn jis() -> Vec<u8> {
    let row = |one| {
        [b"\x1b$B".to_vec(), (0x21..=0x7e).flat_map(|two| [one, two]).collect(), b"\x1b(B\r\n".to_vec()]
            .concat()
    };
    let mut octets: Vec<u8> = (0x21..=0x7e).flat_map(row).collect();
    for set in [b'J', b'I'] {
        octets.extend([0x1b, b'(', set]);
        octets.extend(0x21..=0x5f);
        octets.extend(*b"\x1b(B\r\n");
    }
    octets
}
