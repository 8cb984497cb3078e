//! Transfer encodings undone piece by piece (RFC 2045, 6.7 and 6.8). Faults are let stand: what can be read is read.

use crate::header;
use memchr::memchr2;
use serde::{Deserialize, Serialize};

/// How the octets of a part are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    /// As they are: 7bit, 8bit, binary, and whatever is unknown.
    #[default]
    Identity,
    /// base64.
    Base64,
    /// quoted-printable.
    QuotedPrintable,
}

impl Encoding {
    /// The encoding that a Content-Transfer-Encoding names.
    pub(crate) fn of(name: Option<&str>) -> Self {
        match name.map(str::trim) {
            Some(name) if name.eq_ignore_ascii_case("base64") => Self::Base64,
            Some(name) if name.eq_ignore_ascii_case("quoted-printable") => Self::QuotedPrintable,
            _ => Self::Identity,
        }
    }
}

/// Decodes the octets of one part as they come. However they are split, the decoded octets are the same.
#[derive(Debug, Clone)]
pub struct PartDecoder(State);

#[derive(Debug, Clone)]
enum State {
    Identity,
    Base64(Base64),
    QuotedPrintable(QuotedPrintable),
}

impl PartDecoder {
    /// A decoder of an encoding.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self(match encoding {
            Encoding::Identity => State::Identity,
            Encoding::Base64 => State::Base64(Base64::default()),
            Encoding::QuotedPrintable => State::QuotedPrintable(QuotedPrintable::default()),
        })
    }

    /// The decoder for the body of a part.
    #[must_use]
    pub fn for_part(part: &crate::Part) -> Self {
        Self::new(part.encoding)
    }

    /// Takes the next octets of the body and appends what they decode to.
    pub fn push(&mut self, octets: &[u8], decoded: &mut Vec<u8>) {
        match &mut self.0 {
            State::Identity => decoded.extend_from_slice(octets),
            State::Base64(base64) => base64.push(octets, decoded),
            State::QuotedPrintable(quoted) => quoted.push(octets, decoded),
        }
    }

    /// Appends what is left at the end of the body.
    pub fn finish(self, decoded: &mut Vec<u8>) {
        match self.0 {
            State::Identity => {}
            State::Base64(mut base64) => base64.flush(decoded),
            State::QuotedPrintable(mut quoted) => quoted.end_line(b"", decoded),
        }
    }
}

/// Decodes octets that are there as a whole.
pub(crate) fn decode(encoding: Encoding, octets: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(octets.len());
    let mut decoder = PartDecoder::new(encoding);
    decoder.push(octets, &mut decoded);
    decoder.finish(&mut decoded);
    decoded
}

/// Base64 with anything else in between skipped, and with or without padding. Padding in the middle ends a group: mailers join what
/// they encoded one by one.
#[derive(Debug, Clone, Default)]
struct Base64 {
    /// The bits of the letters of a group that is not complete.
    bits: u32,
    letters: u8,
}

impl Base64 {
    fn push(&mut self, mut octets: &[u8], decoded: &mut Vec<u8>) {
        while let Some((&octet, rest)) = octets.split_first() {
            if self.letters == 0 {
                octets = groups(octets, decoded);
                if octets.len() < rest.len() + 1 {
                    continue;
                }
            }
            octets = rest;
            self.letter(octet, decoded);
        }
    }

    fn letter(&mut self, octet: u8, decoded: &mut Vec<u8>) {
        let value = VALUES[usize::from(octet)];
        if octet == b'=' {
            self.flush(decoded);
        } else if value < SPACE {
            self.bits = self.bits << 6 | u32::from(value);
            self.letters += 1;
            if self.letters == 4 {
                decoded.extend_from_slice(&self.bits.to_be_bytes()[1..]);
                *self = Self::default();
            }
        }
    }

    /// Ends a group: two letters hold one octet, three hold two.
    fn flush(&mut self, decoded: &mut Vec<u8>) {
        let octets = (self.bits << (6 * (4 - u32::from(self.letters)))).to_be_bytes();
        match self.letters {
            2 => decoded.push(octets[1]),
            3 => decoded.extend_from_slice(&octets[1..3]),
            _ => {}
        }
        *self = Self::default();
    }
}

/// Decodes whole groups of four letters, and leaves the rest from the first that is none.
fn groups<'x>(mut octets: &'x [u8], decoded: &mut Vec<u8>) -> &'x [u8] {
    loop {
        let (mut block, mut full) = ([0; 3 * GROUPS], 0);
        for (group, room) in octets.chunks_exact(4).zip(block.chunks_exact_mut(3)) {
            let bits = group.iter().fold(0, |bits, octet| bits << 8 | u32::from(VALUES[usize::from(*octet)]));
            if bits & 0x8080_8080 != 0 {
                break;
            }
            let [a, b, c, d] = bits.to_be_bytes();
            room.copy_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
            full += 1;
        }
        decoded.extend_from_slice(&block[..3 * full]);
        octets = &octets[4 * full..];
        if full < GROUPS {
            return octets;
        }
    }
}

/// Quoted-printable that lets faulty escapes stand.
#[derive(Debug, Clone, Default)]
struct QuotedPrintable {
    /// Octets whose meaning the next ones decide: white space that may stand at the end of a line, and the start of an escape.
    held: Vec<u8>,
}

impl QuotedPrintable {
    fn push(&mut self, mut octets: &[u8], decoded: &mut Vec<u8>) {
        while !octets.is_empty() {
            if self.held.is_empty() {
                octets = self.plain(octets, decoded);
            }
            let Some((&octet, rest)) = octets.split_first() else { return };
            octets = rest;
            if octet == b'\n' {
                let end: &[u8] = if self.held.ends_with(b"\r") { b"\r\n" } else { b"\n" };
                self.end_line(end, decoded);
                continue;
            }
            self.held.push(octet);
            if !octet.is_ascii_whitespace() || self.held.len() >= MOST_HELD {
                self.settle(decoded);
            }
        }
    }

    /// Takes whole lines and the start of one, up to the first octet that must be held.
    fn plain<'x>(&mut self, mut octets: &'x [u8], decoded: &mut Vec<u8>) -> &'x [u8] {
        while let Some(at) = memchr2(b'=', b'\n', octets) {
            let (before, rest) = octets.split_at(at);
            if rest.starts_with(b"=") {
                decoded.extend_from_slice(before);
                match escape(rest, decoded) {
                    Some(behind) => octets = behind,
                    None => return rest,
                }
                continue;
            }
            let kept = content(before, decoded);
            decoded.extend_from_slice(if kept.ends_with(b"\r") { b"\r\n" } else { b"\n" });
            octets = &rest[1..];
        }
        content(octets, decoded)
    }

    /// Decodes what is held as far as it is decided: an escape has two digits.
    fn settle(&mut self, decoded: &mut Vec<u8>) {
        let mut at = 0;
        while at < self.held.len() {
            let rest = &self.held[at..];
            if rest[0] == b'=' && rest.len() < 3 {
                break;
            }
            at += push_first(decoded, rest);
        }
        self.held.drain(..at);
    }

    fn end_line(&mut self, end: &[u8], decoded: &mut Vec<u8>) {
        let content = self.held.trim_ascii_end();
        match content.strip_suffix(b"=") {
            Some(content) => push_escaped(decoded, content),
            None => {
                push_escaped(decoded, content);
                decoded.extend_from_slice(end);
            }
        }
        self.held.clear();
    }
}

/// Undoes an escape or a soft line end that is whole, and gives what is behind it.
fn escape<'x>(octets: &'x [u8], decoded: &mut Vec<u8>) -> Option<&'x [u8]> {
    match octets {
        [_, b'\r', b'\n', behind @ ..] | [_, b'\n', behind @ ..] => Some(behind),
        [_, high, low, behind @ ..] => {
            decoded.push(header::hex(&[*high, *low])?);
            Some(behind)
        }
        _ => None,
    }
}

/// Appends a line without the white space at its end, which is returned: transport added it (RFC 2045, 6.7, rule 3).
fn content<'x>(line: &'x [u8], decoded: &mut Vec<u8>) -> &'x [u8] {
    let space = line.len() - line.trim_ascii_end().len();
    let (content, kept) = line.split_at(line.len() - space % MOST_HELD);
    decoded.extend_from_slice(content);
    kept
}

/// Escapes undone.
fn push_escaped(decoded: &mut Vec<u8>, mut content: &[u8]) {
    while !content.is_empty() {
        content = &content[push_first(decoded, content)..];
    }
}

/// Appends the first octet or escape, and says how many octets it takes. An escape without two digits stands for itself.
fn push_first(decoded: &mut Vec<u8>, content: &[u8]) -> usize {
    match content.get(1..3).filter(|_| content[0] == b'=').and_then(header::hex) {
        Some(escaped) => {
            decoded.push(escaped);
            3
        }
        None => {
            decoded.push(content[0]);
            1
        }
    }
}

/// White space, which stands between letters of base64.
pub(crate) const SPACE: u8 = 0x80;
/// What else is no letter.
const NONE: u8 = 0xff;
/// What is decoded at a time: some more than a line has.
const GROUPS: usize = 24;
/// A line of quoted-printable has 76 octets; white space beyond this is content wherever it stands, so that no more is kept.
const MOST_HELD: usize = 4096;

/// What the letters of base64 stand for.
pub(crate) static VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const SPACES: &[u8; 4] = b" \t\r\n";
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 64 {
        values[LETTERS[value as usize] as usize] = value;
        value += 1;
    }
    let mut space = 0;
    while space < SPACES.len() {
        values[SPACES[space] as usize] = SPACE;
        space += 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&[u8]; 9] = [
        b"a=3D=\r\nb=ZZ \r\nc=",
        b"=\n==\n= \t\r\n=4=41\r=4 1==41=e9=E\r\n x  = y \x0c\n \n\n",
        b"tail \t",
        b"d29yZHM=d29y!!*\r\nZHM",
        b"QQ==QUI=QUJD\nQ",
        b"=",
        b"Y=2=3=\n",
        b"",
        b"a-b=_c===3D=3D==",
    ];

    fn split(encoding: Encoding, octets: &[u8], size: usize) -> Vec<u8> {
        let mut decoder = PartDecoder::new(encoding);
        let mut decoded = Vec::new();
        octets.chunks(size).for_each(|chunk| decoder.push(chunk, &mut decoded));
        decoder.finish(&mut decoded);
        decoded
    }

    #[test]
    fn quoted_printable_survives_faults() {
        assert_eq!(decode(Encoding::QuotedPrintable, TEXTS[0]), b"a=b=ZZ\r\nc");
        assert_eq!(decode(Encoding::QuotedPrintable, b"a==\nb = \nc= d=4 1"), b"a=b c= d=4 1");
    }

    #[test]
    fn base64_survives_faults_and_padding_in_the_middle() {
        assert_eq!(decode(Encoding::Base64, TEXTS[3]), b"wordswords");
        assert_eq!(decode(Encoding::Base64, TEXTS[4]), b"AABABC");
        for text in TEXTS {
            let letters = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=');
            let kept: Vec<u8> = text.iter().copied().filter(letters).collect();
            let expected = mail_parser::decoders::base64::base64_decode(&kept).unwrap_or_default();
            assert_eq!(decode(Encoding::Base64, text), expected, "{text:?}");
        }
    }

    #[test]
    fn any_split_decodes_to_the_same_octets() {
        let long =
            [&b"x"[..], &b" ".repeat(3 * MOST_HELD + 5), b"\r\ny=", &b"\t".repeat(2 * MOST_HELD), b"\n"]
                .concat();
        let edge = [&b"x"[..], &b" ".repeat(MOST_HELD - 1), b"\r\n"].concat();
        for encoding in [Encoding::Identity, Encoding::Base64, Encoding::QuotedPrintable] {
            for text in TEXTS.into_iter().chain([&long[..], &edge[..]]) {
                let whole = decode(encoding, text);
                for size in [1, 2, 3, 5, 7, 4095, 4096, 4097] {
                    assert_eq!(split(encoding, text, size), whole, "{encoding:?} by {size}");
                }
            }
        }
    }
}
