//! Why a client could not do what was asked.

use crate::TransportError;
use crate::imap::types::ResponseCode;
use crate::imap::{ImapError, Refusal};
use std::{fmt, io};
use waypost_sasl::SaslError;

/// Why a client could not do what was asked. Only [`ClientError::Refused`] and [`ClientError::Sink`] leave the connection usable.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// The connection could not be made, or broke.
    Transport(TransportError),
    /// The server broke the protocol, or hung up.
    Connection(ImapError),
    /// The server refused the command, or it can't be sent as it is.
    Refused(Refusal),
    /// The exchange of the login failed on our side.
    Login(SaslError),
    /// STARTTLS was wanted and is not offered.
    NoTls,
    /// The connection had ended before.
    Ended,
    /// What the caller gave to write into failed.
    Sink(io::Error),
}

impl fmt::Display for ClientError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => error.fmt(formatter),
            Self::Connection(error) => error.fmt(formatter),
            Self::Refused(refusal) => refused(refusal, formatter),
            Self::Login(error) => write!(formatter, "signing in failed: {error}"),
            Self::NoTls => formatter
                .write_str("the server offers no TLS (STARTTLS) on this port; use its TLS port, usually 993"),
            Self::Ended => formatter.write_str("the connection has ended"),
            Self::Sink(error) => write!(formatter, "the octets could not be written: {error}"),
        }
    }
}

fn refused(refusal: &Refusal, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match refusal {
        Refusal::No { code, text } => said("the server refused", code.as_ref(), text, formatter),
        Refusal::Bad { code, text } => said("the server did not understand", code.as_ref(), text, formatter),
        Refusal::Lacks(capability) => write!(formatter, "the server does not offer {capability}"),
        Refusal::Misuse(why) => write!(formatter, "the command can't be sent: {why}"),
        Refusal::Broken(rule) => write!(formatter, "the server broke the rule '{rule}' within the command"),
        _ => formatter.write_str("the connection ended before the answer"),
    }
}

fn said(
    what: &str,
    code: Option<&ResponseCode>,
    text: &str,
    formatter: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match code {
        Some(code) => write!(formatter, "{what}: [{}] {text}", code.name()),
        None => write!(formatter, "{what}: {text}"),
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(error) => Some(error),
            Self::Connection(error) => Some(error),
            Self::Login(error) => Some(error),
            Self::Sink(error) => Some(error),
            Self::Refused(_) | Self::NoTls | Self::Ended => None,
        }
    }
}
