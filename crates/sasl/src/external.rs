//! EXTERNAL ([RFC 4422](https://www.rfc-editor.org/rfc/rfc4422), appendix A): the server knows who we are, by the certificate of
//! TLS above all.

use crate::SaslError;
use crate::exchange::Begun;
use crate::registry::Start;

/// ```abnf
/// external-initial-resp = authz-id-string
/// authz-id-string       = *( UTF8-char-no-nul )
/// ```
/// Empty where the server shall derive the identity.
pub(crate) fn start(start: &Start<'_>) -> Result<Begun, SaslError> {
    let authorization = start.attempt.credentials.carried_authorization()?.unwrap_or_default();
    Ok(Begun::once(authorization.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use crate::testing::begin;
    use crate::{Credentials, SaslError};

    /// The examples of RFC 4422, appendix A.3: without an authorization identity, and as fred.
    #[test]
    fn rfc_4422_a_3_examples_are_the_initial_responses() {
        let mut exchange = begin("EXTERNAL", &Credentials::external()).unwrap();
        assert_eq!(exchange.initial().unwrap().expose(), b"");
        assert_eq!(exchange.respond_at_once(b""), Err(SaslError::UnexpectedChallenge));
        let acting = Credentials::external().acting_as("fred@example.com");
        let mut exchange = begin("EXTERNAL", &acting).unwrap();
        assert_eq!(exchange.respond_at_once(b"").unwrap().expose(), b"fred@example.com");
        let refused = begin("EXTERNAL", &Credentials::external().acting_as("fr\0ed")).err();
        assert_eq!(refused, Some(SaslError::Unencodable("authorization identity")));
    }
}
