//! A SHA-256 as it stands in the configuration: of the key of a mail server, or of a token.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::ConstantTimeEq as _;

/// 32 octets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of these octets.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        Self(Sha256::digest(octets).into())
    }

    /// Whether they are the same, in a time that does not tell where they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = String;

    /// From 64 digits of hex, with or without colons, or from base64.
    fn try_from(text: String) -> Result<Self, String> {
        let octets = from_hex(&text).or_else(|| {
            [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD].iter().find_map(|form| form.decode(&text).ok())
        });
        octets.and_then(|octets| octets.try_into().ok()).map(Self).ok_or_else(|| {
            "a SHA-256 has 32 octets: write 64 digits of hex, or base64 with 43 or 44 characters".to_owned()
        })
    }
}

/// Lower case hex.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(formatter, "{octet:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> =
        text.chars().filter(|digit| *digit != ':').map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    if digits.len() != 64 {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_base64_are_the_same_octets() {
        // FIPS 180-4: the digest of "abc".
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let of = |text: &str| Fingerprint::try_from(text.to_owned());
        let expected = Fingerprint::of(b"abc");
        assert_eq!(expected.to_string(), hex);
        let colons: Vec<&str> = (0..32).map(|at| &hex[at * 2..at * 2 + 2]).collect();
        for text in [
            hex,
            &hex.to_uppercase(),
            &colons.join(":"),
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0",
        ] {
            assert!(of(text).unwrap().matches(&expected), "{text}");
        }
        for wrong in ["", "ba78", &hex[1..], "zz", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=="] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert!(!expected.matches(&Fingerprint::of(b"abd")));
    }
}
