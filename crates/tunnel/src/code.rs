//! The error codes: one table, which docs/TUNNEL.md repeats and a test compares.

use crate::{Control, Violation};

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The client broke the protocol or asked for something impossible.
    Client,
    /// The mail server, or the way to it.
    Server,
    /// The gateway's policy forbids it.
    Policy,
    /// The gateway itself.
    Gateway,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Client, Self::Server, Self::Policy, Self::Gateway];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Policy => "policy",
            Self::Gateway => "gateway",
        }
    }
}

/// A stable error code. A later version may add codes; a client that doesn't know one goes by fault and retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The client broke the protocol.
    BadRequest,
    /// The gateway speaks none of the offered versions.
    UnsupportedVersion,
    /// A token is missing or wrong.
    TokenRequired,
    /// No rule allows this host.
    TargetDenied,
    /// A rule allows this host, but not this port.
    PortDenied,
    /// The host's address is private, local or otherwise special, and no rule allows that.
    AddressDenied,
    /// No rule allows a connection without TLS.
    PlaintextDenied,
    /// No rule allows TLS of the client's own through the tunnel.
    PassthroughUnsupported,
    /// The host's name does not exist or has no address.
    NameNotFound,
    /// The host refused the connection.
    Refused,
    /// The host can't be reached.
    Unreachable,
    /// The host did not answer in time.
    Timeout,
    /// The host's certificate is not trusted for this name now.
    TlsCertificate,
    /// TLS could not be agreed on.
    TlsHandshake,
    /// Octets arrived before TLS that nobody asked for.
    StartTlsInjection,
    /// Too many tunnels are open.
    TooManyTunnels,
    /// The tunnel has carried as much, or lasted as long, as it may.
    TunnelLimit,
    /// Nothing moved for too long.
    Idle,
    /// The gateway is stopping.
    Shutdown,
    /// The gateway failed.
    Internal,
    /// The gateway broke the protocol. Raised by the client's end, never sent.
    Protocol,
    /// The WebSocket closed without an end. Raised by the client's end, never sent.
    Closed,
}

impl ErrorCode {
    /// All codes, in the order of docs/TUNNEL.md.
    pub const ALL: [Self; 22] = [
        Self::BadRequest,
        Self::UnsupportedVersion,
        Self::TokenRequired,
        Self::TargetDenied,
        Self::PortDenied,
        Self::AddressDenied,
        Self::PlaintextDenied,
        Self::PassthroughUnsupported,
        Self::NameNotFound,
        Self::Refused,
        Self::Unreachable,
        Self::Timeout,
        Self::TlsCertificate,
        Self::TlsHandshake,
        Self::StartTlsInjection,
        Self::TooManyTunnels,
        Self::TunnelLimit,
        Self::Idle,
        Self::Shutdown,
        Self::Internal,
        Self::Protocol,
        Self::Closed,
    ];

    /// The code on the wire, whose fault it is, and whether trying again later may help.
    const fn row(self) -> (&'static str, Fault, bool) {
        match self {
            Self::BadRequest => ("bad-request", Fault::Client, false),
            Self::UnsupportedVersion => ("unsupported-version", Fault::Client, false),
            Self::TokenRequired => ("token-required", Fault::Policy, false),
            Self::TargetDenied => ("target-denied", Fault::Policy, false),
            Self::PortDenied => ("port-denied", Fault::Policy, false),
            Self::AddressDenied => ("address-denied", Fault::Policy, false),
            Self::PlaintextDenied => ("plaintext-denied", Fault::Policy, false),
            Self::PassthroughUnsupported => ("passthrough-unsupported", Fault::Policy, false),
            Self::NameNotFound => ("name-not-found", Fault::Server, false),
            Self::Refused => ("refused", Fault::Server, true),
            Self::Unreachable => ("unreachable", Fault::Server, true),
            Self::Timeout => ("timeout", Fault::Server, true),
            Self::TlsCertificate => ("tls-certificate", Fault::Server, false),
            Self::TlsHandshake => ("tls-handshake", Fault::Server, false),
            Self::StartTlsInjection => ("starttls-injection", Fault::Server, false),
            Self::TooManyTunnels => ("too-many-tunnels", Fault::Policy, true),
            Self::TunnelLimit => ("tunnel-limit", Fault::Policy, true),
            Self::Idle => ("idle", Fault::Policy, true),
            Self::Shutdown => ("shutdown", Fault::Gateway, true),
            Self::Internal => ("internal", Fault::Gateway, true),
            Self::Protocol => ("protocol", Fault::Gateway, false),
            Self::Closed => ("closed", Fault::Gateway, true),
        }
    }

    /// The code on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn fault(self) -> Fault {
        self.row().1
    }

    /// Whether trying again later may help.
    #[must_use]
    pub const fn retry(self) -> bool {
        self.row().2
    }

    /// The code of a text; `None` for one of a later version.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why a tunnel failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable code; [`ErrorCode::parse`] knows those of this version.
    pub code: String,
    /// Whose fault.
    pub fault: Fault,
    /// Whether trying again later may help.
    pub retry: bool,
    /// One sentence for people, without a secret.
    pub message: String,
    /// What exactly broke the protocol, if that is the reason.
    pub violation: Option<Violation>,
}

impl Failure {
    /// A failure with this code and sentence.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code: code.as_str().to_owned(),
            fault: code.fault(),
            retry: code.retry(),
            message: message.into(),
            violation: None,
        }
    }

    /// A failure because the peer broke the protocol; the code says which end it was.
    pub(crate) fn violation(code: ErrorCode, violation: Violation) -> Self {
        let who = if code == ErrorCode::Protocol { "gateway" } else { "client" };
        let message =
            format!("The {who} broke the tunnel protocol: {violation}. Update the app and the gateway.");
        Self { violation: Some(violation), ..Self::new(code, message) }
    }

    /// The message that tells the client.
    #[must_use]
    pub fn to_control(&self) -> Control {
        Control::Error {
            code: self.code.clone(),
            fault: self.fault,
            retry: self.retry,
            message: self.message.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_none_is_used_twice() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
        }
        assert_eq!(ErrorCode::parse("later"), None);
    }
}
