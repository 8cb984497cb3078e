//! What an IMAP server refused or broke.

use super::{AUTH_FAILED, AUTH_UNAVAILABLE, CLOSED, INJECTION, MAILBOX_IN_USE, Party, Row, TIMED_OUT, row};
use crate::{Blame, SyncError};
use waypost_imap::types::ResponseCode;
use waypost_imap::{ImapError, Refusal};

impl Party {
    /// The connection ended by an error of IMAP.
    pub(crate) fn imap(&self, error: &ImapError) -> SyncError {
        match error {
            ImapError::Framing { .. } => self.error(&NOT_IMAP, None),
            ImapError::Refused(said) => self.error(&BUSY, Some(said)),
            ImapError::Limit { .. } => self.error(&LIMIT, None),
            ImapError::Injection => self.error(&INJECTION, None),
            ImapError::Closed(said) => self.error(&CLOSED, said.as_deref()),
            ImapError::TimedOut => self.error(&TIMED_OUT, None),
            other => self.error(&NOT_IMAP, Some(&other.to_string())),
        }
    }

    /// A command that ended without success.
    pub(crate) fn imap_refusal(&self, refusal: &Refusal) -> SyncError {
        match refusal {
            Refusal::No { text, .. } => self.error(&REFUSED, Some(text)),
            Refusal::Bad { text, .. } => self.error(&NOT_UNDERSTOOD, Some(text)),
            Refusal::Misuse(why) => self.error(&CANNOT_SEND, Some(why)),
            Refusal::Lacks(capability) => self.error(&CANNOT_SEND, Some(capability)),
            Refusal::Broken(_) => self.error(&NOT_IMAP, None),
            _ => self.error(&CLOSED, None),
        }
    }

    /// AUTHENTICATE or LOGIN ended without success (RFC 5530, 3).
    pub(crate) fn imap_login(&self, refusal: &Refusal) -> SyncError {
        let Refusal::No { code, text } = refusal else { return self.imap_refusal(refusal) };
        let name = code.as_ref().map_or("", ResponseCode::name);
        let said = if name.is_empty() { text.clone() } else { format!("[{name}] {text}") };
        match name {
            "PRIVACYREQUIRED" => self.wants_tls(Some(&said)),
            "EXPIRED" => self.error(&EXPIRED, Some(&said)),
            "UNAVAILABLE" | "SERVERBUG" => self.error(&AUTH_UNAVAILABLE, Some(&said)),
            "INUSE" | "LIMIT" => self.error(&MAILBOX_IN_USE, Some(&said)),
            _ => self.error(&AUTH_FAILED, Some(&said)),
        }
    }
}

const NOT_IMAP: Row = row(
    "not-imap",
    Blame::Server,
    true,
    "HOST does not speak IMAP as it should on port PORT. Check the port, or ask its operator.",
);
const BUSY: Row = row(
    "server-busy",
    Blame::Server,
    true,
    "HOST takes no connections at the moment. Wait: it is tried again.",
);
const LIMIT: Row = row(
    "server-limit",
    Blame::Server,
    true,
    "HOST sent an answer larger than this app can hold. Ask its operator, or try again later.",
);
const REFUSED: Row = row(
    "server-refused",
    Blame::Server,
    true,
    "HOST refused what was asked of it. Try again later, or ask its operator.",
);
const NOT_UNDERSTOOD: Row = row(
    "server-rejected",
    Blame::Server,
    false,
    "HOST did not understand a command. Ask its operator which IMAP it speaks.",
);
const CANNOT_SEND: Row = row(
    "cannot-send",
    Blame::Caller,
    false,
    "This can't be sent to HOST as it is. Check names and values for odd characters.",
);
const EXPIRED: Row = row(
    "password-expired",
    Blame::User,
    false,
    "HOST says that this password has expired. Choose a new one with its operator, then sign in.",
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use waypost_sasl::Credentials;
    use waypost_wire::Secret;

    fn party() -> Party {
        let credentials = Credentials::password("robin", Secret::from("hunter2"));
        Party::new("mail.example", 143, &credentials)
    }

    #[test]
    fn each_kind_of_imap_failure_has_its_own_code() {
        let party = party();
        let said = || "because".to_owned();
        let errors = [
            ImapError::Framing { rule: "line", offset: 3 },
            ImapError::Refused(said()),
            ImapError::Limit { what: "line", limit: 9 },
            ImapError::Injection,
            ImapError::Closed(Some(said())),
            ImapError::TimedOut,
        ];
        let refusals = [
            Refusal::No { code: None, text: said() },
            Refusal::Bad { code: None, text: said() },
            Refusal::Misuse("odd"),
        ];
        let codes = errors
            .iter()
            .map(|error| party.imap(error).into_parts().code)
            .chain(refusals.iter().map(|refusal| party.imap_refusal(refusal).into_parts().code));
        let distinct: HashSet<String> = codes.collect();
        assert_eq!(distinct.len(), errors.len() + refusals.len(), "{distinct:?}");
        // The connection's end is one thing, however it is learnt.
        assert_eq!(
            party.imap_refusal(&Refusal::ConnectionEnded).code,
            party.imap(&ImapError::Closed(None)).code
        );
        // So is a server that does not keep to the rules.
        let framing = ImapError::Framing { rule: "line", offset: 3 };
        assert_eq!(party.imap_login(&Refusal::Broken("base64")).code, party.imap(&framing).code);
    }

    #[test]
    fn rfc_5530_3_codes_of_a_login_say_whether_the_password_is_wrong() {
        for (name, code, retryable) in [
            ("AUTHENTICATIONFAILED", "auth-failed", false),
            ("AUTHORIZATIONFAILED", "auth-failed", false),
            ("EXPIRED", "password-expired", false),
            ("PRIVACYREQUIRED", "tls-required", false),
            ("UNAVAILABLE", "auth-unavailable", true),
            ("INUSE", "mailbox-in-use", true),
        ] {
            let refusal = Refusal::No {
                code: ResponseCode::parse(format!("[{name}]").as_bytes()),
                text: "hunter2 is not it".to_owned(),
            };
            let error = party().imap_login(&refusal);
            assert_eq!((error.code.as_str(), error.retryable), (code, retryable));
            assert_eq!(error.server_text, Some(format!("[{name}] [redacted] is not it")));
        }
        let plain = party().imap_login(&Refusal::No { code: None, text: "no".to_owned() });
        assert_eq!(plain.code, "auth-failed");
        assert!(plain.message.contains("password"), "{}", plain.message);
    }
}
