//! POP3 client without I/O.
//!
//! Give octets to a [`Client`], take octets and events out of it; commands are queued and answered by handle. Covers POP3
//! (RFC 1939), CAPA, pipelining and response codes (RFC 2449, 3206), STLS (RFC 2595), AUTH (RFC 1734, 5034), UTF8 and LANG
//! (RFC 6856). Mechanisms of AUTH and the digest of APOP are the owner's: this crate carries their octets.
//!
//! What real servers do wrong is tolerated by the rows of [`FAULTS`], and counted: [`Client::faults`].
//!
//! ```
//! use waypost_pop3::{Client, Command, Event, Options};
//! use waypost_wire::{Input, Machine, Output, Timestamp};
//!
//! let now = Timestamp::default();
//! let mut client = Client::new(Options::default());
//! client.handle(now, Input::Bytes(b"+OK ready\r\n"));
//! assert_eq!(client.poll(now), Output::Event(Event::Greeting { text: "ready".to_owned() }));
//! client.enqueue(Command::User("robin".to_owned()));
//! assert_eq!(client.poll(now), Output::Send(b"USER robin\r\n".to_vec()));
//! ```

#![warn(clippy::indexing_slicing)]
#![cfg_attr(for_speed, feature(optimize_attribute))]

mod apop;
mod body;
mod capability;
mod client;
mod code;
mod command;
mod error;
mod event;
mod fault;
mod frame;
#[doc(hidden)]
pub mod fuzz;
#[doc(hidden)]
pub mod judge;
mod response;

pub use apop::ApopTimestamp;
pub use capability::{Capabilities, Expire};
pub use client::{Client, Options, State};
pub use code::ResponseCode;
pub use command::Command;
pub use error::{Pop3Error, Refusal};
pub use event::{Event, Handle};
pub use fault::{FAULTS, Fault, FaultRow};
