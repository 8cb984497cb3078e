//! Strings of a batch, for the page to take apart: most lie in the batch's octets as they are.

use std::borrow::Cow;

/// Strings by their places. Those of ASCII are decoded at once; the others, which are few, one by one.
#[derive(Default)]
pub(super) struct Texts {
    /// Two for each: where it begins, and where it ends with the marks; in the batch's octets, behind which come `foreign`.
    pub(super) places: Vec<u32>,
    /// Strings that do not lie in the batch.
    pub(super) foreign: Vec<u8>,
    /// Address and length of the batch's octets, and whether all are of ASCII.
    batch: usize,
    length: usize,
    pub(super) all_ascii: bool,
    /// For each that is not of ASCII: its number, where it begins and where it ends in `wide_octets`.
    pub(super) wide: Vec<u32>,
    pub(super) wide_octets: Vec<u8>,
    /// Of the row whose strings come: it is of ASCII, and the addresses where encoded words (RFC 2047) may begin.
    ascii: bool,
    marks: Vec<usize>,
}

impl Texts {
    /// Strings come of a batch of these octets.
    pub(super) fn begin(&mut self, batch: &[u8]) {
        (self.batch, self.length, self.all_ascii) = (batch.as_ptr() as usize, batch.len(), true);
        self.places.clear();
        self.foreign.clear();
        self.wide.clear();
        self.wide_octets.clear();
    }

    /// The strings that come are of these octets.
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
        self.all_ascii &= self.ascii;
    }

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
        self.places.len() as u32 / 2
    }

    /// One that is not there.
    pub(super) fn skip(&mut self) {
        self.place(0, MISSING);
    }

    pub(super) fn push(&mut self, text: Option<&Cow<'_, [u8]>>) {
        match text {
            Some(Cow::Borrowed(text)) => self.push_borrowed(text),
            Some(Cow::Owned(text)) => self.push_foreign(text),
            None => self.skip(),
        }
    }

    /// A string of the row, or a fixed word of ASCII.
    #[inline(never)]
    fn push_borrowed(&mut self, text: &[u8]) {
        let from = (text.as_ptr() as usize).wrapping_sub(self.batch);
        let lies_there = from <= self.length && text.len() <= self.length - from;
        if !lies_there || (!self.ascii && !text.is_ascii()) {
            return self.push_parts([text, b"", b""]);
        }
        let mark = if !self.marks.is_empty() && self.is_marked(text) { ENCODED } else { 0 };
        self.place(from as u32, (from + text.len()) as u32 | mark);
    }

    /// A string in three parts, of the row or fixed words of ASCII.
    #[inline]
    pub(super) fn push_parts(&mut self, parts: [&[u8]; 3]) {
        if !self.ascii && !parts.iter().all(|part| part.is_ascii()) {
            return self.push_wide(parts);
        }
        let from = self.foreign.len();
        parts.iter().for_each(|part| self.foreign.extend_from_slice(part));
        let encoded = !self.marks.is_empty() && parts.iter().any(|part| self.is_marked(part));
        self.end(from, if encoded { ENCODED } else { 0 });
    }

    /// One that does not lie in the row.
    #[inline(never)]
    pub(super) fn push_foreign(&mut self, text: &[u8]) {
        if !text.is_ascii() {
            return self.push_wide([text, b"", b""]);
        }
        let from = self.foreign.len();
        self.foreign.extend_from_slice(text);
        self.end(from, if text.windows(2).any(|two| two == b"=?") { ENCODED } else { 0 });
    }

    #[inline(never)]
    fn push_wide(&mut self, parts: [&[u8]; 3]) {
        let start = self.wide_octets.len() as u32;
        parts.iter().for_each(|part| self.wide_octets.extend_from_slice(part));
        self.wide.extend([self.next(), start, self.wide_octets.len() as u32]);
        self.place(0, WIDE | ENCODED);
    }

    #[inline(never)]
    fn is_marked(&self, part: &[u8]) -> bool {
        let from = part.as_ptr() as usize;
        self.marks.iter().any(|mark| (from..from + part.len()).contains(mark))
    }

    #[inline(never)]
    fn place(&mut self, from: u32, end: u32) {
        self.places.extend_from_slice(&[from, end]);
    }

    fn end(&mut self, from: usize, mark: u32) {
        let [from, end] = [from, self.foreign.len()].map(|place| (self.length + place) as u32);
        self.place(from, end | mark);
    }
}

/// Not zero if an octet of the word is `=` or none of ASCII.
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
            texts.begin(&row);
            texts.begin_row(&row);
            for text in row.get(shift..).unwrap_or_default().split(|octet| *octet == 0) {
                texts.push(Some(&Cow::Borrowed(text)));
            }
            let (places, _) = texts.places.as_chunks::<2>();
            let marks: Vec<u32> = places.iter().map(|[_, end]| end & !(ENCODED - 1)).collect();
            assert_eq!(marks, [0, 0, ENCODED, 0, ENCODED, WIDE | ENCODED, 0, 0], "shifted by {shift}");
            assert_eq!(texts.wide_octets, "Grüße".as_bytes());
            assert!(texts.foreign.is_empty() && !texts.all_ascii);
            for (word, [from, end]) in words.iter().zip(places).filter(|(word, _)| word.is_ascii()) {
                assert_eq!(row[*from as usize..(end & (ENCODED - 1)) as usize], *word.as_bytes());
            }
        }
    }

    #[test]
    fn what_is_no_part_of_the_row_is_looked_at_by_itself() {
        let mut texts = Texts::default();
        texts.begin(b"nothing");
        texts.begin_row(b"nothing");
        for text in ["a", "=?x", "ü"] {
            texts.push(Some(&Cow::Owned(text.as_bytes().to_vec())));
        }
        texts.push(None);
        texts.push(Some(&Cow::Borrowed(b"7bit")));
        let expected =
            [[7, 8], [8, 11 | ENCODED], [0, WIDE | ENCODED], [0, MISSING], [11, 15]].as_flattened().to_vec();
        assert_eq!((texts.places, texts.foreign), (expected, b"a=?x7bit".to_vec()));
    }
}
