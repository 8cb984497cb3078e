//! IMAP client without I/O: framing, grammar (nom), extensions, connection machine.
//!
//! Give octets to a [`Client`], take octets and events out of it; commands are queued and answered by handle. Covers IMAP4rev1 (RFC
//! 3501), IMAP4rev2 (RFC 9051) and the extensions of [`ext`]; `docs/SPEC.md` lists each with its sections and tests.
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
#![cfg_attr(for_speed, feature(optimize_attribute))]

mod client;
mod command;
pub mod commands;
#[cfg(feature = "on-request")]
mod deflate;
mod encode;
mod error;
mod event;
pub mod ext;
mod fault;
mod frame;
#[cfg(feature = "on-request")]
#[doc(hidden)]
pub mod fuzz;
mod grammar;
#[doc(hidden)]
pub mod judge;
mod mutf7;
pub mod types;

pub use client::{Client, Options, PlainRow, SequenceNumbers, State};
pub use command::{Command, EntryScope, FetchItem, Message, SearchKey, StoreAction};
pub use error::{ImapError, Refusal};
pub use event::{Completion, Event, Handle, Response};
pub use fault::{FAULTS, Fault, FaultRow};
