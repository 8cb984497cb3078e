//! What a POP3 server refused or broke.

use super::{AUTH_FAILED, AUTH_UNAVAILABLE, CLOSED, INJECTION, MAILBOX_IN_USE, Party, Row, TIMED_OUT, row};
use crate::{Blame, SyncError};
use waypost_pop3::{Pop3Error, Refusal, ResponseCode};

impl Party {
    /// The connection ended by an error of POP3.
    pub(crate) fn pop3(&self, error: &Pop3Error) -> SyncError {
        match error {
            Pop3Error::Refused(said) => self.error(&BUSY, Some(said)),
            Pop3Error::Limit { .. } => self.error(&LIMIT, None),
            Pop3Error::Injection => self.error(&INJECTION, None),
            Pop3Error::Closed => self.error(&CLOSED, None),
            Pop3Error::TimedOut => self.error(&TIMED_OUT, None),
            // A broken frame, and kinds that later versions add.
            _ => self.error(&NOT_POP3, None),
        }
    }

    /// All its messages have other ids than before.
    pub(crate) fn unique_ids_changed(&self) -> SyncError {
        self.error(&IDS_CHANGED, None)
    }

    /// It wants to be left alone between two logins.
    pub(crate) fn too_soon(&self) -> SyncError {
        self.error(&TOO_SOON, None)
    }

    /// A command that ended without success (codes: RFC 2449, 8; RFC 3206).
    pub(crate) fn pop3_refusal(&self, refusal: &Refusal) -> SyncError {
        match refusal {
            Refusal::Err { code, text } => {
                self.error(coded(code.as_ref()).unwrap_or(&REFUSED), Some(&said(code, text)))
            }
            Refusal::Misuse(why) | Refusal::Lacks(why) => self.error(&CANNOT_SEND, Some(why)),
            Refusal::Broken(_) => self.error(&NOT_POP3, None),
            _ => self.error(&CLOSED, None),
        }
    }

    /// AUTH, USER or PASS ended without success. Without a code it is the password: most servers have no codes.
    pub(crate) fn pop3_login(&self, refusal: &Refusal) -> SyncError {
        match refusal {
            Refusal::Err { code, text } => {
                self.error(coded(code.as_ref()).unwrap_or(&AUTH_FAILED), Some(&said(code, text)))
            }
            other => self.pop3_refusal(other),
        }
    }
}

fn coded(code: Option<&ResponseCode>) -> Option<&'static Row> {
    match code? {
        ResponseCode::InUse => Some(&MAILBOX_IN_USE),
        ResponseCode::LoginDelay => Some(&TOO_SOON),
        ResponseCode::SysTemp => Some(&AUTH_UNAVAILABLE),
        ResponseCode::SysPerm => Some(&BROKEN),
        ResponseCode::Auth => Some(&AUTH_FAILED),
        _ => None,
    }
}

fn said(code: &Option<ResponseCode>, text: &str) -> String {
    code.as_ref().map_or_else(|| text.to_owned(), |code| format!("[{code}] {text}"))
}

const NOT_POP3: Row = row(
    "not-pop3",
    Blame::Server,
    true,
    "HOST does not speak POP3 as it should on port PORT. Check the port, or ask its operator.",
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
const CANNOT_SEND: Row = row(
    "cannot-send",
    Blame::Caller,
    false,
    "This can't be sent to HOST as it is. Check name and password for odd characters.",
);
const TOO_SOON: Row = row(
    "login-delay",
    Blame::Server,
    true,
    "HOST wants more time between two looks at the mailbox. Wait: it is tried again.",
);
const IDS_CHANGED: Row = row(
    "unique-ids-changed",
    Blame::User,
    false,
    "HOST knows all its mail by other names than before, as after a move to another server. Choose whether it is the same mail or new.",
);
const BROKEN: Row = row(
    "mailbox-broken",
    Blame::Server,
    false,
    "HOST has a lasting fault with this mailbox. Ask its operator to mend it.",
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use waypost_sasl::Credentials;
    use waypost_wire::Secret;

    fn party() -> Party {
        let credentials = Credentials::password("robin", Secret::from("hunter2"));
        Party::new("mail.example", 110, &credentials)
    }

    fn refusal(code: Option<ResponseCode>) -> Refusal {
        Refusal::Err { code, text: "not hunter2".to_owned() }
    }

    #[test]
    fn each_kind_of_pop3_failure_has_its_own_code() {
        let party = party();
        let errors = [
            Pop3Error::Refused("no".to_owned()),
            Pop3Error::Framing { rule: "line", offset: 1 },
            Pop3Error::Limit { what: "line", limit: 1 },
            Pop3Error::Injection,
            Pop3Error::Closed,
            Pop3Error::TimedOut,
        ];
        let refusals = [refusal(None), Refusal::Misuse("odd")];
        let codes = errors
            .iter()
            .map(|error| party.pop3(error).into_parts().code)
            .chain(refusals.iter().map(|refusal| party.pop3_refusal(refusal).into_parts().code));
        let distinct: HashSet<String> = codes.collect();
        assert_eq!(distinct.len(), errors.len() + refusals.len(), "{distinct:?}");
    }

    #[test]
    fn rfc_3206_codes_of_a_login_say_whether_to_try_again() {
        for (code, expected, retryable) in [
            (Some(ResponseCode::Auth), "auth-failed", false),
            (None, "auth-failed", false),
            (Some(ResponseCode::InUse), "mailbox-in-use", true),
            (Some(ResponseCode::LoginDelay), "login-delay", true),
            (Some(ResponseCode::SysTemp), "auth-unavailable", true),
            (Some(ResponseCode::SysPerm), "mailbox-broken", false),
        ] {
            let error = party().pop3_login(&refusal(code));
            assert_eq!((error.code.as_str(), error.retryable), (expected, retryable));
            assert!(error.into_parts().server_text.expect("it said something").ends_with("not [redacted]"));
        }
    }
}
