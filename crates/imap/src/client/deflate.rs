//! COMPRESS=DEFLATE (RFC 4978). What comes in is inflated only as it is asked for: a few octets that would inflate to
//! gigabytes take no more memory than they have.

use super::Client;
#[cfg(feature = "on-request")]
use crate::deflate::{Compressor, Inflater};
use crate::{Command, ImapError};

/// Whether a command asks for compression.
#[cfg(feature = "on-request")]
pub(super) fn compresses(command: &Command) -> bool {
    matches!(command, Command::Compress)
}

#[cfg(not(feature = "on-request"))]
pub(super) fn compresses(_: &Command) -> bool {
    false
}

/// No connection is compressed without the command.
#[cfg(not(feature = "on-request"))]
pub(super) enum Deflate {}

#[cfg(not(feature = "on-request"))]
impl Deflate {
    pub(super) fn compress(&mut self, _: &[u8]) -> Vec<u8> {
        match *self {}
    }

    pub(super) fn push(&mut self, _: &[u8]) {
        match *self {}
    }

    fn inflate(&mut self, _: usize) -> Result<&[u8], &'static str> {
        match *self {}
    }

    pub(super) fn held(&self) -> usize {
        match *self {}
    }
}

/// Both directions of a compressed connection.
#[cfg(feature = "on-request")]
pub(super) struct Deflate {
    compressor: Compressor,
    inflater: Inflater,
    /// Compressed octets, those before `taken` inflated already.
    held: Vec<u8>,
    taken: usize,
}

#[cfg(feature = "on-request")]
impl Deflate {
    /// Begins with octets that came after the answer to COMPRESS.
    pub(super) fn new(rest: Vec<u8>) -> Self {
        Self { compressor: Compressor::new(), inflater: Inflater::new(), held: rest, taken: 0 }
    }

    /// Compresses and flushes: the server can read all of it at once.
    pub(super) fn compress(&mut self, octets: &[u8]) -> Vec<u8> {
        self.compressor.compress(octets)
    }

    pub(super) fn push(&mut self, octets: &[u8]) {
        self.held.drain(..self.taken);
        self.taken = 0;
        self.held.extend_from_slice(octets);
    }

    /// Inflates up to `piece` octets; none if more have to come first.
    ///
    /// # Errors
    /// The octets are not DEFLATE, or its last block came: the connection can't go on.
    fn inflate(&mut self, piece: usize) -> Result<&[u8], &'static str> {
        let held = self.held.get(self.taken..).unwrap_or_default();
        let (taken, octets) = self.inflater.inflate(held, piece).map_err(|()| "deflate")?;
        self.taken += taken;
        if self.taken == self.held.len() {
            self.held = Vec::new();
            self.taken = 0;
        }
        Ok(octets)
    }

    /// Octets held.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }
}

impl Client {
    /// Hands the framer some more octets of a compressed connection. Returns whether something happened.
    #[inline(never)]
    pub(super) fn inflate(&mut self) -> bool {
        let Some(deflate) = &mut self.deflate else { return false };
        match deflate.inflate(self.limits.piece) {
            Ok([]) => false,
            Ok(octets) => {
                self.framer.push(octets);
                true
            }
            Err(rule) => {
                let offset = self.framer.offset();
                self.fail(Some(ImapError::Framing { rule, offset }));
                true
            }
        }
    }
}

#[cfg(all(test, feature = "on-request"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_inflates_at_every_split_and_in_small_pieces() {
        let text = b"w1 UID FETCH 1:* (FLAGS)\r\n".repeat(50);
        let mut sender = Deflate::new(Vec::new());
        let compressed = [sender.compress(&text), sender.compress(b"w2 NOOP\r\n")].concat();
        assert!(compressed.len() < text.len() / 4);
        for split in 0..=compressed.len() {
            let (first, second) = compressed.split_at(split);
            let mut receiver = Deflate::new(first.to_vec());
            let mut seen: Vec<u8> = Vec::new();
            for more in [&[][..], second] {
                receiver.push(more);
                loop {
                    let piece = receiver.inflate(7).unwrap();
                    if piece.is_empty() {
                        break;
                    }
                    seen.extend(piece);
                }
            }
            assert!(seen.starts_with(&text) && seen.ends_with(b"w2 NOOP\r\n"), "split at {split}");
        }
    }

    #[test]
    fn large_and_random_octets_pass() {
        let mut state = 1_u32;
        let octets: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(300_000)
        .collect();
        let mut sender = Deflate::new(Vec::new());
        let mut receiver = Deflate::new(sender.compress(&octets));
        let mut seen: Vec<u8> = Vec::new();
        loop {
            let piece = receiver.inflate(1000).unwrap();
            if piece.is_empty() {
                break;
            }
            seen.extend(piece);
        }
        assert!(seen == octets);
    }

    #[test]
    fn octet_by_octet_costs_no_more_than_the_length() {
        let text: Vec<u8> = (0..60_000_u32).flat_map(u32::to_le_bytes).collect();
        let compressed = Deflate::new(Vec::new()).compress(&text);
        let mut receiver = Deflate::new(Vec::new());
        let mut seen = 0;
        let start = std::time::Instant::now();
        for octet in compressed {
            receiver.push(&[octet]);
            loop {
                let piece = receiver.inflate(1 << 20).unwrap().len();
                seen += piece;
                if piece == 0 {
                    break;
                }
            }
        }
        assert_eq!(seen, text.len());
        // With a megabyte to be cleared for each octet this takes a minute.
        assert!(start.elapsed().as_secs() < 15);
    }

    #[test]
    fn what_is_no_deflate_is_said_so() {
        assert!(Deflate::new(b"* OK not compressed at all, this\r\n".repeat(10)).inflate(4096).is_err());
        // A last block that is empty: nothing can follow it.
        assert!(Deflate::new(vec![0x03, 0x00]).inflate(4096).is_err());
    }
}
