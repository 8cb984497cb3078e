//! A token may allow less than the configuration does, never more.

use super::{Asked, Denial};
use crate::config::Grant;
use waypost_tunnel::ErrorCode;

/// The rule.
pub(crate) fn check(asked: &Asked, grant: &Grant) -> Result<(), Denial> {
    if grant.allows(&asked.host, asked.port) {
        return Ok(());
    }
    let (host, port) = (&asked.host, asked.port);
    Err(Denial::new(
        ErrorCode::TargetDenied,
        format!(
            "Your access token does not allow port {port} of {host}. Check server name and port, or ask who runs the gateway for another token."
        ),
        "the token's grant has no such target",
    ))
}
