//! LOGIN ([draft-murchison-sasl-login-00](https://datatracker.ietf.org/doc/html/draft-murchison-sasl-login-00)): obsolete, and
//! all that some servers offer.

use crate::SaslError;
use crate::exchange::{Begun, Mechanism, Step};
use crate::registry::Start;
use waypost_wire::Secret;

/// The server asks twice; what it asks is not looked at, because servers word it differently and the order is fixed (draft, 2).
struct Login {
    /// The answer to the next challenge comes last.
    answers: Vec<Secret<Vec<u8>>>,
}

pub(crate) fn start(start: &Start<'_>) -> Result<Begun, SaslError> {
    let (username, password) = start.attempt.credentials.name_and_password()?;
    let answer = |text: &str| Secret::new(text.as_bytes().to_vec());
    let answers = vec![answer(password), answer(username)];
    Ok(Begun { first: None, then: Box::new(Login { answers }) })
}

impl Mechanism for Login {
    fn respond(&mut self, _challenge: &[u8]) -> Result<Step, SaslError> {
        self.answers.pop().map(Step::Answer).ok_or(SaslError::UnexpectedChallenge)
    }
}

#[cfg(test)]
mod tests {
    use crate::SaslError;
    use crate::testing::{begin, password};

    #[test]
    fn name_and_password_answer_two_challenges_in_any_words_and_a_third_has_no_answer() {
        for (first, second) in [("User Name\0", "Password\0"), ("Username:", "Password:"), ("", "")] {
            let mut login = begin("LOGIN", &password("tim", "secret")).unwrap();
            assert_eq!(login.initial(), None);
            assert_eq!(login.respond_at_once(first.as_bytes()).unwrap().expose(), b"tim");
            assert_eq!(login.respond_at_once(second.as_bytes()).unwrap().expose(), b"secret");
            assert_eq!(login.respond_at_once(b""), Err(SaslError::UnexpectedChallenge));
        }
    }

    #[test]
    fn nul_can_not_be_carried() {
        let refused = begin("LOGIN", &password("tim", "a\0b")).err();
        assert_eq!(refused, Some(SaslError::Unencodable("password")));
    }
}
