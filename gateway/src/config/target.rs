//! What a row of `targets` may say.

use super::{ConfigError, Target};
use crate::HostPattern;

/// Ports of mail programs: IMAP and POP3, with STARTTLS and with TLS from the first octet.
pub(super) fn usual_ports() -> Vec<u16> {
    vec![143, 993, 110, 995]
}

/// Checks the ports of a row.
///
/// # Errors
/// None, or one that no page may reach.
pub(super) fn check_ports(target: &Target) -> Result<(), ConfigError> {
    let wrong = |sentence: String| Err(ConfigError(sentence));
    if target.ports.is_empty() || target.ports.contains(&0) {
        return wrong(
            "targets.ports must name ports from 1 to 65535, such as ports = [993], or be left out for 143, 993, 110 and 995."
                .to_owned(),
        );
    }
    if target.ports.contains(&RELAY) {
        return wrong(
            "targets.ports: 25 is never allowed. Mail servers hand mail to each other there, and who reaches it sends spam in the name of this machine. Mail programs hand mail in on 465 or 587."
                .to_owned(),
        );
    }
    if matches!(target.host, HostPattern::Exactly(_)) {
        return Ok(());
    }
    let known = |port: &&u16| usual_ports().contains(port) || SUBMISSION.contains(port);
    match target.ports.iter().find(|port| !known(port)) {
        Some(port) => wrong(format!(
            "targets.ports: {port} is no port of mail. A row for many hosts may have 143, 993, 110, 995, 465 and 587; for another port write the whole name of the server."
        )),
        None => Ok(()),
    }
}

/// SMTP between servers.
const RELAY: u16 = 25;
/// SMTP from mail programs (RFC 8314, 3.3; RFC 6409).
const SUBMISSION: [u16; 2] = [465, 587];
