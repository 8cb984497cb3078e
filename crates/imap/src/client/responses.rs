//! What each line of the server means for the connection.

use super::running::Phase;
use super::{Client, State};
use crate::encode::base64;
use crate::grammar::Line;
use crate::types::{Capabilities, Condition, ResponseCode};
use crate::{Event, ImapError, Response};
use ::base64::Engine as _;
use ::base64::alphabet::STANDARD;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use waypost_wire::{Output, Timestamp};

impl Client {
    pub(super) fn line(&mut self, line: Line, now: Timestamp) {
        match line {
            Line::Untagged(response) => self.untagged(response),
            Line::Continue(text) => self.continuation(&text, now),
            Line::Tagged { tag, condition, code, text } => self.tagged(&tag, condition, code, text),
        }
    }

    pub(super) fn untagged(&mut self, response: Response) {
        if self.state == State::AwaitingGreeting {
            self.greeting(response);
            return;
        }
        match &response {
            Response::Capability(known) => self.learn(known.clone()),
            Response::Condition { code: Some(ResponseCode::Capability(known)), .. } => {
                self.learn(known.clone())
            }
            // RFC 6855, 3 and RFC 9051, 6.3.1.
            Response::Enabled(names) => {
                let utf8 = |name: &String| UTF8_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name));
                self.utf8 |= names.iter().any(utf8);
            }
            Response::Condition { kind: Condition::Bye, text, .. } => self.farewell = Some(text.clone()),
            _ => {}
        }
        self.event(Event::Response(response));
    }

    pub(super) fn learn(&mut self, known: Capabilities) {
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
    pub(super) fn greeting(&mut self, response: Response) {
        let Response::Condition { kind, code, text } = response else {
            let offset = self.framer.offset();
            self.fail(Some(ImapError::Framing { rule: "greeting", offset }));
            return;
        };
        match kind {
            Condition::Ok | Condition::PreAuth => {
                let preauth = kind == Condition::PreAuth;
                self.state = if preauth { State::Authenticated } else { State::NotAuthenticated };
                if let Some(ResponseCode::Capability(known)) = code {
                    self.learn(known);
                }
                self.event(Event::Greeting { preauth, text });
            }
            Condition::No | Condition::Bad | Condition::Bye => self.fail(Some(ImapError::Refused(text))),
        }
    }

    /// ```abnf
    /// continue-req = "+" SP (resp-text / base64) CRLF
    /// ```
    pub(super) fn continuation(&mut self, text: &[u8], now: Timestamp) {
        let Some(running) = self.running.iter_mut().find(|running| running.awaits_continuation()) else {
            return;
        };
        let handle = running.handle;
        match &running.phase {
            Phase::Literals => {
                if let Some(fragment) = running.next_fragment() {
                    self.outputs.push_back(Output::Send(fragment));
                }
            }
            Phase::Exchanging => match running.take_initial() {
                // Without SASL-IR the first challenge is empty and the initial response answers it.
                Some(initial) => {
                    let mut line = base64(initial.expose()).to_vec();
                    line.extend_from_slice(b"\r\n");
                    self.outputs.push_back(Output::Send(line));
                }
                None => {
                    running.phase = Phase::AwaitingAnswer;
                    let data = CHALLENGE.decode(text.trim_ascii()).unwrap_or_default();
                    self.event(Event::Challenge { handle, data });
                }
            },
            Phase::IdleRequested { finish, .. } => {
                let finish = *finish;
                let first = running.idle_began(now);
                if finish {
                    self.outputs.push_back(Output::Send(b"DONE\r\n".to_vec()));
                } else if first {
                    self.event(Event::Idling { handle });
                }
            }
            _ => {}
        }
    }
}

/// What makes mailbox names UTF-8 once it is enabled.
const UTF8_NAMES: [&str; 2] = ["UTF8=ACCEPT", "IMAP4rev2"];

/// Challenges in base64, with or without padding.
const CHALLENGE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
