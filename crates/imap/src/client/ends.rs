//! The end of commands and of the stream, and what they mean for the connection.

use super::running::{Phase, Running};
use super::{Client, State};
use crate::encode::Peer;
use crate::types::{Breach, Condition, ResponseCode, Unparsed};
use crate::{Command, Completion, Event, ImapError, Refusal, Response};
use waypost_wire::Output;

impl Client {
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
            Condition::Ok | Condition::PreAuth => Ok(Completion { code, text }),
            Condition::No => Err(Refusal::No { code, text }),
            Condition::Bad => Err(Refusal::Bad { code, text }),
            // imap.wp.pl answers LOGOUT with a tagged BYE.
            Condition::Bye => Ok(Completion { code, text }),
        };
        if result.is_ok() && running.renews() {
            let tag = self.tag();
            if let Ok((mut again, first)) = Running::new(running.handle, tag, Command::Idle, &Peer::default())
            {
                again.phase = Phase::IdleRequested { finish: false, first: false };
                self.running.push(again);
                self.outputs.push_back(Output::Send(first));
                return;
            }
        }
        self.ended(&running, result);
    }

    /// What a command's end means for the connection.
    pub(super) fn ended(&mut self, running: &Running, result: Result<Completion, Refusal>) {
        let granted = result.as_ref().ok().map(|completion| match &completion.code {
            Some(ResponseCode::Capability(known)) => Some(known.clone()),
            _ => None,
        });
        match (&running.command, &granted) {
            (Command::StartTls, Some(_)) => {
                self.capabilities = None;
                self.utf8 = false;
                self.farewell = None;
                if self.framer.has_more() {
                    self.done(running.handle, Err(Refusal::ConnectionEnded));
                    self.fail(Some(ImapError::Injection));
                    return;
                }
                self.securing = true;
                self.done(running.handle, result);
                self.outputs.push_back(Output::Secure);
                return;
            }
            (Command::Login { .. } | Command::Authenticate { .. }, Some(_)) => {
                self.state = State::Authenticated;
                // Dovecot sends an untagged CAPABILITY before the tagged OK: then it is of after the login.
                if !running.capability_seen {
                    self.capabilities = None;
                }
            }
            (Command::Select(_) | Command::Examine(_), Some(_)) => self.state = State::Selected,
            (Command::Select(_) | Command::Examine(_), None) if self.state == State::Selected => {
                self.state = State::Authenticated;
            }
            _ => {}
        }
        if let Some(Some(known)) = granted {
            self.learn(known);
        }
        self.done(running.handle, result);
        if matches!(running.command, Command::Logout) {
            self.fail(None);
        }
    }

    /// Many servers end the stream right after BYE, without the tagged answer to LOGOUT: that is what was asked for.
    pub(super) fn stream_ended(&mut self) {
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
