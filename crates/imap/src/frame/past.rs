//! What goes past the framer: responses that were read before it looked, and bodies that the driver takes itself.

use super::{Awaiting, Framer};

impl Framer {
    /// What was handed in, where a response begins with it and nothing of it was looked at.
    pub(crate) fn unsearched(&self) -> Option<&[u8]> {
        let fresh = self.awaiting == Awaiting::Line
            && self.position == self.start
            && self.searched == self.start
            && self.before.is_empty()
            && self.ahead.is_empty();
        self.input.get(self.start..).filter(|_| fresh)
    }

    /// So many octets of that were whole responses, and are done with.
    pub(crate) fn skip(&mut self, octets: usize) {
        if octets > 0 {
            self.start = (self.start + octets).min(self.input.len());
            self.move_to(self.start);
        }
    }

    /// How many octets of a streamed body come next, where nothing waits here; 0 where no body is streamed.
    pub(crate) fn body_left(&self) -> u64 {
        match self.awaiting {
            Awaiting::Body(left) if !self.has_more() => left,
            _ => 0,
        }
    }

    /// So many octets of that body went another way.
    pub(crate) fn pass(&mut self, octets: u64) {
        let left = self.body_left();
        if left > 0 {
            let passed = octets.min(left);
            self.awaiting = Awaiting::Body(left - passed);
            self.dropped += passed;
        }
    }
}
