//! PLAIN ([RFC 4616](https://www.rfc-editor.org/rfc/rfc4616)).

use crate::{Credentials, Mechanism, SaslError};
use waypost_wire::Secret;

/// ```abnf
/// message = [authzid] UTF8NUL authcid UTF8NUL passwd
/// ```
/// Without an authorization identity: the server derives it from the authentication identity.
pub(crate) struct Plain {
    /// Until it was given out.
    message: Option<Secret<Vec<u8>>>,
}

impl Plain {
    pub(crate) fn start(credentials: &Credentials) -> Result<Box<dyn Mechanism>, SaslError> {
        credentials.encodable()?;
        let (username, password) = (&credentials.username, credentials.password.expose());
        // In its final size: growing would leave copies of the password behind.
        let mut message = Vec::with_capacity(username.len() + password.len() + 2);
        message.push(0);
        message.extend_from_slice(username.as_bytes());
        message.push(0);
        message.extend_from_slice(password.as_bytes());
        Ok(Box::new(Self { message: Some(Secret::new(message)) }))
    }
}

impl Mechanism for Plain {
    fn name(&self) -> &'static str {
        "PLAIN"
    }

    fn initial(&mut self) -> Option<Secret<Vec<u8>>> {
        self.message.take()
    }

    /// A protocol without initial responses begins with an empty challenge (RFC 4422, 5.1).
    fn respond(&mut self, challenge: &[u8]) -> Result<Secret<Vec<u8>>, SaslError> {
        self.message.take().filter(|_| challenge.is_empty()).ok_or(SaslError::UnexpectedChallenge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(username: &str, password: &str) -> Result<Box<dyn Mechanism>, SaslError> {
        Plain::start(&Credentials { username: username.to_owned(), password: Secret::from(password) })
    }

    #[test]
    fn rfc_4616_4_first_example_is_the_initial_response() {
        let mut mechanism = plain("tim", "tanstaaftanstaaf").unwrap();
        assert_eq!(mechanism.initial().unwrap().expose(), b"\0tim\0tanstaaftanstaaf");
    }

    #[test]
    fn an_empty_challenge_is_answered_once_and_any_other_never() {
        let mut mechanism = plain("tim", "tanstaaftanstaaf").unwrap();
        assert_eq!(mechanism.respond(b"").unwrap().expose(), b"\0tim\0tanstaaftanstaaf");
        assert_eq!(mechanism.respond(b""), Err(SaslError::UnexpectedChallenge));
        assert_eq!(plain("tim", "secret").unwrap().respond(b"who?"), Err(SaslError::UnexpectedChallenge));
    }

    #[test]
    fn rfc_4616_2_utf8_is_carried_and_nul_and_nothing_are_not() {
        assert_eq!(
            plain("jürgen", "größe").unwrap().initial().unwrap().expose(),
            "\0jürgen\0größe".as_bytes()
        );
        for (username, password, what) in [
            ("a\0b", "secret", "user name"),
            ("", "secret", "user name"),
            ("tim", "sec\0ret", "password"),
            ("tim", "", "password"),
        ] {
            assert_eq!(plain(username, password).err(), Some(SaslError::Unencodable(what)));
        }
    }
}
