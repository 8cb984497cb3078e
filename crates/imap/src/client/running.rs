//! A command that was sent and not yet answered.

use super::order::is_alone;
use crate::encode::{Encoder, Fragment, Peer};
use crate::{Command, Handle};
use std::collections::VecDeque;
use waypost_wire::{Duration, Secret, Timestamp};

/// What a running command waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// The server's `+` before the next literal.
    Literals,
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
    /// Encodes a command; gives it and the octets to send now.
    pub(super) fn new(
        handle: Handle,
        tag: String,
        mut command: Command,
        peer: &Peer,
    ) -> Result<(Self, Vec<u8>), &'static str> {
        let mut fragments: VecDeque<Fragment> = Encoder::command(&tag, &command, peer)?.into();
        let first = fragments.pop_front().map(into_octets).unwrap_or_default();
        // It stands in the fragments now: a message shall not be held twice until the server has answered.
        if let Command::Append { message, .. } = &mut command {
            *message = Vec::new();
        }
        let initial = match &command {
            Command::Authenticate { initial, .. } if !peer.capabilities.offers("SASL-IR") => initial.clone(),
            _ => None,
        };
        let phase = match &command {
            Command::Authenticate { .. } => Phase::Exchanging,
            Command::Idle => Phase::IdleRequested { finish: false, first: true },
            _ if fragments.is_empty() => Phase::Answer,
            _ => Phase::Literals,
        };
        Ok((Self { handle, tag, command, phase, capability_seen: false, fragments, initial }, first))
    }

    /// Whether nothing else may be sent.
    pub(super) fn holds_the_line(&self) -> bool {
        is_alone(&self.command) || self.phase == Phase::Literals
    }

    pub(super) fn awaits_continuation(&self) -> bool {
        matches!(self.phase, Phase::Literals | Phase::Exchanging | Phase::IdleRequested { .. })
    }

    /// Whether the server owes something: it does not while the line idles or while the owner has to answer.
    pub(super) fn awaits_server(&self) -> bool {
        !matches!(self.phase, Phase::Idling { .. } | Phase::AwaitingAnswer)
    }

    pub(super) fn next_fragment(&mut self) -> Option<Vec<u8>> {
        let fragment = self.fragments.pop_front()?;
        if self.fragments.is_empty() {
            self.phase = Phase::Answer;
        }
        Some(into_octets(fragment))
    }

    pub(super) fn take_initial(&mut self) -> Option<Secret<Vec<u8>>> {
        self.initial.take()
    }

    /// The server's `+` to IDLE. Returns whether the owner is to be told.
    pub(super) fn idle_began(&mut self, now: Timestamp) -> bool {
        match self.phase {
            Phase::IdleRequested { finish: true, .. } => {
                self.phase = Phase::IdleEnding { renew: false };
                false
            }
            Phase::IdleRequested { first, .. } => {
                self.phase = Phase::Idling { renew_at: now + IDLE_RENEWAL };
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

/// The octets without a copy: they may be a whole message.
fn into_octets(mut fragment: Fragment) -> Vec<u8> {
    std::mem::take(&mut *fragment)
}

/// Servers may log an idle client out after 30 minutes (RFC 2177, 3): 28 leaves time for a slow line.
const IDLE_RENEWAL: Duration = Duration::from_secs(28 * 60);
