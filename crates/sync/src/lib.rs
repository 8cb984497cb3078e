//! The engine: accounts, mailboxes, offline changes, POP3 policies. The only place where protocol meets storage.
//!
//! Async Rust over four traits ([`Connect`], [`Store`], [`Clock`], [`Entropy`]), single-threaded, with no runtime of its own:
//! [`Engine::run`] is the one future that the host drives for as long as the engine lives; everything else is a call
//! that reads the store or hands an intent to it.
//!
//! | Module | What it does |
//! |---|---|
//! | `engine`, `changes` | the surface: reads, intents, changes of the user |
//! | `streams`, `export` | messages and attachments piece by piece; folders and messages as files |
//! | `shared` | who listens, where each account stands, which tasks run |
//! | `account`, `retry` | one task per account: connect, work, wait, again |
//! | `login` | from capabilities to a signed-in connection, for both protocols |
//! | `driver` | a machine over a connection: octets, time, and the one place to wait |
//! | `imap`, `pop3` | what is done on a signed-in connection |
//! | `ledger`, `records`, `contents` | writes of an account, one after the other; typed reads; octets of messages, in and out |
//! | `local` | mail that lives on this device: its mailboxes, moves, rules on arrival |
//! | `orders`, `sort`, `threads`, `list` | what is kept sorted with the rows, and the lists that are read from it |
//! | `upgrade` | what an earlier version stored, in the form of this one |
//! | `verify` | a look through all that is stored, which mends what it can |
//! | `words` | errors in words |

mod account;
mod changes;
mod contents;
mod driver;
mod engine;
mod error;
mod export;
mod flags;
mod folders;
mod imap;
mod ledger;
mod list;
mod local;
mod login;
mod orders;
mod pause;
mod platform;
mod pop3;
mod records;
mod retry;
mod settings;
mod shared;
mod sort;
mod streams;
mod threads;
mod upgrade;
mod verify;
mod words;

pub use contents::AccountUsage;
pub use engine::Engine;
pub use error::{Blame, ErrorParts, SyncError};
pub use export::{Exported, MailboxStream, Tally};
pub use ledger::write_rows;
pub use list::{List, ListFilter, ListOrder, ListQuery};
pub use local::Moved;
pub use platform::{
    Clock, Connect, ConnectError, Connection, Endpoint, Entropy, Platform, Point, TlsInfo, TlsMode,
};
pub use pop3::{LedgerEntry, LedgerPage, LedgerQuery};
pub use settings::{Access, AccountSettings, AccountState, Event, StorageState};
pub use streams::{PartStream, SourceStream};
pub use verify::{Problem, ProblemKind, Report};
pub use waypost_sasl as sasl;
pub use waypost_store::Store;
