//! Finds the end of a message and the dots that were stuffed into it (RFC 1939, 3), in octets that are cut anywhere.
//!
//! Each octet is looked at once, and only lines that begin with a dot cost more than a search.
//!
//! Which line ends count. The rule is CRLF. Some servers send messages as they lie on the disk, in bare LFs, between status lines
//! that are right: so a line begins after every LF. But the terminator is `.` CRLF, and `.` LF only where the status line ended in
//! a bare LF too: else a sender who gets a bare LF past a mail system that stuffs after CRLF only could end a message early and
//! speak for the server in the rest.
//!
//! A dot that no stuffing server would send stays: whoever does not stuff sent it as it is.

use crate::fault::{Fault, Faults};
use memchr::memchr_iter;

/// Where the next octet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Begins a line; the one before ended in a bare line feed.
    Start { bare: bool },
    /// Within a line; a carriage return came last.
    Middle { returned: bool },
    /// After a dot at the start, which is held back.
    Dot { bare: bool },
    /// After such a dot and CR, which are held back.
    DotReturn { bare: bool },
    /// After the terminator.
    Over,
}

/// What was found in a piece.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Octets that were held back before this piece and belong to the message after all.
    pub(crate) before: &'static [u8],
    /// Octets of the piece that belong to the message but for the dots in [`Scanner::dots`].
    pub(crate) content: usize,
    /// Octets of the piece that are done with.
    pub(crate) taken: usize,
}

/// The search.
#[derive(Debug)]
pub(crate) struct Scanner {
    pub(crate) place: Place,
    /// Stuffed dots of the last piece, in order.
    pub(crate) dots: Vec<usize>,
    /// The status line ended in a bare line feed.
    bare: bool,
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { place: Place::Over, dots: Vec::new(), bare: false }
    }

    /// A message begins.
    pub(crate) fn begin(&mut self, bare: bool) {
        (self.place, self.bare) = (Place::Start { bare: false }, bare);
    }

    /// Searches a piece.
    ///
    /// # Errors
    /// The rule that is broken in strict mode, and where in the piece.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn search(
        &mut self,
        piece: &[u8],
        faults: &mut Faults,
    ) -> Result<Found, (&'static str, usize)> {
        self.dots.clear();
        let mut found = Found::default();
        // What is held back since earlier pieces.
        let carried: &[u8] = match self.place {
            Place::Dot { .. } => b".",
            Place::DotReturn { .. } => b".\r",
            _ => b"",
        };
        // Where what is held back begins, if in this piece.
        let mut held = None;
        let mut at = 0;
        while let Some(&octet) = piece.get(at).filter(|_| self.place != Place::Over) {
            match self.place {
                Place::Start { bare } if octet == b'.' => {
                    if self.dots.len() == MOST_DOTS {
                        break;
                    }
                    (held, at, self.place) = (Some(at), at + 1, Place::Dot { bare });
                }
                Place::Start { .. } => self.place = Place::Middle { returned: false },
                Place::Middle { returned } => at = self.line(piece, at, returned),
                Place::Dot { bare } if octet == b'.' => {
                    if bare {
                        faults.tolerate(Fault::DotAfterLineFeed).map_err(|rule| (rule, at))?;
                    }
                    self.dots.extend(held.take());
                    (at, self.place) = (at + 1, Place::Middle { returned: false });
                }
                Place::Dot { bare } if octet == b'\r' => {
                    (at, self.place) = (at + 1, Place::DotReturn { bare })
                }
                Place::Dot { .. } if octet == b'\n' && self.bare => {
                    faults.tolerate(Fault::BareTerminator).map_err(|rule| (rule, at))?;
                    (at, self.place) = (at + 1, Place::Over);
                }
                Place::DotReturn { .. } if octet == b'\n' => (at, self.place) = (at + 1, Place::Over),
                Place::DotReturn { .. } if matches!(octet, b'+' | b'-') => {
                    faults.tolerate(Fault::ReturnTerminator).map_err(|rule| (rule, at))?;
                    self.place = Place::Over;
                }
                Place::Dot { .. } | Place::DotReturn { .. } => {
                    faults.tolerate(Fault::UnstuffedDot).map_err(|rule| (rule, at))?;
                    let returned = matches!(self.place, Place::DotReturn { .. });
                    if held.take().is_none() {
                        found.before = carried;
                    }
                    self.place = Place::Middle { returned };
                }
                Place::Over => {}
            }
        }
        found.taken = at;
        found.content = match self.place {
            Place::Start { .. } | Place::Middle { .. } => at,
            _ => held.unwrap_or(0),
        };
        Ok(found)
    }

    /// Goes to the next line that begins with a dot, or to the end of the piece.
    #[cfg_attr(for_speed, optimize(speed))]
    fn line(&mut self, piece: &[u8], at: usize, returned: bool) -> usize {
        let ends_in_return = |end: usize| match end.checked_sub(1) {
            Some(before) => piece.get(before) == Some(&b'\r'),
            None => returned,
        };
        let rest = piece.get(at..).unwrap_or_default();
        // Line by line: what searches for two octets at once is several times the code.
        let dotted = |end: &usize| rest.get(end + 1) == Some(&b'.');
        if let Some(length) = memchr_iter(b'\n', rest).find(dotted) {
            self.place = Place::Start { bare: !ends_in_return(at + length) };
            return at + length + 1;
        }
        self.place = match piece.last() {
            Some(b'\n') => Place::Start { bare: !ends_in_return(piece.len() - 1) },
            last => Place::Middle { returned: last == Some(&b'\r') },
        };
        piece.len()
    }
}

/// So many are remembered at once: a piece of nothing but dots is given in several parts.
const MOST_DOTS: usize = 4096;
