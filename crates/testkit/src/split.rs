//! Cuts octets into pieces: a network may deliver a stream cut anywhere, and no cut may change what is understood.

use std::fmt::Debug;

/// How a stream is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pieces {
    /// Not at all.
    #[default]
    Whole,
    /// Into pieces of this size; the last may be shorter. Zero counts as one.
    Of(usize),
    /// Into pieces of 1 to 16 octets that follow from this seed.
    Seeded(u64),
}

impl Pieces {
    /// The pieces, in order. No octets give no piece.
    #[must_use]
    pub fn cut(self, octets: &[u8]) -> Vec<&[u8]> {
        let mut pieces = Vec::new();
        let mut rest = octets;
        let mut state = if let Self::Seeded(seed) = self { seed } else { 0 };
        while !rest.is_empty() {
            let size = match self {
                Self::Whole => rest.len(),
                Self::Of(size) => size.max(1),
                Self::Seeded(_) => 1 + (next_random(&mut state) % 16) as usize,
            };
            let (piece, after) = rest.split_at(size.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces
    }
}

/// Runs `understand` on the octets whole, at every cut into two, and octet by octet, and compares the results.
///
/// # Panics
/// If a cut changes the result.
pub fn assert_same_at_every_cut<T: PartialEq + Debug>(octets: &[u8], understand: impl Fn(&[&[u8]]) -> T) {
    let whole = understand(&[octets]);
    for at in 1..octets.len() {
        let (first, second) = octets.split_at(at);
        assert_eq!(understand(&[first, second]), whole, "cut after {at} of {} octets", octets.len());
    }
    assert_eq!(understand(&Pieces::Of(1).cut(octets)), whole, "octet by octet");
}

/// The next number of a sequence that a seed fixes (SplitMix64). Not for secrets.
pub fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_put_together_are_the_whole() {
        let octets: Vec<u8> = (0..=255).collect();
        for pieces in [Pieces::Whole, Pieces::Of(0), Pieces::Of(7), Pieces::Seeded(1), Pieces::Seeded(2)] {
            assert_eq!(pieces.cut(&octets).concat(), octets);
        }
        assert_eq!(Pieces::Of(1).cut(&octets).len(), 256);
        assert_ne!(Pieces::Seeded(1).cut(&octets), Pieces::Seeded(2).cut(&octets));
        assert!(Pieces::Of(1).cut(b"").is_empty());
    }

    #[test]
    #[should_panic(expected = "cut after 2")]
    fn a_reader_that_depends_on_the_cut_is_found() {
        assert_same_at_every_cut(b"abcd", |pieces| pieces.iter().any(|piece| *piece == b"ab"));
    }
}
