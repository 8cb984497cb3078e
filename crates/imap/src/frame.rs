//! Cuts the server's octets into responses: lines, literals, nothing else (RFC 9051, 4.3 and 9). Nothing is parsed here.
//!
//! Each octet is looked at once, however the octets come: neither many small pieces nor one large one cost more than their
//! length. The literal of a long body section is not kept: its octets go out as they come, and a mark ([`STREAMED`], the
//! length, [`STREAMED`]) stands for it in the response. A long list of numbers (SEARCH, SORT, ESEARCH, VANISHED) goes out in
//! pieces, each with the words before the list, so that each reads as a response.

mod ahead;
mod list;
mod past;

#[cfg(test)]
mod tests;

use crate::ImapError;
use crate::grammar::line_end;
use memchr::memrchr;
use std::collections::VecDeque;
use waypost_wire::Limits;

/// Stands around the length of a literal that was streamed. A NUL of the server outside literals becomes a space, so no server
/// can write this mark.
pub(crate) const STREAMED: u8 = 0;

/// What comes out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A whole response, without its line end, lies in [`Framer::response`] until [`Framer::advance`].
    Response,
    /// The same of a piece of a long list of numbers that goes on after it.
    Piece,
    /// A long body literal begins; [`Framer::response`] holds the response so far.
    BodyStarted(u64),
    /// Octets of that literal.
    BodyPart(Vec<u8>),
    /// That literal is complete.
    BodyEnded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaiting {
    Line,
    Literal(usize),
    Body(u64),
    /// A FETCH response whose list did not close up to there, although its line did.
    Rest(usize),
    /// A whole response was given and not yet taken away.
    Advance,
}

/// The cutter.
#[derive(Debug)]
pub(crate) struct Framer {
    /// What was handed in and not yet taken away, and in front of it what `push` will drop.
    input: Vec<u8>,
    /// What was handed in after `input`, where bodies are streamed: pieces that begin and end where bodies do.
    ahead: VecDeque<Vec<u8>>,
    /// Where the rest of the current response begins: all of it, or what follows its last streamed literal.
    start: usize,
    /// Up to where lines and literals of it are whole.
    position: usize,
    /// Up to where the line at `position` was searched for its end.
    searched: usize,
    /// End of the whole response without its line end; valid in `Advance`.
    end: usize,
    /// The current response up to and with the mark of its last streamed literal, or a piece of a long list; empty if nothing
    /// was streamed.
    before: Vec<u8>,
    /// How much of `before` comes before the numbers of a list that is given in pieces; 0 if none is.
    heading: usize,
    awaiting: Awaiting,
    /// A line of the current response ended in a bare line feed.
    bare: bool,
    /// The current response has a literal; and where the last that is held begins and ends in `input`.
    literals: bool,
    literal: (usize, usize),
    /// Octets of the connection up to where framing was when it went back into a literal that was too long.
    went_back: u64,
    /// Octets of the connection that lie before `input`.
    dropped: u64,
    limits: Limits,
    /// Octets that were searched, for the tests of what each costs.
    #[cfg(test)]
    looked_at: usize,
}

impl Framer {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            input: Vec::new(),
            ahead: VecDeque::new(),
            start: 0,
            position: 0,
            searched: 0,
            end: 0,
            before: Vec::new(),
            heading: 0,
            awaiting: Awaiting::Line,
            bare: false,
            literals: false,
            literal: (0, 0),
            went_back: 0,
            dropped: 0,
            limits,
            #[cfg(test)]
            looked_at: 0,
        }
    }

    pub(crate) fn push(&mut self, octets: &[u8]) {
        match self.awaiting {
            // A body goes out in the piece of memory that it comes into.
            Awaiting::Body(left) if self.position == self.input.len() && self.ahead.is_empty() => {
                ahead::cut(octets, left, &mut self.ahead);
            }
            _ if !self.ahead.is_empty() => self.ahead.push_back(octets.to_vec()),
            _ => self.append(octets),
        }
    }

    #[cfg_attr(for_speed, optimize(speed))]
    fn append(&mut self, octets: &[u8]) {
        if self.start > 0 {
            self.input.drain(..self.start);
            self.position -= self.start;
            self.searched -= self.start;
            self.end = self.end.saturating_sub(self.start);
            self.literal =
                (self.literal.0.saturating_sub(self.start), self.literal.1.saturating_sub(self.start));
            if let Awaiting::Rest(end) = &mut self.awaiting {
                *end = end.saturating_sub(self.start);
            }
            self.dropped += self.start as u64;
            self.start = 0;
        }
        if self.input.is_empty() && self.input.capacity() > KEPT {
            self.input = Vec::new();
        }
        self.input.extend_from_slice(octets);
    }

    /// Whether octets wait that are not part of a response already given.
    pub(crate) fn has_more(&self) -> bool {
        self.start < self.input.len() || !self.ahead.is_empty()
    }

    /// Takes away what is not part of a response already given: it is not framed as it stands.
    #[cfg(feature = "on-request")]
    pub(crate) fn take_rest(&mut self) -> Vec<u8> {
        let mut rest = self.input.split_off(self.start.min(self.input.len()));
        rest.extend(self.ahead.drain(..).flatten());
        self.move_to(self.start);
        rest
    }

    /// Octets held.
    pub(crate) fn held(&self) -> usize {
        self.input.len() + self.before.len() + self.ahead.iter().map(Vec::len).sum::<usize>()
    }

    /// How many octets of the connection come before the one looked at next. Does not depend on how they were cut.
    pub(crate) fn offset(&self) -> u64 {
        self.dropped + self.position as u64
    }

    /// The response that was given as whole, or what there is of it.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn response(&self) -> &[u8] {
        if self.before.is_empty() {
            self.input.get(self.start..self.end).unwrap_or_default()
        } else {
            &self.before
        }
    }

    /// Whether a line of the response that was given as whole ends in a line feed without a carriage return.
    pub(crate) fn ended_bare(&self) -> bool {
        self.bare
    }

    /// Takes the whole response away.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn advance(&mut self) {
        self.start = self.position;
        self.before.truncate(self.heading);
        self.awaiting = Awaiting::Line;
        (self.bare, self.literals, self.literal) = (false, false, (0, 0));
    }

    /// The stream ended: what there is of a response becomes one, with the mark of a literal that is not complete. Whether there
    /// was anything.
    pub(crate) fn cut(&mut self) -> bool {
        if self.awaiting == Awaiting::Advance || (self.before.len() <= self.heading && !self.has_more()) {
            return false;
        }
        let end = self.input.len();
        if !self.before.is_empty() {
            self.before.extend_from_slice(self.input.get(self.start..).unwrap_or_default());
        }
        self.end = end;
        self.move_to(end);
        self.awaiting = Awaiting::Advance;
        true
    }

    /// The next frame; `None` when more octets are needed.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, ImapError> {
        loop {
            let found = self.next_of_input()?;
            if found.is_some() || self.awaiting == Awaiting::Advance {
                return Ok(found);
            }
            let Some(piece) = self.ahead.pop_front() else { return Ok(None) };
            match self.awaiting {
                Awaiting::Body(left) if piece.len() as u64 <= left => {
                    self.awaiting = Awaiting::Body(left - piece.len() as u64);
                    self.dropped += piece.len() as u64;
                    return Ok(Some(Frame::BodyPart(piece)));
                }
                _ => self.append(&piece),
            }
        }
    }

    /// The next frame of what lies in `input`.
    #[cfg_attr(for_speed, optimize(speed))]
    fn next_of_input(&mut self) -> Result<Option<Frame>, ImapError> {
        loop {
            match self.awaiting {
                Awaiting::Advance => return Ok(None),
                Awaiting::Body(0) => {
                    self.awaiting = Awaiting::Line;
                    return Ok(Some(Frame::BodyEnded));
                }
                Awaiting::Body(left) => return Ok(self.body(left)),
                Awaiting::Literal(left) => {
                    let here = left.min(self.input.len() - self.position);
                    self.move_to(self.position + here);
                    if here < left {
                        self.awaiting = Awaiting::Literal(left - here);
                        return Ok(None);
                    }
                    self.awaiting = Awaiting::Line;
                }
                Awaiting::Line => {
                    if self.one_line() {
                        return Ok(Some(Frame::Response));
                    }
                    match self.line()? {
                        Some(frame) => return Ok(Some(frame)),
                        None if self.awaiting == Awaiting::Line => return Ok(None),
                        None => {}
                    }
                }
                Awaiting::Rest(end) => match self.rest(end)? {
                    Some(frame) => return Ok(Some(frame)),
                    None if self.awaiting == Awaiting::Rest(end) => return Ok(None),
                    None => {}
                },
            }
        }
    }

    fn move_to(&mut self, position: usize) {
        self.position = position;
        self.searched = position;
    }

    /// Octets of a streamed literal. Nothing of the response lies in `input` before them.
    fn body(&mut self, left: u64) -> Option<Frame> {
        let rest = self.input.get(self.position..).unwrap_or_default();
        let here = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
        if here == 0 {
            return None;
        }
        let part = rest.get(..here).unwrap_or_default().to_vec();
        self.move_to(self.position + here);
        self.start = self.position;
        self.awaiting = Awaiting::Body(left - here as u64);
        Some(Frame::BodyPart(part))
    }

    /// Looks for the end of the line at `position`. Returns `None` with `awaiting` unchanged if it is not there yet.
    #[cfg_attr(for_speed, optimize(speed))]
    #[inline(never)]
    fn line(&mut self) -> Result<Option<Frame>, ImapError> {
        let window = self.position + self.piece() + list::MARGIN;
        let mut found = self.line_end(window);
        if found.is_none() && self.input.len() >= window {
            if self.cut_list() {
                return Ok(Some(Frame::Piece));
            }
            found = self.line_end(usize::MAX);
        }
        let Some(line_end) = self.within_line(found)? else { return Ok(None) };
        if let Some((end, next)) = self.swallowed() {
            self.went_back = self.offset();
            self.whole(end, next)?;
            return Ok(Some(Frame::Response));
        }
        let line = self.input.get(self.position..line_end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text_end = self.position + line.len();
        let closed = line.trim_ascii_end().ends_with(b")");
        let literal = literal_length(line).filter(|_| may_hold_literals(self.opening()));
        let next = line_end + 1;
        let Some((octets, header)) = literal else {
            if self.literals && !closed && is_fetch(self.opening()) {
                self.move_to(next);
                self.awaiting = Awaiting::Rest(text_end);
                return Ok(None);
            }
            self.whole(text_end, next)?;
            return Ok(Some(Frame::Response));
        };
        self.bare |= next == text_end + 1;
        let header = text_end - header;
        if octets > INLINE_BODY
            && is_fetch(self.opening())
            && ends_with_body_section(self.input.get(self.start..header).unwrap_or_default())
        {
            return self.start_body(octets, header, next);
        }
        let octets = self.within_response(octets, next)?;
        self.move_to(next);
        (self.literals, self.literal) = (true, (next, next.saturating_add(octets)));
        self.awaiting = Awaiting::Literal(octets);
        Ok(None)
    }

    /// Whether a response is one short line whose end tells that no literal follows: nearly all are, and a list of flags takes a tenth
    /// less time for it. What was searched in vain is not searched again.
    #[cfg_attr(for_speed, optimize(speed))]
    #[inline]
    fn one_line(&mut self) -> bool {
        if self.position != self.start || self.searched != self.start || !self.before.is_empty() {
            return false;
        }
        let most = ONE_LINE.min(self.limits.line).min(self.limits.response);
        let rest = self.input.get(self.start..).unwrap_or_default();
        let rest = rest.get(..most).unwrap_or(rest);
        let found = line_end(rest);
        #[cfg(test)]
        {
            self.looked_at += found.map_or(rest.len(), |found| found + 1);
        }
        let Some(found) = found else {
            self.searched += rest.len();
            return false;
        };
        let whole = matches!(rest.get(found), Some(b'\n'))
            && matches!(rest.get(..found), Some([.., before, b'\r']) if *before != b'}');
        if !whole {
            self.searched += found;
            return false;
        }
        self.end = self.start + found - 1;
        self.move_to(self.start + found + 1);
        self.awaiting = Awaiting::Advance;
        true
    }

    /// A FETCH response goes on behind the end of its line, at `end`: a literal was longer than announced (Mailutils counts
    /// without lines that it adds). What follows belongs to it up to a line that closes the list, or that begins as a response
    /// does.
    #[inline(never)]
    fn rest(&mut self, end: usize) -> Result<Option<Frame>, ImapError> {
        let found = self.line_end(usize::MAX);
        let Some(line_end) = self.within_line(found)? else { return Ok(None) };
        let line = self.input.get(self.position..line_end).unwrap_or_default();
        if begins_response(line) {
            self.whole(end, self.position)?;
            return Ok(Some(Frame::Response));
        }
        let closed = line.trim_ascii_end().ends_with(b")");
        let text_end = self.position + line.strip_suffix(b"\r").unwrap_or(line).len();
        let next = line_end + 1;
        if closed {
            self.whole(text_end, next)?;
            return Ok(Some(Frame::Response));
        }
        self.within_response(0, next)?;
        self.move_to(next);
        self.awaiting = Awaiting::Rest(text_end);
        Ok(None)
    }

    /// A literal that is held was shorter than announced, and the response after it went into it: where that begins, and where
    /// the one before ends. What follows a literal tells. No octet is gone back over twice.
    #[inline(never)]
    fn swallowed(&self) -> Option<(usize, usize)> {
        let (from, to) = self.literal;
        let follows = self.input.get(to)?;
        if to != self.position
            || matches!(follows, b' ' | b')' | b'(' | b'"' | b'\r' | b'\n')
            || self.offset() <= self.went_back
            || !is_fetch(self.opening())
        {
            return None;
        }
        let octets = self.input.get(from..to)?;
        memchr::memchr_iter(b')', octets)
            .find(|at| {
                let closed = octets.get(*at..).and_then(|rest| rest.strip_prefix(b")\r\n"));
                closed.is_some_and(begins_response)
            })
            .map(|at| (from + at + 1, from + at + 3))
    }

    /// Where the line ends, if it stays within its limit.
    #[cfg_attr(for_speed, optimize(speed))]
    fn within_line(&self, found: Option<usize>) -> Result<Option<usize>, ImapError> {
        if found.unwrap_or(self.input.len()) - self.position > self.limits.line {
            return Err(ImapError::Limit { what: "line", limit: self.limits.line as u64 });
        }
        Ok(found)
    }

    /// Where the line at `position` ends, if that is before `window`. No octet is searched twice. A NUL becomes a space.
    #[cfg_attr(for_speed, optimize(speed))]
    fn line_end(&mut self, window: usize) -> Option<usize> {
        let window = window.min(self.input.len());
        loop {
            let rest = self.input.get_mut(self.searched..window)?;
            #[cfg(test)]
            {
                self.looked_at += line_end(rest).map_or(rest.len(), |found| found + 1);
            }
            let Some(found) = line_end(rest) else {
                self.searched = window;
                return None;
            };
            let end = self.searched + found;
            match rest.get_mut(found).filter(|octet| **octet == STREAMED) {
                Some(octet) => *octet = b' ',
                None => {
                    self.searched = end;
                    return Some(end);
                }
            }
            self.searched = end + 1;
        }
    }

    /// How long a piece of a list is at least.
    fn piece(&self) -> usize {
        list::PIECE.min(self.limits.line / 2)
    }

    /// Makes a piece of what has come of a long list. Returns whether it is one.
    #[inline(never)]
    fn cut_list(&mut self) -> bool {
        if self.start != self.position {
            return false;
        }
        let text = self.input.get(self.start..).unwrap_or_default();
        let Some(cut) = list::cut(&self.before, text, self.piece()) else { return false };
        self.heading = if self.heading == 0 { cut.heading } else { self.heading };
        self.before.extend_from_slice(text.get(..cut.end).unwrap_or_default());
        // The octet that stands between two numbers goes.
        self.move_to(self.start + cut.end + 1);
        self.awaiting = Awaiting::Advance;
        true
    }

    /// The first octets of the current response: enough for `* 4294967295 FETCH`.
    fn opening(&self) -> &[u8] {
        let opening = if self.before.is_empty() {
            self.input.get(self.start..).unwrap_or_default()
        } else {
            &self.before
        };
        // Leading NULs, by now spaces, were seen before responses.
        opening.get(..64).unwrap_or(opening).trim_ascii_start()
    }

    #[cfg_attr(for_speed, optimize(speed))]
    fn whole(&mut self, text_end: usize, next: usize) -> Result<(), ImapError> {
        self.within_response(0, next)?;
        if !self.before.is_empty() {
            self.before.extend_from_slice(self.input.get(self.start..text_end).unwrap_or_default());
            self.start = next;
        }
        self.bare |= next == text_end + 1;
        self.end = text_end;
        self.heading = 0;
        self.move_to(next);
        self.awaiting = Awaiting::Advance;
        Ok(())
    }

    #[inline(never)]
    fn start_body(&mut self, octets: u64, header: usize, next: usize) -> Result<Option<Frame>, ImapError> {
        if octets > self.limits.body {
            return Err(ImapError::Limit { what: "body", limit: self.limits.body });
        }
        self.within_response(0, next)?;
        self.before.extend_from_slice(self.input.get(self.start..header).unwrap_or_default());
        self.before.push(STREAMED);
        self.before.extend_from_slice(octets.to_string().as_bytes());
        self.before.push(STREAMED);
        self.move_to(next);
        self.start = next;
        (self.literals, self.literal) = (true, (0, 0));
        self.awaiting = Awaiting::Body(octets);
        Ok(Some(Frame::BodyStarted(octets)))
    }

    /// Whether the response stays within its limit with `octets` more after `next`.
    fn within_response(&self, octets: u64, next: usize) -> Result<usize, ImapError> {
        let held = self.before.len() + (next - self.start);
        usize::try_from(octets)
            .ok()
            .filter(|octets| held.checked_add(*octets).is_some_and(|total| total <= self.limits.response))
            .ok_or(ImapError::Limit { what: "response", limit: self.limits.response as u64 })
    }
}

/// ```abnf
/// literal = "{" number64 ["+"] "}" CRLF *CHAR8
/// literal8 = "~{" number64 "}" CRLF *OCTET
/// ```
/// At the end of a line: the length, and how many octets the header takes. A length beyond 64 bits is none.
pub(crate) fn literal_length(line: &[u8]) -> Option<(u64, usize)> {
    let inner = line.strip_suffix(b"}")?;
    let open = memrchr(b'{', inner)?;
    let digits = inner.get(open + 1..)?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let octets = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let tilde = usize::from(open > 0 && inner.get(open - 1) == Some(&b'~'));
    Some((octets, line.len() - open + tilde))
}

/// Status responses and continuations end in free text, which may look like a literal and is none.
fn may_hold_literals(opening: &[u8]) -> bool {
    let Some(rest) = opening.strip_prefix(b"*") else { return false };
    let rest = rest.trim_ascii_start();
    let length = rest.iter().take_while(|octet| octet.is_ascii_alphanumeric()).count();
    let word = rest.get(..length).unwrap_or_default();
    ![b"OK".as_slice(), b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|status| word.eq_ignore_ascii_case(status))
}

/// Whether a line begins as a response does that no text of a message should look like: `* 12 `, `* OK`, `+ `, `tag OK`.
fn begins_response(line: &[u8]) -> bool {
    let mut words = line.split(|octet| matches!(octet, b' ' | b'\r' | b'\n')).filter(|word| !word.is_empty());
    match (line, words.next(), words.next()) {
        ([b'+', b' ', ..] | b"+" | b"+\r", ..) => true,
        ([b'*', b' ', ..], _, Some(word)) => {
            word.iter().all(u8::is_ascii_digit) || (word.len() > 1 && word.iter().all(u8::is_ascii_uppercase))
        }
        (_, Some(_), Some(b"OK" | b"NO" | b"BAD")) => !line.starts_with(b" "),
        _ => false,
    }
}

/// Whether a response begins as FETCH does: `* 12 FETCH`, or `* 12 UIDFETCH` (RFC 9586).
fn is_fetch(opening: &[u8]) -> bool {
    let Some(rest) = opening.strip_prefix(b"*") else { return false };
    let rest = rest.trim_ascii_start();
    let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let word = rest.get(digits..).unwrap_or_default().trim_ascii_start();
    let is = |name: &[u8]| word.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name));
    digits > 0 && (is(b"FETCH") || is(b"UIDFETCH"))
}

/// Whether a literal here is the value of a body section: after `BODY[...]`, `BODY[...]<n>`, `BINARY[...]`, `RFC822` or
/// `RFC822.TEXT`.
#[inline(never)]
fn ends_with_body_section(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b" ") else { return false };
    let before = before.strip_suffix(b" ").unwrap_or(before);
    let origin = before.strip_suffix(b">").and_then(|inner| inner.get(..memrchr(b'<', inner)?));
    let Some(inner) = origin.unwrap_or(before).strip_suffix(b"]") else { return is_body_name(before, true) };
    memrchr(b'[', inner).and_then(|open| inner.get(..open)).is_some_and(|before| is_body_name(before, false))
}

fn is_body_name(before: &[u8], bare: bool) -> bool {
    let names: &[&[u8]] = if bare { &[b"RFC822", b"RFC822.TEXT"] } else { &[b"BODY", b"BINARY", b"RFC822"] };
    let length = before.iter().rev().take_while(|octet| !matches!(octet, b' ' | b'(')).count();
    let word = before.get(before.len() - length..).unwrap_or_default();
    names.iter().any(|name| name.eq_ignore_ascii_case(word))
}

/// Body literals up to this many octets stay in the response: header sections and short texts are one event then.
const INLINE_BODY: u64 = 4096;

/// A line up to this length is looked at as a whole first: longer ones are few, and their cost is in what they hold.
const ONE_LINE: usize = 1024;

/// An empty input buffer larger than this is given back: one large response shall not cost memory for the life of a connection.
const KEPT: usize = 256 * 1024;
