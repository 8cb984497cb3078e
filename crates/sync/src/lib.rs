//! The engine: accounts, mailboxes, offline changes, POP3 policies. The only place where protocol meets storage.
//!
//! Async Rust over four traits ([`Connect`], [`Store`], [`Clock`], [`Entropy`]), single-threaded, with no runtime of its own:
//! [`Engine::run`] is the one future that the host drives for as long as the engine lives; everything else is a call
//! that reads the store or hands an intent to it.

mod engine;
mod error;
mod platform;
mod settings;

pub use engine::Engine;
pub use error::{Blame, SyncError};
pub use platform::{Clock, Connect, ConnectError, Connection, Endpoint, Entropy, Platform, TlsInfo, TlsMode};
pub use settings::{AccountSettings, AccountState, Event};
pub use waypost_store::Store;
