//! What POP3 had before SASL beside USER and PASS: APOP ([RFC 1939, 7](https://www.rfc-editor.org/rfc/rfc1939#section-7)).
//!
//! It does not show the password, but MD5 is weak: whoever stands in between and chooses the time stamps learns some of its first
//! characters (CVE-2007-1558), and who records one digest guesses fast. So it is used only where the user says so.

use crate::registry::Attempt;
use crate::saslprep::prepared;
use md5::{Digest, Md5};
use waypost_wire::Secret;
use zeroize::Zeroizing;

impl Attempt<'_> {
    /// Name and digest for APOP over this time stamp of the server's, with its angle brackets; `None` unless the policy allows it
    /// and it can carry the credentials. Name and password are prepared (RFC 6856, 2.2).
    #[must_use]
    pub fn apop(&self, timestamp: &str) -> Option<(String, Secret<String>)> {
        if !self.policy.allows_apop() || self.credentials.authorization.is_some() {
            return None;
        }
        let (username, password) = self.credentials.name_and_password().ok()?;
        let password = Zeroizing::new(prepared(password, self.nfkc).into_owned());
        let digest = Md5::new().chain_update(timestamp).chain_update(password.as_bytes()).finalize();
        let digest = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        Some((prepared(username, self.nfkc).into_owned(), Secret::new(digest)))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Attempt, Channel, Credentials, Nonce, Policy, Strength, nfkc};
    use waypost_wire::Secret;

    fn digest(policy: &Policy, credentials: &Credentials) -> Option<(String, String)> {
        let (channel, nonce) = (Channel::plain(), Nonce::from_random([0; Nonce::LENGTH]));
        let attempt = Attempt::new(credentials, policy, &channel, nonce, &nfkc);
        let (name, digest) = attempt.apop("<1896.697170952@dbc.mtview.ca.us>")?;
        Some((name, digest.expose().clone()))
    }

    #[test]
    fn rfc_1939_7_example_is_computed_where_the_policy_allows_it() {
        let credentials = Credentials::password("mrose", Secret::from("tanstaaf"));
        let expected = ("mrose".to_owned(), "c4c9334bac560ecc979e58001b3e22fb".to_owned());
        assert_eq!(digest(&Policy::default().with_apop(), &credentials), Some(expected));
        assert_eq!(digest(&Policy::default(), &credentials), None);
        assert_eq!(digest(&Policy::default().with_apop().at_least(Strength::Mutual), &credentials), None);
        let only = Policy::default().with_apop().only(["PLAIN"]).unwrap();
        assert_eq!(digest(&only, &credentials), None);
        assert_eq!(digest(&Policy::default().with_apop(), &credentials.acting_as("kim")), None);
        let token = Credentials::token("mrose", Secret::from("tanstaaf"));
        assert_eq!(digest(&Policy::default().with_apop(), &token), None);
    }

    #[test]
    fn rfc_6856_2_2_names_and_passwords_are_prepared() {
        let policy = Policy::default().with_apop();
        let composed = Credentials::password("Ur\u{e9}", Secret::from("pass\u{a0}word"));
        let decomposed = Credentials::password("Ure\u{301}", Secret::from("pass word"));
        assert_eq!(digest(&policy, &composed), digest(&policy, &decomposed));
    }
}
