//! What a server says in SCRAM (RFC 5802, 5.1 and 7).

use crate::SaslError;
use crate::nonce::is_nonce_octet;
use waypost_wire::Base64;

/// Why a server refuses within SCRAM (RFC 5802, 7: server-error-value).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScramRefusal {
    /// A message of ours was not understood.
    InvalidEncoding,
    /// An extension of ours is unknown; we send none.
    ExtensionsNotSupported,
    /// The password is wrong.
    InvalidProof,
    /// The two ends have different TLS connections: somebody stands in between.
    ChannelBindingsDontMatch,
    /// We said that the server seems unable to bind, and it is able: somebody changed its list of mechanisms.
    ServerDoesSupportChannelBinding,
    /// The server can't bind.
    ChannelBindingNotSupported,
    /// The server can't bind by this property of the connection.
    UnsupportedChannelBindingType,
    /// There is no such user.
    UnknownUser,
    /// The user name was not understood.
    InvalidUsernameEncoding,
    /// The server is too busy.
    NoResources,
    /// The server does not say why.
    OtherError,
    /// A value that RFC 5802 does not have.
    Unknown(String),
}

/// ```abnf
/// server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
/// ```
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerFirst {
    /// Ours and the server's.
    pub(super) nonce: String,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
}

/// ```abnf
/// server-final-message = (server-error / verifier) ["," extensions]
/// ```
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ServerFinal {
    Verifier(Vec<u8>),
    Refusal(ScramRefusal),
}

impl ServerFirst {
    /// `Err` within `Ok` is a server that refuses before it asks for a proof.
    pub(super) fn parse(message: &[u8], ours: &str) -> Result<Result<Self, ScramRefusal>, SaslError> {
        let mut fields = Fields::of(message)?;
        if let Some(refusal) = fields.refusal()? {
            return Ok(Err(refusal));
        }
        let nonce = fields.nonce(ours)?;
        let salt = fields.base64(b's', "salt")?;
        if salt.len() > LONGEST_SALT {
            return Err(SaslError::TooLong { what: "salt", limit: LONGEST_SALT });
        }
        let iterations = fields.iterations()?;
        fields.extensions()?;
        Ok(Ok(Self { nonce, salt, iterations }))
    }
}

impl ServerFinal {
    pub(super) fn parse(message: &[u8]) -> Result<Self, SaslError> {
        let mut fields = Fields::of(message)?;
        let parsed = match fields.refusal()? {
            Some(refusal) => Self::Refusal(refusal),
            None => Self::Verifier(fields.base64(b'v', "verifier")?),
        };
        fields.extensions()?;
        Ok(parsed)
    }
}

/// Attributes, separated by commas: a letter, `=`, a value.
struct Fields<'a> {
    message: &'a [u8],
    /// Of the next attribute; beyond the end after the last.
    offset: usize,
}

impl<'a> Fields<'a> {
    fn of(message: &'a [u8]) -> Result<Self, SaslError> {
        if message.len() > LONGEST_MESSAGE {
            return Err(SaslError::TooLong { what: "message", limit: LONGEST_MESSAGE });
        }
        Ok(Self { message, offset: 0 })
    }

    fn rest(&self) -> Option<&'a [u8]> {
        self.message.get(self.offset..)
    }

    fn has(&self, letter: u8) -> bool {
        self.rest().is_some_and(|rest| rest.starts_with(&[letter, b'=']))
    }

    /// The value of the next attribute, which has this letter and is not empty.
    fn value(&mut self, letter: u8, rule: &'static str) -> Result<(usize, &'a [u8]), SaslError> {
        let broken = SaslError::Malformed { rule, offset: self.offset.min(self.message.len()) };
        let (Some(rest), true) = (self.rest(), self.has(letter)) else { return Err(broken) };
        let end = rest.iter().position(|octet| *octet == b',').unwrap_or(rest.len());
        let value = rest.get(2..end).filter(|value| !value.is_empty()).ok_or(broken)?;
        let begins = self.offset + 2;
        self.offset += end + 1;
        Ok((begins, value))
    }

    /// ```abnf
    /// server-error = "e=" server-error-value
    /// ```
    fn refusal(&mut self) -> Result<Option<ScramRefusal>, SaslError> {
        if self.has(b'm') {
            return Err(SaslError::MandatoryExtension);
        }
        if !self.has(b'e') {
            return Ok(None);
        }
        let (_, value) = self.value(b'e', "server-error")?;
        Ok(Some(refusal(value)))
    }

    /// ```abnf
    /// nonce   = "r=" c-nonce [s-nonce]
    /// s-nonce = printable
    /// ```
    fn nonce(&mut self, ours: &str) -> Result<String, SaslError> {
        let (offset, value) = self.value(b'r', "nonce")?;
        if let Some(odd) = value.iter().position(|octet| !is_nonce_octet(*octet)) {
            return Err(SaslError::Malformed { rule: "nonce", offset: offset + odd });
        }
        match value.strip_prefix(ours.as_bytes()) {
            Some(theirs) if !theirs.is_empty() => Ok(String::from_utf8_lossy(value).into_owned()),
            _ => Err(SaslError::ForeignNonce),
        }
    }

    fn base64(&mut self, letter: u8, rule: &'static str) -> Result<Vec<u8>, SaslError> {
        let (offset, value) = self.value(letter, rule)?;
        Base64::STANDARD.decode(value).ok_or(SaslError::Malformed { rule, offset })
    }

    /// ```abnf
    /// iteration-count = "i=" posit-number
    /// ```
    fn iterations(&mut self) -> Result<u32, SaslError> {
        let (offset, digits) = self.value(b'i', "iteration-count")?;
        if let Some(odd) = digits.iter().position(|octet| !octet.is_ascii_digit()) {
            return Err(SaslError::Malformed { rule: "iteration-count", offset: offset + odd });
        }
        let number = digits
            .iter()
            .fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
        match u32::try_from(number) {
            Ok(few) if few < SaslError::LEAST_ITERATIONS => Err(SaslError::TooFewIterations(number)),
            Ok(iterations) if iterations <= SaslError::MOST_ITERATIONS => Ok(iterations),
            _ => Err(SaslError::TooManyIterations(number)),
        }
    }

    /// ```abnf
    /// extensions = attr-val *("," attr-val)
    /// attr-val   = ALPHA "=" value
    /// ```
    /// Those that may be ignored are.
    fn extensions(&mut self) -> Result<(), SaslError> {
        while let Some(rest) = self.rest() {
            match rest.first() {
                Some(b'm') if self.has(b'm') => return Err(SaslError::MandatoryExtension),
                Some(letter) if letter.is_ascii_alphabetic() => self.value(*letter, "extensions")?,
                _ => return Err(SaslError::Malformed { rule: "extensions", offset: self.offset }),
            };
        }
        Ok(())
    }
}

fn refusal(value: &[u8]) -> ScramRefusal {
    let known = REFUSALS.iter().find(|(name, _)| name.as_bytes() == value);
    known.map_or_else(
        || ScramRefusal::Unknown(String::from_utf8_lossy(value).into_owned()),
        |(_, refusal)| refusal.clone(),
    )
}

/// A table: as a match the names are 3 KB of comparisons.
static REFUSALS: [(&str, ScramRefusal); 11] = [
    ("invalid-encoding", ScramRefusal::InvalidEncoding),
    ("extensions-not-supported", ScramRefusal::ExtensionsNotSupported),
    ("invalid-proof", ScramRefusal::InvalidProof),
    ("channel-bindings-dont-match", ScramRefusal::ChannelBindingsDontMatch),
    ("server-does-support-channel-binding", ScramRefusal::ServerDoesSupportChannelBinding),
    ("channel-binding-not-supported", ScramRefusal::ChannelBindingNotSupported),
    ("unsupported-channel-binding-type", ScramRefusal::UnsupportedChannelBindingType),
    ("unknown-user", ScramRefusal::UnknownUser),
    ("invalid-username-encoding", ScramRefusal::InvalidUsernameEncoding),
    ("no-resources", ScramRefusal::NoResources),
    ("other-error", ScramRefusal::OtherError),
];

/// Messages of real servers have below 200 octets.
const LONGEST_MESSAGE: usize = 4_096;

/// Salts of real servers have 12 to 32 octets.
const LONGEST_SALT: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "fyko+d2lbbFgONRv9qkxdawL";

    fn first(message: &str) -> Result<Result<ServerFirst, ScramRefusal>, SaslError> {
        ServerFirst::parse(message.as_bytes(), OURS)
    }

    fn error(rest: &str) -> SaslError {
        first(&format!("r={OURS}3rfc,{rest}")).expect_err("is refused")
    }

    #[test]
    fn iteration_counts_are_refused_by_name_outside_their_bounds() {
        for (count, expected) in [
            ("0", SaslError::TooFewIterations(0)),
            ("1", SaslError::TooFewIterations(1)),
            ("4095", SaslError::TooFewIterations(4_095)),
            ("1000001", SaslError::TooManyIterations(1_000_001)),
            ("4294967296", SaslError::TooManyIterations(4_294_967_296)),
            ("99999999999999999999999999", SaslError::TooManyIterations(u64::MAX)),
        ] {
            let refused = error(&format!("s=QSXCR+Q6sek8bf92,i={count}"));
            assert_eq!(refused, expected);
            assert!(refused.to_string().contains("rounds of key derivation"), "{refused}");
        }
        for count in [4_096, 1_000_000] {
            let taken = first(&format!("r={OURS}3rfc,s=QSXCR+Q6sek8bf92,i={count}")).unwrap().unwrap();
            assert_eq!(taken.iterations, count);
        }
    }

    #[test]
    fn a_nonce_that_is_not_ours_with_something_added_is_refused() {
        for nonce in ["", "fyko", "Fyko+d2lbbFgONRv9qkxdawL3rfc", "3rfcfyko+d2lbbFgONRv9qkxdawL"] {
            let refused = first(&format!("r={nonce},s=QSXCR+Q6sek8bf92,i=4096")).expect_err("is refused");
            let empty = nonce.is_empty();
            let expected = SaslError::Malformed { rule: "nonce", offset: 0 };
            assert_eq!(refused, if empty { expected } else { SaslError::ForeignNonce }, "{nonce}");
        }
        assert_eq!(first(&format!("r={OURS},s=QQ==,i=4096")), Err(SaslError::ForeignNonce));
        let odd = SaslError::Malformed { rule: "nonce", offset: 26 };
        assert_eq!(first(&format!("r={OURS} x,s=QQ==,i=4096")), Err(odd));
    }

    #[test]
    fn broken_attributes_are_named_with_their_place() {
        let at = |rule, offset| SaslError::Malformed { rule, offset };
        assert_eq!(first(""), Err(at("nonce", 0)));
        assert_eq!(error("i=4096,s=QQ=="), at("salt", 31));
        assert_eq!(error("s=,i=4096"), at("salt", 31));
        assert_eq!(error("s=?,i=4096"), at("salt", 33));
        assert_eq!(error("s=QQ=="), at("iteration-count", 37));
        assert_eq!(error("s=QQ==,i=40x6"), at("iteration-count", 42));
        assert_eq!(error("s=QQ==,i=-1"), at("iteration-count", 40));
        assert_eq!(error("s=QQ==,i=4096,"), at("extensions", 45));
        assert_eq!(error("s=QQ==,i=4096,x"), at("extensions", 45));
        assert_eq!(error("s=QQ==,i=4096,1=x"), at("extensions", 45));
        assert_eq!(ServerFinal::parse(b"v="), Err(at("verifier", 0)));
        assert_eq!(ServerFinal::parse(b"x=y"), Err(at("verifier", 0)));
        assert_eq!(ServerFinal::parse(b"v=QQ==,"), Err(at("extensions", 7)));
    }

    #[test]
    fn an_extension_that_must_be_understood_is_refused_and_others_are_ignored() {
        let mandatory = format!("m=x,r={OURS}3rfc,s=QQ==,i=4096");
        assert_eq!(first(&mandatory), Err(SaslError::MandatoryExtension));
        assert_eq!(error("s=QQ==,i=4096,m=x"), SaslError::MandatoryExtension);
        assert_eq!(ServerFinal::parse(b"m=x,v=QQ=="), Err(SaslError::MandatoryExtension));
        let taken = first(&format!("r={OURS}3rfc,s=QQ,i=4096,x=später,Y=1")).unwrap().unwrap();
        assert_eq!((taken.salt.as_slice(), taken.iterations), (&b"A"[..], 4_096));
        assert_eq!(ServerFinal::parse(b"v=QQ==,x=y"), Ok(ServerFinal::Verifier(b"A".to_vec())));
    }

    #[test]
    fn what_is_longer_than_any_real_server_says_is_refused() {
        let long = format!("s={},i=4096", "QUFB".repeat(342));
        assert_eq!(error(&long), SaslError::TooLong { what: "salt", limit: 1_024 });
        let endless = format!("s=QQ==,i=4096,x={}", "y".repeat(5_000));
        assert_eq!(error(&endless), SaslError::TooLong { what: "message", limit: 4_096 });
    }

    #[test]
    fn rfc_5802_7_error_values_are_typed() {
        let refusal = |value: &str| match ServerFinal::parse(format!("e={value}").as_bytes()) {
            Ok(ServerFinal::Refusal(refusal)) => refusal,
            other => panic!("{other:?}"),
        };
        for (value, expected) in [
            ("invalid-encoding", ScramRefusal::InvalidEncoding),
            ("extensions-not-supported", ScramRefusal::ExtensionsNotSupported),
            ("invalid-proof", ScramRefusal::InvalidProof),
            ("channel-bindings-dont-match", ScramRefusal::ChannelBindingsDontMatch),
            ("server-does-support-channel-binding", ScramRefusal::ServerDoesSupportChannelBinding),
            ("channel-binding-not-supported", ScramRefusal::ChannelBindingNotSupported),
            ("unsupported-channel-binding-type", ScramRefusal::UnsupportedChannelBindingType),
            ("unknown-user", ScramRefusal::UnknownUser),
            ("invalid-username-encoding", ScramRefusal::InvalidUsernameEncoding),
            ("no-resources", ScramRefusal::NoResources),
            ("other-error", ScramRefusal::OtherError),
            ("of-tomorrow", ScramRefusal::Unknown("of-tomorrow".to_owned())),
        ] {
            assert_eq!(refusal(value), expected);
        }
        assert_eq!(first("e=unknown-user"), Ok(Err(ScramRefusal::UnknownUser)));
    }
}
