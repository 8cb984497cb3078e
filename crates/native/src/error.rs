//! Why a connection could not be made or ended, by kind. No text here holds what was sent over the connection.

use rustls::CertificateError;
use std::{fmt, io};

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateFault {
    /// Signed by nobody whom this device trusts.
    UnknownIssuer,
    /// It was valid once.
    Expired,
    /// It will be valid later, or the clock of this device is wrong.
    NotYetValid,
    /// For another host.
    WrongHost,
    /// Taken back by its issuer.
    Revoked,
    /// Anything else: damaged, for another purpose, a bad signature.
    Invalid,
}

impl CertificateFault {
    fn of(error: &CertificateError) -> Self {
        match error {
            // A bad signature is what a new authority under an old name looks like.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongHost
            }
            CertificateError::Revoked => Self::Revoked,
            // A certificate that stands for itself and also claims to be an authority.
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                Self::UnknownIssuer
            }
            _ => Self::Invalid,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "nobody whom this device trusts has signed it",
            Self::Expired => "it has expired",
            Self::NotYetValid => "it is not valid yet; check the clock of this device",
            Self::WrongHost => "it is for another host",
            Self::Revoked => "its issuer has taken it back",
            Self::Invalid => "it is not a valid certificate of a server",
        }
    }
}

/// Why a connection could not be made or ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum TransportError {
    /// The caller gave something that is not a host name.
    InvalidHost(String),
    /// A root certificate could not be read, or the platform has none and none was given.
    Roots(String),
    /// The name does not exist or has no address.
    NameNotFound(String),
    /// The host refused the connection: nothing listens there.
    Refused,
    /// The host can't be reached.
    Unreachable(io::Error),
    /// The host did not answer in time.
    Timeout {
        /// What was being waited for.
        waiting_for: &'static str,
    },
    /// The host's certificate is not trusted for this name now.
    Certificate {
        /// What is wrong with it.
        fault: CertificateFault,
        /// The verifier's words.
        detail: String,
    },
    /// TLS could not be agreed on.
    Handshake(String),
    /// Octets arrived before TLS that nobody asked for (CVE-2011-0411).
    Injection,
    /// The connection was cut, or ended without saying so.
    Cut(io::Error),
}

impl TransportError {
    /// The kind of an error that a TLS handshake ended with.
    pub(crate) fn of_handshake(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(reason)) => {
                Self::Certificate { fault: CertificateFault::of(reason), detail: format!("{reason}") }
            }
            Some(other) => Self::Handshake(other.to_string()),
            None => Self::Handshake(error.to_string()),
        }
    }

    /// The kind of an error that a connect ended with.
    pub(crate) fn of_connect(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut => Self::Timeout { waiting_for: "connection" },
            _ => Self::Unreachable(error),
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidHost(host) => write!(formatter, "'{host}' is not the name of a host"),
            Self::Roots(why) => write!(formatter, "the trusted certificates can't be read: {why}"),
            Self::NameNotFound(host) => write!(formatter, "the name '{host}' has no address"),
            Self::Refused => formatter.write_str("the host refused the connection: nothing listens there"),
            Self::Unreachable(why) => write!(formatter, "the host can't be reached: {why}"),
            Self::Timeout { waiting_for } => write!(formatter, "no {waiting_for} in time"),
            Self::Certificate { fault, .. } => {
                write!(formatter, "the server's certificate is not trusted: {}", fault.words())
            }
            Self::Handshake(why) => write!(formatter, "TLS could not be agreed on: {why}"),
            Self::Injection => formatter.write_str("octets arrived before TLS that nobody asked for"),
            Self::Cut(why) => write!(formatter, "the connection was cut: {why}"),
        }
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable(error) | Self::Cut(error) => Some(error),
            _ => None,
        }
    }
}
