//! A search eight octets at a time.

use super::{EACH, HIGH};

/// Where the first of these octets is. Whoever looks for two names one of them twice: the compiler sees it.
#[inline]
pub(super) fn first(input: &[u8], wanted: [u8; 3]) -> Option<usize> {
    let (words, tail) = input.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = wanted.iter().fold(0, |found, one| found | zeros(word ^ (EACH * u64::from(*one))));
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let found = tail.iter().position(|octet| wanted.contains(octet))?;
    Some(words.len() * 8 + found)
}

/// The high bit of each octet that is zero; those behind the first may be wrong.
#[inline]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(EACH) & !word & HIGH
}
