//! LOGIN ([draft-murchison-sasl-login-00](https://datatracker.ietf.org/doc/html/draft-murchison-sasl-login-00)): obsolete, and
//! all that some servers offer.

use crate::{Credentials, Mechanism, SaslError};
use waypost_wire::Secret;

/// The server asks twice; what it asks is not looked at, because servers word it differently and the order is fixed (draft, 2).
pub(crate) struct Login {
    /// The answer to the next challenge comes last.
    answers: Vec<Secret<Vec<u8>>>,
}

impl Login {
    pub(crate) fn start(credentials: &Credentials) -> Result<Box<dyn Mechanism>, SaslError> {
        credentials.encodable()?;
        let answer = |text: &str| Secret::new(text.as_bytes().to_vec());
        let answers = vec![answer(credentials.password.expose()), answer(&credentials.username)];
        Ok(Box::new(Self { answers }))
    }
}

impl Mechanism for Login {
    fn name(&self) -> &'static str {
        "LOGIN"
    }

    fn initial(&mut self) -> Option<Secret<Vec<u8>>> {
        None
    }

    fn respond(&mut self, _challenge: &[u8]) -> Result<Secret<Vec<u8>>, SaslError> {
        self.answers.pop().ok_or(SaslError::UnexpectedChallenge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_password_answer_two_challenges_in_any_words_and_a_third_has_no_answer() {
        for (first, second) in [("User Name\0", "Password\0"), ("Username:", "Password:"), ("", "")] {
            let credentials = Credentials { username: "tim".to_owned(), password: Secret::from("secret") };
            let mut login = Login::start(&credentials).unwrap();
            assert_eq!(login.initial(), None);
            assert_eq!(login.respond(first.as_bytes()).unwrap().expose(), b"tim");
            assert_eq!(login.respond(second.as_bytes()).unwrap().expose(), b"secret");
            assert_eq!(login.respond(b""), Err(SaslError::UnexpectedChallenge));
        }
    }

    #[test]
    fn nul_can_not_be_carried() {
        let credentials = Credentials { username: "tim".to_owned(), password: Secret::from("a\0b") };
        assert_eq!(Login::start(&credentials).err(), Some(SaslError::Unencodable("password")));
    }
}
