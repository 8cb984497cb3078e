//! From octets to lines: takes frames from the framer and has their responses read.

use super::{Client, State};
use crate::fault::Fault;
use crate::frame::Frame;
use crate::grammar::{self, Line, PartialFetch, Reading};
use crate::types::Fetched;
use crate::{Event, ImapError, Response};
use waypost_wire::Timestamp;

/// What came of a frame.
pub(super) enum Taken {
    /// There was none.
    Nothing,
    /// It is among the outputs, or changed the state.
    Something,
    /// It is the next event: rows by the hundred thousand need not go through the queue.
    Row(Box<Fetched>),
}

impl Client {
    /// How many octets of the body that began last come next, where all that was handed in has been given out; 0 where no body
    /// is streamed that the owner was told of and wants. The driver need not hand them in: it may take them itself and tell
    /// [`Client::pass_body`].
    #[must_use]
    pub fn body_left(&self) -> u64 {
        if self.deflate.is_none() && self.streaming && !self.skipping { self.framer.body_left() } else { 0 }
    }

    /// The driver took so many of the octets that [`Client::body_left`] names; the rest is still to come. No
    /// [`Event::BodyPart`] is given for them.
    pub fn pass_body(&mut self, now: Timestamp, octets: u64) {
        if self.deflate.is_none() {
            self.progress(now);
            self.framer.pass(octets);
        }
    }

    /// Takes the next frame from the framer, if there is one.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(super) fn take_frame(&mut self, now: Timestamp) -> Taken {
        let frame = match self.framer.next() {
            Ok(Some(frame)) => frame,
            Ok(None) if self.deflate.is_none() => return Taken::Nothing,
            Ok(None) => return if self.inflate() { Taken::Something } else { Taken::Nothing },
            Err(error) => {
                self.fail(Some(error));
                return Taken::Something;
            }
        };
        match frame {
            Frame::BodyStarted(octets) => self.body_started(octets),
            // A body whose section is not understood goes by unseen: nobody could say what it is.
            Frame::BodyPart(_) | Frame::BodyEnded if self.unnamed_body => {}
            Frame::BodyPart(_) if self.skipping => {}
            Frame::BodyPart(octets) => self.event(Event::BodyPart(octets)),
            Frame::BodyEnded => {
                (self.streaming, self.skipping) = (false, false);
                self.event(Event::BodyEnded);
            }
            Frame::Response | Frame::Piece => {
                let goes_on = frame == Frame::Piece;
                if self.tracing().is_some() {
                    self.trace_response();
                }
                if self.framer.ended_bare() && !self.faults.tolerate(Fault::BareLineFeed) {
                    let offset = self.framer.offset();
                    self.fail(Some(ImapError::Framing { rule: "CRLF", offset }));
                    return Taken::Something;
                }
                if let Some(fetched) = self.message_data() {
                    self.framer.advance();
                    return self.fetched(fetched);
                }
                self.other_response(goes_on, now);
            }
        }
        Taken::Something
    }

    /// What is no FETCH in its usual form. Out of line, as is all that few responses need: engines of wasm compile a large function
    /// slowly, and run it slowly until they have.
    #[inline(never)]
    fn other_response(&mut self, goes_on: bool, now: Timestamp) {
        let line = self.read_response();
        self.framer.advance();
        if let Some(mut line) = line {
            if let (Line::Untagged(response), true) = (&mut line, goes_on) {
                response.goes_on();
            }
            self.line(line, now);
        }
    }

    pub(super) fn reading(&self) -> Reading<'_> {
        Reading { depth: self.limits.depth, utf8: self.utf8, faults: &self.faults }
    }

    #[inline(never)]
    pub(super) fn body_started(&mut self, octets: u64) {
        let partial = PartialFetch::read(self.partial.take(), self.framer.response(), self.reading());
        let section = partial.section();
        self.partial = Some(partial);
        let section = section.filter(|_| !self.gives_up_bodies());
        self.unnamed_body = section.is_none();
        self.streaming = section.is_some();
        if let Some((sequence, uid, section)) = section {
            self.event(Event::BodyStarted { sequence, uid, section, octets });
        }
    }

    /// A FETCH response is the owner's, unless something here has to look at it.
    fn fetched(&mut self, fetched: Box<Fetched>) -> Taken {
        let cancelled = || self.running.iter().any(|running| running.cancelled);
        if self.state == State::AwaitingGreeting || self.numbers.is_some() || cancelled() {
            self.untagged(Response::Fetch(fetched));
            return Taken::Something;
        }
        Taken::Row(fetched)
    }

    /// The response that is whole now, if it is a FETCH in its usual form and none of it was read before.
    fn message_data(&self) -> Option<Box<Fetched>> {
        let response = self.framer.response();
        if self.partial.is_some() { None } else { grammar::message_data(response, self.reading()) }
    }

    /// The response that is whole now; `None` for an empty line (Mailutils ends one line twice).
    pub(super) fn read_response(&mut self) -> Option<Line> {
        let response = self.framer.response();
        if response.trim_ascii().is_empty() {
            return grammar::empty_line(response, self.reading());
        }
        if let Some(fetched) =
            self.partial.take().and_then(|partial| partial.finish(response, self.reading()))
        {
            return Some(Line::Untagged(Response::Fetch(Box::new(fetched))));
        }
        Some(grammar::line(self.framer.response(), self.reading()))
    }
}

#[cfg(test)]
mod tests {
    use crate::types::BodyData;
    use crate::{Client, Event, Options, Response};
    use waypost_wire::{Input, Machine, Output, Timestamp};

    /// Events up to the next wait.
    fn events(client: &mut Client) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            match client.poll(Timestamp::default()) {
                Output::Event(event) => events.push(event),
                Output::Wait(_) => return events,
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_body_that_is_not_wanted_or_not_understood_does_not_pass() {
        let now = Timestamp::default();
        for (section, gives_up) in [("BODY[]", true), ("BODY[!]", false)] {
            let mut client = Client::new(Options::default());
            client.handle(now, Input::Bytes(b"* OK hello\r\n"));
            client.handle(now, Input::Bytes(format!("* 1 FETCH (UID 7 {section} {{5000}}\r\nx").as_bytes()));
            events(&mut client);
            assert_eq!(client.body_left(), if gives_up { 4999 } else { 0 }, "{section}");
            client.skip_body();
            assert_eq!(client.body_left(), 0, "{section}");
            client.handle(now, Input::Bytes(&[b'x'; 4999]));
            client.handle(now, Input::Bytes(b")\r\n* 9 EXISTS\r\n"));
            assert_eq!(events(&mut client).last(), Some(&Event::Response(Response::Exists(9))), "{section}");
        }
    }

    /// However much of a body goes another way, and in however many parts, its row comes after it, and the next response too.
    #[test]
    fn what_passes_of_a_body_is_not_missed() {
        let header = b"* OK hello\r\n* 1 FETCH (UID 7 BODY[] {5000}\r\n";
        for handed_in in [0, 1, 2500, 5000] {
            for part in [1000, 4999, 5000, 9999] {
                let now = Timestamp::default();
                let mut client = Client::new(Options::default());
                let mut octets = header.to_vec();
                octets.extend(std::iter::repeat_n(b'x', handed_in));
                client.handle(now, Input::Bytes(&octets));
                let before = events(&mut client);
                assert!(before.iter().any(|event| matches!(event, Event::BodyStarted { octets: 5000, .. })));
                assert_eq!(client.body_left(), 5000 - handed_in as u64);
                while client.body_left() > 0 {
                    client.pass_body(now, part);
                }
                client.handle(now, Input::Bytes(b" FLAGS (\\Seen))\r\n* 9 EXISTS\r\n"));
                let after = events(&mut client);
                let ended = handed_in < 5000;
                assert_eq!(after.first() == Some(&Event::BodyEnded), ended, "{handed_in} {part}");
                let rest = if ended { &after[1..] } else { &after[..] };
                let [Event::Response(Response::Fetch(row)), Event::Response(Response::Exists(9))] = rest
                else {
                    panic!("{rest:?}")
                };
                assert_eq!(row.bodies[0].data, BodyData::Streamed(5000));
            }
        }
    }
}
