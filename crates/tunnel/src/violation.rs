//! How a peer can break the protocol.

use std::fmt;

/// What the peer did wrong. The text never repeats what it sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// A text frame that is not JSON.
    NotJson,
    /// JSON that is no control message of this version.
    UnknownControl,
    /// A text frame above [`MAX_CONTROL`](crate::MAX_CONTROL).
    ControlTooLong,
    /// A binary frame that is empty, or above [`MAX_PAYLOAD`](crate::MAX_PAYLOAD) and of the client, or above
    /// [`MAX_PAYLOAD_DOWN`](crate::MAX_PAYLOAD_DOWN).
    PayloadSize,
    /// More payload than the credit allows.
    CreditExceeded,
    /// Credit of zero, or more than [`MAX_WINDOW`](crate::MAX_WINDOW) outstanding.
    CreditInvalid,
    /// A message that this end never receives, or not now.
    OutOfOrder {
        /// The message's `type`, or `payload`.
        message: &'static str,
    },
    /// Something followed the end of that direction.
    AfterEnd,
    /// TLS was left out where it was asked for, or reported where it was not.
    TlsMismatch,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => formatter.write_str("a text frame is not JSON"),
            Self::UnknownControl => formatter.write_str("a text frame is no control message of this version"),
            Self::ControlTooLong => formatter.write_str("a control message is too long"),
            Self::PayloadSize => formatter.write_str("a payload frame is empty or too large"),
            Self::CreditExceeded => formatter.write_str("more payload was sent than the credit allows"),
            Self::CreditInvalid => formatter.write_str("credit is zero or too large"),
            Self::OutOfOrder { message } => write!(formatter, "the message '{message}' is not allowed now"),
            Self::AfterEnd => formatter.write_str("something followed the end of its direction"),
            Self::TlsMismatch => formatter.write_str("the TLS that is reported is not what was asked for"),
        }
    }
}

impl std::error::Error for Violation {}
