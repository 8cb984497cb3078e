//! The protocol between browser and gateway, both ends. Specified in docs/TUNNEL.md. No I/O.
//!
//! Text frames of the WebSocket carry [`Control`] as JSON, binary frames carry payload. [`client::Tunnel`] is the
//! browser's end and [`server::Tunnel`] the gateway's. Both take [`Frame`]s with `handle` and give frames and events
//! with `poll`; **after every call of any other method, call `poll` until it answers `None`**.
//!
//! Neither end ever holds more payload than its window: a peer that sends beyond its credit ends the tunnel.
//!
//! ```
//! use waypost_tunnel::{Frame, Open, Output, TlsMode, client, server};
//!
//! let open = Open { host: "mail.example".into(), port: 993, tls: TlsMode::None, token: None };
//! let mut browser = client::Tunnel::new(open, 65_536);
//! let mut gateway = server::Tunnel::new(65_536);
//! let Some(Output::Send(frame)) = browser.poll() else { panic!("opens first") };
//! gateway.handle(frame);
//! assert!(matches!(gateway.poll(), Some(Output::Event(server::Event::Open(_)))));
//! gateway.opened(None);
//! let Some(Output::Send(frame)) = gateway.poll() else { panic!("answers") };
//! browser.handle(frame);
//! assert_eq!(browser.poll(), Some(Output::Event(client::Event::Opened { tls: None })));
//! assert_eq!(browser.send(b"a1 NOOP\r\n"), 9);
//! assert_eq!(browser.poll(), Some(Output::Send(Frame::Binary(b"a1 NOOP\r\n".to_vec()))));
//! ```

pub mod client;
mod code;
mod control;
mod flow;
#[doc(hidden)]
pub mod fuzz;
pub mod server;
mod violation;

pub use code::{ErrorCode, Failure, Fault};
pub use control::{Control, Open, Tls, TlsMode, Token};
pub use violation::Violation;

/// The WebSocket subprotocol. The number is the version of the whole protocol.
pub const SUBPROTOCOL: &str = "waypost.v1";

/// What every version's subprotocol begins with.
pub const SUBPROTOCOL_PREFIX: &str = "waypost.";

/// Most octets in one binary frame of the client, so that the gateway's buffers need hold no more.
pub const MAX_PAYLOAD: usize = 64 * 1024;

/// Most octets in one binary frame of the gateway: a page receives frames of this size a tenth faster than frames of
/// 64 KiB, and those about three times as fast as frames of 4 KiB.
pub const MAX_PAYLOAD_DOWN: usize = 128 * 1024;

/// Longest control message in octets: an error sentence or a long host name with a token fits many times.
pub const MAX_CONTROL: usize = 8 * 1024;

/// Largest window, and so the most credit that may be outstanding, in octets.
pub const MAX_WINDOW: u32 = 16 * 1024 * 1024;

/// Most octets that the client sends before it upgrades to TLS: some commands.
pub const MAX_PLAIN_UP: u64 = 1024;

/// Most octets that the mail server sends before that: a greeting and its capabilities.
pub const MAX_PLAIN_DOWN: u64 = 16 * 1024;

/// One WebSocket message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A [`Control`] message.
    Text(String),
    /// Payload.
    Binary(Vec<u8>),
}

/// What an end asks of its driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output<E> {
    /// Send this frame, in this order.
    Send(Frame),
    /// Something happened that the owner wants to know.
    Event(E),
    /// Close the WebSocket after what was sent; the tunnel is over.
    Close,
}
