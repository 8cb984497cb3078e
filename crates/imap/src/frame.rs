//! Cuts the server's octets into responses: lines, literals, nothing else (RFC 9051, 4.3 and 9). Nothing is parsed here.
//!
//! A response stays in one buffer until it is whole; each octet is looked at once. The literal of a long body section is not kept:
//! its octets go out as they come, and a mark ([`STREAMED`], the length, [`STREAMED`]) stands for it in the response.

use crate::ImapError;
use memchr::memchr;
use waypost_wire::Limits;

/// Stands around the length of a literal that was streamed. NUL occurs in no response outside literals.
pub(crate) const STREAMED: u8 = 0;

/// Body literals up to this many octets stay in the response: header sections and short texts are one event then.
const INLINE_BODY: u64 = 4096;

/// What comes out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A whole response, without its line end, lies in [`Framer::response`] until [`Framer::advance`].
    Response,
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
    /// A whole response was given and not yet taken away.
    Advance,
}

/// The cutter.
#[derive(Debug)]
pub(crate) struct Framer {
    buffer: Vec<u8>,
    /// Where the current response begins.
    start: usize,
    /// Up to where it was looked at.
    position: usize,
    /// End of the whole response without its line end; valid in `Advance`.
    end: usize,
    awaiting: Awaiting,
    /// Octets handed in so far.
    received: u64,
    limits: Limits,
}

impl Framer {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            position: 0,
            end: 0,
            awaiting: Awaiting::Line,
            received: 0,
            limits,
        }
    }

    pub(crate) fn push(&mut self, octets: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.position -= self.start;
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(octets);
        self.received += octets.len() as u64;
    }

    /// Whether octets wait that are not part of a response already given.
    pub(crate) fn has_more(&self) -> bool {
        let taken = if self.awaiting == Awaiting::Advance { self.position } else { self.start };
        taken < self.buffer.len()
    }

    /// Octets received so far, for error messages.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The response that was given as whole, or what there is of it.
    pub(crate) fn response(&self) -> &[u8] {
        let end = if self.awaiting == Awaiting::Advance { self.end } else { self.position };
        self.buffer.get(self.start..end).unwrap_or_default()
    }

    /// Takes the whole response away.
    pub(crate) fn advance(&mut self) {
        self.start = self.position;
        self.awaiting = Awaiting::Line;
    }

    /// The next frame; `None` when more octets are needed.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, ImapError> {
        loop {
            match self.awaiting {
                Awaiting::Advance => return Ok(None),
                Awaiting::Body(0) => {
                    self.awaiting = Awaiting::Line;
                    return Ok(Some(Frame::BodyEnded));
                }
                Awaiting::Body(left) => return Ok(self.body(left)),
                Awaiting::Literal(left) => {
                    let here = left.min(self.buffer.len() - self.position);
                    self.position += here;
                    if here < left {
                        self.awaiting = Awaiting::Literal(left - here);
                        return Ok(None);
                    }
                    self.awaiting = Awaiting::Line;
                }
                Awaiting::Line => match self.line()? {
                    Some(frame) => return Ok(Some(frame)),
                    None if self.awaiting == Awaiting::Line => return Ok(None),
                    None => {}
                },
            }
        }
    }

    fn body(&mut self, left: u64) -> Option<Frame> {
        let there = self.buffer.len() - self.position;
        let here = usize::try_from(left).map_or(there, |left| left.min(there));
        if here == 0 {
            return None;
        }
        self.awaiting = Awaiting::Body(left - here as u64);
        Some(Frame::BodyPart(self.buffer.drain(self.position..self.position + here).collect()))
    }

    /// Looks for the end of the line at `position`. Returns `None` with `awaiting` unchanged if it is not there yet.
    fn line(&mut self) -> Result<Option<Frame>, ImapError> {
        let rest = self.buffer.get(self.position..).unwrap_or_default();
        let Some(length) = memchr(b'\n', rest) else {
            if rest.len() > self.limits.line {
                return Err(ImapError::Limit { what: "line", limit: self.limits.line as u64 });
            }
            return Ok(None);
        };
        let line = rest.get(..length).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text_end = self.position + line.len();
        let literal = literal_length(line)
            .filter(|_| may_hold_literals(self.buffer.get(self.start..text_end).unwrap_or_default()));
        let next = self.position + length + 1;
        let Some((octets, header)) = literal else {
            self.end = text_end;
            self.position = next;
            self.awaiting = Awaiting::Advance;
            return Ok(Some(Frame::Response));
        };
        let before = self.buffer.get(self.start..text_end - header).unwrap_or_default();
        if octets > INLINE_BODY && ends_with_body_section(before) {
            return self.start_body(octets, text_end - header, next);
        }
        let octets = self.checked_literal(octets, next)?;
        self.position = next;
        self.awaiting = Awaiting::Literal(octets);
        Ok(None)
    }

    fn start_body(&mut self, octets: u64, header: usize, next: usize) -> Result<Option<Frame>, ImapError> {
        if octets > self.limits.body {
            return Err(ImapError::Limit { what: "body", limit: self.limits.body });
        }
        let mut mark = vec![STREAMED];
        mark.extend_from_slice(octets.to_string().as_bytes());
        mark.push(STREAMED);
        self.position = header + mark.len();
        self.buffer.splice(header..next, mark);
        self.awaiting = Awaiting::Body(octets);
        Ok(Some(Frame::BodyStarted(octets)))
    }

    fn checked_literal(&self, octets: u64, next: usize) -> Result<usize, ImapError> {
        let limit = ImapError::Limit { what: "response", limit: self.limits.response as u64 };
        let octets = usize::try_from(octets).map_err(|_| limit.clone())?;
        match (next - self.start).checked_add(octets) {
            Some(total) if total <= self.limits.response => Ok(octets),
            _ => Err(limit),
        }
    }
}

/// `literal = "{" number64 ["+"] "}"` and `literal8 = "~{" ...` at the end of a line (RFC 9051, 9): the length, and how many
/// octets the header takes.
fn literal_length(line: &[u8]) -> Option<(u64, usize)> {
    let inner = line.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|octet| *octet == b'{')?;
    let digits = inner.get(open + 1..)?;
    let digits = digits.strip_suffix(b"+").or_else(|| digits.strip_suffix(b"-")).unwrap_or(digits);
    if digits.is_empty() || digits.len() > 19 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let octets = digits
        .iter()
        .fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    let tilde = usize::from(open > 0 && inner.get(open - 1) == Some(&b'~'));
    Some((octets, line.len() - open + tilde))
}

/// Status responses and continuations end in free text, which may look like a literal and is none.
fn may_hold_literals(response: &[u8]) -> bool {
    let Some(rest) = response.strip_prefix(b"* ") else { return false };
    let word = rest.split(|octet| *octet == b' ').next().unwrap_or_default();
    ![b"OK".as_slice(), b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|status| word.eq_ignore_ascii_case(status))
}

/// Whether a literal here is the value of a body section: after `BODY[...]`, `BODY[...]<n>`, `BINARY[...]`, `RFC822` or
/// `RFC822.TEXT`.
fn ends_with_body_section(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b" ") else { return false };
    if before.ends_with(b"]") {
        return true;
    }
    if let Some(inner) = before.strip_suffix(b">") {
        let digits = inner.iter().rev().take_while(|octet| octet.is_ascii_digit()).count();
        return digits > 0 && inner.get(..inner.len() - digits).is_some_and(|rest| rest.ends_with(b"]<"));
    }
    let word = before.rsplit(|octet| matches!(octet, b' ' | b'(')).next().unwrap_or_default();
    word.eq_ignore_ascii_case(b"RFC822") || word.eq_ignore_ascii_case(b"RFC822.TEXT")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame's kind, `None` for a response, and its octets.
    type Seen = Vec<(Option<String>, Vec<u8>)>;

    fn all(chunks: &[&[u8]]) -> Result<Seen, ImapError> {
        let mut framer = Framer::new(Limits::default());
        let mut seen = Vec::new();
        for chunk in chunks {
            framer.push(chunk);
            while let Some(frame) = framer.next()? {
                match frame {
                    Frame::Response => {
                        seen.push((None, framer.response().to_vec()));
                        framer.advance();
                    }
                    Frame::BodyStarted(octets) => {
                        seen.push((Some(format!("start {octets}")), framer.response().to_vec()))
                    }
                    Frame::BodyPart(part) => match seen.last_mut() {
                        Some((Some(kind), whole)) if kind == "part" => whole.extend(part),
                        _ => seen.push((Some("part".to_owned()), part)),
                    },
                    Frame::BodyEnded => seen.push((Some("end".to_owned()), Vec::new())),
                }
            }
        }
        Ok(seen)
    }

    fn sample() -> Vec<u8> {
        let mut octets =
            b"* OK text {5}\r\n* LIST () \"/\" {4}\r\na\r\nb\r\n* 1 FETCH (BODY[] {5000}\r\n".to_vec();
        octets.extend(std::iter::repeat_n(b"ab\r\n\n", 1000).flatten());
        octets.extend(b" UID 7 BODY[HEADER] {3}\r\nx: )\na1 OK bare line feed\n");
        octets
    }

    #[test]
    fn literals_bodies_and_lines_are_told_apart_at_every_split() {
        let octets = sample();
        let whole = all(&[&octets]).unwrap();
        assert_eq!(whole[0].1, b"* OK text {5}");
        assert_eq!(whole[1].1, b"* LIST () \"/\" {4}\r\na\r\nb");
        assert_eq!(whole[2], (Some("start 5000".to_owned()), b"* 1 FETCH (BODY[] \x005000\0".to_vec()));
        assert_eq!(whole[3].1.len(), 5000);
        assert_eq!(whole[5].1, b"* 1 FETCH (BODY[] \x005000\0 UID 7 BODY[HEADER] {3}\r\nx: )");
        assert_eq!(whole[6].1, b"a1 OK bare line feed");
        for split in 0..octets.len() {
            assert_eq!(all(&[&octets[..split], &octets[split..]]).unwrap(), whole, "split at {split}");
        }
    }

    #[test]
    fn a_claim_beyond_the_limits_ends_the_connection_before_anything_is_sized_by_it() {
        for claim in ["* LIST () NIL {99999999999}\r\n", "* 1 FETCH (BODY[] {9999999999999999999}\r\n"] {
            assert!(matches!(all(&[claim.as_bytes()]), Err(ImapError::Limit { .. })), "{claim}");
        }
        let endless = vec![b'a'; Limits::default().line + 1];
        assert!(matches!(all(&[&endless]), Err(ImapError::Limit { what: "line", .. })));
    }
}
