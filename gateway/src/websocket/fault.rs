//! How a client can break WebSocket framing.

use std::fmt;

/// What the client did wrong. The text never repeats what it sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A reserved bit is set, but no extension was negotiated (RFC 6455, 5.2).
    ReservedBit,
    /// An opcode that does not exist (5.2).
    UnknownOpcode,
    /// A frame of a client without a mask (5.1).
    Unmasked,
    /// A length in more octets than it needs, or with its highest bit set (5.2).
    LengthForm,
    /// A control frame in fragments (5.5).
    ControlFragmented,
    /// A control frame above 125 octets (5.5).
    ControlTooLong,
    /// A continuation of nothing (5.4).
    NothingToContinue,
    /// A new message before the one before it is whole (5.4).
    Interleaved,
    /// A message above what the tunnel's protocol allows.
    TooLarge,
    /// A text that is not UTF-8 (8.1).
    NotUtf8,
    /// A closing frame of one octet, or with a code that must not be sent (5.5.1, 7.4).
    CloseForm,
}

impl Fault {
    /// The code to close with (RFC 6455, 7.4.1).
    #[must_use]
    pub fn close_code(self) -> u16 {
        match self {
            Self::NotUtf8 => 1007,
            Self::TooLarge => 1009,
            _ => 1002,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ReservedBit => "a WebSocket frame has a reserved bit set",
            Self::UnknownOpcode => "a WebSocket frame has an unknown opcode",
            Self::Unmasked => "a WebSocket frame is not masked",
            Self::LengthForm => "the length of a WebSocket frame is not written as it must be",
            Self::ControlFragmented => "a WebSocket control frame is fragmented",
            Self::ControlTooLong => "a WebSocket control frame is too long",
            Self::NothingToContinue => "a WebSocket frame continues nothing",
            Self::Interleaved => "a WebSocket message begins within another",
            Self::TooLarge => "a WebSocket message is too large",
            Self::NotUtf8 => "a WebSocket text is not UTF-8",
            Self::CloseForm => "a WebSocket closing frame is malformed",
        })
    }
}

impl std::error::Error for Fault {}
