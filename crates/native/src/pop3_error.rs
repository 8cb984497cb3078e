//! Why a POP3 client could not do what was asked.

use crate::TransportError;
use crate::pop3::{Pop3Error, Refusal};
use std::{fmt, io};
use waypost_sasl::SaslError;

/// Why a POP3 client could not do what was asked. Only a refusal by the server and [`Pop3ClientError::Sink`] leave the connection
/// usable.
#[derive(Debug)]
#[non_exhaustive]
pub enum Pop3ClientError {
    /// The connection could not be made, or broke.
    Transport(TransportError),
    /// The server broke the protocol, or hung up.
    Connection(Pop3Error),
    /// The server refused the command, or it can't be sent as it is. [`Refusal::UpdateUnknown`] of QUIT: the connection ended before
    /// its answer, and nobody knows whether the server carried out the deletions.
    Refused(Refusal),
    /// The exchange of the login failed on our side.
    Login(SaslError),
    /// STLS was wanted and is not offered.
    NoTls,
    /// The connection had ended before.
    Ended,
    /// What the caller gave to write into failed.
    Sink(io::Error),
}

impl fmt::Display for Pop3ClientError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => error.fmt(formatter),
            Self::Connection(error) => error.fmt(formatter),
            Self::Refused(refusal) => refusal.fmt(formatter),
            Self::Login(error) => write!(formatter, "signing in failed: {error}"),
            Self::NoTls => formatter
                .write_str("the server offers no TLS (STLS) on this port; use its TLS port, usually 995"),
            Self::Ended => formatter.write_str("the connection has ended"),
            Self::Sink(error) => write!(formatter, "the octets could not be written: {error}"),
        }
    }
}

impl std::error::Error for Pop3ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(error) => Some(error),
            Self::Connection(error) => Some(error),
            Self::Refused(refusal) => Some(refusal),
            Self::Login(error) => Some(error),
            Self::Sink(error) => Some(error),
            Self::NoTls | Self::Ended => None,
        }
    }
}
