//! IMAP client without I/O: framing, grammar (nom), extensions, connection machine.
//!
//! Give octets to a [`Client`], take octets and events out of it; commands are queued and answered by handle. Covers the part
//! of IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051) that reading mail needs, with STARTTLS, SASL-IR (RFC 4959), LITERAL+ and
//! LITERAL- (RFC 7888), ENABLE (RFC 5161), IDLE (RFC 2177), SPECIAL-USE (RFC 6154) and UIDPLUS' APPENDUID (RFC 4315).
//!
//! ```
//! use waypost_imap::{Client, Command, Event, Options};
//! use waypost_wire::{Input, Machine, Output, Timestamp};
//!
//! let now = Timestamp::default();
//! let mut client = Client::new(Options::default());
//! client.handle(now, Input::Bytes(b"* OK [CAPABILITY IMAP4rev1] ready\r\n"));
//! assert!(matches!(client.poll(now), Output::Event(Event::Greeting { .. })));
//! client.enqueue(Command::Noop);
//! assert_eq!(client.poll(now), Output::Send(b"w0 NOOP\r\n".to_vec()));
//! ```

#![warn(clippy::indexing_slicing)]

mod client;
mod command;
mod encode;
mod error;
mod event;
pub mod ext;
mod fault;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod grammar;
#[doc(hidden)]
pub mod judge;
mod mutf7;
pub mod types;

pub use client::{Client, Numbers, Options, State};
pub use command::{Command, FetchItem, SearchKey, StoreAction};
pub use error::{ImapError, Refusal};
pub use event::{Completion, Event, Handle, Response};
pub use fault::{FAULTS, Fault, FaultRow};
