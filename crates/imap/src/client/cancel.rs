//! What the owner does not want any more. The stream stays in step: what the server sends goes by.

use super::Client;
use super::running::Phase;
use crate::command::EVERY_COMMAND;
use crate::ext::Brings;
use crate::types::Fetched;
use crate::{Command, Handle, Refusal, Response};

impl Client {
    /// Gives a command up. Returns whether that was possible; `false` if it has ended, or if the server may do it all the same:
    /// then its end says what it did.
    ///
    /// A command that was not sent never is. The data of a FETCH goes by unseen, and so does that of a SEARCH or LIST, until the
    /// server has answered; then these end as [`Refusal::Cancelled`]. AUTHENTICATE is ended by `*`, unless it succeeds before,
    /// and IDLE by DONE. A message that is being handed in ends the connection: see [`Client::supply`].
    pub fn cancel(&mut self, handle: Handle) -> bool {
        let unsent = self.waiting.len();
        self.waiting.retain(|waiting| waiting.handle != handle);
        let unsent = unsent - self.waiting.len();
        let mut given_up = false;
        for _ in 0..unsent {
            given_up = true;
            self.piece_ended(handle, Err(Refusal::Cancelled));
        }
        for index in 0..self.running.len() {
            if self.running.get(index).is_some_and(|running| running.handle == handle && !running.cancelled) {
                given_up |= self.cancel_running(index);
            }
        }
        given_up
    }

    fn cancel_running(&mut self, index: usize) -> bool {
        let Some(running) = self.running.get_mut(index) else { return false };
        let handle = running.handle;
        match (&running.command, &running.phase) {
            (Command::Authenticate { .. }, phase) => {
                running.cancelled = true;
                if *phase == Phase::AwaitingAnswer {
                    self.answer(handle, None);
                }
            }
            (Command::Idle, _) => self.finish_idle(handle),
            (_, Phase::Supplying { .. }) => self.abandon(),
            // The server's `+` may be on its way: it is answered by the end of the connection.
            (_, Phase::Literals) if running.is_handed_in() => running.cancelled = true,
            (command, Phase::Answer) if only_reads(command) => {
                running.cancelled = true;
                if self.gives_up_bodies() {
                    self.skip_body();
                }
            }
            _ => return false,
        }
        true
    }

    /// The owner does not want the rest of the body that is being streamed: no more of its parts come, then its end.
    pub fn skip_body(&mut self) {
        self.skipping = self.streaming;
    }

    /// Whether data of this kind is given up: a command that it answers was, and no other such runs.
    fn gives_up(&self, data: Brings) -> bool {
        let mut answered = self.running.iter().filter(|running| brings(&running.command) == data).peekable();
        answered.peek().is_some() && answered.all(|running| running.cancelled)
    }

    /// Whether the bodies that come now are given up.
    pub(super) fn gives_up_bodies(&self) -> bool {
        self.gives_up(Brings::Messages)
    }

    /// Whether a response is given up. What a server may say unasked is not: flags, for one.
    pub(super) fn gives_up_response(&self, response: &Response) -> bool {
        match response {
            Response::Fetch(fetched) => self.gives_up(Brings::Messages) && !says_changes_only(fetched),
            Response::Search(_) | Response::Sort(_) | Response::Thread(_) | Response::ESearch(_) => {
                self.gives_up(Brings::Found)
            }
            Response::List(_) => self.gives_up(Brings::Mailboxes),
            _ => false,
        }
    }
}

/// Whether it is certain that the command changes nothing.
pub(super) fn only_reads(command: &Command) -> bool {
    brings(command) != Brings::Other
}

fn brings(command: &Command) -> Brings {
    match command {
        Command::Fetch { .. } | Command::UidFetch { .. } => Brings::Messages,
        Command::List { .. } => Brings::Mailboxes,
        _ if !EVERY_COMMAND => Brings::Other,
        Command::UidSearch(_) => Brings::Found,
        Command::Extended(extended) => extended.verb().brings(),
        _ => Brings::Other,
    }
}

/// Whether a FETCH response may be news of flags that nobody asked for.
fn says_changes_only(fetched: &Fetched) -> bool {
    fetched.flags().is_some()
        && fetched.bodies.is_empty()
        && fetched.envelope().is_none()
        && fetched.body_structure().is_none()
        && fetched.size.is_none()
}
