//! Header text: encoded words (RFC 2047) and raw 8-bit octets into text.
//!
//! Words of the same charset that follow each other are joined before they are decoded: real mailers cut characters in two.

use crate::charset;
use crate::decode::{Encoding, decode};

/// One piece of a header in its order.
enum Piece<'x> {
    /// Octets that are no encoded word.
    Raw(&'x [u8]),
    /// One or more encoded words: charset, decoded octets.
    Words(String, Vec<u8>),
}

/// Decoded text of a header, on one line and without control characters.
pub(crate) fn text(octets: &[u8], fallback: Option<&str>) -> String {
    let unfolded = unfold(octets);
    let mut decoded = String::with_capacity(unfolded.len());
    for piece in pieces(&unfolded) {
        match piece {
            Piece::Raw(raw) => decoded.push_str(&charset::decode_raw_header(raw, fallback)),
            Piece::Words(charset, octets) => decoded.push_str(&charset::decode(Some(&charset), &octets)),
        }
    }
    clean(&decoded)
}

/// Where a word begins and ends in a normal form: octets that are none of UTF-8.
pub(crate) const WORD: u8 = 0xff;
pub(crate) const WORD_END: u8 = 0xfe;

/// The header as UTF-8 with each run of encoded words decoded between [`WORD`] and [`WORD_END`]: so their text can't end a quoted string or
/// begin an address.
pub(crate) fn normalise(octets: &[u8], fallback: Option<&str>) -> Vec<u8> {
    let unfolded = unfold(octets);
    let mut normal = Vec::with_capacity(unfolded.len());
    for piece in pieces(&unfolded) {
        match piece {
            Piece::Raw(raw) => normal.extend(charset::decode_raw_header(raw, fallback).into_bytes()),
            Piece::Words(charset, octets) => {
                normal.push(WORD);
                normal.extend(clean(&charset::decode(Some(&charset), &octets)).into_bytes());
                normal.push(WORD_END);
            }
        }
    }
    normal
}

/// Without control characters and without the characters that reorder text around them; on one line.
pub(crate) fn clean(text: &str) -> String {
    let kept = text.chars().filter_map(|letter| match letter {
        '\t' | '\r' | '\n' => Some(' '),
        letter if letter.is_control() || reorders(letter) => None,
        letter => Some(letter),
    });
    kept.collect::<String>().trim().to_owned()
}

/// Embeddings, overrides and isolates of the bidirectional algorithm.
pub(crate) fn reorders(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes out line ends, and leaves the white space that follows them (RFC 5322, 2.2.3).
pub(crate) fn unfold(octets: &[u8]) -> Vec<u8> {
    octets.iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n')).collect()
}

fn pieces(header: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut last: Option<Word<'_>> = None;
    let mut ends = Ends { header, known: Some(0) };
    let (mut raw_from, mut at) = (0, 0);
    while let Some(found) = find(header.get(at..).unwrap_or_default(), b"=?") {
        let start = at + found;
        let Some(word) = Word::parse(header, start, &mut ends) else {
            at = start + 2;
            continue;
        };
        let raw = &header[raw_from..start];
        let adjoins = last.is_some() && raw.iter().all(u8::is_ascii_whitespace);
        if !adjoins && !raw.is_empty() {
            pieces.push(Piece::Raw(raw));
        }
        let joined = adjoins && join(&mut pieces, last.as_ref(), &word);
        if !joined {
            pieces.push(Piece::Words(word.charset.to_owned(), word.decode()));
        }
        at = start + word.length;
        raw_from = at;
        last = Some(word);
    }
    if raw_from < header.len() {
        pieces.push(Piece::Raw(&header[raw_from..]));
    }
    pieces
}

/// Adds a word to the run before it, if both have the same charset.
fn join(pieces: &mut [Piece<'_>], last: Option<&Word<'_>>, word: &Word<'_>) -> bool {
    match (pieces.last_mut(), last) {
        (Some(Piece::Words(charset, octets)), Some(last)) if charset::same(charset, word.charset) => {
            octets.extend(word.decode_after(last));
            true
        }
        _ => false,
    }
}

/// Where words end. What was found is kept: a header of words that never end is read once, not once from each of them.
struct Ends<'x> {
    header: &'x [u8],
    known: Option<usize>,
}

impl Ends<'_> {
    /// The next `?=` at or after a place; places ascend.
    fn after(&mut self, place: usize) -> Option<usize> {
        let known = self.known?;
        if known < place || !self.header[known..].starts_with(b"?=") {
            self.known = find(self.header.get(place..)?, b"?=").map(|found| place + found);
        }
        self.known
    }
}

/// `=?charset?encoding?text?=`
struct Word<'x> {
    charset: &'x str,
    base64: bool,
    text: &'x [u8],
    length: usize,
}

impl<'x> Word<'x> {
    /// ```abnf
    /// encoded-word = "=?" charset "?" encoding "?" encoded-text "?="
    /// ```
    /// Some mailers leave spaces in the text or write no text at all; both are read.
    fn parse(header: &'x [u8], start: usize, ends: &mut Ends<'_>) -> Option<Self> {
        let inner = header.get(start + 2..)?;
        let charset_length = inner.iter().take(LONGEST_CHARSET).position(|octet| *octet == b'?')?;
        let charset = std::str::from_utf8(&inner[..charset_length]).ok()?;
        if charset.is_empty() || !charset.bytes().all(|octet| octet.is_ascii_graphic()) {
            return None;
        }
        let base64 = match inner.get(charset_length + 1..)? {
            [b'b' | b'B', b'?', ..] => true,
            [b'q' | b'Q', b'?', ..] => false,
            _ => return None,
        };
        let text_start = start + 2 + charset_length + 3;
        let text_end = ends.after(text_start)?;
        // RFC 2231, 5: a language may follow the charset.
        let charset = charset.split('*').next().unwrap_or(charset);
        Some(Self { charset, base64, text: &header[text_start..text_end], length: text_end + 2 - start })
    }

    fn decode(&self) -> Vec<u8> {
        if self.base64 { decode(Encoding::Base64, self.text) } else { decode_q(self.text) }
    }

    /// Its octets, where the word before it may have ended within a group of four letters.
    fn decode_after(&self, before: &Self) -> Vec<u8> {
        let cut = before.text.len() % 4;
        if !(self.base64 && before.base64) || cut < 2 || before.text.ends_with(b"=") {
            return self.decode();
        }
        let kept = &before.text[before.text.len() - cut..];
        let known = decode(Encoding::Base64, kept).len();
        let whole = decode(Encoding::Base64, &[kept, self.text].concat());
        whole.get(known..).unwrap_or_default().to_vec()
    }
}

/// RFC 2047, 4.2. A faulty escape stands for itself.
fn decode_q(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&octet) = text.get(at) {
        at += 1;
        match octet {
            b'_' => decoded.push(b' '),
            b'=' => match text.get(at..at + 2).and_then(hex) {
                Some(value) => {
                    decoded.push(value);
                    at += 2;
                }
                None => decoded.push(octet),
            },
            _ => decoded.push(octet),
        }
    }
    decoded
}

/// The value of two hexadecimal digits.
pub(crate) fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|value| u8::try_from(value).ok());
    match digits {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Longer than any charset's name with a language.
const LONGEST_CHARSET: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(octets: &[u8]) -> String {
        text(octets, None)
    }

    #[test]
    fn encoded_words_of_rfc_2047_section_8_decode() {
        for (header, expected) in [
            ("(=?ISO-8859-1?Q?a?=)", "(a)"),
            ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
            ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
            ("(=?ISO-8859-1?Q?a?=  \r\n  =?ISO-8859-1?Q?b?=)", "(ab)"),
            ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
            ("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
            (
                "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
                "If you can read this you understand the example.",
            ),
        ] {
            assert_eq!(plain(header.as_bytes()), expected);
        }
    }

    #[test]
    fn characters_cut_between_words_are_joined() {
        assert_eq!(plain(b"=?utf-8?Q?=E7=81?= =?UTF-8?Q?=AF=E5=A1=94?="), "灯塔");
        assert_eq!(plain(b"=?utf-8?B?54E=?= =?utf8?B?r+WhlA==?="), "灯塔");
        assert_eq!(plain(b"=?utf-8?B?54G?= =?utf-8?B?v5aGU?="), "灯塔", "base64 cut within four letters");
        assert_eq!(plain(b"=?gb2312?B?tQ==?= =?gb2312?Q?=C6=CB=FE?="), "灯塔");
        assert_eq!(plain(b"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?= =?iso-2022-jp?B?GyRCOGwbKEI=?="), "日本語");
    }

    #[test]
    fn what_real_mailers_write_is_read() {
        for (header, expected) in [
            (&b"=?utf-8?q?spaces in the word?= after"[..], "spaces in the word after"),
            (b"=?UTF-8*en?Q?caf=C3=A9?=", "café"),
            (b"Re:=?utf-8?Q?_caf=C3=A9?=!", "Re: café!"),
            (b"=?utf-8?Q?What=3F?=", "What?"),
            (b"=?utf-8?Q?Really??=", "Really?"),
            (b"=?x-nonsense?Q?caf=C3=A9?=", "café"),
            (b"=?x-nonsense?Q?caf=E9?=", "café"),
            (b"=?us-ascii?Q?caf=C3=A9?=", "café"),
            (b"=?cp1252?q?=80_5?=", "€ 5"),
            (b"=?utf-8?B?Y2Fmw6k?=", "café"),
            (b"=?utf-8?Q?bad=ZZescape?=", "bad=ZZescape"),
            (b"=?utf-8?Q??=", ""),
            (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
            (b"=?utf-8?Q?no end", "=?utf-8?Q?no end"),
            (b"a =?b? c =?", "a =?b? c =?"),
            (b"caf\xe9", "café"),
            ("café".as_bytes(), "café"),
            (b"\x1b$BF|K\\\x1b(B", "日本"),
            (b"tab\tand\r\n fold", "tab and fold"),
            (b"nul\x00 bell\x07 end", "nul bell end"),
            (b"=?utf-8?Q?line=0D=0Abreak?=", "line  break"),
            ("invoice\u{202e}gpj.exe".as_bytes(), "invoicegpj.exe"),
        ] {
            assert_eq!(plain(header), expected, "{}", String::from_utf8_lossy(header));
        }
    }

    #[test]
    fn a_normal_form_keeps_words_apart_from_structure() {
        let normal = normalise(b"=?utf-8?Q?a=22=2C_<x@y>?= <z@w>", None);
        assert_eq!(normal, b"\xffa\", <x@y>\xfe <z@w>");
    }
}
