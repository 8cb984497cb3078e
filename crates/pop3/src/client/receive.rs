//! What the server says: status lines, lines of listings, parts of bodies, challenges.

use super::{Client, Phase, State};
use crate::apop::ApopTimestamp;
use crate::capability::Capabilities;
use crate::command::{Rules, Shape, Verb, answer};
use crate::fault::Fault;
use crate::frame::Frame;
use crate::response::{Odd, STATUS_OK, Status, listed, status, values};
use crate::{Event, Handle, Pop3Error, Refusal};
use waypost_wire::Base64;

impl Client {
    /// Takes the next frame from the framer, if there is one. Returns whether something happened.
    pub(super) fn take_frame(&mut self) -> bool {
        match self.framer.next(&mut self.faults) {
            Ok(None) => return false,
            Ok(Some(Frame::Line)) => {
                if let Err(rule) = self.line() {
                    self.broken(rule);
                }
            }
            Ok(Some(Frame::Part(data))) => {
                if let Some(running) = self.running.front() {
                    let handle = running.handle;
                    self.event(Event::Part { handle, data });
                }
            }
            Ok(Some(Frame::End)) => self.terminator(),
            Err(error) => self.fail(Some(error)),
        }
        true
    }

    /// A line; the error is the rule by which it ends the connection.
    fn line(&mut self) -> Result<(), &'static str> {
        if self.state == State::AwaitingGreeting {
            return self.greeting();
        }
        let Some(running) = self.running.front() else { return self.unasked() };
        let (handle, rules, spoken, broken) = (running.handle, running.rules, running.spoken, running.broken);
        if matches!(running.phase, Phase::Terminator(_)) {
            return self.listed(handle, rules.verb);
        }
        match (status(self.framer.line(), &mut self.faults)?, rules.verb) {
            // Nobody is signed in who has not said a word.
            (Some(Status::Ok(_)), Verb::Auth) if !spoken => {
                self.faults.tolerate(Fault::OkForContinuation)?;
                self.challenge(&[])
            }
            (Some(Status::Ok(_)), Verb::Auth) if broken.is_some() => Err("base64"),
            (Some(Status::Ok(text)), _) => self.granted(handle, rules, text),
            (Some(Status::Err(refusal)), _) => {
                self.ended(Err(broken.map_or(refusal, Refusal::Broken)));
                Ok(())
            }
            (Some(Status::Continue(challenge)), Verb::Auth) => self.challenge(&challenge),
            _ => Err("status line"),
        }
    }

    /// Some servers say why they end a connection that was idle.
    fn unasked(&mut self) -> Result<(), &'static str> {
        match status(self.framer.line(), &mut self.faults)? {
            Some(Status::Err(_)) => self.faults.tolerate(Fault::UnaskedError),
            _ => Err("answer without a command"),
        }
    }

    /// ```abnf
    /// greeting = "+OK" [SP text] CRLF
    /// ```
    fn greeting(&mut self) -> Result<(), &'static str> {
        match status(self.framer.line(), &mut self.faults)? {
            Some(Status::Ok(text)) => {
                self.state = State::Authorization;
                self.timestamp = ApopTimestamp::find(self.framer.line());
                self.event(Event::Greeting { text });
            }
            Some(Status::Err(Refusal::Err { text, .. })) => self.fail(Some(Pop3Error::Refused(text))),
            _ => return Err("greeting"),
        }
        Ok(())
    }

    /// `+OK`: the end of a command, or the beginning of more.
    fn granted(&mut self, handle: Handle, rules: Rules, text: String) -> Result<(), &'static str> {
        let limits = &self.options.limits;
        match rules.shape {
            Shape::Line => {
                self.values(handle, rules.verb)?;
                self.ended(Ok(text));
                return Ok(());
            }
            Shape::Listing if rules.verb == Verb::Capa => {
                self.learning = Capabilities::default();
                self.framer.expect_listing(limits.response as u64);
            }
            Shape::Listing => self.framer.expect_listing(limits.body.min(LONGEST_LISTING)),
            Shape::Body => self.framer.expect_body(),
        }
        if let Some(running) = self.running.front_mut() {
            running.phase = Phase::Terminator(text);
        }
        Ok(())
    }

    /// What the status line itself says.
    fn values(&mut self, handle: Handle, verb: Verb) -> Result<(), &'static str> {
        let rest = self.framer.line().get(STATUS_OK..).unwrap_or_default();
        match values(verb, handle, rest, &mut self.faults) {
            Some(event) => self.tell(handle, event),
            None => Ok(()),
        }
    }

    /// A line of a listing.
    fn listed(&mut self, handle: Handle, verb: Verb) -> Result<(), &'static str> {
        let event = listed(verb, handle, self.framer.line(), &mut self.faults);
        if let Ok(Event::Capability { name, arguments, .. }) = &event {
            self.learning.learn(name, arguments);
        }
        self.order(event.as_ref())?;
        self.tell(handle, event)
    }

    /// Message numbers of a listing rise.
    fn order(&mut self, event: Result<&Event, &Odd>) -> Result<(), &'static str> {
        let Ok(Event::Size { number, .. } | Event::UniqueId { number, .. }) = event else { return Ok(()) };
        let Some(running) = self.running.front_mut() else { return Ok(()) };
        let last = std::mem::replace(&mut running.last, *number);
        if *number <= last { self.faults.tolerate(Fault::RepeatedNumber) } else { Ok(()) }
    }

    fn tell(&mut self, handle: Handle, event: Result<Event, Odd>) -> Result<(), &'static str> {
        let event = match event {
            Ok(event) => event,
            Err(Odd::Strict(rule)) => return Err(rule),
            Err(Odd::Line(fault)) => {
                self.faults.tolerate(fault)?;
                Event::Unreadable { handle, line: self.framer.line().to_vec() }
            }
        };
        self.event(event);
        Ok(())
    }

    fn terminator(&mut self) {
        let Some(running) = self.running.front_mut() else { return };
        let Phase::Terminator(text) = &mut running.phase else { return };
        let text = std::mem::take(text);
        self.ended(Ok(text));
    }

    /// The server's `+` in AUTH.
    fn challenge(&mut self, challenge: &[u8]) -> Result<(), &'static str> {
        let Some(running) = self.running.front_mut() else { return Ok(()) };
        let handle = running.handle;
        if running.phase == Phase::Answer {
            return Err("challenge before the answer to another");
        }
        let data = match Base64::STANDARD.decode(challenge) {
            Some(data) if challenge.len().is_multiple_of(4) => data,
            Some(data) if !challenge.ends_with(b"=") => {
                self.faults.tolerate(Fault::UnpaddedChallenge)?;
                data
            }
            _ if !running.spoken => {
                self.faults.tolerate(Fault::TextForChallenge)?;
                Vec::new()
            }
            // To answer what can't be read as if it were empty would tell whoever sent it something.
            _ => {
                running.broken = Some("base64");
                self.send(&answer(None));
                return Ok(());
            }
        };
        // The first challenge is empty and the initial response answers it (RFC 5034, 4).
        if let Some(initial) = running.held.take() {
            running.spoken = true;
            self.send(&answer(Some(&initial)));
            return Ok(());
        }
        running.phase = Phase::Answer;
        self.event(Event::Challenge { handle, data });
        Ok(())
    }
}

/// Octets of LIST's and UIDL's answer: half a million messages with ids of the longest kind that RFC 1939 allows are below.
const LONGEST_LISTING: u64 = 64 * 1024 * 1024;
