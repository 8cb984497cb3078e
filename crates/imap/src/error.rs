//! Errors, by blame.
use crate::types::ResponseCode;
use core::fmt;

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImapError {
    /// The server broke the framing: names the rule and the offset, never the content.
    Framing {
        /// The grammar rule.
        rule: &'static str,
        /// Octets received before the fault.
        offset: u64,
    },
    /// The server's greeting was BYE: it refuses connections now.
    Refused(String),
    /// A limit of [`waypost_wire::Limits`] was reached.
    Limit {
        /// Which.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The server sent octets between its answer to STARTTLS and TLS: an injection (CVE-2011-0411).
    Injection,
    /// The stream ended without LOGOUT. The server's BYE text if there was one.
    Closed(Option<String>),
    /// The server did not answer in time.
    TimedOut,
    /// The greeting was PREAUTH although TLS is required first: STARTTLS is impossible then, and whoever sits on the line
    /// could have sent it (RFC 9051, 11.1).
    PreAuth,
    /// The owner gave up a command whose literal it had begun to hand in: the server must not take a part for the whole.
    Abandoned,
}

impl fmt::Display for ImapError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Framing { rule, offset } => {
                write!(formatter, "the server broke the rule '{rule}' at octet {offset}")
            }
            Self::Refused(text) => write!(formatter, "the server refused the connection: {text}"),
            Self::Limit { what, limit } => write!(formatter, "the server sent a {what} above {limit} octets"),
            Self::Injection => formatter.write_str("octets arrived between the answer to STARTTLS and TLS"),
            Self::Closed(None) => formatter.write_str("the server ended the connection"),
            Self::Closed(Some(text)) => write!(formatter, "the server ended the connection: {text}"),
            Self::TimedOut => formatter.write_str("the server did not answer in time"),
            Self::PreAuth => {
                formatter.write_str("the server signed us in before TLS, which makes TLS impossible")
            }
            Self::Abandoned => formatter.write_str("a message was given up in the middle of being sent"),
        }
    }
}

impl std::error::Error for ImapError {}

/// Why a command ended without success.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// Tagged NO.
    No {
        /// The response code, such as `AUTHENTICATIONFAILED` (RFC 5530).
        code: Option<ResponseCode>,
        /// The server's words.
        text: String,
    },
    /// Tagged BAD.
    Bad {
        /// The response code.
        code: Option<ResponseCode>,
        /// The server's words.
        text: String,
    },
    /// The server did not name this capability, which the command needs; the machine sent nothing.
    Lacks(&'static str),
    /// The command can't be sent in this state or with these values; the machine sent nothing.
    Misuse(&'static str),
    /// What the server sent within it breaks this rule of the grammar: the machine gave it up, and the connection goes on.
    Broken(&'static str),
    /// The owner gave it up by [`crate::Client::cancel`].
    Cancelled,
    /// The connection ended before the answer.
    ConnectionEnded,
}

impl Refusal {
    /// Of AUTHENTICATE: whether the server may take the same password by another mechanism (RFC 9051, 6.2.2). It leaves that open by a NO
    /// without a code, or with AUTHENTICATIONFAILED, which says no more (RFC 5530, 3). Any other code names a reason that a password
    /// shown in another way does not remove.
    #[must_use]
    pub const fn leaves_other_mechanisms(&self) -> bool {
        matches!(self, Self::No { code: None | Some(ResponseCode::AuthenticationFailed), .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5530, 3.
    #[test]
    fn a_refusal_that_names_another_reason_leaves_no_other_mechanism() {
        let no = |code: &str| Refusal::No { code: ResponseCode::parse(code.as_bytes()), text: String::new() };
        assert!(no("").leaves_other_mechanisms() && no("[AUTHENTICATIONFAILED]").leaves_other_mechanisms());
        for code in [
            "AUTHORIZATIONFAILED",
            "EXPIRED",
            "PRIVACYREQUIRED",
            "UNAVAILABLE",
            "CONTACTADMIN",
            "ALERT",
            "WEBALERT x",
        ] {
            assert!(!no(&format!("[{code}]")).leaves_other_mechanisms(), "{code}");
        }
        let bad = Refusal::Bad { code: None, text: String::new() };
        assert!(!bad.leaves_other_mechanisms() && !Refusal::ConnectionEnded.leaves_other_mechanisms());
    }
}
