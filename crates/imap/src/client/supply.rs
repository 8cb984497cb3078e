//! Literals that are sent while the owner hands them in. Octets are asked for when those before are on their way: a message
//! of any size takes the memory of one piece.
//!
//! A literal has said how long it is, so it can't be left in the middle. What was handed in wrongly is refused and nothing of it
//! is sent; a literal that is given up ends the connection, for padding it would store a damaged message as if it were the
//! user's. Only what the server has refused already is padded: it throws the rest away, and spaces are no command even to one
//! that does not.

use super::Client;
use super::running::Phase;
use crate::command::EVERY_COMMAND;
use crate::{Event, Handle, ImapError, Refusal};
use memchr::memchr;

impl Client {
    /// Hands in octets for which [`Event::OctetsWanted`] asked; more than it asked for are taken too, up to the message's end.
    /// A message that can't be handed in whole is given up by [`Client::cancel`].
    ///
    /// # Errors
    /// Nothing was taken: octets were not asked for, or are more than the command said, or hold a NUL (RFC 9051, 9) that only
    /// BINARY may send.
    pub fn supply(&mut self, handle: Handle, octets: Vec<u8>) -> Result<(), Refusal> {
        let running = self.running.iter_mut().find(|running| running.handle == handle);
        let Some((running, supplied)) = running.and_then(|running| match running.phase {
            Phase::Supplying { supplied, asked: true } => Some((running, supplied)),
            _ => None,
        }) else {
            return Err(Refusal::Misuse("no octets are wanted"));
        };
        if !supplied.binary && memchr(0, &octets).is_some() {
            return Err(Refusal::Misuse("a message with NUL octets can't be appended without BINARY"));
        }
        let Some(left) = supplied.octets.checked_sub(octets.len() as u64) else {
            return Err(Refusal::Misuse("the message has more octets than its command said"));
        };
        let supplied = crate::encode::Supplied { octets: left, ..supplied };
        // No octets are no answer: the question stands.
        running.phase = Phase::Supplying { supplied, asked: octets.is_empty() };
        let ready = if left == 0 { running.advance(false) } else { Vec::new() };
        self.send_supplied(octets);
        for fragment in ready {
            self.send_fragment(fragment);
        }
        Ok(())
    }

    /// Whether a literal waits for its turn.
    pub(super) fn wants_octets(&self) -> bool {
        EVERY_COMMAND
            && self.running.iter().any(|running| {
                matches!(running.phase, Phase::Supplying { asked: false, .. } | Phase::Padding { .. })
            })
    }

    /// Asks the owner for the next octets, or pads what the server throws away. Returns whether there was something to do.
    #[inline(never)]
    pub(super) fn ask_for_octets(&mut self) -> bool {
        if !EVERY_COMMAND {
            return false;
        }
        let piece = self.limits.piece.max(1);
        let Some(index) = self.running.iter().position(|running| {
            matches!(running.phase, Phase::Supplying { asked: false, .. } | Phase::Padding { .. })
        }) else {
            return false;
        };
        let Some(running) = self.running.get_mut(index) else { return false };
        match &mut running.phase {
            Phase::Supplying { supplied, asked } => {
                *asked = true;
                let octets = usize::try_from(supplied.octets).map_or(piece, |left| left.min(piece));
                let handle = running.handle;
                self.event(Event::OctetsWanted { handle, octets });
            }
            Phase::Padding { left: 0 } => {
                self.running.remove(index);
                self.send_line("");
            }
            Phase::Padding { left } => {
                let octets = usize::try_from(*left).map_or(piece, |left| left.min(piece));
                *left -= octets as u64;
                self.send_supplied(vec![b' '; octets]);
            }
            _ => return false,
        }
        true
    }

    /// The owner gives up a message of which the server has, or will have, a part.
    pub(super) fn abandon(&mut self) {
        self.fail(Some(ImapError::Abandoned));
    }
}
