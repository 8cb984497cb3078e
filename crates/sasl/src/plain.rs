//! PLAIN ([RFC 4616](https://www.rfc-editor.org/rfc/rfc4616)).

use crate::SaslError;
use crate::exchange::Begun;
use crate::registry::Start;

/// ```abnf
/// message = [authzid] UTF8NUL authcid UTF8NUL passwd
/// ```
/// Name and password go as typed: it is the server that prepares them (RFC 4616, 2).
pub(crate) fn start(start: &Start<'_>) -> Result<Begun, SaslError> {
    let credentials = start.attempt.credentials;
    let (username, password) = credentials.name_and_password()?;
    let authorization = credentials.carried_authorization()?.unwrap_or_default();
    // In its final size: growing would leave copies of the password behind.
    let mut message = Vec::with_capacity(authorization.len() + username.len() + password.len() + 2);
    message.extend_from_slice(authorization.as_bytes());
    message.push(0);
    message.extend_from_slice(username.as_bytes());
    message.push(0);
    message.extend_from_slice(password.as_bytes());
    Ok(Begun::once(message))
}

#[cfg(test)]
mod tests {
    use crate::testing::{begin, password};
    use crate::{SaslError, Step};

    #[test]
    fn rfc_4616_4_first_example_is_the_initial_response() {
        let mut exchange = begin("PLAIN", &password("tim", "tanstaaftanstaaf")).unwrap();
        assert_eq!(exchange.initial().unwrap().expose(), b"\0tim\0tanstaaftanstaaf");
        assert_eq!(exchange.accepted(), Ok(()));
    }

    #[test]
    fn rfc_4616_4_second_example_acts_on_behalf_of_another() {
        let credentials = password("Kurt", "xipj3plmq").acting_as("Ursel");
        let mut exchange = begin("PLAIN", &credentials).unwrap();
        assert_eq!(exchange.initial().unwrap().expose(), b"Ursel\0Kurt\0xipj3plmq");
    }

    #[test]
    fn an_empty_challenge_is_answered_once_and_any_other_never() {
        let mut exchange = begin("PLAIN", &password("tim", "tanstaaftanstaaf")).unwrap();
        let Step::Answer(answer) = exchange.respond(b"").unwrap() else { panic!("it is no work") };
        assert_eq!(answer.expose(), b"\0tim\0tanstaaftanstaaf");
        assert_eq!(exchange.respond(b""), Err(SaslError::UnexpectedChallenge));
        let mut other = begin("PLAIN", &password("tim", "secret")).unwrap();
        assert_eq!(other.respond(b"who?"), Err(SaslError::UnexpectedChallenge));
        assert_eq!(other.respond(b""), Err(SaslError::OutOfOrder));
        assert_eq!(other.accepted(), Err(SaslError::UnexpectedChallenge));
    }

    #[test]
    fn rfc_4616_2_utf8_is_carried_and_nul_and_nothing_are_not() {
        let mut exchange = begin("PLAIN", &password("jürgen", "größe")).unwrap();
        assert_eq!(exchange.initial().unwrap().expose(), "\0jürgen\0größe".as_bytes());
        for (username, secret, what) in [
            ("a\0b", "secret", "user name"),
            ("", "secret", "user name"),
            ("tim", "sec\0ret", "password"),
            ("tim", "", "password"),
        ] {
            let refused = begin("PLAIN", &password(username, secret)).err();
            assert_eq!(refused, Some(SaslError::Unencodable(what)));
        }
        let refused = begin("PLAIN", &password("tim", "secret").acting_as("")).err();
        assert_eq!(refused, Some(SaslError::Unencodable("authorization identity")));
    }
}
