//! Which command may be sent while others run (RFC 9051, 5.5).

use super::running::Running;
use crate::Command;

/// Whether `command` may be sent now.
///
/// Alone: what changes the connection or turns the line into something else (STARTTLS, AUTHENTICATE, LOGIN, IDLE, LOGOUT), and
/// a command whose literal waits for `+`. SELECT changes what untagged data is about: nothing follows it before its answer,
/// and it does not overtake commands on the mailbox before it. Message sequence numbers may not be sent while a command runs
/// during which the server may send EXPUNGE.
pub(super) fn may_start(command: &Command, running: &[Running]) -> bool {
    if running.iter().any(|other| other.holds_the_line() || is_select(&other.command)) {
        return false;
    }
    match command {
        command if is_alone(command) => running.is_empty(),
        command if is_select(command) => !running.iter().any(|other| is_about_messages(&other.command)),
        Command::Fetch { .. } => running.iter().all(|other| matches!(other.command, Command::Fetch { .. })),
        _ => true,
    }
}

pub(super) fn is_alone(command: &Command) -> bool {
    matches!(
        command,
        Command::StartTls
            | Command::Authenticate { .. }
            | Command::Login { .. }
            | Command::Idle
            | Command::Logout
    )
}

fn is_select(command: &Command) -> bool {
    matches!(command, Command::Select(_) | Command::Examine(_))
}

fn is_about_messages(command: &Command) -> bool {
    matches!(
        command,
        Command::Fetch { .. } | Command::UidFetch { .. } | Command::UidStore { .. } | Command::UidSearch(_)
    )
}
