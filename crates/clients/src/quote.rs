//! A server's own words, fit to be shown: no form of the secret in them, no control characters, not endless. Some servers repeat
//! the command that they refuse.

use waypost_sasl::{Credentials, revealing};
use waypost_wire::{Base64, Secret};

/// Knows what must not be repeated.
pub(crate) struct Quoter {
    secrets: Vec<Secret<String>>,
}

impl Quoter {
    /// For a server that is or will be told these credentials.
    pub(crate) fn new(credentials: &Credentials, host: &str, port: u16) -> Self {
        let mut secrets = Vec::new();
        for message in revealing(credentials, host, port) {
            let octets = message.expose();
            secrets.extend([Base64::STANDARD, Base64::UNPADDED].map(|form| Secret::new(form.encode(octets))));
            if let Ok(text) = std::str::from_utf8(octets) {
                secrets.push(Secret::new(text.replace('\\', "\\\\").replace('"', "\\\"")));
                secrets.push(Secret::from(text));
            }
        }
        // The longest first: a short form may be a part of a longer one.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self { secrets }
    }

    /// One short line; `None` where nothing is left.
    pub(crate) fn quote(&self, text: &str) -> Option<String> {
        let open = self
            .secrets
            .iter()
            .fold(text.to_owned(), |text, secret| text.replace(secret.expose().as_str(), "[redacted]"));
        // Marks that turn the direction of writing would turn the sentence around it too.
        let turns = |letter: char| matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        let words = open.split(|letter: char| letter.is_control() || letter == ' ' || turns(letter));
        let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let short: String = line.chars().take(LONGEST).collect();
        (!short.is_empty()).then_some(short)
    }
}

/// A server's sentence is short; what is longer is a page of HTML or worse.
const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_the_secret_is_left_in_what_a_server_repeats() {
        let credentials = Credentials::password("robin", Secret::from("pass \"word\" one"));
        let quoter = Quoter::new(&credentials, "mail.example", 995);
        for said in [
            "pass \"word\" one is wrong".to_owned(),
            "LOGIN robin \"pass \\\"word\\\" one\"".to_owned(),
            format!("AUTH PLAIN {}", Base64::STANDARD.encode(b"\0robin\0pass \"word\" one")),
            format!("you sent {}", Base64::UNPADDED.encode(b"pass \"word\" one")),
        ] {
            let shown = quoter.quote(&said).expect("it said something");
            assert!(shown.contains("[redacted]"), "{shown}");
            assert!(["pass \"", "word", "one", "cGFzc"].iter().all(|part| !shown.contains(part)), "{shown}");
        }
    }

    #[test]
    fn what_is_shown_is_one_short_line() {
        let quoter = Quoter::new(&Credentials::anonymous(""), "mail.example", 995);
        let shown = quoter.quote(&format!("\r\n a\tb\u{202e}\0c\u{1b}[31m {}", "x".repeat(5000)));
        let shown = shown.expect("it said something");
        assert!(shown.starts_with("a b c [31m xxx"), "{shown}");
        assert_eq!(shown.chars().count(), LONGEST);
        assert_eq!(quoter.quote(" \r\n"), None);
    }
}
