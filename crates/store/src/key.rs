//! Keys: short lists of numbers and texts, ordered part by part, numbers before texts, as IndexedDB orders array keys
//! (Indexed Database API 3.0, 4.3).

/// One part of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A number up to 2^53, which a JavaScript number holds exactly.
    Number(u64),
    /// A text; ordered by UTF-16 code units in IndexedDB. Use ASCII only where the order matters.
    Text(String),
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
