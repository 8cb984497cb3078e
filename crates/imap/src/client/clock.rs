//! Deadlines: a silent server, IDLE that must be renewed.

use super::running::Running;
use super::{Client, State};
use crate::{Command, ImapError};
use waypost_wire::{Duration, Timestamp};

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

    /// How long IDLE may last.
    pub(super) fn idle_renewal(&self) -> Duration {
        self.options.idle_renewal.min(IDLE_RENEWAL)
    }

    /// When NOOP is due because nothing else goes over the line.
    fn keepalive_at(&self) -> Option<Timestamp> {
        let signed_in = matches!(self.state, State::Authenticated | State::Selected);
        let quiet = self.running.is_empty() && self.waiting.is_empty();
        let last = self.last_progress.filter(|_| signed_in && quiet)?;
        self.options.keepalive.map(|span| last + span)
    }

    /// When a server that owes an answer is given up.
    fn silence_ends(&self) -> Option<Timestamp> {
        let awaited =
            self.state == State::AwaitingGreeting || self.running.iter().any(Running::awaits_server);
        self.last_progress.filter(|_| awaited).map(|last| last + self.options.silence)
    }

    /// When `Tick` is wanted.
    #[inline(never)]
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        if self.state == State::Ended {
            return None;
        }
        let idle_renewal = self.running.iter().filter_map(Running::renewal).min();
        [idle_renewal, self.silence_ends(), self.keepalive_at()].into_iter().flatten().min()
    }

    pub(super) fn tick(&mut self, now: Timestamp) {
        if self.silence_ends().is_some_and(|end| now >= end) {
            self.fail(Some(ImapError::TimedOut));
            return;
        }
        if self.keepalive_at().is_some_and(|due| now >= due) {
            self.start(Command::Noop);
        }
        let mut renewed = false;
        for running in &mut self.running {
            if running.renewal().is_some_and(|renewal| now >= renewal) {
                running.renew();
                renewed = true;
            }
        }
        if renewed {
            self.send_line("DONE");
        }
    }
}

/// Octets a second of the slowest line that a message may be sent over: 128 kbit/s, a poor mobile connection.
const SLOW_LINE: u64 = 16 * 1024;

/// Servers may log an idle client out after 30 minutes (RFC 2177, 3): 28 leaves time for a slow line.
pub(super) const IDLE_RENEWAL: Duration = Duration::from_secs(28 * 60);
