//! CRAM-MD5 ([RFC 2195](https://www.rfc-editor.org/rfc/rfc2195)): does not show the password, but one who records it guesses fast.

use crate::SaslError;
use crate::exchange::{Begun, Mechanism, Step};
use crate::registry::Start;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use waypost_wire::Secret;

struct CramMd5 {
    username: String,
    /// Until it was used.
    password: Option<Secret<String>>,
}

/// Name and password go as typed, as RFC 2195 knows no preparation.
pub(crate) fn start(start: &Start<'_>) -> Result<Begun, SaslError> {
    let (username, password) = start.attempt.credentials.name_and_password()?;
    let then = CramMd5 { username: username.to_owned(), password: Some(Secret::from(password)) };
    Ok(Begun { first: None, then: Box::new(then) })
}

impl Mechanism for CramMd5 {
    /// The user name, a space, and the digest in lower-case hexadecimal (RFC 2195, 2). The challenge is not looked into: servers
    /// don't keep to the form of a message identifier.
    fn respond(&mut self, challenge: &[u8]) -> Result<Step, SaslError> {
        let password = self.password.take().ok_or(SaslError::UnexpectedChallenge)?;
        if challenge.is_empty() {
            return Err(SaslError::Malformed { rule: "challenge", offset: 0 });
        }
        if challenge.len() > LONGEST_CHALLENGE {
            return Err(SaslError::TooLong { what: "challenge", limit: LONGEST_CHALLENGE });
        }
        let mac = Hmac::<Md5>::new_from_slice(password.expose().as_bytes());
        // HMAC takes keys of any length (RFC 2104, 2).
        let mac = mac.map_err(|_| SaslError::Unencodable("password"))?.chain_update(challenge);
        let mut answer = self.username.clone().into_bytes();
        answer.push(b' ');
        for octet in mac.finalize().into_bytes() {
            answer.extend_from_slice(format!("{octet:02x}").as_bytes());
        }
        Ok(Step::Answer(Secret::new(answer)))
    }

    fn may_lack_secret(&self) -> bool {
        true
    }
}

/// Challenges are a message identifier, below 255 octets. A server must not have us hash all it likes.
const LONGEST_CHALLENGE: usize = 4_096;

#[cfg(test)]
mod tests {
    use crate::SaslError;
    use crate::testing::{begin, password};

    #[test]
    fn rfc_2195_2_example_is_answered() {
        let mut exchange = begin("CRAM-MD5", &password("tim", "tanstaaftanstaaf")).unwrap();
        assert_eq!(exchange.initial(), None);
        let answer = exchange.respond_at_once(b"<1896.697170952@postoffice.reston.mci.net>").unwrap();
        assert_eq!(answer.expose(), b"tim b913a602c7eda7a495b4e6e7334d3890");
        assert_eq!(exchange.respond_at_once(b"<again>"), Err(SaslError::UnexpectedChallenge));
    }

    /// A key longer than a block of MD5 is hashed first (RFC 2104, 2). Computed with Python's hmac.
    #[test]
    fn a_long_password_and_a_name_with_spaces_and_umlauts() {
        let mut exchange = begin("CRAM-MD5", &password("Jür gen", &"größe".repeat(20))).unwrap();
        let answer = exchange.respond_at_once(b"<1@x>").unwrap();
        assert_eq!(answer.expose(), "Jür gen c0fc28ec085ac39c3293250b49a7a852".as_bytes());
    }

    #[test]
    fn a_challenge_without_end_or_without_content_has_no_answer() {
        let begin = || begin("CRAM-MD5", &password("tim", "secret")).unwrap();
        assert_eq!(begin().respond_at_once(b""), Err(SaslError::Malformed { rule: "challenge", offset: 0 }));
        assert_eq!(
            begin().respond_at_once(&[b'x'; 4_097]),
            Err(SaslError::TooLong { what: "challenge", limit: 4_096 })
        );
    }
}
