//! Cuts the server's octets into lines and bodies and undoes dot-stuffing (RFC 1939, 3). Nothing is parsed here.
//!
//! Each octet is looked at once, however the octets come, and nothing of a body is kept: its octets go out as they come, in one
//! part for each piece that came. A piece that lies within a message is given out as it is, without a copy.

use crate::Pop3Error;
use crate::body::{Found, Place, Scanner};
use crate::fault::{Fault, Faults};
use memchr::memchr;
use waypost_wire::Limits;

/// What comes out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A whole line without its end lies in [`Framer::line`].
    Line,
    /// Octets of a body.
    Part(Vec<u8>),
    /// The terminator of a listing or a body; a status line is next.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Status,
    Listing,
    Body,
}

/// The cutter.
#[derive(Debug)]
pub(crate) struct Framer {
    /// What was handed in and not yet taken away, and in front of it what `push` will drop.
    input: Vec<u8>,
    /// Up to where it is taken away.
    position: usize,
    /// Up to where the line at `position` was searched for its end.
    searched: usize,
    /// The line given last.
    line: core::ops::Range<usize>,
    /// The last status line ended in a bare LF.
    bare: bool,
    /// A terminator was taken whose LF may still come.
    unfed: bool,
    mode: Mode,
    scanner: Scanner,
    /// Octets of the listing or body so far, and how many there may be.
    streamed: u64,
    allowed: u64,
    /// Octets of the connection that lie before `input`.
    dropped: u64,
    limits: Limits,
}

impl Framer {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            input: Vec::new(),
            position: 0,
            searched: 0,
            line: 0..0,
            bare: false,
            unfed: false,
            mode: Mode::Status,
            scanner: Scanner::new(),
            streamed: 0,
            allowed: 0,
            dropped: 0,
            limits,
        }
    }

    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn push(&mut self, octets: &[u8]) {
        if self.position > 0 {
            self.input.drain(..self.position);
            self.searched = self.searched.saturating_sub(self.position);
            self.dropped += self.position as u64;
            self.position = 0;
            self.line = 0..0;
        }
        if self.input.is_empty() && self.input.capacity() > KEPT {
            self.input = Vec::new();
        }
        self.input.extend_from_slice(octets);
    }

    /// As [`Framer::push`], without a copy where nothing waits.
    pub(crate) fn push_owned(&mut self, octets: Vec<u8>) {
        if self.has_more() {
            return self.push(&octets);
        }
        self.replace(octets);
    }

    fn replace(&mut self, octets: Vec<u8>) -> Vec<u8> {
        self.dropped += self.position as u64;
        (self.position, self.searched, self.line) = (0, 0, 0..0);
        std::mem::replace(&mut self.input, octets)
    }

    /// Whether octets wait that are not part of what was given.
    pub(crate) fn has_more(&self) -> bool {
        self.position < self.input.len()
    }

    /// How many octets of the connection come before the one looked at next. Does not depend on how they were cut.
    pub(crate) fn offset(&self) -> u64 {
        self.dropped + self.position as u64
    }

    /// The line that was given last.
    pub(crate) fn line(&self) -> &[u8] {
        self.input.get(self.line.clone()).unwrap_or_default()
    }

    /// Lines up to the terminator follow the status line.
    pub(crate) fn expect_listing(&mut self, allowed: u64) {
        (self.mode, self.streamed, self.allowed) = (Mode::Listing, 0, allowed);
    }

    /// A body up to the terminator follows the status line.
    pub(crate) fn expect_body(&mut self) {
        (self.mode, self.streamed, self.allowed) = (Mode::Body, 0, self.limits.body);
        self.scanner.begin(self.bare);
    }

    /// Whether a body stands behind a dot and a CR, which may be all that its server sends.
    pub(crate) fn lacks_line_feed(&self) -> bool {
        self.mode == Mode::Body && matches!(self.scanner.place, Place::DotReturn { .. }) && !self.has_more()
    }

    /// Takes what [`Framer::lacks_line_feed`] found for the terminator.
    pub(crate) fn end_without_line_feed(&mut self) {
        (self.scanner.place, self.unfed) = (Place::Over, true);
    }

    /// The next frame; `None` when more octets are needed.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn next(&mut self, faults: &mut Faults) -> Result<Option<Frame>, Pop3Error> {
        match self.mode {
            Mode::Status => {
                self.skip_late_line_feed();
                Ok(self.take_line(faults)?.map(|bare| {
                    self.bare = bare;
                    Frame::Line
                }))
            }
            Mode::Listing => self.listing(faults),
            Mode::Body => self.body(faults),
        }
    }

    fn skip_late_line_feed(&mut self) {
        if self.unfed && self.has_more() {
            self.unfed = false;
            if self.input.get(self.position) == Some(&b'\n') {
                self.position += 1;
                self.searched = self.position;
            }
        }
    }

    /// Takes a line; says whether it ended in a bare LF.
    #[cfg_attr(for_speed, optimize(speed))]
    fn take_line(&mut self, faults: &mut Faults) -> Result<Option<bool>, Pop3Error> {
        let found = memchr(b'\n', self.input.get(self.searched..).unwrap_or_default());
        let end = found.map_or(self.input.len(), |length| self.searched + length);
        if end - self.position > self.limits.line {
            return Err(Pop3Error::Limit { what: "line", limit: self.limits.line as u64 });
        }
        self.searched = end;
        if found.is_none() {
            return Ok(None);
        }
        let line = self.input.get(self.position..end).unwrap_or_default();
        let returned = usize::from(line.ends_with(b"\r"));
        if returned == 0 {
            let offset = self.dropped + end as u64;
            faults.tolerate(Fault::BareLineFeed).map_err(|rule| Pop3Error::Framing { rule, offset })?;
        }
        self.line = self.position..end - returned;
        self.position = end + 1;
        self.searched = self.position;
        Ok(Some(returned == 0))
    }

    #[cfg_attr(for_speed, optimize(speed))]
    fn listing(&mut self, faults: &mut Faults) -> Result<Option<Frame>, Pop3Error> {
        let before = self.position;
        if self.take_line(faults)?.is_none() {
            return Ok(None);
        }
        self.count(self.position - before, "listing")?;
        if self.line() == b"." {
            self.mode = Mode::Status;
            return Ok(Some(Frame::End));
        }
        if self.line().starts_with(b"..") {
            self.line.start += 1;
        } else if self.line().starts_with(b".") {
            let offset = self.offset();
            faults.tolerate(Fault::UnstuffedDot).map_err(|rule| Pop3Error::Framing { rule, offset })?;
        }
        Ok(Some(Frame::Line))
    }

    #[cfg_attr(for_speed, optimize(speed))]
    fn body(&mut self, faults: &mut Faults) -> Result<Option<Frame>, Pop3Error> {
        loop {
            let rest = self.input.get(self.position..).unwrap_or_default();
            if rest.is_empty() && self.scanner.place != Place::Over {
                return Ok(None);
            }
            let offset = self.offset();
            let found = self
                .scanner
                .search(rest, faults)
                .map_err(|(rule, at)| Pop3Error::Framing { rule, offset: offset + at as u64 })?;
            let octets = (found.before.len() + found.content).saturating_sub(self.scanner.dots.len());
            if octets > 0 {
                self.count(octets, "body")?;
                return Ok(Some(Frame::Part(self.part(&found, octets))));
            }
            self.position += found.taken;
            self.searched = self.position;
            if self.scanner.place == Place::Over {
                self.mode = Mode::Status;
                return Ok(Some(Frame::End));
            }
        }
    }

    /// What was found, without the dots, in memory of its own.
    #[cfg_attr(for_speed, optimize(speed))]
    fn part(&mut self, found: &Found, octets: usize) -> Vec<u8> {
        let whole = self.position == 0 && found.content == self.input.len() && found.before.is_empty();
        if whole {
            self.position = found.taken;
            let mut part = self.replace(Vec::new());
            squeeze(&mut part, &self.scanner.dots);
            // Whoever keeps the part shall not keep the room that a driver left in it.
            if part.capacity() / 2 > part.len() {
                part.shrink_to_fit();
            }
            return part;
        }
        let mut part = Vec::with_capacity(octets);
        part.extend_from_slice(found.before);
        let content = self.input.get(self.position..self.position + found.content).unwrap_or_default();
        let mut from = 0;
        for dot in &self.scanner.dots {
            part.extend_from_slice(content.get(from..*dot).unwrap_or_default());
            from = dot + 1;
        }
        part.extend_from_slice(content.get(from..).unwrap_or_default());
        self.position += found.taken;
        self.searched = self.position;
        part
    }

    fn count(&mut self, octets: usize, what: &'static str) -> Result<(), Pop3Error> {
        self.streamed = self.streamed.saturating_add(octets as u64);
        if self.streamed > self.allowed {
            return Err(Pop3Error::Limit { what, limit: self.allowed });
        }
        Ok(())
    }
}

/// Takes the octets at these places, which rise, out of a piece.
#[cfg_attr(for_speed, optimize(speed))]
fn squeeze(octets: &mut Vec<u8>, places: &[usize]) {
    let (mut to, mut from) = (places.first().copied().unwrap_or(octets.len()), 0);
    for (index, place) in places.iter().enumerate() {
        from = place + 1;
        let end = places.get(index + 1).copied().unwrap_or(octets.len());
        octets.copy_within(from..end, to);
        to += end - from;
    }
    if from > 0 {
        octets.truncate(to);
    }
}

/// An empty input buffer larger than this is given back: one large read shall not cost memory for the life of a connection.
const KEPT: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `+OK`, then a body, then a line; gives the body and the line.
    fn body(pieces: &[&[u8]]) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut faults = Faults::new(false);
        let mut framer = Framer::new(Limits::default());
        let (mut body, mut ended, mut started) = (Vec::new(), false, false);
        for piece in pieces {
            framer.push(piece);
            while let Some(frame) = framer.next(&mut faults).unwrap() {
                match frame {
                    Frame::Line if ended => return Some((body, framer.line().to_vec())),
                    Frame::Line => {
                        assert!(!started && framer.line() == b"+OK");
                        started = true;
                        framer.expect_body();
                    }
                    Frame::Part(part) => {
                        assert!(!part.is_empty());
                        body.extend(part);
                    }
                    Frame::End => ended = true,
                }
            }
        }
        None
    }

    fn at_every_split(stuffed: &[u8], expected: Option<&[u8]>) {
        let expected = expected.map(|body| (body.to_vec(), b"+OK next".to_vec()));
        assert_eq!(body(&[stuffed]), expected, "whole");
        let octets: Vec<&[u8]> = stuffed.chunks(1).collect();
        assert_eq!(body(&octets), expected, "octet by octet");
        for first in 0..stuffed.len() {
            for second in first..stuffed.len() {
                let pieces = [&stuffed[..first], &stuffed[first..second], &stuffed[second..]];
                assert_eq!(body(&pieces), expected, "split at {first} and {second}");
            }
        }
    }

    #[test]
    fn rfc_1939_3_dots_are_undone_and_the_terminator_is_no_data_at_every_split() {
        for (stuffed, expected) in [
            ("+OK\r\n.\r\n+OK next\r\n", ""),
            ("+OK\r\na\r\n.\r\n+OK next\r\n", "a\r\n"),
            ("+OK\r\n..\r\n...\r\n.\r\n+OK next\r\n", ".\r\n..\r\n"),
            ("+OK\r\n..a\r\nb.\r\n..\r.\r\n.\r\n+OK next\r\n", ".a\r\nb.\r\n.\r.\r\n"),
            ("+OK\r\n\r\n\r\n.\r\n+OK next\r\n", "\r\n\r\n"),
            ("+OK\r\na\r\r\n.\r\n+OK next\r\n", "a\r\r\n"),
        ] {
            at_every_split(stuffed.as_bytes(), Some(expected.as_bytes()));
        }
    }

    #[test]
    fn a_dot_that_no_stuffing_server_sends_stays() {
        // Mailpit did not stuff (axllent/mailpit#299).
        for (stuffed, expected) in [
            ("+OK\r\n.a\r\n.\r\n+OK next\r\n", ".a\r\n"),
            ("+OK\r\n.\ra\r\n.\r\n+OK next\r\n", ".\ra\r\n"),
            ("+OK\r\n.\r\r\n.\r\n+OK next\r\n", ".\r\r\n"),
        ] {
            at_every_split(stuffed.as_bytes(), Some(expected.as_bytes()));
        }
    }

    #[test]
    fn bare_line_feeds_begin_lines_and_end_bodies_only_where_the_status_line_has_one_too() {
        at_every_split(b"+OK\na\n..b\n.\n+OK next\n", Some(b"a\n.b\n"));
        at_every_split(b"+OK\na\n.\r\n+OK next\r\n", Some(b"a\n"));
        // Mailtrap, GreenMail: a message from the disk between lines that end in CRLF.
        at_every_split(b"+OK\r\na\n..b\n.\r\n+OK next\r\n", Some(b"a\n.b\n"));
        // GreenMail before its #1049: a sender smuggled a bare line feed, and the message goes on.
        at_every_split(b"+OK\r\na\n.\n-ERR b\r\n.\r\n+OK next\r\n", Some(b"a\n.\n-ERR b\r\n"));
    }

    #[test]
    fn listings_are_lines_with_dots_undone() {
        let octets = b"+OK\r\n1 a\r\n..b\r\n\r\n.\r\n+OK next\r\n";
        for split in 0..octets.len() {
            let mut faults = Faults::new(false);
            let mut framer = Framer::new(Limits::default());
            let mut seen: Vec<Option<Vec<u8>>> = Vec::new();
            for piece in [&octets[..split], &octets[split..]] {
                framer.push(piece);
                while let Some(frame) = framer.next(&mut faults).unwrap() {
                    seen.push((frame == Frame::Line).then(|| framer.line().to_vec()));
                    if seen.len() == 1 {
                        framer.expect_listing(100);
                    }
                }
            }
            let lines = ["+OK", "1 a", ".b", "", "end", "+OK next"];
            let expected: Vec<_> =
                lines.iter().map(|line| (*line != "end").then(|| line.as_bytes().to_vec())).collect();
            assert_eq!(seen, expected, "split at {split}");
        }
    }

    #[test]
    fn a_piece_within_a_message_is_given_out_in_its_own_memory() {
        for stuffed in [false, true] {
            let mut faults = Faults::new(true);
            let mut framer = Framer::new(Limits::default());
            framer.push(b"+OK\r\n");
            assert_eq!(framer.next(&mut faults).unwrap(), Some(Frame::Line));
            framer.expect_body();
            let (piece, expected): (Vec<u8>, Vec<u8>) = match stuffed {
                true => (b"..a\r\n..\r\nb\r\n".repeat(100), b".a\r\n.\r\nb\r\n".repeat(100)),
                false => (b"a\r\nb\r\n".repeat(100), b"a\r\nb\r\n".repeat(100)),
            };
            let memory = piece.as_ptr();
            framer.push_owned(piece);
            match framer.next(&mut faults).unwrap() {
                Some(Frame::Part(part)) => assert_eq!((part.as_ptr(), part), (memory, expected)),
                other => panic!("{other:?}"),
            }
            assert_eq!(framer.next(&mut faults).unwrap(), None);
            let end = if stuffed { 5 + 1200 } else { 5 + 600 };
            assert_eq!(framer.offset(), end);
        }
    }

    #[test]
    fn lines_that_are_all_dots_come_in_parts_and_none_is_lost() {
        let mut faults = Faults::new(true);
        let mut framer = Framer::new(Limits::default());
        let body = b"..\r\n".repeat(10_000);
        framer.push(&[b"+OK\r\n".as_slice(), &body, b".\r\n"].concat());
        let (mut octets, mut ended) = (Vec::new(), false);
        while let Some(frame) = framer.next(&mut faults).unwrap() {
            match frame {
                Frame::Line => framer.expect_body(),
                Frame::Part(part) => octets.extend(part),
                Frame::End => ended = true,
            }
        }
        assert!(ended && octets == b".\r\n".repeat(10_000));
    }

    #[test]
    fn one_piece_and_many_pieces_cost_the_length_only() {
        // Took minutes when the rest was moved or searched again.
        let mut session = Vec::new();
        for _ in 0..8000 {
            session.extend_from_slice(b"+OK\r\n");
            session.extend(std::iter::repeat_n(b"..x\r\n".as_slice(), 1000).flatten());
            session.extend_from_slice(b".\r\n");
        }
        let mut faults = Faults::new(false);
        let mut framer = Framer::new(Limits::default());
        framer.push(&session);
        let (mut octets, mut ends) = (0, 0);
        while let Some(frame) = framer.next(&mut faults).unwrap() {
            match frame {
                Frame::Line => framer.expect_body(),
                Frame::Part(part) => octets += part.len(),
                Frame::End => ends += 1,
            }
        }
        assert_eq!((octets, ends), (8000 * 4000, 8000));
        let mut faults = Faults::new(false);
        let mut framer = Framer::new(Limits::default());
        for _ in 0..700_000 {
            framer.push(b"1");
            assert_eq!(framer.next(&mut faults).unwrap(), None);
        }
    }

    #[test]
    fn nothing_is_longer_than_its_limit_in_one_piece_and_in_many() {
        let mut limits = Limits::default();
        (limits.line, limits.body) = (10, 20);
        let ended = |piece: usize, octets: &[u8], listing: Option<u64>| {
            let mut faults = Faults::new(false);
            let mut framer = Framer::new(limits.clone());
            for piece in octets.chunks(piece) {
                framer.push(piece);
                loop {
                    match framer.next(&mut faults) {
                        Ok(Some(Frame::Line)) if framer.line() == b"+OK" => match listing {
                            Some(allowed) => framer.expect_listing(allowed),
                            None => framer.expect_body(),
                        },
                        Ok(Some(_)) => {}
                        Ok(None) => break,
                        Err(error) => return Some(error),
                    }
                }
            }
            None
        };
        for piece in [1, 3, 100] {
            let limit = |octets: &[u8], listing| match ended(piece, octets, listing) {
                Some(Pop3Error::Limit { what, limit }) => Some((what, limit)),
                _ => None,
            };
            assert_eq!(limit(b"+OK 1234567890\r\n", None), Some(("line", 10)));
            assert_eq!(limit(b"+OK 12345", None), None);
            assert_eq!(limit(b"+OK\r\n12345678\r\n12345678\r\na", None), Some(("body", 20)));
            assert_eq!(limit(b"+OK\r\n12345678\r\n12345678\r\n.\r\n", None), None);
            assert_eq!(limit(b"+OK\r\n1 2\r\n2 2\r\n.\r\n", Some(12)), Some(("listing", 12)));
        }
    }
}
