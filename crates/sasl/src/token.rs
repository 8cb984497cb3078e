//! Access tokens of OAuth 2.0 in SASL: what OAUTHBEARER and XOAUTH2 have in common.

use crate::exchange::{Begun, Mechanism, ServerRefusal, Step};
use crate::{Credentials, Proof, SaslError};
use waypost_json::Value;
use waypost_wire::Secret;

/// Why a server refuses a token ([RFC 7628](https://www.rfc-editor.org/rfc/rfc7628), 3.2.2), in its own words: bounded, and not
/// yet fit to be shown. What it did not say, or not as text or a number, is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TokenRefusal {
    /// Such as `invalid_token` or `insufficient_scope` (RFC 6750, 3.1); Google sends a number of HTTP.
    pub status: Option<String>,
    /// What a token must be good for.
    pub scope: Option<String>,
    /// Where it stands how to get one: a document of RFC 8414 or OpenID Connect.
    pub openid_configuration: Option<String>,
}

impl TokenRefusal {
    /// A server that refuses without a reason, or with one that is not JSON, refuses nonetheless.
    fn parse(challenge: &[u8]) -> Self {
        let said = std::str::from_utf8(challenge).map(waypost_json::parse);
        let Ok(Ok(Value::Object(said))) = said else { return Self::default() };
        let text = |name: &str| match said.get(name)? {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            _ => None,
        };
        Self {
            status: text("status"),
            scope: text("scope"),
            openid_configuration: text("openid-configuration"),
        }
    }
}

/// Waits for success, which needs no word, or for the reason why not, which is answered by a fixed one.
pub(crate) struct Presented {
    acknowledgement: &'static [u8],
    refusal: Option<TokenRefusal>,
}

impl Presented {
    /// A message that shows the token; a refusal is answered with the acknowledgement.
    pub(crate) fn begin(message: Vec<u8>, acknowledgement: &'static [u8]) -> Begun {
        let then = Self { acknowledgement, refusal: None };
        Begun { first: Some(Secret::new(message)), then: Box::new(then) }
    }
}

impl Mechanism for Presented {
    fn respond(&mut self, challenge: &[u8]) -> Result<Step, SaslError> {
        if self.refusal.is_some() {
            return Err(SaslError::UnexpectedChallenge);
        }
        if challenge.len() > LONGEST_REFUSAL {
            return Err(SaslError::TooLong { what: "refusal of the token", limit: LONGEST_REFUSAL });
        }
        self.refusal = Some(TokenRefusal::parse(challenge));
        Ok(Step::Answer(Secret::new(self.acknowledgement.to_vec())))
    }

    fn refusal(&self) -> Option<ServerRefusal> {
        self.refusal.clone().map(ServerRefusal::Token)
    }
}

/// The token, if it can be carried.
///
/// ```abnf
/// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" ; RFC 6750, 2.1
/// ```
/// Any visible ASCII passes: there are servers that give out more than the rule has, and only an octet that ends the field or the
/// line would harm.
pub(crate) fn token(credentials: &Credentials) -> Result<&str, SaslError> {
    match &credentials.proof {
        Proof::Token(token) if is_token(token.expose()) => Ok(token.expose()),
        _ => Err(SaslError::Unencodable("token")),
    }
}

fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|octet| octet.is_ascii_graphic())
}

/// Whose mailbox is opened: both mechanisms have one field for it, and the token says the rest.
pub(crate) fn mailbox(credentials: &Credentials) -> Result<&str, SaslError> {
    let mailbox = match credentials.carried_authorization()? {
        Some(authorization) => authorization,
        None => credentials.carried_username()?,
    };
    // Ends a field of either mechanism.
    if mailbox.contains('\u{1}') { Err(SaslError::Unencodable("user name")) } else { Ok(mailbox) }
}

/// Real refusals have below 500 octets.
const LONGEST_REFUSAL: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_is_no_json_or_other_json_is_a_refusal_without_a_reason() {
        for said in [&b""[..], b"\xff", b"no", b"[]", b"{\"status\":[1]}", b"{", &[b'['; 8_000]] {
            assert_eq!(TokenRefusal::parse(said), TokenRefusal::default());
        }
        let status = |said: &[u8]| TokenRefusal::parse(said).status;
        assert_eq!(status(br#"{"status":400,"schemes":"Bearer"}"#).as_deref(), Some("400"));
        assert_eq!(status(br#"{"status":"401"}"#).as_deref(), Some("401"));
    }

    #[test]
    fn a_token_with_an_octet_that_ends_its_field_is_not_sent() {
        for odd in ["", "a b", "a\u{1}b", "a\r\n", "ä"] {
            let credentials = Credentials::token("tim", Secret::from(odd));
            assert_eq!(token(&credentials), Err(SaslError::Unencodable("token")), "{odd:?}");
        }
        for odd in ["", "a\u{1}auth=Bearer x", "a\0"] {
            let credentials = Credentials::token(odd, Secret::from("t"));
            assert_eq!(mailbox(&credentials), Err(SaslError::Unencodable("user name")), "{odd:?}");
        }
    }
}
