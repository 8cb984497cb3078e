//! POP3 client without I/O.
//!
//! Give octets to a [`Client`], take octets and events out of it; commands are queued and answered by handle. Covers POP3
//! (RFC 1939), CAPA, pipelining and response codes (RFC 2449, 3206), STLS (RFC 2595) and AUTH (RFC 1734, 5034). Mechanisms of
//! AUTH are the owner's: this crate carries their octets.
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

mod capability;
mod client;
mod command;
mod error;
mod event;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod response;

pub use capability::{Capabilities, Expire};
pub use client::{Client, Options, State};
pub use command::Command;
pub use error::{Pop3Error, Refusal};
pub use event::{Event, Handle};
