//! Errors in words for people: who it was, what happened, what to do. Every kind of failure has its own stable code.
//!
//! A server's own words are passed on with every form of the password taken out of them: some servers repeat the command that
//! they refuse.

mod connect;
mod imap;
mod local;
mod pop3;
mod sasl;

use crate::{Blame, ErrorParts, SyncError};
use waypost_sasl::{Credentials, revealing};
use waypost_wire::{Base64, Secret};

pub(crate) use local::{
    account_exists, bad_request, internal, mailbox_not_found, message_gone, message_incomplete,
    message_not_here, no_account, no_such_part, signed_out, too_large,
};

/// The server that errors are about, and what must not be repeated of what it says.
pub(crate) struct Party {
    host: String,
    port: u16,
    secrets: Vec<Secret<String>>,
}

impl Party {
    /// A server that is or will be told these credentials.
    pub(crate) fn new(host: &str, port: u16, credentials: &Credentials) -> Self {
        let mut secrets = Vec::new();
        for message in revealing(credentials, host, port) {
            secrets.push(Secret::new(Base64::STANDARD.encode(message.expose())));
            secrets.push(Secret::new(Base64::UNPADDED.encode(message.expose())));
            if let Ok(text) = std::str::from_utf8(message.expose()) {
                secrets.push(Secret::new(text.replace('\\', "\\\\").replace('"', "\\\"")));
                secrets.push(Secret::from(text));
            }
        }
        // The longest first: a short form may be a part of a longer one.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self { host: host.to_owned(), port, secrets }
    }

    /// Something that the server said, fit to be shown: no secret, no control characters, not endless.
    fn quoted(&self, text: &str) -> Option<String> {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret.expose().as_str(), REDACTED);
        }
        // Marks that turn the direction of writing would turn the sentence around it too.
        text.retain(|letter| !matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'));
        let words: Vec<&str> = text.split(|letter: char| letter.is_control() || letter == ' ').collect();
        let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let short: String = line.chars().take(LONGEST_QUOTE).collect();
        (!short.is_empty()).then_some(short)
    }

    fn error(&self, row: &Row, said: Option<&str>) -> SyncError {
        ErrorParts {
            code: row.code.to_owned(),
            blame: row.blame,
            retryable: row.retryable,
            message: row.message.replace("HOST", &self.host).replace("PORT", &self.port.to_string()),
            server_text: said.and_then(|text| self.quoted(text)),
        }
        .into()
    }
}

/// One kind of error. `HOST` and `PORT` in the message stand for the server's.
pub(crate) struct Row {
    pub(crate) code: &'static str,
    blame: Blame,
    retryable: bool,
    message: &'static str,
}

const fn row(code: &'static str, blame: Blame, retryable: bool, message: &'static str) -> Row {
    Row { code, blame, retryable, message }
}

/// The password was refused.
pub(crate) const AUTH_FAILED: Row = row(
    "auth-failed",
    Blame::User,
    false,
    "HOST refused this name and password. Check both, then sign in again.",
);
const AUTH_UNAVAILABLE: Row = row(
    "auth-unavailable",
    Blame::Server,
    true,
    "HOST can't check passwords at the moment. Try again later.",
);
const MAILBOX_IN_USE: Row = row(
    "mailbox-in-use",
    Blame::Server,
    true,
    "HOST says that another program has this mailbox open. Close it there, or wait: it is tried again.",
);
const INJECTION: Row = row(
    "starttls-injection",
    Blame::Network,
    false,
    "Not connected: something on the way to HOST meddled with the start of TLS. Try another network.",
);
const TIMED_OUT: Row = row(
    "timeout",
    Blame::Server,
    true,
    "HOST does not answer in time. Check the server name and port PORT, or try again later.",
);
const CLOSED: Row = row(
    "closed",
    Blame::Network,
    true,
    "The connection to HOST ended. Check your network; it is tried again.",
);

/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";

/// A server's sentence is short; what is longer is a page of HTML or worse.
const LONGEST_QUOTE: usize = 300;

impl Party {
    /// No mechanism that both sides know.
    pub(crate) fn no_mechanism(&self) -> SyncError {
        self.error(
            &row(
                "auth-unsupported",
                Blame::Server,
                false,
                "HOST offers no way to sign in with a password. Ask its operator for an app password or another server.",
            ),
            None,
        )
    }

    /// The user wants TLS by STARTTLS or STLS and the server has none: nothing was sent.
    pub(crate) fn no_tls(&self) -> SyncError {
        self.error(
            &row(
                "plaintext-refused",
                Blame::User,
                false,
                "HOST does not offer TLS on port PORT, so your password was not sent. Choose TLS with its port, or ask its operator.",
            ),
            None,
        )
    }

    /// The server takes no password without TLS.
    pub(crate) fn wants_tls(&self, said: Option<&str>) -> SyncError {
        self.error(
            &row(
                "tls-required",
                Blame::User,
                false,
                "HOST takes no password without TLS, and none was sent. Choose TLS or STARTTLS.",
            ),
            said,
        )
    }

    /// The credentials hold something that no mechanism can carry.
    pub(crate) fn unencodable(&self) -> SyncError {
        self.error(
            &row(
                "password-unusable",
                Blame::User,
                false,
                "This name or password holds a character that can't be sent to HOST. Check both.",
            ),
            None,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(password: &str) -> Party {
        let credentials = Credentials::password("robin", Secret::from(password));
        Party::new("mail.example", 993, &credentials)
    }

    #[test]
    fn a_password_is_taken_out_of_what_the_server_says_in_every_form() {
        let party = party("pass \"word\" one");
        let plain = "\0robin\0pass \"word\" one";
        for said in [
            "NO pass \"word\" one is wrong".to_owned(),
            "BAD LOGIN robin \"pass \\\"word\\\" one\"".to_owned(),
            format!("BAD AUTHENTICATE PLAIN {}", Base64::STANDARD.encode(plain.as_bytes())),
            format!("BAD AUTHENTICATE PLAIN {}", Base64::UNPADDED.encode(plain.as_bytes())),
            format!("BAD {}", Base64::STANDARD.encode(b"pass \"word\" one")),
            format!("you sent {plain}"),
        ] {
            let shown =
                party.error(&AUTH_FAILED, Some(&said)).into_parts().server_text.expect("it said something");
            assert!(shown.contains(REDACTED), "{shown}");
            for part in ["pass \"", "word", "one", "cGFzc"] {
                assert!(!shown.contains(part), "{part} in {shown}");
            }
        }
    }

    #[test]
    fn what_a_server_says_is_one_short_line() {
        let party = party("");
        let said = format!("\r\n  a\tb\u{202e}\0c\u{1b}[31m {}", "x".repeat(5000));
        let shown = party.quoted(&said).expect("it said something");
        assert!(shown.starts_with("a b c [31m xxx"), "{shown}");
        assert_eq!(shown.chars().count(), LONGEST_QUOTE);
        assert_eq!(party.quoted(" \r\n"), None);
    }
}
