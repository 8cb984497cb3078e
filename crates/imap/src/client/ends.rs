//! The end of commands and of the stream, and what they mean for the connection.

use super::cancel::only_reads;
#[cfg(feature = "on-request")]
use super::deflate::Deflate;
use super::order::order;
use super::running::{Phase, Running};
use super::{Client, OURS, State};
use crate::command::EVERY_COMMAND;
use crate::encode::{Encoder, Peer};
use crate::ext::Order;
use crate::grammar;
use crate::types::{Breach, Condition, ResponseCode, Unparsed};
use crate::{Command, Completion, Event, ImapError, Refusal, Response};
use waypost_wire::Output;

impl Client {
    #[inline(never)]
    pub(super) fn tagged(
        &mut self,
        tag: &[u8],
        condition: Condition,
        code: Option<ResponseCode>,
        text: String,
    ) {
        let Some(index) = self.running.iter().position(|running| running.tag.as_bytes() == tag) else {
            let breach = Some(Breach { rule: "tag", offset: 0 });
            let unparsed = Unparsed { name: String::new(), octets: tag.to_vec(), breach };
            self.event(Event::Response(Response::Unparsed(unparsed)));
            return;
        };
        let running = self.running.remove(index);
        let result = match condition {
            Condition::Ok => Ok(Completion { code, text }),
            Condition::Bad => Err(Refusal::Bad { code, text }),
            // imap.wp.pl answers LOGOUT with a tagged BYE. To any other command it is no consent, and no line ends in PREAUTH.
            Condition::Bye if matches!(running.command, Command::Logout) => Ok(Completion { code, text }),
            Condition::No | Condition::Bye | Condition::PreAuth => Err(Refusal::No { code, text }),
        };
        if EVERY_COMMAND
            && let Phase::Supplying { supplied, .. } = running.phase
            && !self.answered_early(&running, supplied.octets, result.is_ok())
        {
            return;
        }
        if result.is_ok() && running.renews() {
            self.renew_idle(running);
            return;
        }
        if let (Some(rule), false, Err(_)) = (running.broken, running.cancelled, &result) {
            self.piece_ended(running.handle, Err(Refusal::Broken(rule)));
            return;
        }
        // AUTHENTICATE may have succeeded all the same: then its end says so.
        if running.cancelled && (result.is_err() || only_reads(&running.command)) {
            self.piece_ended(running.handle, Err(Refusal::Cancelled));
            return;
        }
        self.ended(&running, result);
    }

    /// The server answered while its literal was being sent. Returns whether the connection goes on: the rest of the literal
    /// belongs to the server, which throws it away if it refused the command. It can't have what it says it has done.
    fn answered_early(&mut self, running: &Running, left: u64, success: bool) -> bool {
        if success {
            let offset = self.framer.offset();
            self.piece_ended(running.handle, Err(Refusal::ConnectionEnded));
            self.fail(Some(ImapError::Framing { rule: "literal", offset }));
            return false;
        }
        let mut padding = Running::new(OURS, String::new(), Command::Noop, Vec::new());
        padding.phase = Phase::Padding { left };
        self.running.push(padding);
        true
    }

    fn renew_idle(&mut self, running: Running) {
        let tag = self.tag();
        let Ok(fragments) = Encoder::command(&tag, &Command::Idle, &Peer::default()) else { return };
        self.next_tag += 1;
        let mut again = Running::new(running.handle, tag, Command::Idle, fragments);
        for fragment in again.advance(false) {
            self.send_fragment(fragment);
        }
        again.phase = Phase::IdleRequested { finish: false, first: false };
        self.running.push(again);
    }

    /// What a command's end means for the connection.
    fn ended(&mut self, running: &Running, result: Result<Completion, Refusal>) {
        let granted = result.is_ok();
        let known = result.as_ref().ok().and_then(|completion| match &completion.code {
            Some(ResponseCode::Capability(known)) => Some(known.clone()),
            _ => None,
        });
        match &running.command {
            Command::StartTls if granted => return self.starttls_granted(running, result),
            #[cfg(feature = "on-request")]
            Command::Compress if granted => self.deflate = Some(Deflate::new(self.framer.take_rest())),
            Command::Login { .. } | Command::Authenticate { .. } if granted => {
                self.state = State::Authenticated;
                // Dovecot sends an untagged CAPABILITY before the tagged OK: then it is of after the login.
                if !running.capability_seen {
                    self.forget_capabilities();
                }
            }
            _ => {}
        }
        match (order(&running.command), granted) {
            (Order::Selects, true) => self.state = State::Selected,
            (Order::Selects, false) | (Order::Closes, true) => {
                self.forget_numbers();
                if self.state == State::Selected {
                    self.state = State::Authenticated;
                }
            }
            (Order::SignsOut, true) => self.signed_out(),
            _ => {}
        }
        if let Some(known) = known {
            self.learn(known);
        }
        self.piece_ended(running.handle, result);
        if matches!(running.command, Command::Logout) {
            self.fail(None);
        }
    }

    /// Forgets everything that was said without protection; whatever lies behind the answer was not said by the server.
    fn starttls_granted(&mut self, running: &Running, result: Result<Completion, Refusal>) {
        self.forget_capabilities();
        self.utf8 = false;
        self.farewell = None;
        self.server = super::Server::default();
        // What the owner has not seen yet shall not mislead.
        self.outputs.retain(|output| !matches!(output, Output::Event(Event::Response(_))));
        if self.framer.has_more() {
            self.done(running.handle, Err(Refusal::ConnectionEnded));
            self.fail(Some(ImapError::Injection));
            return;
        }
        self.securing = true;
        self.done(running.handle, result);
        self.outputs.push_back(Output::Secure);
    }

    /// UNAUTHENTICATE (RFC 8437, 3): all that the login brought is gone.
    fn signed_out(&mut self) {
        self.state = State::NotAuthenticated;
        self.forget_capabilities();
        self.forget_numbers();
        self.utf8 = false;
    }

    fn forget_capabilities(&mut self) {
        self.capabilities = None;
        self.asked = false;
    }

    /// Many servers end the stream right after BYE, without the tagged answer to LOGOUT: that is what was asked for.
    /// What came of a response that is not whole is given as it is.
    #[inline(never)]
    pub(super) fn stream_ended(&mut self) {
        if self.state != State::AwaitingGreeting && self.framer.cut() {
            let octets = self.framer.response();
            if !octets.trim_ascii().is_empty() {
                let response = grammar::cut(octets);
                self.event(Event::Response(response));
            }
            self.framer.advance();
        }
        let leaving = self.running.iter().position(|running| matches!(running.command, Command::Logout));
        if let Some(index) = leaving {
            let logout = self.running.remove(index);
            let text = self.farewell.take().unwrap_or_default();
            self.done(logout.handle, Ok(Completion { code: None, text }));
            self.fail(None);
        } else {
            let error = ImapError::Closed(self.farewell.take());
            self.fail(Some(error));
        }
    }
}
