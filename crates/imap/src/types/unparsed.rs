//! What was not understood, kept as it came.

use std::fmt;

/// Octets that were not understood: a whole response, an item of FETCH or the argument of a response code.
#[derive(Clone, PartialEq, Eq)]
pub struct Unparsed {
    /// The name of the item or code as sent; empty for a whole response and where no name could be read.
    pub name: String,
    /// The octets as they came; without the name where there is one.
    pub octets: Vec<u8>,
    /// Where a rule that we know was broken; `None` if the name is in no specification that we support.
    pub breach: Option<Breach>,
}

impl fmt::Debug for Unparsed {
    /// Octets as text, with escapes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Unparsed")
            .field("name", &self.name)
            .field("octets", &format_args!("\"{}\"", self.octets.escape_ascii()))
            .field("breach", &self.breach)
            .finish()
    }
}

/// Where octets left the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// The rule of the ABNF that did not match.
    pub rule: &'static str,
    /// How many of [`Unparsed::octets`] came before the fault.
    pub offset: usize,
}
