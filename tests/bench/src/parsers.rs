//! Who parses: each over the same octets in memory.

use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder as _;
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};
use waypost_bench::{Parser, Set};

/// What a driver gets from a socket in one read.
pub(crate) const CHUNK: usize = 64 * 1024;

/// A parser.
pub(crate) struct Who {
    pub(crate) who: &'static str,
    /// Gives how many responses it saw, and their sum where it looks into them.
    pub(crate) parse: fn(&[u8]) -> (u32, Option<u64>),
    /// The only set it is for, if it is not for all.
    only: Option<&'static str>,
}

impl Who {
    pub(crate) fn takes(&self, set: &Set) -> bool {
        self.only.is_none_or(|only| only == set.name)
    }
}

/// Ours runs whole: framing, grammar and connection machine, with events taken out. The peers only parse, one response after the
/// other, and borrow what they can from the octets. `memchr` looks for line ends and `memcpy` copies: floors.
pub(crate) const PARSERS: &[Who] = &[
    Who { who: "waypost", parse: |octets| waypost(octets, false), only: None },
    Who { who: "imap-codec", parse: imap_codec, only: None },
    Who { who: "imap-proto", parse: imap_proto, only: None },
    Who { who: "waypost, all strings taken", parse: |octets| waypost(octets, true), only: Some("A") },
    Who { who: "waypost, all strings taken", parse: |octets| waypost(octets, true), only: Some("B") },
    Who { who: "memcpy", parse: copy, only: Some("C") },
    Who { who: "memcpy into pieces", parse: pieces, only: Some("C") },
    Who { who: "memchr", parse: lines, only: None },
];

fn waypost(octets: &[u8], read_all: bool) -> (u32, Option<u64>) {
    let mut parser = Parser::default();
    parser.read_all = read_all;
    for chunk in octets.chunks(CHUNK) {
        parser.feed(chunk);
    }
    (parser.responses, Some(parser.sum))
}

fn imap_proto(mut octets: &[u8]) -> (u32, Option<u64>) {
    let mut count = 0;
    while let Ok((rest, response)) = imap_proto::Response::parse(octets) {
        black_box(response);
        octets = rest;
        count += 1;
    }
    (count, None)
}

fn imap_codec(mut octets: &[u8]) -> (u32, Option<u64>) {
    let codec = ResponseCodec::default();
    let mut count = 0;
    while let Ok((rest, response)) = codec.decode(octets) {
        black_box(response);
        octets = rest;
        count += 1;
    }
    (count, None)
}

fn lines(octets: &[u8]) -> (u32, Option<u64>) {
    let count = octets.chunks(CHUNK).map(|chunk| memchr::memchr_iter(b'\n', chunk).count()).sum::<usize>();
    (u32::try_from(black_box(count)).unwrap_or(u32::MAX), None)
}

/// Into a buffer as large, which the first round makes.
fn copy(octets: &[u8]) -> (u32, Option<u64>) {
    static BUFFER: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    let mut buffer = BUFFER.lock().unwrap_or_else(PoisonError::into_inner);
    buffer.resize(octets.len(), 0);
    buffer.copy_from_slice(octets);
    black_box(&buffer);
    (0, None)
}

/// Into vectors that are dropped at once: their memory stays in the cache of the processor.
fn pieces(octets: &[u8]) -> (u32, Option<u64>) {
    for chunk in octets.chunks(CHUNK) {
        black_box(chunk.to_vec());
    }
    (0, None)
}
