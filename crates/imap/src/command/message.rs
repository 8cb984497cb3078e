//! A message on its way to the server.

use std::fmt;

/// The octets of a message, or of a part of one, that a command sends as a literal. Lines end in CRLF.
#[derive(Clone, PartialEq, Eq)]
pub struct Message(Octets);

#[derive(Clone, PartialEq, Eq)]
enum Octets {
    Held(Vec<u8>),
    Streamed(u64),
}

impl Message {
    /// So many octets, handed in piece by piece while they are sent: [`crate::Event::OctetsWanted`] asks for them, in the order
    /// of the command's literals.
    #[must_use]
    pub const fn streamed(octets: u64) -> Self {
        Self(Octets::Streamed(octets))
    }
    /// The octets, or how many the owner will hand in.
    pub(crate) fn octets(&self) -> Result<&[u8], u64> {
        match &self.0 {
            Octets::Held(octets) => Ok(octets),
            Octets::Streamed(octets) => Err(*octets),
        }
    }
    /// The same, of no octets: they were sent.
    pub(crate) fn sent(&self) -> Self {
        Self::streamed(0)
    }
}

impl From<Vec<u8>> for Message {
    fn from(octets: Vec<u8>) -> Self {
        Self(Octets::Held(octets))
    }
}

impl fmt::Debug for Message {
    /// Mail does not belong into logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Octets::Held(octets) => write!(formatter, "Message({} octets)", octets.len()),
            Octets::Streamed(octets) => write!(formatter, "Message({octets} octets, streamed)"),
        }
    }
}
