//! DEFLATE without headers (RFC 1951), as COMPRESS=DEFLATE has it (RFC 4978): what came of the server is inflated piece by piece, and each
//! command leaves compressed and flushed. It takes the place of a crate that is thrice the code.

#![expect(
    clippy::indexing_slicing,
    reason = "tables have a place for each value of their alphabet, and places in windows are taken modulo their size; tests give all of it octets of no order"
)]

mod compress;
mod huffman;
mod inflate;
#[cfg(test)]
mod tests;

pub(crate) use compress::Compressor;
pub(crate) use inflate::Inflater;

/// Codes of literals and lengths, and of distances (RFC 1951, 3.2.5).
const LITERALS: usize = 288;
const DISTANCES: usize = 30;

/// The code that ends a block.
const END: u16 = 256;

/// The order of lengths of the code that codes lengths (RFC 1951, 3.2.7).
const ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// As far as a distance goes.
const WINDOW: usize = 1 << 15;

/// The lengths of the fixed code (RFC 1951, 3.2.6).
fn fixed_literals() -> [u8; LITERALS] {
    let mut lengths = [8; LITERALS];
    lengths[144..256].fill(9);
    lengths[256..280].fill(7);
    lengths
}

/// Every code of lengths or distances stands for a run of values: the first of them, and how many more bits say which it is. The runs double
/// after each `1 << fine` codes.
const fn run(code: u32, fine: u32) -> (u32, u32) {
    if code < 2 << fine {
        return (code, 0);
    }
    let extra = (code >> fine) - 1;
    let within = code & ((1 << fine) - 1);
    (((1 << fine) + within) << extra, extra)
}

/// Of the code of a length, which is above [`END`].
fn length_run(code: u16) -> Option<(u32, u32)> {
    match code.checked_sub(END + 1)? {
        28 => Some((LONGEST, 0)),
        code @ 0..28 => {
            let (first, extra) = run(u32::from(code), 2);
            Some((first + SHORTEST, extra))
        }
        _ => None,
    }
}

/// Of the code of a distance.
fn distance_run(code: u16) -> Option<(u32, u32)> {
    if usize::from(code) >= DISTANCES {
        return None;
    }
    let (first, extra) = run(u32::from(code), 1);
    Some((first + 1, extra))
}

/// What is copied has at least and at most so many octets.
const SHORTEST: u32 = 3;
const LONGEST: u32 = 258;
