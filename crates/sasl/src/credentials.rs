//! Who signs in, and by what proof.

use crate::SaslError;
use waypost_wire::Secret;

/// Who signs in, and by what proof. The kind of proof decides which mechanisms are possible.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The authentication identity: whose password or token it is. For ANONYMOUS the trace that is left, which may be empty.
    pub username: String,
    /// The authorization identity: on whose behalf to act. `None` lets the server derive it from the authentication identity.
    pub authorization: Option<String>,
    /// What proves the identity.
    pub proof: Proof,
}

/// What proves an identity.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A password: PLAIN, LOGIN, CRAM-MD5, SCRAM.
    Password(Secret<String>),
    /// An OAuth 2.0 access token: OAUTHBEARER, XOAUTH2.
    Token(Secret<String>),
    /// What the server knows of the connection already, such as a certificate: EXTERNAL.
    External,
    /// Nothing: ANONYMOUS.
    Nothing,
}

/// The kinds of [`Proof`], for the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Password,
    Token,
    External,
    Nothing,
}

impl Credentials {
    /// A user with a password.
    #[must_use]
    pub fn password(username: impl Into<String>, password: Secret<String>) -> Self {
        Self::of(username.into(), Proof::Password(password))
    }

    /// A user with an OAuth 2.0 access token.
    #[must_use]
    pub fn token(username: impl Into<String>, token: Secret<String>) -> Self {
        Self::of(username.into(), Proof::Token(token))
    }

    /// Whoever the connection shows: by the certificate of TLS, above all.
    #[must_use]
    pub fn external() -> Self {
        Self::of(String::new(), Proof::External)
    }

    /// Nobody in particular. The trace is for the server's log: an address, a word, or nothing (RFC 4505, 2).
    #[must_use]
    pub fn anonymous(trace: impl Into<String>) -> Self {
        Self::of(trace.into(), Proof::Nothing)
    }

    /// On behalf of somebody else.
    #[must_use]
    pub fn acting_as(mut self, authorization: impl Into<String>) -> Self {
        self.authorization = Some(authorization.into());
        self
    }

    const fn of(username: String, proof: Proof) -> Self {
        Self { username, authorization: None, proof }
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self.proof {
            Proof::Password(_) => Kind::Password,
            Proof::Token(_) => Kind::Token,
            Proof::External => Kind::External,
            Proof::Nothing => Kind::Nothing,
        }
    }

    /// The password or token, if there is one.
    #[must_use]
    pub const fn secret(&self) -> Option<&Secret<String>> {
        match &self.proof {
            Proof::Password(secret) | Proof::Token(secret) => Some(secret),
            Proof::External | Proof::Nothing => None,
        }
    }

    /// User name and password for mechanisms that carry or use them as they are: neither is empty or holds a NUL, which ends
    /// strings in PLAIN (RFC 4616, 2) and in most servers.
    pub(crate) fn name_and_password(&self) -> Result<(&str, &str), SaslError> {
        let Proof::Password(password) = &self.proof else { return Err(SaslError::Unencodable("password")) };
        Ok((self.carried_username()?, carried(password.expose(), "password")?))
    }

    pub(crate) fn carried_username(&self) -> Result<&str, SaslError> {
        carried(&self.username, "user name")
    }

    /// The authorization identity; `None` where the server shall derive it.
    pub(crate) fn carried_authorization(&self) -> Result<Option<&str>, SaslError> {
        self.authorization.as_deref().map(|identity| carried(identity, "authorization identity")).transpose()
    }
}

fn carried<'a>(value: &'a str, what: &'static str) -> Result<&'a str, SaslError> {
    if value.is_empty() || value.contains('\0') { Err(SaslError::Unencodable(what)) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_shows_in_debug() {
        for credentials in [
            Credentials::password("tim", Secret::from("sesame")).acting_as("kim"),
            Credentials::token("tim", Secret::from("sesame")),
        ] {
            let shown = format!("{credentials:?}");
            assert!(shown.contains("tim") && !shown.contains("sesame"), "{shown}");
        }
    }
}
