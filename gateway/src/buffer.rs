//! Buffers for octets on their way. Each thread keeps a few; a tunnel has one only while it holds octets that the other
//! side has not taken, so one that waits has none.

use crate::websocket::HEADROOM;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::take;
use std::ops::Range;
use waypost_tunnel::MAX_PAYLOAD;

/// One buffer. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Buffer(Box<[u8]>);

impl Buffer {
    /// One of this thread's, or a new one. What it holds is of no meaning, and zeros only in a new one.
    pub(crate) fn take() -> Self {
        let kept = KEPT.with_borrow_mut(Vec::pop);
        Self(kept.unwrap_or_else(|| vec![0; SIZE].into_boxed_slice()))
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn octets_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Moves the octets of `next` behind those of `run`, so that both are one.
    pub(crate) fn join(&mut self, run: Range<usize>, next: Range<usize>) -> Range<usize> {
        if run.is_empty() {
            return next;
        }
        let end = run.end + next.len();
        if run.end != next.start {
            self.0.copy_within(next, run.end);
        }
        run.start..end
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let octets = take(&mut self.0);
        // Without the thread's store, at the thread's end, it is freed.
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() < MOST_KEPT {
                kept.push(octets);
            }
        });
    }
}

/// Octets in order that wait until the other side takes them.
#[derive(Debug, Default)]
pub(crate) struct Backlog(VecDeque<Chunk>);

#[derive(Debug)]
struct Chunk {
    buffer: Buffer,
    range: Range<usize>,
}

impl Backlog {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the octets of `range`. They fill the last buffer first: many small pieces must not hold a buffer each.
    pub(crate) fn push(&mut self, mut buffer: Buffer, mut range: Range<usize>) {
        if let Some(last) = self.0.back_mut() {
            let end = last.range.end;
            let octets = buffer.0.get(range.clone()).unwrap_or_default();
            let free = last.buffer.0.get_mut(end..).unwrap_or_default();
            let fits = free.len().min(octets.len());
            let (now, _) = octets.split_at(fits);
            free.split_at_mut(fits).0.copy_from_slice(now);
            last.range.end += fits;
            // To the front, so that what comes next finds all the rest free.
            buffer.0.copy_within(range.start + fits..range.end, 0);
            range = 0..range.len() - fits;
        }
        if !range.is_empty() {
            self.0.push_back(Chunk { buffer, range });
        }
    }

    /// The octets that are next; none if there are none.
    pub(crate) fn front(&self) -> &[u8] {
        self.0.front().and_then(|chunk| chunk.buffer.0.get(chunk.range.clone())).unwrap_or_default()
    }

    /// So many of them were taken.
    pub(crate) fn advance(&mut self, count: usize) {
        if let Some(chunk) = self.0.front_mut() {
            chunk.range.start += count;
            if chunk.range.is_empty() {
                self.0.pop_front();
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0 = VecDeque::new();
    }
}

thread_local! {
    static KEPT: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// The largest payload of a frame with the header in front of it.
const SIZE: usize = HEADROOM + MAX_PAYLOAD;
/// As many as one read of a tunnel under load fills ([`crate::session`]), and one for what its client says meanwhile.
const MOST_KEPT: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(octets: &[u8], at: usize) -> (Buffer, Range<usize>) {
        let mut buffer = Buffer::take();
        buffer.octets_mut()[at..at + octets.len()].copy_from_slice(octets);
        (buffer, at..at + octets.len())
    }

    #[test]
    fn a_backlog_gives_back_what_it_took_in_order_and_holds_few_buffers() {
        let all: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
        for size in [1, 100, 4096, 40_000, MAX_PAYLOAD] {
            let mut backlog = Backlog::default();
            for piece in all.chunks(size) {
                let (buffer, range) = filled(piece, SIZE - piece.len());
                backlog.push(buffer, range);
            }
            assert!(backlog.0.len() <= all.len() / MAX_PAYLOAD + 2, "pieces of {size}: {}", backlog.0.len());
            let mut given = Vec::new();
            while !backlog.is_empty() {
                let front = backlog.front();
                let count = front.len().min(7777);
                given.extend_from_slice(&front[..count]);
                backlog.advance(count);
            }
            assert!(given == all, "pieces of {size}");
        }
    }

    #[test]
    fn pieces_of_a_buffer_are_joined() {
        let (mut buffer, _) = filled(b"..abc....defg", 0);
        let run = buffer.join(0..0, 2..5);
        let run = buffer.join(run, 9..13);
        assert_eq!(&buffer.octets()[run.clone()], b"abcdefg");
        assert_eq!(run, 2..9);
    }

    #[test]
    fn a_thread_keeps_some_buffers_and_frees_the_others() {
        let many: Vec<Buffer> = (0..9).map(|_| Buffer::take()).collect();
        drop(many);
        assert_eq!(KEPT.with_borrow(Vec::len), MOST_KEPT);
    }
}
