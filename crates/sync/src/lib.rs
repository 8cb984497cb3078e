//! The engine: accounts, mailboxes, offline changes, POP3 policies. The only place where protocol meets storage.
//!
//! Async Rust over four traits ([`Connect`], [`Store`], [`Clock`], [`Entropy`]), single-threaded, with no runtime of its own:
//! [`Engine::run`] is the one future that the host drives for as long as the engine lives; everything else is a call
//! that reads the store or hands an intent to it.

mod account;
mod body;
mod changes;
mod driver;
mod engine;
mod error;
mod flags;
mod folders;
mod imap;
mod ledger;
mod login;
mod platform;
mod pop3;
mod records;
mod retry;
mod settings;
mod shared;
mod words;

pub use engine::Engine;
pub use error::{Blame, SyncError};
pub use platform::{Clock, Connect, ConnectError, Connection, Endpoint, Entropy, Platform, TlsInfo, TlsMode};
pub use settings::{AccountSettings, AccountState, Event};
pub use waypost_store::Store;
