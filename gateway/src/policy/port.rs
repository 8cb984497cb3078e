//! Only ports that the configuration names for the host are reached.

use super::{Asked, Denial};
use crate::config::Target;
use waypost_tunnel::ErrorCode;

/// The rule.
pub(super) fn keep<'a>(asked: &Asked, rows: Vec<&'a Target>) -> Result<Vec<&'a Target>, Denial> {
    super::keep(
        rows,
        |row| row.ports.contains(&asked.port),
        |rows| {
            let (host, port) = (&asked.host, asked.port);
            let mut allowed: Vec<u16> = rows.iter().flat_map(|row| row.ports.iter().copied()).collect();
            allowed.sort_unstable();
            allowed.dedup();
            let allowed: Vec<String> = allowed.iter().take(MOST_NAMED).map(u16::to_string).collect();
            let allowed = allowed.join(", ");
            Denial::new(
                ErrorCode::PortDenied,
                format!(
                    "The gateway does not allow port {port} of {host}. Use one of {allowed}, or ask who runs the gateway to allow it."
                ),
                "no target of this host has this port",
            )
        },
    )
}

/// Ports in the sentence: the four of IMAP and POP3 and some more.
const MOST_NAMED: usize = 8;
