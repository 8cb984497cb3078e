//! TLS is used as the configuration allows it; without it only where `"none"` stands there.

use super::{Asked, Denial};
use crate::config::Target;
use waypost_tunnel::{ErrorCode, TlsMode};

/// The rule.
pub(super) fn keep<'a>(asked: &Asked, rows: Vec<&'a Target>) -> Result<Vec<&'a Target>, Denial> {
    super::keep(rows, |row| row.tls.contains(&asked.tls), |_| refuse(asked))
}

fn refuse(asked: &Asked) -> Denial {
    let (host, port) = (&asked.host, asked.port);
    match asked.tls {
        TlsMode::None => Denial::new(
            ErrorCode::PlaintextDenied,
            format!(
                "The gateway does not connect to {host} without TLS. Your password was not sent. Choose TLS or STARTTLS."
            ),
            "no target of this host and port allows a connection without TLS",
        ),
        TlsMode::Passthrough | TlsMode::PassthroughStartTls => Denial::new(
            ErrorCode::PassthroughUnsupported,
            format!(
                "This gateway does not pass the app's own TLS through to {host}. Choose TLS or STARTTLS by the gateway."
            ),
            "no target of this host and port allows this use of TLS",
        ),
        TlsMode::Implicit | TlsMode::StartTls => {
            let other = if asked.tls == TlsMode::Implicit { "STARTTLS" } else { "TLS" };
            Denial::new(
                ErrorCode::PortDenied,
                format!(
                    "The gateway does not allow this security on port {port} of {host}. Choose {other}, or another port."
                ),
                "no target of this host and port allows this use of TLS",
            )
        }
    }
}
