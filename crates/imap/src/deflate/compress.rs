//! Compresses. What a server is sent are commands of some octets and messages of many: repeats are found by their first three octets, and each
//! block has the fixed codes or such as are made for it, whichever takes less.

use super::huffman::{codes, lengths};
use super::{
    DISTANCES, END, LITERALS, LONGEST, ORDER, SHORTEST, WINDOW, distance_run, fixed_literals, length_run,
};

/// One stream, from its beginning.
pub(crate) struct Compressor {
    /// What was compressed lately; what comes is put behind it.
    window: Vec<u8>,
    /// Octets of the stream before the window.
    before: usize,
    /// By the hash of three octets: behind which octet of the stream they were seen last. 0 is never.
    heads: Box<[usize]>,
    /// For each place of the window the one before it with the same hash.
    earlier: Box<[usize]>,
    sink: Sink,
}

/// Bits on their way out, the first one lowest.
#[derive(Default)]
struct Sink {
    octets: Vec<u8>,
    held: u64,
    count: u32,
}

/// A literal, or a length and how far back.
type Token = (u16, u16);

impl Compressor {
    pub(crate) fn new() -> Self {
        Self {
            window: Vec::new(),
            before: 0,
            heads: vec![0; 1 << HASH_BITS].into_boxed_slice(),
            earlier: vec![0; WINDOW].into_boxed_slice(),
            sink: Sink::default(),
        }
    }

    /// Compresses and flushes: the other end can read all of it at once.
    pub(crate) fn compress(&mut self, octets: &[u8]) -> Vec<u8> {
        for part in octets.chunks(BLOCK) {
            let from = self.window.len();
            self.window.extend_from_slice(part);
            let tokens = self.tokens(from);
            self.sink.block(&tokens);
            let old = self.window.len().saturating_sub(WINDOW);
            self.window.drain(..old);
            self.before = self.before.wrapping_add(old);
        }
        // An empty block of octets as they are ends at a whole octet.
        self.sink.put(0, 3);
        self.sink.put(0, (8 - self.sink.count % 8) % 8);
        self.sink.put(0xffff_0000, 32);
        std::mem::take(&mut self.sink.octets)
    }

    fn tokens(&mut self, from: usize) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut at = from;
        while let Some(octet) = self.window.get(at) {
            let (length, token) = match self.repeat(at) {
                Some((length, distance)) => (length, (length as u16, distance as u16)),
                None => (1, (u16::from(*octet), 0)),
            };
            tokens.push(token);
            for place in at..at + length {
                self.remember(place);
            }
            at += length;
        }
        tokens
    }

    #[cfg_attr(for_speed, optimize(speed))]
    fn head(&self, at: usize) -> Option<usize> {
        let octets = self.window.get(at..)?.first_chunk::<3>()?;
        let number = octets.iter().fold(0_u32, |number, octet| number << 8 | u32::from(*octet));
        Some((number.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize)
    }

    fn remember(&mut self, at: usize) {
        if let Some(head) = self.head(at) {
            let place = self.before.wrapping_add(at);
            self.earlier[place % WINDOW] = std::mem::replace(&mut self.heads[head], place.wrapping_add(1));
        }
    }

    /// The longest of the latest places that have the same octets: how many, and how far back.
    fn repeat(&self, at: usize) -> Option<(usize, usize)> {
        let here = self.window.get(at..)?;
        let mut seen = self.heads[self.head(at)?];
        let mut best = (SHORTEST as usize - 1, 0);
        for _ in 0..TRIES {
            let Some(place) = seen.checked_sub(1) else { break };
            let distance = self.before.wrapping_add(at).wrapping_sub(place);
            let Some(there) = at.checked_sub(distance).and_then(|place| self.window.get(place..)) else {
                break;
            };
            if distance > WINDOW {
                break;
            }
            let pairs = here.iter().zip(there).take(LONGEST as usize);
            let length = pairs.take_while(|(one, other)| one == other).count();
            if length > best.0 {
                best = (length, distance);
            }
            seen = self.earlier[place % WINDOW];
        }
        (best.1 > 0).then_some(best)
    }
}

impl Sink {
    #[cfg_attr(for_speed, optimize(speed))]
    fn put(&mut self, bits: u32, count: u32) {
        self.held |= u64::from(bits) << self.count;
        self.count += count;
        while self.count >= 8 {
            self.octets.push(self.held as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    fn block(&mut self, tokens: &[Token]) {
        let (mut literals, mut distances) = ([0_u32; LITERALS - 2], [0_u32; DISTANCES]);
        literals[usize::from(END)] = 1;
        for token in tokens {
            let (literal, distance) = symbols(*token);
            literals[usize::from(literal.0)] += 1;
            if let Some(distance) = distance {
                distances[usize::from(distance.0)] += 1;
            }
        }
        let fixed = (fixed_literals().to_vec(), vec![5; DISTANCES]);
        let made = (lengths(&literals), lengths(&distances));
        let size = |(of_literals, of_distances): &(Vec<u8>, Vec<u8>)| {
            let sum = |counts: &[u32], lengths: &[u8]| {
                counts.iter().zip(lengths).map(|(count, length)| count * u32::from(*length)).sum::<u32>()
            };
            sum(&literals, of_literals) + sum(&distances, of_distances)
        };
        if size(&made) + HEADER < size(&fixed) {
            self.put(0b100, 3);
            self.header(&made);
            self.coded(tokens, &made);
        } else {
            self.put(0b010, 3);
            self.coded(tokens, &fixed);
        }
    }

    /// The lengths of both codes, each in four bits: that costs 160 octets and spares the code that codes them (RFC 1951, 3.2.7).
    fn header(&mut self, (literals, distances): &(Vec<u8>, Vec<u8>)) {
        self.put(literals.len() as u32 - 257, 5);
        self.put(distances.len() as u32 - 1, 5);
        self.put(ORDER.len() as u32 - 4, 4);
        for length in ORDER {
            self.put(if length < 16 { 4 } else { 0 }, 3);
        }
        for length in literals.iter().chain(distances) {
            self.put(u32::from(length.reverse_bits() >> 4), 4);
        }
    }

    fn coded(&mut self, tokens: &[Token], (literals, distances): &(Vec<u8>, Vec<u8>)) {
        let literals: Vec<_> = codes(literals).collect();
        let distances: Vec<_> = codes(distances).collect();
        for token in tokens {
            let (literal, distance) = symbols(*token);
            self.symbol(&literals, literal);
            if let Some(distance) = distance {
                self.symbol(&distances, distance);
            }
        }
        self.symbol(&literals, (END, 0, 0));
    }

    fn symbol(&mut self, codes: &[(u16, u32)], (symbol, rest, extra): Symbol) {
        let (code, length) = codes[usize::from(symbol)];
        self.put(u32::from(code), length);
        self.put(rest, extra);
    }
}

/// The symbol, what is added to the first of its run, and in how many bits.
type Symbol = (u16, u32, u32);

fn symbols((value, distance): Token) -> (Symbol, Option<Symbol>) {
    if distance == 0 {
        return ((value, 0, 0), None);
    }
    let of = |first: u16, run: fn(u16) -> Option<(u32, u32)>, value: u16| {
        let value = u32::from(value);
        let begun = (first..).map_while(|symbol| Some((symbol, run(symbol)?)));
        let (symbol, (begin, extra)) =
            begun.take_while(|(_, (begin, _))| *begin <= value).last().unwrap_or((first, (value, 0)));
        (symbol, value - begin, extra)
    };
    (of(END + 1, length_run, value), Some(of(0, distance_run, distance)))
}

/// Octets of a block at most: with more the codes would fit less, with fewer their lengths cost more.
const BLOCK: usize = 1 << 15;

/// Bits of the lengths of codes made for a block, and of what says how they are written.
const HEADER: u32 = 14 + 3 * ORDER.len() as u32 + 4 * (LITERALS - 2 + DISTANCES) as u32;

/// Places that are looked at for a repeat: with more the time grows and little is gained.
const TRIES: usize = 16;

const HASH_BITS: u32 = 13;
