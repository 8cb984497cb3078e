//! Strings of a batch one behind the other, for the page to take apart.

use std::borrow::Cow;

/// Strings one behind the other. Those of ASCII are decoded at once; the others, which are few, one by one.
#[derive(Default)]
pub(super) struct Texts {
    /// Where each ends in `octets`, with the marks.
    pub(super) ends: Vec<u32>,
    pub(super) octets: Vec<u8>,
    /// For each that is not of ASCII: its number, where it begins and where it ends in `wide_octets`.
    pub(super) wide: Vec<u32>,
    pub(super) wide_octets: Vec<u8>,
    /// Of the row whose strings come: it is of ASCII, and the addresses where encoded words (RFC 2047) may begin.
    ascii: bool,
    marks: Vec<usize>,
}

impl Texts {
    pub(super) fn clear(&mut self) {
        self.ends.clear();
        self.octets.clear();
        self.wide.clear();
        self.wide_octets.clear();
    }

    /// The strings that come are of these octets.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(super) fn begin_row(&mut self, row: &[u8]) {
        self.marks.clear();
        self.ascii = true;
        let (blocks, tail) = row.as_chunks::<BLOCK>();
        for (index, block) in blocks.iter().enumerate() {
            // One word of it tells that there is nothing to see, of nearly all.
            let (words, _) = block.as_chunks::<8>();
            let seen = words.iter().fold(0, |seen, word| seen | marks(u64::from_le_bytes(*word)));
            if seen != 0 {
                self.look(row, index * BLOCK, block);
            }
        }
        self.look(row, blocks.len() * BLOCK, tail);
    }

    #[cfg_attr(for_speed, optimize(speed))]
    #[inline(never)]
    fn look(&mut self, row: &[u8], from: usize, block: &[u8]) {
        self.ascii &= block.is_ascii();
        for at in from..from + block.len() {
            if matches!(row.get(at..), Some([b'=', b'?', ..])) {
                self.marks.push(row.as_ptr() as usize + at);
            }
        }
    }

    /// The number of the next string.
    pub(super) fn next(&self) -> u32 {
        self.ends.len() as u32
    }

    /// One that is not there.
    pub(super) fn skip(&mut self) {
        self.end(MISSING);
    }

    #[cfg_attr(for_speed, optimize(speed))]
    pub(super) fn push(&mut self, text: Option<&Cow<'_, [u8]>>) {
        match text {
            Some(Cow::Borrowed(text)) => self.push_parts([text, b"", b""]),
            Some(Cow::Owned(text)) => self.push_foreign(text),
            None => self.skip(),
        }
    }

    /// A string in three parts, of the row or fixed words of ASCII.
    #[cfg_attr(for_speed, optimize(speed))]
    #[inline]
    pub(super) fn push_parts(&mut self, parts: [&[u8]; 3]) {
        if !self.ascii && !parts.iter().all(|part| part.is_ascii()) {
            return self.push_wide(parts);
        }
        parts.iter().for_each(|part| self.octets.extend_from_slice(part));
        let encoded = !self.marks.is_empty() && parts.iter().any(|part| self.is_marked(part));
        self.end(if encoded { ENCODED } else { 0 });
    }

    /// One that does not lie in the row.
    #[cfg_attr(for_speed, optimize(speed))]
    #[inline(never)]
    pub(super) fn push_foreign(&mut self, text: &[u8]) {
        if !text.is_ascii() {
            return self.push_wide([text, b"", b""]);
        }
        self.octets.extend_from_slice(text);
        self.end(if text.windows(2).any(|two| two == b"=?") { ENCODED } else { 0 });
    }

    #[inline(never)]
    fn push_wide(&mut self, parts: [&[u8]; 3]) {
        let start = self.wide_octets.len() as u32;
        parts.iter().for_each(|part| self.wide_octets.extend_from_slice(part));
        self.wide.extend([self.next(), start, self.wide_octets.len() as u32]);
        self.end(WIDE | ENCODED);
    }

    #[cfg_attr(for_speed, optimize(speed))]
    #[inline(never)]
    fn is_marked(&self, part: &[u8]) -> bool {
        let from = part.as_ptr() as usize;
        self.marks.iter().any(|mark| (from..from + part.len()).contains(mark))
    }

    #[cfg_attr(for_speed, optimize(speed))]
    #[inline]
    fn end(&mut self, mark: u32) {
        self.ends.push(self.octets.len() as u32 | mark);
    }
}

/// Not zero if an octet of the word is `=` or none of ASCII.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
const fn marks(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let others = word ^ (EACH * b'=' as u64);
    (word | (others.wrapping_sub(EACH) & !others)) & (EACH * 0x80)
}

const BLOCK: usize = 32;

/// Marks of a string: NIL; not of ASCII; it may hold encoded words.
const MISSING: u32 = 1 << 31;
const WIDE: u32 = 1 << 30;
const ENCODED: u32 = 1 << 29;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_marked_by_what_they_hold() {
        let words = ["plain", "a=b", "=?utf-8?q?x?=", "ends with =", "x =?utf-8?q?y?=", "Grüße", "=", ""];
        for shift in 0..40 {
            let row = [vec![b'.'; shift], words.join("\0").into_bytes()].concat();
            let mut texts = Texts::default();
            texts.begin_row(&row);
            for text in row.get(shift..).unwrap_or_default().split(|octet| *octet == 0) {
                texts.push(Some(&Cow::Borrowed(text)));
            }
            let marks: Vec<u32> = texts.ends.iter().map(|end| end & !(ENCODED - 1)).collect();
            assert_eq!(marks, [0, 0, ENCODED, 0, ENCODED, WIDE | ENCODED, 0, 0], "shifted by {shift}");
            assert_eq!(texts.wide_octets, "Grüße".as_bytes());
            assert_eq!(texts.octets, words.concat().replace("Grüße", "").into_bytes());
        }
    }

    #[test]
    fn what_is_no_part_of_the_row_is_looked_at_by_itself() {
        let mut texts = Texts::default();
        texts.begin_row(b"nothing");
        for text in ["a", "=?x", "ü"] {
            texts.push(Some(&Cow::Owned(text.as_bytes().to_vec())));
        }
        texts.push(None);
        assert_eq!(texts.ends, [1, 4 | ENCODED, 4 | WIDE | ENCODED, 4 | MISSING]);
    }
}
