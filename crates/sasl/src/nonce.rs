//! The one random value of an exchange. It comes in from outside: there is no random source in this crate.

use crate::SaslError;
use waypost_wire::Base64;

/// What makes an exchange unlike every other. Used once.
#[derive(Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// Random octets that a nonce is made of: 144 bits, as in RFC 5802's example.
    pub const LENGTH: usize = 18;

    /// From octets of a cryptographic source.
    #[must_use]
    pub fn from_random(octets: [u8; Self::LENGTH]) -> Self {
        Self(Base64::STANDARD.encode(&octets))
    }

    /// From text that was made elsewhere.
    ///
    /// # Errors
    /// It is shorter than 16 characters, longer than 128, or not of the grammar; the caller's fault.
    ///
    /// ```abnf
    /// printable = %x21-2B / %x2D-7E ;; no ","
    /// c-nonce   = printable
    /// ```
    pub fn parse(text: &str) -> Result<Self, SaslError> {
        let fits = (16..=128).contains(&text.len());
        if fits && text.bytes().all(is_nonce_octet) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SaslError::Unencodable("nonce"))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 5802, 7: printable.
pub(crate) const fn is_nonce_octet(octet: u8) -> bool {
    matches!(octet, 0x21..=0x2B | 0x2D..=0x7E)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_of_any_value_make_a_printable_nonce() {
        for octet in 0..=255 {
            let nonce = Nonce::from_random([octet; Nonce::LENGTH]);
            assert_eq!(Nonce::parse(nonce.as_str()).as_ref(), Ok(&nonce));
        }
    }

    #[test]
    fn text_with_commas_spaces_or_too_little_in_it_is_no_nonce() {
        for text in ["", "short", "rOprNGfwEbeRWgbNEkq,", "rOprNGfwEbeRWgbNEkq ", "rOprNGfwEbeRWgbNEkqä"] {
            assert_eq!(Nonce::parse(text), Err(SaslError::Unencodable("nonce")), "{text}");
        }
    }
}
