//! What a body decodes to is counted, and whether its encoding is faulty, without keeping any of it.

use crate::decode::{Encoding, PartDecoder, SPACE, VALUES};
use memchr::memchr;

/// Counts the octets of one body.
#[derive(Debug, Clone)]
pub(super) struct Measure {
    kind: Kind,
    decoded: u64,
    faulty: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Identity,
    Base64 { letters: u64, last: u8 },
    QuotedPrintable { decoder: PartDecoder, escape: Escape },
}

/// How much of an escape of quoted-printable there is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Escape {
    None,
    Sign,
    Digit,
}

impl Measure {
    pub(super) fn new(encoding: Encoding) -> Self {
        let kind = match encoding {
            Encoding::Identity => Kind::Identity,
            Encoding::Base64 => Kind::Base64 { letters: 0, last: 0 },
            Encoding::QuotedPrintable => {
                Kind::QuotedPrintable { decoder: PartDecoder::new(encoding), escape: Escape::None }
            }
        };
        Self { kind, decoded: 0, faulty: false }
    }

    pub(super) fn push(&mut self, octets: &[u8]) {
        match &mut self.kind {
            Kind::Identity => self.decoded += octets.len() as u64,
            Kind::Base64 { letters, last } => {
                for block in octets.chunks(BLOCK) {
                    let (count, odd) = count(block);
                    if odd {
                        self.decoded += end_groups(block, letters);
                        self.faulty |= is_faulty(block, *last);
                    } else {
                        *letters += count;
                    }
                    *last = block.last().copied().unwrap_or(*last);
                }
            }
            Kind::QuotedPrintable { decoder, escape } => {
                let mut scratch = Vec::new();
                for block in octets.chunks(SCRATCH) {
                    scratch.clear();
                    decoder.push(block, &mut scratch);
                    self.decoded += scratch.len() as u64;
                }
                if !self.faulty {
                    self.faulty = breaks(escape, octets);
                }
            }
        }
    }

    /// Decoded octets, and whether the encoding is faulty. `dash`: a hyphen stands before the boundary.
    pub(super) fn finish(self, dash: bool) -> (u64, bool) {
        match self.kind {
            Kind::Identity => (self.decoded, false),
            Kind::Base64 { letters, .. } => (self.decoded + of_letters(letters), self.faulty || dash),
            Kind::QuotedPrintable { decoder, .. } => {
                let mut rest = Vec::new();
                decoder.finish(&mut rest);
                (self.decoded + rest.len() as u64, self.faulty)
            }
        }
    }
}

/// How many letters of base64 there are, and whether anything but letters and white space.
fn count(block: &[u8]) -> (u64, bool) {
    let (mut others, mut all) = (0, 0);
    for &octet in block {
        let value = VALUES[usize::from(octet)];
        others += u64::from(value / SPACE);
        all |= value;
    }
    (block.len() as u64 - others, all % SPACE >= LETTERS)
}

/// Octets of the groups that padding ends, in a block with padding or faults; counts the letters behind it.
fn end_groups(block: &[u8], letters: &mut u64) -> u64 {
    let mut decoded = 0;
    let mut runs = block.split(|octet| *octet == b'=');
    *letters += runs.next().map_or(0, letters_of);
    for run in runs {
        decoded += of_letters(*letters);
        *letters = letters_of(run);
    }
    decoded
}

fn letters_of(run: &[u8]) -> u64 {
    count(run).0
}

fn of_letters(letters: u64) -> u64 {
    letters / 4 * 3 + (letters % 4).saturating_sub(1)
}

/// Padding and single hyphens are taken, and nothing else that is no letter.
fn is_faulty(block: &[u8], mut last: u8) -> bool {
    block.iter().any(|&octet| {
        let pair = octet == b'-' && last == b'-';
        last = octet;
        let known = octet.is_ascii_alphanumeric() || b"+/=- \t\r\n".contains(&octet);
        pair || !known
    })
}

/// Whether an escape begins within another: the one fault of quoted-printable that counts.
fn breaks(escape: &mut Escape, mut octets: &[u8]) -> bool {
    while !octets.is_empty() {
        if *escape == Escape::None {
            let Some(at) = memchr(b'=', octets) else { return false };
            *escape = Escape::Sign;
            octets = &octets[at + 1..];
            continue;
        }
        *escape = match (octets[0], *escape) {
            (b'=', _) => return true,
            (b'\n', Escape::Sign) => Escape::None,
            (octet, Escape::Sign) if octet.is_ascii_hexdigit() => Escape::Digit,
            (octet, Escape::Sign) if octet.is_ascii_whitespace() => Escape::Sign,
            (b'\r' | b'\n', Escape::Digit) => Escape::Digit,
            _ => Escape::None,
        };
        octets = &octets[1..];
    }
    false
}

/// Letters of base64.
const LETTERS: u8 = 64;
/// With an odd octet so much is looked at again.
const BLOCK: usize = 128;
/// What is decoded at a time to be counted.
const SCRATCH: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    #[test]
    fn counts_are_those_of_the_decoder() {
        let texts: [&[u8]; 6] =
            [b"QQ==QUI=QUJD\nQUI", b"a-b!=c", b"x=3D=\r\ny= \nz", b"", b"==", &[b'Q'; 1000]];
        for encoding in [Encoding::Identity, Encoding::Base64, Encoding::QuotedPrintable] {
            for text in texts {
                for size in [1, 3, 400] {
                    let mut measure = Measure::new(encoding);
                    text.chunks(size).for_each(|chunk| measure.push(chunk));
                    assert_eq!(
                        measure.finish(false).0,
                        decode(encoding, text).len() as u64,
                        "{encoding:?} {text:?}"
                    );
                }
            }
        }
    }
}
