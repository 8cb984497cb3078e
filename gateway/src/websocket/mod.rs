//! The server's half of WebSocket framing (RFC 6455, 5), without I/O.
//!
//! The libraries hold each message until it is whole, with buffers of their own for every connection. A tunnel needs
//! neither: [`Decoder`] unmasks payload where it lies and gives it out as it comes, and [`put_header`] writes a header in
//! front of payload that lies in a buffer already. Only text and control frames are put together, and both are short.
//!
//! The handshake is not here (`http.rs`), nor is the client's half.

mod decode;
mod encode;
pub(crate) mod fault;
pub mod fuzz;
mod mask;

pub use decode::{Closing, Decoder, Item};
pub(crate) use encode::{HEADROOM, push_close, push_frame, put_header};
pub use fault::Fault;

/// What a frame is (RFC 6455, 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn of(code: u8) -> Option<Self> {
        Some(match code {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    fn code(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    /// Close, ping and pong: never fragmented, never long, and allowed between the fragments of a message.
    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// Most octets in a control frame (RFC 6455, 5.5).
pub(crate) const MAX_CONTROL_FRAME: usize = 125;
