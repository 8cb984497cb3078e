//! The mask of a client's frames (RFC 6455, 5.3).

/// A mask, turned to where the next octet lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mask([u8; 4]);

impl Mask {
    pub(super) fn new(key: [u8; 4]) -> Self {
        Self(key)
    }

    /// Masks or unmasks the next octets; both are the same.
    pub(super) fn apply(&mut self, octets: &mut [u8]) {
        let word = u32::from_ne_bytes(self.0);
        let wide = u64::from(word) << 32 | u64::from(word);
        // Whole words at a time; the compiler makes vectors of them.
        let (words, rest) = octets.as_chunks_mut::<8>();
        for octets in words {
            *octets = (u64::from_ne_bytes(*octets) ^ wide).to_ne_bytes();
        }
        for (octet, key) in rest.iter_mut().zip(self.0.iter().cycle()) {
            *octet ^= key;
        }
        self.0.rotate_left(rest.len() % 4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_goes_on_where_it_was_at_any_split() {
        let plain: Vec<u8> = (0..100).collect();
        let key = [1, 20, 200, 77];
        let expected: Vec<u8> =
            plain.iter().zip(key.iter().cycle()).map(|(octet, key)| octet ^ key).collect();
        for first in 0..plain.len() {
            for second in first..plain.len() {
                let mut octets = plain.clone();
                let mut mask = Mask::new(key);
                mask.apply(&mut octets[..first]);
                mask.apply(&mut octets[first..second]);
                mask.apply(&mut octets[second..]);
                assert_eq!(octets, expected, "split at {first} and {second}");
            }
        }
    }
}
