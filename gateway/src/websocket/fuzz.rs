//! What fuzzers call, compiled with the tests so that it can't rot. No part of the API.

use super::mask::Mask;
use super::{Decoder, Fault, Item};
use waypost_tunnel::{MAX_CONTROL, MAX_PAYLOAD};

/// Takes frames of a client that sends `data`: the first octet says how it is cut and whether what follows is masked
/// before.
///
/// # Panics
/// Whole and in pieces did not give the same, something was larger than it may be, or octets were lost.
pub fn framing(data: &[u8]) {
    let (setting, octets) = data.split_first().unwrap_or((&0, &[]));
    let piece = usize::from(setting >> 1).pow(2) + 1;
    let octets = if setting & 1 == 1 { masked(octets) } else { octets.to_vec() };
    let whole = heard(&octets, octets.len().max(1));
    assert_eq!(whole, heard(&octets, piece), "whole and in pieces of {piece}");
}

/// Everything a decoder found; payload is put together, because its pieces depend on how it came.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    items: Vec<Item>,
    payload: Vec<u8>,
    fault: Option<Fault>,
}

fn heard(octets: &[u8], piece: usize) -> Heard {
    let mut decoder = Decoder::default();
    let mut heard = Heard::default();
    for piece in octets.chunks(piece) {
        let (mut piece, mut at) = (piece.to_vec(), 0);
        loop {
            let before = at;
            match decoder.decode(&mut piece, &mut at) {
                Ok(Some(item)) => heard.take(item, &piece),
                Ok(None) => break assert_eq!(at, piece.len(), "all octets are read"),
                Err(fault) => {
                    assert!(decoder.is_over() && heard.fault.is_none());
                    heard.fault = Some(fault);
                }
            }
            assert!((before..=piece.len()).contains(&at), "it goes forward");
        }
    }
    heard
}

impl Heard {
    fn take(&mut self, item: Item, piece: &[u8]) {
        match &item {
            Item::Payload(range) => {
                let octets = piece.get(range.clone()).unwrap_or_default();
                assert_eq!(octets.len(), range.len(), "payload lies in what was handed in");
                assert!(octets.len() <= MAX_PAYLOAD);
                self.payload.extend_from_slice(octets);
                if !octets.is_empty() {
                    return;
                }
            }
            Item::Text(text) => assert!(text.len() <= MAX_CONTROL),
            Item::Ping(octets) | Item::Pong(octets) => assert!(octets.len() <= 125),
            Item::Close(closing) => assert!(closing.reason.len() <= 123),
        }
        assert!(self.fault.is_none(), "nothing after a fault");
        assert!(!matches!(self.items.last(), Some(Item::Close(_))), "nothing after the end");
        // Where an empty message lay is of no meaning.
        self.items.push(if matches!(item, Item::Payload(_)) { Item::Payload(0..0) } else { item });
    }
}

/// Frames of these octets, so that most of a mutated text comes through: each line is a frame, its first octet says
/// which.
fn masked(octets: &[u8]) -> Vec<u8> {
    let mut frames = Vec::new();
    for line in octets.split(|octet| *octet == b'\n') {
        let (kind, payload) = line.split_first().unwrap_or((&0, &[]));
        let key = [*kind, kind.wrapping_mul(7), 0x5A, 0xFF];
        frames.push(kind & 0x8F);
        match payload.len() {
            short @ 0..=125 => frames.push(0x80 | short as u8),
            long => {
                frames.push(0x80 | 126);
                frames.extend((long as u16).to_be_bytes());
            }
        }
        frames.extend(key);
        let start = frames.len();
        frames.extend_from_slice(payload);
        Mask::new(key).apply(frames.get_mut(start..).unwrap_or_default());
    }
    frames
}
