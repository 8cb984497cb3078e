//! What was compressed, piece by piece. No more is inflated than is asked for, and what has not come whole waits: a symbol, or the header of a
//! block, is read again from its beginning when there is more.

use super::huffman::Table;
use super::{DISTANCES, END, LITERALS, ORDER, WINDOW, distance_run, fixed_literals, length_run};

/// One stream, read from its beginning.
pub(crate) struct Inflater {
    /// What was taken of the octets and not yet read.
    bits: Bits,
    block: Block,
    /// The block is the last one.
    last: bool,
    /// What was given lately, over and over from its beginning.
    window: Box<[u8]>,
    /// Where the next octet goes, and how many came before the window was begun anew.
    at: usize,
    wrapped: bool,
    /// What is left to be copied, and from how far back.
    copy: (usize, usize),
}

enum Block {
    /// The next octets are a block's header.
    Header,
    /// So many octets as they are.
    Stored(usize),
    Codes(Box<(Table, Table)>),
    /// The last one has ended.
    Over,
}

/// Why it can't go on.
enum Stop {
    /// More octets have to come.
    Short,
    /// This is not DEFLATE.
    Broken,
    /// The last block has ended.
    Over,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self {
            bits: Bits::default(),
            block: Block::Header,
            last: false,
            window: vec![0; 2 * WINDOW].into_boxed_slice(),
            at: 0,
            wrapped: false,
            copy: (0, 0),
        }
    }

    /// Inflates up to `piece` octets of `input` and says how many of its octets were taken. Nothing comes out where more have to come in.
    ///
    /// # Errors
    /// This is not DEFLATE, or its last block has ended.
    pub(crate) fn inflate(&mut self, input: &[u8], piece: usize) -> Result<(usize, &[u8]), ()> {
        if self.at == self.window.len() {
            (self.at, self.wrapped) = (0, true);
        }
        let from = self.at;
        let end = self.window.len().min(from + piece.max(1));
        let mut source = Source { bits: self.bits, input, taken: 0 };
        let mut ended = Ok(());
        while self.at < end && ended.is_ok() {
            ended = self.step(&mut source, end);
        }
        self.bits = source.bits;
        match ended {
            Err(Stop::Broken) => Err(()),
            // What came before the end is still given.
            Err(Stop::Over) if self.at == from => Err(()),
            _ => Ok((source.taken, self.window.get(from..self.at).unwrap_or_default())),
        }
    }

    fn step(&mut self, source: &mut Source<'_>, end: usize) -> Result<(), Stop> {
        match &mut self.block {
            _ if self.copy.0 > 0 => {
                self.copy(end);
                Ok(())
            }
            Block::Codes(_) => self.symbols(source, end),
            Block::Stored(0) => {
                self.ended();
                Ok(())
            }
            Block::Stored(left) => {
                self.window[self.at] = source.take(8)? as u8;
                *left -= 1;
                self.at += 1;
                Ok(())
            }
            Block::Header => self.header(source),
            Block::Over => Err(Stop::Over),
        }
    }

    fn ended(&mut self) {
        self.block = if self.last { Block::Over } else { Block::Header };
    }

    /// Goes on copying; `end` is within the window.
    fn copy(&mut self, end: usize) {
        let (left, distance) = self.copy;
        let count = left.min(end - self.at);
        let size = self.window.len();
        let from = (self.at + size - distance) % size;
        if distance >= count && from + count <= size {
            self.window.copy_within(from..from + count, self.at);
        } else {
            for place in 0..count {
                self.window[self.at + place] = self.window[(from + place) % size];
            }
        }
        self.at += count;
        self.copy.0 -= count;
    }

    /// Reads as far as there is room; `end` is within the window.
    #[cfg_attr(for_speed, optimize(speed))]
    fn symbols(&mut self, outer: &mut Source<'_>, end: usize) -> Result<(), Stop> {
        let Block::Codes(tables) = &self.block else { return Ok(()) };
        let (literals, distances) = &**tables;
        while self.at < end {
            let mut source = *outer;
            let symbol = source.symbol(literals)?;
            if symbol < END {
                self.window[self.at] = symbol as u8;
                self.at += 1;
                *outer = source;
                continue;
            }
            if symbol == END {
                *outer = source;
                self.ended();
                return Ok(());
            }
            let (first, extra) = length_run(symbol).ok_or(Stop::Broken)?;
            let length = first + source.take(extra)?;
            let (first, extra) = distance_run(source.symbol(distances)?).ok_or(Stop::Broken)?;
            let distance = (first + source.take(extra)?) as usize;
            if distance > self.at && !self.wrapped {
                return Err(Stop::Broken);
            }
            *outer = source;
            self.copy = (length as usize, distance);
            return Ok(());
        }
        Ok(())
    }

    fn header(&mut self, outer: &mut Source<'_>) -> Result<(), Stop> {
        let mut source = *outer;
        let last = source.take(1)? == 1;
        self.block = match source.take(2)? {
            0 => {
                source.bits.align();
                let (length, check) = (source.take(16)?, source.take(16)?);
                if length != check ^ 0xffff {
                    return Err(Stop::Broken);
                }
                Block::Stored(length as usize)
            }
            1 => codes(&fixed_literals(), &[5; 32])?,
            2 => source.dynamic()?,
            _ => return Err(Stop::Broken),
        };
        self.last = last;
        *outer = source;
        Ok(())
    }
}

fn codes(literals: &[u8], distances: &[u8]) -> Result<Block, Stop> {
    match (Table::new(literals), Table::new(distances)) {
        (Some(literals), Some(distances)) => Ok(Block::Codes(Box::new((literals, distances)))),
        _ => Err(Stop::Broken),
    }
}

/// Bits, the next one lowest.
#[derive(Debug, Clone, Copy, Default)]
struct Bits {
    held: u64,
    count: u32,
}

impl Bits {
    #[cfg_attr(for_speed, optimize(speed))]
    fn skip(&mut self, count: u32) {
        self.held >>= count;
        self.count -= count;
    }

    /// To the next whole octet.
    fn align(&mut self) {
        self.skip(self.count % 8);
    }
}

#[derive(Clone, Copy)]
struct Source<'a> {
    bits: Bits,
    input: &'a [u8],
    /// Octets of it that are in the bits.
    taken: usize,
}

impl Source<'_> {
    /// As many bits as there are and have room.
    #[cfg_attr(for_speed, optimize(speed))]
    #[inline]
    fn fill(&mut self) {
        if let Some(octets) = self.input.get(self.taken..).and_then(<[u8]>::first_chunk) {
            // Bits above the count may be those of the next octet: they come again in the same place.
            self.bits.held |= u64::from_le_bytes(*octets) << self.bits.count;
            let whole = (63 - self.bits.count) / 8;
            self.bits.count += whole * 8;
            self.taken += whole as usize;
            return;
        }
        while self.bits.count <= 56 {
            let Some(octet) = self.input.get(self.taken) else { return };
            self.bits.held |= u64::from(*octet) << self.bits.count;
            self.bits.count += 8;
            self.taken += 1;
        }
    }

    #[cfg_attr(for_speed, optimize(speed))]
    #[inline]
    fn take(&mut self, count: u32) -> Result<u32, Stop> {
        if self.bits.count < count {
            self.fill();
            if self.bits.count < count {
                return Err(Stop::Short);
            }
        }
        let value = self.bits.held as u32 & ((1 << count) - 1);
        self.bits.skip(count);
        Ok(value)
    }

    #[cfg_attr(for_speed, optimize(speed))]
    #[inline]
    fn symbol(&mut self, table: &Table) -> Result<u16, Stop> {
        if self.bits.count < 15 {
            self.fill();
        }
        let (symbol, length) = table.read(self.bits.held as u32);
        if length > self.bits.count || (length == 0 && self.bits.count < 15) {
            return Err(Stop::Short);
        }
        if length == 0 {
            return Err(Stop::Broken);
        }
        self.bits.skip(length);
        Ok(symbol)
    }

    /// The codes that a block brings along (RFC 1951, 3.2.7).
    fn dynamic(&mut self) -> Result<Block, Stop> {
        let literals = self.take(5)? as usize + 257;
        let distances = self.take(5)? as usize + 1;
        let coded = self.take(4)? as usize + 4;
        if literals > LITERALS - 2 || distances > DISTANCES {
            return Err(Stop::Broken);
        }
        let mut lengths = [0; ORDER.len()];
        for place in ORDER.iter().take(coded) {
            lengths[usize::from(*place)] = self.take(3)? as u8;
        }
        let table = Table::new(&lengths).ok_or(Stop::Broken)?;
        let mut lengths = Vec::with_capacity(literals + distances);
        while lengths.len() < literals + distances {
            let (length, times) = match self.symbol(&table)? {
                16 => (*lengths.last().ok_or(Stop::Broken)?, 3 + self.take(2)?),
                17 => (0, 3 + self.take(3)?),
                18 => (0, 11 + self.take(7)?),
                length => (length as u8, 1),
            };
            lengths.extend(std::iter::repeat_n(length, times as usize));
        }
        // Without a code for its end a block has none.
        match lengths.split_at_checked(literals) {
            Some((literals, rest)) if rest.len() == distances && literals[usize::from(END)] > 0 => {
                codes(literals, rest)
            }
            _ => Err(Stop::Broken),
        }
    }
}
