//! Set D: messages of 8 KiB, the same in each run. Text as random as base64, which no store can make smaller; one line in ten
//! begins with a dot, and some are nothing but a dot or two.

use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Octets of a message without stuffing.
pub(crate) const OCTETS: usize = 8192;

/// A message by its number.
pub(crate) fn message(number: u32) -> Vec<u8> {
    let mut text = format!(
        "From: Robin Example <robin@post.example>\r\nTo: You <you@waypost.example>\r\nSubject: Message {number} of set D\r\n\
         Date: Sun, 29 Nov 2026 06:30:00 +0000\r\nMessage-ID: <{number}.d@post.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\n"
    );
    let mut random = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for line in 0_u32.. {
        let room = OCTETS.saturating_sub(text.len());
        if room == 0 {
            break;
        }
        text.push_str(match line % 30 {
            5 if room > 80 => ".\r\n",
            15 if room > 80 => "..\r\n",
            0 | 10 | 20 if room > 80 => ".",
            _ => "",
        });
        if line % 30 == 5 || line % 30 == 15 {
            continue;
        }
        let room = OCTETS - text.len();
        // What is left must hold a line end.
        let length = if room <= 78 { room - 2 } else { 76.min(room - 4) };
        for _ in 0..length {
            random = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            let at = (random >> 58) as usize;
            text.push(char::from(ALPHABET.get(at).copied().unwrap_or(b'A')));
        }
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// As it goes over the line: a dot before each line that begins with one (RFC 1939, 3).
pub(crate) fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(message.len() + 16);
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    stuffed
}

/// SHA-256 in hex.
pub(crate) fn digest(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().fold(String::new(), |mut text, octet| {
        // Writing to a String does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_8_kib_of_short_lines_and_differ() {
        for number in 1..400 {
            let message = message(number);
            assert_eq!(message.len(), OCTETS);
            assert!(message.ends_with(b"\r\n"));
            let lines = || message.split_inclusive(|octet| *octet == b'\n');
            assert!(lines().all(|line| line.len() <= 79 && line.ends_with(b"\r\n")));
            assert!(lines().filter(|line| line.starts_with(b".")).count() > 8);
            assert!(lines().any(|line| line == b".\r\n") && lines().any(|line| line == b"..\r\n"));
        }
        assert_ne!(message(1)[300..], message(2)[300..]);
    }

    #[test]
    fn rfc_1939_3_a_dot_goes_before_each_dot_that_begins_a_line() {
        assert_eq!(stuffed(b".\r\na.\r\n..b\r\n"), b"..\r\na.\r\n...b\r\n");
    }
}
