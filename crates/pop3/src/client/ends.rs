//! How commands and the connection end.

use super::{Client, Running, State};
use crate::capability::Capabilities;
use crate::command::Verb;
use crate::frame::Framer;
use crate::{Event, Pop3Error, Refusal};
use waypost_wire::Output;

impl Client {
    /// The oldest command ended: what that means for the connection.
    pub(super) fn ended(&mut self, result: Result<String, Refusal>) {
        let Some(running) = self.running.pop_front() else { return };
        self.ahead -= running.sent.min(self.ahead);
        let handle = running.handle;
        match (running.rules.verb, result.is_ok()) {
            (Verb::Capa, true) => self.capabilities = Some(std::mem::take(&mut self.learning)),
            (Verb::Capa, false) => self.capabilities = None,
            (Verb::Stls, true) => return self.agreed_to_tls(running, result),
            (Verb::User, granted) => self.named = granted,
            (Verb::Utf8, true) => self.utf8 = true,
            (Verb::Pass, false) => self.named = false,
            (Verb::Pass | Verb::Apop | Verb::Auth, true) => self.state = State::Transaction,
            _ => {}
        }
        self.done(handle, result);
        if running.rules.verb == Verb::Quit {
            self.fail(None);
        }
    }

    /// What was learnt before TLS is forgotten (RFC 2595, 4), and octets that came already are not the server's.
    fn agreed_to_tls(&mut self, stls: Running, result: Result<String, Refusal>) {
        (self.capabilities, self.learning) = (None, Capabilities::default());
        self.named = false;
        if self.framer.has_more() {
            // It ends after the error that says why.
            self.running.push_front(stls);
            return self.fail(Some(Pop3Error::Injection));
        }
        self.securing = true;
        self.done(stls.handle, result);
        self.outputs.push_back(Output::Secure);
    }

    /// Ends the connection: the error, then every command, then `Close`. Of QUIT, once it was sent, nobody knows what it did.
    pub(super) fn fail(&mut self, error: Option<Pop3Error>) {
        if self.state == State::Ended {
            return;
        }
        let updating = self.state == State::Update;
        self.state = State::Ended;
        self.framer = Framer::new(self.options.limits.clone());
        if let Some(error) = error {
            self.event(Event::Failed(error));
        }
        while let Some(running) = self.running.pop_front() {
            let unknown = updating && running.rules.verb == Verb::Quit;
            let why = if unknown { Refusal::UpdateUnknown } else { Refusal::ConnectionEnded };
            self.done(running.handle, Err(why));
        }
        while let Some((handle, _)) = self.waiting.pop_front() {
            self.done(handle, Err(Refusal::ConnectionEnded));
        }
        self.outputs.push_back(Output::Close);
    }

    pub(super) fn broken(&mut self, rule: &'static str) {
        let offset = self.framer.offset();
        self.fail(Some(Pop3Error::Framing { rule, offset }));
    }

    /// Servers may hang up without an answer to QUIT: that is what was asked for, but nobody knows whether deletions were done.
    pub(super) fn stream_ended(&mut self) {
        let leaving = self.running.back().is_some_and(|last| last.rules.verb == Verb::Quit);
        let alone = self.running.len() == 1;
        self.fail(if leaving && alone { None } else { Some(Pop3Error::Closed) });
    }
}
