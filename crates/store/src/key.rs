//! Keys: short lists of numbers and texts, ordered part by part, numbers before texts, as IndexedDB orders array keys
//! (Indexed Database API 3.0, 4.3).

use core::cmp::Ordering;

/// One part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// A number up to 2^53, which a JavaScript number holds exactly.
    Number(u64),
    /// A text, ordered by its UTF-16 code units.
    Text(String),
}

impl Ord for Part {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(own), Self::Number(other)) => own.cmp(other),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
            (Self::Text(own), Self::Text(other)) => by_code_units(own.as_bytes(), other.as_bytes()),
        }
    }
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The order of UTF-16 is that of UTF-8, but that what takes four octets there (surrogates here) stands below U+E000 and above.
fn by_code_units(own: &[u8], other: &[u8]) -> Ordering {
    let place = |octet: u8| match octet {
        0xee | 0xef => 0xff,
        octet => octet,
    };
    match own.iter().zip(other).find(|(own, other)| own != other) {
        Some((own, other)) => place(*own).cmp(&place(*other)).then(own.cmp(other)),
        None => own.len().cmp(&other.len()),
    }
}

/// A key of a table; see [`crate::Table`] for the parts of each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Key(pub Vec<Part>);

impl Key {
    /// A key of numbers.
    #[must_use]
    pub fn numbers(numbers: &[u64]) -> Self {
        Self(numbers.iter().copied().map(Part::Number).collect())
    }

    /// This key with one more text.
    #[must_use]
    pub fn with_text(mut self, text: &str) -> Self {
        self.0.push(Part::Text(text.to_owned()));
        self
    }

    /// This key with one more number.
    #[must_use]
    pub fn with_number(mut self, number: u64) -> Self {
        self.0.push(Part::Number(number));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_as_indexeddb_orders_them() {
        let texts = [
            "",
            "a",
            "a\u{301}",
            "ab",
            "b",
            "\u{d7ff}",
            "\u{10000}",
            "\u{10ffff}",
            "\u{e000}",
            "\u{f8ff}",
            "\u{ffff}",
        ];
        let by_units = |one: &&str, other: &&str| one.encode_utf16().cmp(other.encode_utf16());
        let mut parts: Vec<Part> = texts.iter().rev().map(|text| Part::Text((*text).to_owned())).collect();
        parts.extend([Part::Number(1 << 53), Part::Number(0)]);
        parts.sort();
        let mut expected = texts.to_vec();
        expected.sort_by(by_units);
        let expected = expected.into_iter().map(|text| Part::Text(text.to_owned()));
        let numbers = [Part::Number(0), Part::Number(1 << 53)];
        assert_eq!(parts, numbers.into_iter().chain(expected).collect::<Vec<_>>());
    }
}
