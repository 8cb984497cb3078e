//! Only hosts that the configuration names are reached.

use super::{Asked, Denial};
use crate::config::Target;
use waypost_tunnel::ErrorCode;

/// The rule.
pub(super) fn keep<'a>(asked: &Asked, rows: Vec<&'a Target>) -> Result<Vec<&'a Target>, Denial> {
    super::keep(
        rows,
        |row| row.host.matches(&asked.host),
        |_| {
            let host = &asked.host;
            Denial::new(
                ErrorCode::TargetDenied,
                format!(
                    "The gateway does not allow connections to {host}. Check the server name, or ask who runs the gateway to allow it."
                ),
                "no target has this host",
            )
        },
    )
}
