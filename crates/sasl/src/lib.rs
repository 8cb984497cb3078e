//! Client side of SASL mechanisms. Knows neither IMAP nor POP3, nor base64.

use waypost_wire::Secret;

/// What a user proves identity with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The authentication identity.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
}

/// One running exchange.
pub trait Mechanism {
    /// The registered name, such as `PLAIN`.
    fn name(&self) -> &'static str;
    /// The initial response, if the mechanism speaks first. Octets, not base64.
    fn initial(&mut self) -> Option<Secret<Vec<u8>>>;
    /// Answers a challenge.
    ///
    /// # Errors
    /// The server's challenge is not one this mechanism knows; cancel the exchange.
    fn respond(&mut self, challenge: &[u8]) -> Result<Secret<Vec<u8>>, SaslError>;
}

/// Why an exchange can't go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaslError {
    /// The server sent a challenge where none is defined.
    UnexpectedChallenge,
    /// A credential holds an octet the mechanism can't carry (NUL in PLAIN, RFC 4616, 2).
    Unencodable(&'static str),
}

/// Chooses the strongest mechanism that both sides have, by the table in registry.rs.
///
/// # Errors
/// `Unencodable` if the credentials can't be carried.
pub fn choose<'a>(
    _offered: impl Iterator<Item = &'a str>,
    _credentials: &Credentials,
    _protected: bool,
) -> Result<Option<Box<dyn Mechanism>>, SaslError> {
    todo!()
}
