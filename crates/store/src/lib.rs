//! What is kept: keys, records, atomic batches, changes; the [`Store`] trait; an in-memory store.
//!
//! The words of a store are finished write sets ([`Batch`]) and finished reads ([`Read`]): nothing is awaited inside a
//! transaction. Values are octets; small mutable rows and large immutable bodies live in tables of their own. No I/O here.

mod batch;
mod change;
mod group;
mod json;
mod key;
mod maildrop;
mod memory;
mod octets;
mod order;
mod ordered;
pub mod pack;
mod record;
mod tagged;
mod thread;
mod usage;

pub use batch::{Batch, Durability, Read, ReadResult, Store, StoreError, Table, Write};
pub use change::Change;
pub use group::{GROUP_BITS, RowGroup};
pub use json::{Json, decode, encode};
pub use key::{Key, Part};
pub use maildrop::{Doubt, Migration, Notice, RemovalWish, UidlRecord, UidlState};
pub use memory::MemoryStore;
pub use order::{Directory, Entry, Order, Page, build};
pub use ordered::{OrderedMap, OrderedSet};
pub use record::{
    AccountRecord, Action, BODY_CHUNK, Condition, ContentId, ContentRecord, Download, MailboxRecord,
    MessageId, MessageRow, Pop3Settings, Protocol, QueuedChange, QueuedKind, Removal, Rule, Security,
};
pub use thread::{Member, Thread, ThreadGroup};
pub use usage::{Amount, UsageRecord};
