//! IMAP client without I/O: framing, grammar (nom), extensions, connection machine.

mod client;
mod command;
mod error;
mod event;
pub mod types;

pub use client::{Client, Options, State};
pub use command::{Command, FetchItem, SearchKey, StoreAction};
pub use error::{ImapError, Refusal};
pub use event::{Completion, Event, Handle, Response};
