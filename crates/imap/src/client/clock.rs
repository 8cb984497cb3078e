//! Deadlines: a silent server, IDLE that must be renewed.

use super::running::Running;
use super::{Client, State};
use crate::ImapError;
use waypost_wire::{Duration, Output, Timestamp};

impl Client {
    pub(super) fn progress(&mut self, now: Timestamp) {
        self.last_progress = self.last_progress.max(Some(now));
    }

    /// The server's time begins when the octets are sent. The machine is not told when that is: a large message gets the time
    /// that a slow line takes for it.
    pub(super) fn sending(&mut self, octets: usize, now: Timestamp) {
        self.progress(now);
        let milliseconds = (octets as u64).saturating_mul(1000) / SLOW_LINE;
        self.last_progress = self.last_progress.map(|from| from + Duration::from_millis(milliseconds));
    }

    /// When `Tick` is wanted.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        if self.state == State::Ended {
            return None;
        }
        let idle_renewal = self.running.iter().filter_map(Running::renewal).min();
        let awaited =
            self.state == State::AwaitingGreeting || self.running.iter().any(Running::awaits_server);
        let silence = self.last_progress.filter(|_| awaited).map(|last| last + SILENCE);
        [idle_renewal, silence].into_iter().flatten().min()
    }

    pub(super) fn tick(&mut self, now: Timestamp) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        let mut renewed = false;
        for running in &mut self.running {
            if running.renewal().is_some_and(|renewal| now >= renewal) {
                running.renew();
                renewed = true;
            }
        }
        if renewed {
            self.outputs.push_back(Output::Send(b"DONE\r\n".to_vec()));
        } else {
            self.fail(Some(ImapError::TimedOut));
        }
    }
}

/// Octets a second of the slowest line that a message may be sent over: 128 kbit/s, a poor mobile connection.
const SLOW_LINE: u64 = 16 * 1024;

/// How long a server may be silent while it owes an answer. Slow servers search large mailboxes for half a minute; a dead
/// connection should not look alive for longer than a user waits.
const SILENCE: Duration = Duration::from_secs(60);
