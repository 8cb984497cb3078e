//! Errors, by blame.

use crate::ResponseCode;
use core::fmt;

/// Why a command ended without success.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// `-ERR [code] text`. Of QUIT after deletions: not all of them were done (RFC 1939, 6).
    Err {
        /// What it means, where the server says so.
        code: Option<ResponseCode>,
        /// The server's words.
        text: String,
    },
    /// The command can't be sent in this state or with these values; nothing was sent.
    Misuse(&'static str),
    /// CAPA did not announce this capability; nothing was sent. Gmail ends a connection over a command that it did not announce.
    Lacks(&'static str),
    /// The server broke this rule within a login, which was cancelled.
    Broken(&'static str),
    /// The connection ended before the answer.
    ConnectionEnded,
    /// The connection ended after QUIT was sent and before its answer: nobody knows whether the server carried out the deletions.
    UpdateUnknown,
}

impl Refusal {
    /// Of AUTH and APOP: whether the server may take the same password in another way. It leaves that open without a code, and with
    /// `[AUTH]` (RFC 3206, 4). Any other code names a reason, such as a locked maildrop, that a password shown in another way does not
    /// remove.
    #[must_use]
    pub const fn leaves_other_mechanisms(&self) -> bool {
        matches!(self, Self::Err { code: None | Some(ResponseCode::Auth), .. })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Err { code: Some(code), text } => write!(formatter, "the server refused: {text} ({code})"),
            Self::Err { code: None, text } => write!(formatter, "the server refused: {text}"),
            Self::Misuse(why) => write!(formatter, "the command was not sent: {why}"),
            Self::Lacks(capability) => write!(formatter, "the server does not offer {capability}"),
            Self::Broken(rule) => write!(formatter, "the server broke the rule '{rule}' within the login"),
            Self::ConnectionEnded => formatter.write_str("the connection ended before the answer"),
            Self::UpdateUnknown => formatter.write_str(
                "the connection ended before the answer to QUIT: whether anything was deleted is unknown",
            ),
        }
    }
}

impl std::error::Error for Refusal {}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pop3Error {
    /// The greeting was -ERR.
    Refused(String),
    /// The server broke the framing: rule and offset, never content.
    Framing {
        /// The rule.
        rule: &'static str,
        /// Octets received before the fault.
        offset: u64,
    },
    /// A limit was reached.
    Limit {
        /// Which.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// Octets between the answer to STLS and TLS: an injection (CVE-2011-0411).
    Injection,
    /// The stream ended without QUIT.
    Closed,
    /// The server did not answer in time.
    TimedOut,
}

impl fmt::Display for Pop3Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(text) => write!(formatter, "the server refused the connection: {text}"),
            Self::Framing { rule, offset } => {
                write!(formatter, "the server broke the rule '{rule}' at octet {offset}")
            }
            Self::Limit { what, limit } => write!(formatter, "the server sent a {what} above {limit} octets"),
            Self::Injection => formatter.write_str("octets arrived between the answer to STLS and TLS"),
            Self::Closed => formatter.write_str("the server ended the connection"),
            Self::TimedOut => formatter.write_str("the server did not answer in time"),
        }
    }
}

impl std::error::Error for Pop3Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_names_another_reason_leaves_no_other_mechanism() {
        let refused = |code| Refusal::Err { code, text: String::new() };
        assert!(refused(None).leaves_other_mechanisms());
        assert!(refused(Some(ResponseCode::Auth)).leaves_other_mechanisms());
        for code in [ResponseCode::InUse, ResponseCode::SysTemp, ResponseCode::of("later")] {
            assert!(!refused(Some(code)).leaves_other_mechanisms());
        }
        assert!(!Refusal::ConnectionEnded.leaves_other_mechanisms());
    }
}
