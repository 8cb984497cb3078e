//! Base64 (RFC 4648, 4) for what is short: challenges, passwords, names of mailboxes. It takes the place of a crate whose engines for long
//! texts are four times the code.

/// The alphabet and what is tolerated.
#[derive(Debug, Clone, Copy)]
pub struct Base64 {
    /// The sign for 63.
    last: u8,
    padded: bool,
    /// Bits behind the last octet may be set.
    loose: bool,
}

impl Base64 {
    /// Written with padding; read with padding or without it.
    pub const STANDARD: Self = Self { last: b'/', padded: true, loose: false };

    /// The same, written without padding.
    pub const UNPADDED: Self = Self { padded: false, ..Self::STANDARD };

    /// Whatever the last bits are: some servers leave them set.
    pub const LOOSE: Self = Self { loose: true, ..Self::STANDARD };

    /// Of modified UTF-7 (RFC 3501, 5.1.3).
    pub const MUTF7: Self = Self { last: b',', padded: false, loose: true };

    /// The text of these octets. It grows nowhere on the way, so that of a secret no copy stays behind.
    pub fn encode(self, octets: &[u8]) -> String {
        let mut text = String::with_capacity(octets.len().div_ceil(3) * 4);
        for group in octets.chunks(3) {
            let bits =
                group.iter().fold(0, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - group.len()));
            for place in 0..4 {
                if place <= group.len() {
                    text.push(char::from(self.sign(bits >> (18 - 6 * place) & 63)));
                } else if self.padded {
                    text.push('=');
                }
            }
        }
        text
    }

    /// The octets of a text; `None` where it is not base64.
    pub fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        let signs = text.iter().position(|sign| *sign == b'=').unwrap_or(text.len());
        let (signs, padding) = text.split_at(signs);
        let room = signs.len().wrapping_neg() % 4;
        // One sign alone is less than an octet.
        if room == 3 || padding.len() > room || padding.iter().any(|sign| *sign != b'=') {
            return None;
        }
        let mut octets = Vec::with_capacity(signs.len() / 4 * 3 + 2);
        let (mut bits, mut count) = (0_u32, 0);
        for sign in signs {
            bits = bits << 6 | self.value(*sign)?;
            count += 6;
            if count >= 8 {
                count -= 8;
                octets.push((bits >> count & 0xff) as u8);
            }
        }
        let set = bits & ((1 << count) - 1);
        (self.loose || set == 0).then_some(octets)
    }

    fn sign(self, value: u32) -> u8 {
        let value = (value & 63) as u8;
        match value {
            0..=25 => b'A' + value,
            26..=51 => b'a' + (value - 26),
            52..=61 => b'0' + (value - 52),
            62 => b'+',
            _ => self.last,
        }
    }

    fn value(self, sign: u8) -> Option<u32> {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'+' => 62,
            _ if sign == self.last => 63,
            _ => return None,
        };
        Some(u32::from(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::alphabet::{IMAP_MUTF7, STANDARD};
    use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};

    /// What each of ours is held against.
    fn peers() -> [(Base64, GeneralPurpose); 4] {
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let loose = config.with_decode_allow_trailing_bits(true);
        [
            (Base64::STANDARD, GeneralPurpose::new(&STANDARD, config)),
            (Base64::UNPADDED, GeneralPurpose::new(&STANDARD, config.with_encode_padding(false))),
            (Base64::LOOSE, GeneralPurpose::new(&STANDARD, loose)),
            (Base64::MUTF7, GeneralPurpose::new(&IMAP_MUTF7, loose.with_encode_padding(false))),
        ]
    }

    /// The tests of RFC 4648, 10.
    #[test]
    fn known_texts_are_written_and_read() {
        for (octets, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(Base64::STANDARD.encode(octets.as_bytes()), text);
            assert_eq!(Base64::UNPADDED.encode(octets.as_bytes()), text.trim_end_matches('='));
            assert_eq!(Base64::STANDARD.decode(text.as_bytes()).as_deref(), Some(octets.as_bytes()));
        }
    }

    #[test]
    fn octets_are_written_as_by_the_crate() {
        let octets: Vec<u8> = (0..=255).cycle().step_by(7).take(1000).collect();
        for length in (0..40).chain([999, 1000]) {
            for (ours, theirs) in peers() {
                let text = ours.encode(&octets[..length]);
                assert_eq!(text, theirs.encode(&octets[..length]));
                assert_eq!(ours.decode(text.as_bytes()).as_deref(), Some(&octets[..length]));
            }
        }
    }

    #[test]
    fn texts_are_read_and_refused_as_by_the_crate() {
        const SIGNS: &[u8] = b"AZaz09+/,=-\n\x80";
        let mut text = Vec::new();
        for number in 0..SIGNS.len().pow(5) {
            text.clear();
            let mut rest = number;
            while rest > 0 {
                text.push(SIGNS[rest % SIGNS.len()]);
                rest /= SIGNS.len();
            }
            for (ours, theirs) in peers() {
                assert_eq!(
                    ours.decode(&text),
                    theirs.decode(&text).ok(),
                    "{:?}",
                    text.escape_ascii().to_string()
                );
            }
        }
    }
}
