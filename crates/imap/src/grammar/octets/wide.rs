//! The same search sixteen octets at a time, where wasm has vectors. Strings of envelopes take two thirds of the time so.

use std::arch::wasm32::{u8x16, u8x16_bitmask, u8x16_eq, u8x16_splat, v128_or};

/// Where the first of these octets is.
#[inline]
pub(super) fn first<const WANTED: usize>(input: &[u8], wanted: [u8; WANTED]) -> Option<usize> {
    let (blocks, tail) = input.as_chunks::<16>();
    for (index, [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]) in blocks.iter().enumerate() {
        // The compiler makes one load of it.
        let block = u8x16(*a, *b, *c, *d, *e, *f, *g, *h, *i, *j, *k, *l, *m, *n, *o, *p);
        let found = wanted
            .iter()
            .fold(u8x16_splat(0), |found, one| v128_or(found, u8x16_eq(block, u8x16_splat(*one))));
        let found = u8x16_bitmask(found);
        if found != 0 {
            return Some(index * 16 + found.trailing_zeros() as usize);
        }
    }
    let found = tail.iter().position(|octet| wanted.contains(octet))?;
    Some(blocks.len() * 16 + found)
}
