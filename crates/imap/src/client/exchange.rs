//! What goes to and fro within a command: the server's `+`, challenges and their answers, the end of IDLE.

use super::Client;
use super::queue::Waiting;
use super::running::Phase;
use crate::{Command, Completion, Event, Handle};
use waypost_wire::{Base64, Secret, Timestamp};

impl Client {
    /// Answers the server's challenge in a running AUTHENTICATE; the octets are not yet base64. `None` cancels (`*`).
    pub fn answer(&mut self, handle: Handle, response: Option<Secret<Vec<u8>>>) {
        let Some(running) = self.running.iter_mut().find(|running| running.handle == handle) else { return };
        if running.phase != Phase::AwaitingAnswer {
            return;
        }
        running.phase = Phase::Exchanging;
        match response {
            Some(response) => self.send_answer(response.expose()),
            None => self.send_line("*"),
        }
    }

    /// Ends a running IDLE with DONE; harmless if it already ended, or to any other command. `Event::Done` follows.
    pub fn finish_idle(&mut self, handle: Handle) {
        let idles = |waiting: &Waiting| waiting.handle == handle && matches!(waiting.command, Command::Idle);
        if let Some(index) = self.waiting.iter().position(idles) {
            self.waiting.remove(index);
            self.done(handle, Ok(Completion::default()));
            return;
        }
        let Some(running) = self.running.iter_mut().find(|running| running.handle == handle) else { return };
        if running.finish_idle() {
            self.send_line("DONE");
        }
    }

    /// ```abnf
    /// continue-req = "+" SP (resp-text / base64) CRLF
    /// ```
    #[inline(never)]
    pub(super) fn continuation(&mut self, text: &[u8], now: Timestamp) {
        let renew_at = now + self.idle_renewal();
        let Some(running) = self.running.iter_mut().find(|running| running.awaits_continuation()) else {
            return;
        };
        let handle = running.handle;
        match &running.phase {
            Phase::Literals if running.cancelled => self.abandon(),
            Phase::Literals => {
                for fragment in running.advance(true) {
                    self.send_fragment(fragment);
                }
            }
            Phase::Exchanging if running.cancelled || running.broken.is_some() => self.send_line("*"),
            Phase::Exchanging => match running.take_initial() {
                // Without SASL-IR the first challenge is empty and the initial response answers it.
                Some(initial) => self.send_answer(initial.expose()),
                None => match Base64::LOOSE.decode(text.trim_ascii()) {
                    Some(data) => {
                        running.phase = Phase::AwaitingAnswer;
                        self.event(Event::Challenge { handle, data });
                    }
                    // Whatever it was, it was not empty: an answer to an empty challenge may be all of a password.
                    None => {
                        running.broken = Some("base64");
                        self.send_line("*");
                    }
                },
            },
            Phase::IdleRequested { finish, .. } => {
                let finish = *finish;
                let first = running.idle_began(renew_at);
                if finish {
                    self.send_line("DONE");
                } else if first {
                    self.event(Event::Idling { handle });
                }
            }
            _ => {}
        }
    }
}
