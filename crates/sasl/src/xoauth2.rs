//! XOAUTH2 ([Google](https://developers.google.com/workspace/gmail/imap/xoauth2-protocol)): the forerunner of OAUTHBEARER, and all
//! that some large servers offer.

use crate::SaslError;
use crate::exchange::Begun;
use crate::registry::Start;
use crate::token::{Presented, mailbox, token};

/// `user=` mailbox `^A` `auth=Bearer ` token `^A^A`. A refusal is answered with nothing.
pub(crate) fn start(start: &Start<'_>) -> Result<Begun, SaslError> {
    let (mailbox, token) = (mailbox(start.attempt.credentials)?, token(start.attempt.credentials)?);
    // In its final size: growing would leave copies of the token behind.
    let parts = ["user=", mailbox, "\u{1}auth=Bearer ", token, "\u{1}\u{1}"];
    Ok(Presented::begin(parts.concat().into_bytes(), b""))
}

#[cfg(test)]
mod tests {
    use crate::testing::begin;
    use crate::{Credentials, SaslError, ServerRefusal};
    use waypost_wire::Base64;
    use waypost_wire::Secret;

    /// The examples of Google's page.
    #[test]
    fn the_published_examples_are_sent_and_the_refusal_is_read_and_answered_with_nothing() {
        let token = Secret::from("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
        let mut exchange = begin("XOAUTH2", &Credentials::token("someuser@example.com", token)).unwrap();
        let initial = Base64::STANDARD.encode(exchange.initial().unwrap().expose());
        assert_eq!(
            initial,
            "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
        );
        let said = br#"{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}"#;
        assert_eq!(exchange.respond_at_once(said).unwrap().expose(), b"");
        let Some(ServerRefusal::Token(refusal)) = exchange.refusal() else { panic!("it was refused") };
        assert_eq!(refusal.status.as_deref(), Some("401"));
        assert_eq!(refusal.scope.as_deref(), Some("https://mail.google.com/"));
        assert_eq!(refusal.openid_configuration, None);
        assert_eq!(exchange.respond_at_once(said), Err(SaslError::UnexpectedChallenge));
    }

    #[test]
    fn the_mailbox_of_another_is_named_in_place_of_the_own() {
        let credentials =
            Credentials::token("tim@example.com", Secret::from("t")).acting_as("office@example.com");
        let mut exchange = begin("XOAUTH2", &credentials).unwrap();
        assert_eq!(exchange.initial().unwrap().expose(), b"user=office@example.com\x01auth=Bearer t\x01\x01");
    }
}
