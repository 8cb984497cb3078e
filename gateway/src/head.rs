//! The header of a request before HTTP has it. The library takes 16 KiB for a connection as soon as it reads; here a client
//! that has not asked for anything yet holds what it has sent, and no more.
//!
//! Nothing is decided: where a header ends is seen as the library sees it, and what is no header is handed on as well.

use crate::guarded::Guarded;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead as _, ReadBuf};

/// Octets of a header that is not whole.
#[derive(Debug, Default)]
pub(crate) struct Head {
    octets: Vec<u8>,
    /// The request line has begun. Empty lines before it do not count (RFC 9112, 2.2).
    begun: bool,
    /// The line that is being read has something in it.
    filled: bool,
    ended: bool,
}

impl Head {
    /// Reads on. Ready with all that came once the header is whole, is longer than one may be, or nothing more comes.
    pub(crate) fn poll_whole(&mut self, context: &mut Context<'_>, stream: &mut Guarded) -> Poll<Vec<u8>> {
        loop {
            let mut piece = [0; PIECE];
            let mut piece = ReadBuf::new(&mut piece);
            let read = ready!(Pin::new(&mut *stream).poll_read(context, &mut piece));
            let came = read.is_ok() && !piece.filled().is_empty();
            self.take(piece.filled());
            if !came || self.ended || self.octets.len() >= LONGEST {
                return Poll::Ready(std::mem::take(&mut self.octets));
            }
        }
    }

    /// Keeps these octets, in little more memory than they have.
    fn take(&mut self, octets: &[u8]) {
        self.octets.reserve_exact(octets.len().next_multiple_of(STEP));
        self.octets.extend_from_slice(octets);
        for octet in octets {
            match octet {
                b'\n' if self.filled => self.filled = false,
                b'\n' => self.ended |= self.begun,
                b'\r' => {}
                _ => (self.begun, self.filled) = (true, true),
            }
        }
    }
}

/// As much as the library takes for a header; it answers what is longer.
pub(crate) const LONGEST: usize = 16 * 1024;
const PIECE: usize = 4096;
const STEP: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn ends_at(text: &str) -> Option<usize> {
        let mut head = Head::default();
        (0..text.len()).find(|at| {
            head.take(&text.as_bytes()[*at..=*at]);
            head.ended
        })
    }

    #[test]
    fn a_header_ends_with_the_first_empty_line_after_its_first_line() {
        for (text, end) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\nmore", Some(26)),
            ("GET / HTTP/1.1\nHost: a\n\nmore", Some(23)),
            ("\r\n\r\nGET / HTTP/1.1\r\n\r\n", Some(21)),
            ("\n\nGET / HTTP/1.1\r\n\n", Some(18)),
            ("GET / HTTP/1.1\r\n \r\nHost: a\r\n", None),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r", None),
            ("\r\n\r\n\r\n", None),
            ("", None),
        ] {
            assert_eq!(ends_at(text), end, "{text:?}");
        }
    }

    #[test]
    fn what_is_held_takes_little_more_memory_than_it_has_octets() {
        let mut head = Head::default();
        for count in 1..=LONGEST {
            head.take(b"x");
            assert!(head.octets.capacity() < count + STEP, "{} for {count}", head.octets.capacity());
        }
    }
}
