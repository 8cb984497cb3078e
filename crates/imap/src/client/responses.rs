//! What each line of the server means for the connection.

use super::{Client, State};
use crate::grammar::Line;
use crate::types::{Capabilities, Condition, ResponseCode};
use crate::{Event, ImapError, Response};
use waypost_wire::Timestamp;

impl Client {
    pub(super) fn line(&mut self, line: Line, now: Timestamp) {
        match line {
            Line::Untagged(response) => self.untagged(response),
            Line::Continue(text) => self.continuation(&text, now),
            Line::Tagged { tag, condition, code, text } => self.tagged(&tag, condition, code, text),
        }
    }

    #[inline(never)]
    pub(super) fn untagged(&mut self, response: Response) {
        if self.state == State::AwaitingGreeting {
            self.greeting(response);
            return;
        }
        if !matches!(response, Response::Fetch(_)) {
            self.heed(&response);
        }
        self.count(&response);
        if !self.gives_up_response(&response) {
            self.event(Event::Response(response));
        }
    }

    /// What a response says of the server and the connection.
    #[inline(never)]
    fn heed(&mut self, response: &Response) {
        match response {
            Response::Capability(known) => self.learn(known.clone()),
            Response::Condition { code: Some(ResponseCode::Capability(known)), .. } => {
                self.learn(known.clone())
            }
            // RFC 6855, 3 and RFC 9051, 6.3.1.
            Response::Enabled(names) => {
                let enabled = |one: &str| names.iter().any(|name| one.eq_ignore_ascii_case(name));
                self.utf8 |= UTF8_NAMES.into_iter().any(enabled);
                if enabled("UIDONLY") {
                    self.numbers = None;
                }
            }
            Response::Id(fields) => self.server.named(fields),
            Response::Condition { kind: Condition::Bye, text, .. } => self.farewell = Some(text.clone()),
            _ => {}
        }
    }

    /// What a response says of the messages' numbers.
    #[inline(never)]
    fn count(&mut self, response: &Response) {
        let Some(numbers) = self.counted() else { return };
        match response {
            Response::Exists(count) => numbers.exists(*count),
            Response::Expunge(sequence) => numbers.expunge(*sequence),
            Response::Fetch(fetched) => {
                if let Some(uid) = fetched.uid {
                    numbers.learn(fetched.sequence, uid);
                }
            }
            Response::Vanished { earlier: false, uids } => {
                uids.ranges().for_each(|(one, other)| numbers.vanished(one.min(other), one.max(other)));
            }
            // What follows is about the mailbox that is being selected (RFC 7162, 3.2.11).
            Response::Condition { code: Some(code), .. } if code.name() == "CLOSED" => numbers.reset(),
            _ => {}
        }
    }

    pub(super) fn forget_numbers(&mut self) {
        if let Some(numbers) = self.counted() {
            numbers.reset();
        }
    }

    /// The numbers that are kept: with the feature `on-request` only, so that nothing of this is in the modules of the npm package.
    fn counted(&mut self) -> Option<&mut super::SequenceNumbers> {
        self.numbers.as_mut().filter(|_| cfg!(feature = "on-request"))
    }

    #[inline(never)]
    pub(super) fn learn(&mut self, known: Capabilities) {
        self.server.can(&known);
        // A server that is IMAP4rev2 only has no modified UTF-7 (RFC 9051, 5.1).
        self.utf8 |= known.has("IMAP4rev2") && !known.has("IMAP4rev1");
        self.capabilities = Some(known);
        for running in &mut self.running {
            running.capability_seen = true;
        }
    }

    /// ```abnf
    /// greeting = "*" SP (resp-cond-auth / resp-cond-bye) CRLF
    /// ```
    #[inline(never)]
    pub(super) fn greeting(&mut self, response: Response) {
        let Response::Condition { kind, code, text } = response else {
            let offset = self.framer.offset();
            self.fail(Some(ImapError::Framing { rule: "greeting", offset }));
            return;
        };
        match kind {
            Condition::Ok | Condition::PreAuth => {
                let preauth = kind == Condition::PreAuth;
                if preauth && self.options.require_starttls {
                    self.fail(Some(ImapError::PreAuth));
                    return;
                }
                self.server.greeted(&text);
                self.state = if preauth { State::Authenticated } else { State::NotAuthenticated };
                if let Some(ResponseCode::Capability(known)) = code {
                    self.learn(known);
                }
                self.event(Event::Greeting { preauth, text });
            }
            Condition::No | Condition::Bad | Condition::Bye => self.fail(Some(ImapError::Refused(text))),
        }
    }
}

/// What makes mailbox names UTF-8 once it is enabled.
const UTF8_NAMES: [&str; 2] = ["UTF8=ACCEPT", "IMAP4rev2"];
