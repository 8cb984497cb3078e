//! A command that was sent and not yet answered.

use super::order::is_alone;
use crate::command::EVERY_COMMAND;
use crate::encode::{Fragment, Supplied};
use crate::{Command, Handle};
use std::collections::VecDeque;
use waypost_wire::{Secret, Timestamp};

/// What a running command waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// The server's `+` before the next literal.
    Literals,
    /// Octets of the owner for a literal; `asked` if the owner knows.
    Supplying { supplied: Supplied, asked: bool },
    /// The command was answered in the middle of its literal; the server still has to be given the rest of it.
    Padding { left: u64 },
    /// AUTHENTICATE: a challenge or the end.
    Exchanging,
    /// AUTHENTICATE: the owner's answer to a challenge.
    AwaitingAnswer,
    /// IDLE was sent; `finish` if it shall end as soon as it began, `first` if the owner does not know of it yet.
    IdleRequested { finish: bool, first: bool },
    /// IDLE is in force.
    Idling { renew_at: Timestamp },
    /// DONE was sent; `renew` if IDLE follows again.
    IdleEnding { renew: bool },
    /// The tagged answer.
    Answer,
}

pub(super) struct Running {
    pub(super) handle: Handle,
    pub(super) tag: String,
    pub(super) command: Command,
    pub(super) phase: Phase,
    /// An untagged CAPABILITY came while this login ran.
    pub(super) capability_seen: bool,
    /// The owner gave it up.
    pub(super) cancelled: bool,
    /// The rule that the server broke within it: the machine gave it up.
    pub(super) broken: Option<&'static str>,
    fragments: VecDeque<Fragment>,
    initial: Option<Secret<Vec<u8>>>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Fragments may hold a password.
        formatter
            .debug_struct("Running")
            .field("tag", &self.tag)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

impl Running {
    /// A command whose octets are these; nothing of it is sent yet: see [`Running::advance`].
    pub(super) fn new(handle: Handle, tag: String, command: Command, fragments: Vec<Fragment>) -> Self {
        Self {
            handle,
            tag,
            phase: Phase::Literals,
            command: without_message(command),
            capability_seen: false,
            cancelled: false,
            broken: None,
            fragments: fragments.into(),
            initial: None,
        }
    }

    /// Without SASL-IR: what answers the first challenge.
    pub(super) fn keep_initial(&mut self) {
        if let Command::Authenticate { initial, .. } = &self.command {
            self.initial.clone_from(initial);
        }
    }

    /// Takes what may be sent now; `granted` if the server sent `+`. The phase says what is awaited then.
    pub(super) fn advance(&mut self, mut granted: bool) -> Vec<Fragment> {
        let mut ready = Vec::new();
        while let Some(next) = self.fragments.front() {
            if next.awaits && !std::mem::take(&mut granted) {
                self.phase = Phase::Literals;
                return ready;
            }
            let Some(next) = self.fragments.pop_front() else { break };
            match next.supplied.filter(|_| EVERY_COMMAND) {
                Some(supplied) if supplied.octets > 0 => {
                    self.phase = Phase::Supplying { supplied, asked: false };
                    return ready;
                }
                Some(_) => {}
                None => ready.push(next),
            }
        }
        self.phase = match &self.command {
            Command::Authenticate { .. } => Phase::Exchanging,
            Command::Idle => Phase::IdleRequested { finish: false, first: true },
            _ => Phase::Answer,
        };
        ready
    }

    /// Whether nothing else may be sent.
    pub(super) fn holds_the_line(&self) -> bool {
        is_alone(&self.command) || self.within_line()
    }

    /// Whether its line is not yet sent to its end.
    pub(super) fn within_line(&self) -> bool {
        matches!(self.phase, Phase::Literals | Phase::Supplying { .. } | Phase::Padding { .. })
    }

    /// Octets that wait to be sent.
    pub(super) fn held(&self) -> usize {
        self.fragments.iter().map(|fragment| fragment.len()).sum()
    }

    /// Whether octets of the owner are still to be sent.
    pub(super) fn is_handed_in(&self) -> bool {
        self.fragments.iter().any(|fragment| fragment.supplied.is_some())
    }

    pub(super) fn awaits_continuation(&self) -> bool {
        matches!(self.phase, Phase::Literals | Phase::Exchanging | Phase::IdleRequested { .. })
    }

    /// Whether the server owes something: it does not while the line idles or while the owner has to act.
    pub(super) fn awaits_server(&self) -> bool {
        !matches!(
            self.phase,
            Phase::Idling { .. } | Phase::AwaitingAnswer | Phase::Supplying { .. } | Phase::Padding { .. }
        )
    }

    pub(super) fn take_initial(&mut self) -> Option<Secret<Vec<u8>>> {
        self.initial.take()
    }

    /// The server's `+` to IDLE. Returns whether the owner is to be told.
    pub(super) fn idle_began(&mut self, renew_at: Timestamp) -> bool {
        match self.phase {
            Phase::IdleRequested { finish: true, .. } => {
                self.phase = Phase::IdleEnding { renew: false };
                false
            }
            Phase::IdleRequested { first, .. } => {
                self.phase = Phase::Idling { renew_at };
                first
            }
            _ => false,
        }
    }

    /// Asks for the end of IDLE. Returns whether DONE is to be sent now.
    pub(super) fn finish_idle(&mut self) -> bool {
        match &mut self.phase {
            Phase::IdleRequested { finish, .. } => {
                *finish = true;
                false
            }
            Phase::IdleEnding { renew } => {
                *renew = false;
                false
            }
            Phase::Idling { .. } => {
                self.phase = Phase::IdleEnding { renew: false };
                true
            }
            _ => false,
        }
    }

    /// When IDLE is to be renewed.
    pub(super) fn renewal(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Idling { renew_at } => Some(renew_at),
            _ => None,
        }
    }

    /// DONE is being sent to renew.
    pub(super) fn renew(&mut self) {
        self.phase = Phase::IdleEnding { renew: true };
    }

    /// Whether IDLE goes on after its tagged answer.
    pub(super) fn renews(&self) -> bool {
        self.phase == Phase::IdleEnding { renew: true }
    }
}

/// A message stands in the fragments: it shall not be held twice until the server has answered.
fn without_message(command: Command) -> Command {
    match command {
        other if !EVERY_COMMAND => other,
        Command::Append { mailbox, flags, date, .. } => {
            Command::Append { mailbox, flags, date, message: Vec::new() }
        }
        Command::Extended(extended) => extended.verb().sent().unwrap_or(Command::Extended(extended)),
        other => other,
    }
}
