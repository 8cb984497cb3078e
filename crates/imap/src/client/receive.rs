//! From octets to lines: takes frames from the framer and has their responses read.

use super::Client;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::grammar::{self, Line, PartialFetch, Reading};
use crate::types::Fetched;
use crate::{Event, ImapError, Response};
use waypost_wire::Timestamp;

impl Client {
    /// Takes the next frame from the framer, if there is one. Returns whether something happened.
    pub(super) fn take_frame(&mut self, now: Timestamp) -> bool {
        let frame = match self.framer.next() {
            Ok(Some(frame)) => frame,
            Ok(None) => return self.inflate(),
            Err(error) => {
                self.fail(Some(error));
                return true;
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
                self.trace_response();
                if self.framer.ended_bare() && !self.faults.tolerate(Fault::BareLineFeed) {
                    let offset = self.framer.offset();
                    self.fail(Some(ImapError::Framing { rule: "CRLF", offset }));
                    return true;
                }
                if let Some(fetched) = self.message_data() {
                    self.framer.advance();
                    self.untagged(Response::Fetch(fetched));
                    return true;
                }
                let line = self.read_response();
                self.framer.advance();
                if let Some(mut line) = line {
                    if let (Line::Untagged(response), true) = (&mut line, goes_on) {
                        response.goes_on();
                    }
                    self.line(line, now);
                }
            }
        }
        true
    }

    pub(super) fn reading(&self) -> Reading<'_> {
        Reading { depth: self.limits.depth, utf8: self.utf8, faults: &self.faults }
    }

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
