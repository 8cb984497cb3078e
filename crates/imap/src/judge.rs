//! Judges recorded octets of servers: how many responses went in, and how many were understood. For `examples/responses.rs`
//! and the tests; no part of the API.
//!
//! The octets go through the framing and the grammar of the machine, without its states: a recording may begin anywhere, and
//! its tags are whatever they are. A scan that shares no code with them counts what went in, so that `lost` means something.

mod scan;
#[cfg(test)]
mod tests;
mod verdict;

use crate::event::Response;
use crate::fault::{Fault, FaultRow, Faults};
use crate::frame::{Frame, Framer};
use crate::grammar::{self, Line, PartialFetch, Reading};
use std::fmt;
use waypost_wire::Limits;

pub use self::verdict::Verdict;

/// What became of the responses of one recording.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Responses of any kind: greeting, untagged, tagged, continuation.
    pub responses: usize,
    /// Understood completely.
    pub typed: usize,
    /// Broken in part.
    pub salvaged: usize,
    /// With something that no supported specification knows.
    pub unknown: usize,
    /// Not delivered at all.
    pub lost: usize,
    /// Octets of the recording.
    pub bytes: usize,
    /// The faults that were tolerated, with how often.
    pub faults: Vec<(&'static FaultRow, u64)>,
}

/// Reads a recording; gives each response to `each`, as it was understood.
pub fn judge(octets: &[u8], strict: bool, each: impl FnMut(Verdict, &dyn fmt::Debug)) -> Tally {
    let mut judge = Judge {
        octets,
        framer: Framer::new(Limits::default()),
        faults: Faults::new(strict),
        partial: None,
        pieces: Verdict::Typed,
        utf8: false,
        given: 0,
        last_star: scan::last_star(octets),
        tally: Tally { bytes: octets.len(), ..Tally::default() },
        each,
    };
    judge.read();
    judge.tally.faults = judge.faults.fired().collect();
    judge.tally
}

struct Judge<'o, E> {
    octets: &'o [u8],
    framer: Framer,
    faults: Faults,
    partial: Option<PartialFetch>,
    /// How well the pieces of a long list were understood that came so far.
    pieces: Verdict,
    utf8: bool,
    /// Octets of responses that were given.
    given: usize,
    /// Where the last line begins that looks like untagged data.
    last_star: Option<usize>,
    tally: Tally,
    each: E,
}

/// Octets that are no IMAP: TLS after STARTTLS, or DEFLATE after COMPRESS.
#[derive(Debug)]
struct NoText {
    #[expect(dead_code, reason = "shown by Debug")]
    octets: usize,
}

impl<E: FnMut(Verdict, &dyn fmt::Debug)> Judge<'_, E> {
    fn read(&mut self) {
        for piece in self.octets.chunks(PIECE) {
            self.framer.push(piece);
            if !self.frames() {
                return self.ended();
            }
        }
        if !self.octets.is_empty() && !self.octets.ends_with(b"\n") {
            // The recording lacks the end of its last line.
            self.framer.push(b"\r\n");
            self.frames();
        }
        if self.framer.cut() {
            if !self.framer.response().trim_ascii().is_empty() {
                let cut = Line::Untagged(grammar::cut(self.framer.response()));
                self.count(verdict::of(&cut), &cut);
            }
            self.given = self.octets.len();
        }
        self.ended();
    }

    /// Reads what is whole; whether it can go on.
    fn frames(&mut self) -> bool {
        loop {
            if !self.rest_is_text() {
                return false;
            }
            match self.framer.next() {
                Ok(None) => return true,
                Err(_) => return false,
                Ok(Some(Frame::BodyStarted(_))) => {
                    let before = self.partial.take();
                    let partial = PartialFetch::read(before, self.framer.response(), self.reading());
                    self.partial = Some(partial);
                }
                Ok(Some(Frame::BodyPart(_) | Frame::BodyEnded)) => {}
                Ok(Some(Frame::Piece)) => self.piece(),
                Ok(Some(Frame::Response)) => self.response(),
            }
        }
    }

    fn rest(&self) -> &[u8] {
        self.octets.get(self.given..).unwrap_or_default()
    }

    fn rest_is_text(&self) -> bool {
        scan::is_text(self.rest(), self.last_star.is_some_and(|last| last >= self.given))
    }

    fn reading(&self) -> Reading<'_> {
        Reading { depth: Limits::default().depth, utf8: self.utf8, faults: &self.faults }
    }

    fn response(&mut self) {
        if self.framer.ended_bare() {
            self.faults.tolerate(Fault::BareLineFeed);
        }
        if self.framer.response().trim_ascii().is_empty() {
            if let Some(line) = grammar::empty_line(self.framer.response(), self.reading()) {
                self.count(verdict::of(&line), &line);
            }
        } else {
            let line = self.line();
            self.utf8 |= line.makes_names_utf8();
            let pieces = std::mem::replace(&mut self.pieces, Verdict::Typed);
            self.count(verdict::of(&line).max(pieces), &line);
        }
        self.framer.advance();
        self.given = usize::try_from(self.framer.offset()).unwrap_or(usize::MAX);
    }

    /// A piece of a long list: shown, and counted with the last.
    fn piece(&mut self) {
        let line = self.line();
        self.pieces = self.pieces.max(verdict::of(&line));
        (self.each)(self.pieces, &line);
        self.framer.advance();
    }

    fn line(&mut self) -> Line {
        let partial = self.partial.take();
        let response = self.framer.response();
        if let Some(fetched) =
            partial.is_none().then(|| grammar::message_data(response, self.reading())).flatten()
        {
            return Line::Untagged(Response::Fetch(fetched));
        }
        match partial.and_then(|partial| partial.finish(response, self.reading())) {
            Some(fetched) => Line::Untagged(Response::Fetch(Box::new(fetched))),
            None => grammar::line(response, self.reading()),
        }
    }

    fn count(&mut self, verdict: Verdict, response: &dyn fmt::Debug) {
        self.tally.responses += 1;
        *match verdict {
            Verdict::Typed => &mut self.tally.typed,
            Verdict::Salvaged => &mut self.tally.salvaged,
            Verdict::Unknown => &mut self.tally.unknown,
        } += 1;
        (self.each)(verdict, response);
    }

    /// What was not given is lost, unless nobody could read it.
    fn ended(&mut self) {
        let rest = self.rest();
        if !self.rest_is_text() {
            let octets = rest.len();
            return self.count(Verdict::Unknown, &NoText { octets });
        }
        let missing = scan::responses(self.octets).saturating_sub(self.tally.responses);
        self.tally.lost = missing.max(scan::responses(rest));
        self.tally.responses += self.tally.lost;
    }
}

/// How much is handed in at once.
const PIECE: usize = 64 * 1024;
