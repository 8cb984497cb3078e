//! The same search sixteen octets at a time, where wasm has vectors. Strings of envelopes take two thirds of the time so.

use std::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, u64x2, v128, v128_or};

/// Where the first of these octets is. Whoever looks for two names one of them twice: the compiler sees it.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
pub(super) fn first(input: &[u8], wanted: [u8; 3]) -> Option<usize> {
    let [one, two, three] = wanted;
    let (blocks, tail) = input.as_chunks::<16>();
    for (index, block) in blocks.iter().enumerate() {
        let block = vector(*block);
        let found = v128_or(u8x16_eq(block, u8x16_splat(one)), u8x16_eq(block, u8x16_splat(two)));
        let found = u8x16_bitmask(v128_or(found, u8x16_eq(block, u8x16_splat(three))));
        if found != 0 {
            return Some(index * 16 + found.trailing_zeros() as usize);
        }
    }
    let found = tail.iter().position(|octet| *octet == one || *octet == two || *octet == three)?;
    Some(blocks.len() * 16 + found)
}

/// Two loads, whatever the compiler optimises for: of sixteen lanes it makes sixteen.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn vector(block: [u8; 16]) -> v128 {
    let lanes = u128::from_le_bytes(block);
    u64x2(lanes as u64, (lanes >> 64) as u64)
}
