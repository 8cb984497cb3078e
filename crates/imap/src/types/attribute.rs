//! What extensions add to a FETCH response.

/// An item of an extension in a FETCH response; owned, because few messages have one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attribute {
    /// PREVIEW (RFC 8970): the first words, UTF-8; `None` while the server has not made them (`LAZY`).
    Preview(Option<Vec<u8>>),
}
