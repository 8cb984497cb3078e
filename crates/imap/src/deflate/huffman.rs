//! Canonical Huffman codes (RFC 1951, 3.2.2): read by a table, and made from how often each symbol occurs.

/// Reads symbols.
pub(super) struct Table {
    /// By the next bits: symbol and length of the code; 0 where it is longer.
    short: [u16; 1 << SHORT],
    /// Codes of each length.
    counts: [u16; MOST_BITS + 1],
    /// In the order of their codes.
    symbols: Vec<u16>,
}

impl Table {
    /// `None` where the lengths are no code: more or fewer than all sequences of bits have a meaning. One code alone may leave the other bit
    /// open, and there may be none at all.
    pub(super) fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0_u16; MOST_BITS + 1];
        for length in lengths {
            counts[usize::from(*length) & 15] += 1;
        }
        counts[0] = 0;
        let mut open = 1_i32;
        let mut ends = [0_u16; MOST_BITS + 1];
        for length in 1..=MOST_BITS {
            open = open * 2 - i32::from(counts[length]);
            if open < 0 {
                return None;
            }
            ends[length] = ends[length - 1] + counts[length];
        }
        let used = ends[MOST_BITS];
        if open > 0 && !(used == 0 || used == 1 && counts[1] == 1) {
            return None;
        }
        let mut symbols = vec![0; usize::from(used)];
        for (symbol, length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let place = &mut ends[usize::from(*length) - 1];
            symbols[usize::from(*place)] = symbol as u16;
            *place += 1;
        }
        let mut short = [0; 1 << SHORT];
        for (symbol, (code, length)) in codes(lengths).enumerate() {
            if length == 0 || length > SHORT {
                continue;
            }
            for place in (usize::from(code)..1 << SHORT).step_by(1 << length) {
                short[place] = (symbol as u16) << 4 | length as u16;
            }
        }
        Some(Self { short, counts, symbols })
    }

    /// The symbol that the bits begin with, and how many it takes; 0 where no code is theirs.
    #[cfg_attr(for_speed, optimize(speed))]
    #[inline]
    pub(super) fn read(&self, bits: u32) -> (u16, u32) {
        match self.short[bits as usize & ((1 << SHORT) - 1)] {
            0 => self.read_long(bits),
            entry => (entry >> 4, u32::from(entry & 15)),
        }
    }

    #[cfg_attr(for_speed, optimize(speed))]
    #[inline(never)]
    fn read_long(&self, mut bits: u32) -> (u16, u32) {
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_u32);
        for length in 1..=MOST_BITS {
            code |= bits & 1;
            bits >>= 1;
            let count = u32::from(self.counts[length]);
            if let Some(place) = code.checked_sub(first).filter(|place| *place < count) {
                let symbol = self.symbols.get((index + place) as usize);
                return (symbol.copied().unwrap_or_default(), length as u32);
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        (0, 0)
    }
}

/// The code of each symbol, its first bit lowest, and its length.
pub(super) fn codes(lengths: &[u8]) -> impl Iterator<Item = (u16, u32)> {
    let mut next = [0_u32; MOST_BITS + 2];
    for length in lengths.iter().filter(|length| **length > 0) {
        next[usize::from(*length & 15) + 1] += 1;
    }
    for length in 1..next.len() {
        next[length] = (next[length - 1] + next[length]) << 1;
    }
    lengths.iter().map(move |length| {
        let next = &mut next[usize::from(*length & 15)];
        let code = *next as u16;
        *next += u32::from(*length > 0);
        (code.reverse_bits() >> ((16 - length) & 15), u32::from(*length))
    })
}

/// The lengths of a code for symbols that occur so often, none above [`MOST_BITS`].
pub(super) fn lengths(counts: &[u32]) -> Vec<u8> {
    let mut counts = counts.to_vec();
    loop {
        let depths = depths(&counts);
        if depths.iter().all(|depth| usize::from(*depth) <= MOST_BITS) {
            return depths;
        }
        // Nearer to each other, so that the tree becomes flatter.
        counts.iter_mut().filter(|count| **count > 0).for_each(|count| *count = *count / 2 + 1);
    }
}

/// How deep each symbol lies in the tree that comes of joining the two rarest again and again.
fn depths(counts: &[u32]) -> Vec<u8> {
    let mut open: Vec<(u32, usize)> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(symbol, count)| (*count, symbol))
        .collect();
    if let [(_, alone)] = open[..] {
        return (0..counts.len()).map(|symbol| u8::from(symbol == alone)).collect();
    }
    // Of symbols first, then of what was joined; 0 is the root's.
    let mut parents = vec![0; counts.len()];
    while let (Some((one, left)), Some((other, right))) = (rarest(&mut open), rarest(&mut open)) {
        let parent = parents.len();
        open.push((one + other, parent));
        parents.push(0);
        (parents[left], parents[right]) = (parent, parent);
        if open.len() == 1 {
            break;
        }
    }
    let mut depths = vec![0_u8; parents.len()];
    for (place, parent) in parents.iter().enumerate().rev().filter(|(_, parent)| **parent > 0) {
        depths[place] = depths[*parent].saturating_add(1);
    }
    depths.truncate(counts.len());
    depths
}

fn rarest(open: &mut Vec<(u32, usize)>) -> Option<(u32, usize)> {
    let (place, _) = open.iter().enumerate().min_by_key(|(_, (count, _))| *count)?;
    Some(open.swap_remove(place))
}

/// No code of DEFLATE is longer.
const MOST_BITS: usize = 15;

/// Codes up to this length are read by one look into a table.
const SHORT: u32 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 1951, 3.2.2.
    #[test]
    fn codes_are_those_of_the_standard() {
        let codes: Vec<String> = codes(&[3, 3, 3, 3, 3, 2, 4, 4])
            .map(|(code, length)| {
                (0..length).map(|bit| if code >> bit & 1 == 1 { '1' } else { '0' }).collect()
            })
            .collect();
        assert_eq!(codes, ["010", "011", "100", "101", "110", "00", "1110", "1111"]);
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for good in [
            &[1, 1][..],
            &[1],
            &[],
            &[0, 0],
            &[2, 2, 2, 3, 3],
            &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15],
        ] {
            assert!(Table::new(good).is_some(), "{good:?}");
        }
        for bad in [&[1, 1, 1][..], &[2], &[1, 2], &[15; 3], &[2, 2, 2]] {
            assert!(Table::new(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn made_codes_are_complete_short_and_read_as_made() {
        // Fibonacci's numbers make the deepest tree.
        let mut counts = vec![1_u32, 1];
        while counts.len() < 30 {
            counts.push(counts[counts.len() - 1] + counts[counts.len() - 2]);
        }
        counts.extend([0, 7, 0]);
        let lengths = lengths(&counts);
        assert_eq!((lengths.len(), lengths[30], lengths[32]), (33, 0, 0));
        assert!(lengths.iter().all(|length| *length <= 15) && lengths[29] < lengths[0]);
        let table = Table::new(&lengths).unwrap();
        for (symbol, (code, length)) in codes(&lengths).enumerate().filter(|(_, (_, length))| *length > 0) {
            assert_eq!(table.read(u32::from(code)), (symbol as u16, length));
            assert_eq!(table.read(u32::from(code) | u32::MAX << length), (symbol as u16, length));
        }
        assert_eq!(super::lengths(&[0, 9, 0]), [0, 1, 0]);
        assert_eq!(super::lengths(&[0, 0]), [0, 0]);
        assert_eq!(super::lengths(&[5, 5]), [1, 1]);
    }
}
