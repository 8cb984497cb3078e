//! The two words of a store: a finished write set and a finished list of reads.

use crate::Key;
use core::fmt;
use std::rc::Rc;

/// A table and the parts of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// `[account]` → [`crate::AccountRecord`] as JSON.
    Accounts,
    /// `[account, mailbox]` → [`crate::MailboxRecord`] as JSON.
    Mailboxes,
    /// `[account, mailbox, uidvalidity, group]` → [`crate::RowGroup`]: rows of neighbouring UIDs, the list lines and all that changes.
    Rows,
    /// `[account, mailbox, uidvalidity, uid]` → [`crate::MessageRow`] as JSON: what an earlier version wrote one by one.
    SingleRows,
    /// `[account, mailbox, order, page]` → [`crate::Directory`] in page 0, else [`crate::Page`]. Made from the rows.
    Orders,
    /// `[account, group]` → [`crate::ThreadGroup`].
    Threads,
    /// [`crate::ContentId`] → [`crate::ContentRecord`] as JSON.
    Contents,
    /// [`crate::ContentId`] and `[chunk]` → octets of the message, at most [`crate::BODY_CHUNK`] each.
    Bodies,
    /// `[account, sequence]` → [`crate::QueuedChange`] as JSON: changes the server does not have yet, oldest first.
    Queue,
    /// `[account, uidl]` → [`crate::UidlRecord`] as JSON.
    Uidls,
    /// `[name]` → what belongs to no account: the lease of the one who writes, settings. `[account, mailbox, name]` and
    /// `[account, name]` → what goes with them: [`crate::UsageRecord`], messages that are arriving.
    Meta,
}

impl Table {
    /// All tables, in the order of the schema.
    pub const ALL: [Self; 11] = [
        Self::Accounts,
        Self::Mailboxes,
        Self::Rows,
        Self::SingleRows,
        Self::Orders,
        Self::Threads,
        Self::Contents,
        Self::Bodies,
        Self::Queue,
        Self::Uidls,
        Self::Meta,
    ];

    /// The table's name in a database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Mailboxes => "mailboxes",
            Self::Rows => "groups",
            Self::SingleRows => "rows",
            Self::Orders => "orders",
            Self::Threads => "threads",
            Self::Contents => "contents",
            Self::Bodies => "bodies",
            Self::Queue => "queue",
            Self::Uidls => "uidls",
            Self::Meta => "meta",
        }
    }
}

/// One write of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Puts a value, replacing what was there.
    Put(Table, Key, Vec<u8>),
    /// Deletes one key; harmless if it is absent.
    Delete(Table, Key),
    /// Deletes all keys that begin with these parts.
    DeletePrefix(Table, Key),
}

/// How sure a commit must be before it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Handed to the operating system: enough for what the server still has.
    #[default]
    Relaxed,
    /// On disk: needed before anything is deleted elsewhere.
    Strict,
}

/// A set of writes that happen all or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// The writes, applied in order.
    pub writes: Vec<Write>,
    /// How sure.
    pub durability: Durability,
}

impl Batch {
    /// Adds a put.
    pub fn put(&mut self, table: Table, key: Key, value: Vec<u8>) {
        self.writes.push(Write::Put(table, key, value));
    }
    /// Adds a delete.
    pub fn delete(&mut self, table: Table, key: Key) {
        self.writes.push(Write::Delete(table, key));
    }
    /// Adds a delete of all keys that begin with `prefix`.
    pub fn delete_prefix(&mut self, table: Table, prefix: Key) {
        self.writes.push(Write::DeletePrefix(table, prefix));
    }
}

/// One read. All reads of a list see the same moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// The value of a key.
    Get(Table, Key),
    /// Keys that begin with `prefix`, in order.
    Prefix {
        /// The table.
        table: Table,
        /// First parts of the keys; may be empty.
        prefix: Key,
        /// Only keys below this one (exclusive) when descending, above it when ascending; pages through a long list.
        after: Option<Key>,
        /// Highest key first.
        descending: bool,
        /// At most so many.
        limit: Option<u32>,
    },
    /// How many keys begin with these parts.
    Count(Table, Key),
    /// The keys that begin with `prefix`, in order, without their values.
    Keys {
        /// The table.
        table: Table,
        /// First parts of the keys; may be empty.
        prefix: Key,
        /// Only keys above this one.
        after: Option<Key>,
        /// At most so many.
        limit: Option<u32>,
    },
}

/// The answer to a [`Read`], in the same place of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadResult {
    /// To `Get`.
    Value(Option<Vec<u8>>),
    /// To `Prefix`.
    Entries(Vec<(Key, Vec<u8>)>),
    /// To `Count`.
    Count(u64),
    /// To `Keys`.
    Keys(Vec<Key>),
}

/// Why a store failed. Nothing of a failed batch was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// The device is full or over its quota.
    Full,
    /// The store can't be opened or was closed under us; says why.
    Unavailable(String),
    /// Another tab keeps an older version of it open; as soon as it lets go, this one can be used.
    Blocked,
    /// It can be read and not written: a newer version of this app has used it.
    ReadOnly,
    /// Another engine leads by now: whoever was frozen meanwhile writes nothing.
    Superseded,
    /// A stored value is not what its table holds; names the table.
    Damaged(&'static str),
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => formatter.write_str("this device is full; free some space, nothing was changed"),
            Self::Unavailable(why) => write!(formatter, "the store on this device can't be used: {why}"),
            Self::Blocked => formatter.write_str(
                "another tab still uses an older version of this app; close that tab, and this one goes on",
            ),
            Self::ReadOnly => formatter.write_str(
                "a newer version of this app has used this device's mail: it can be read, not changed; reload the page",
            ),
            Self::Superseded => formatter.write_str("another tab has taken over; nothing was changed"),
            Self::Damaged(table) => write!(formatter, "a stored record in '{table}' is damaged"),
        }
    }
}

impl std::error::Error for StoreError {}

/// Where mail is kept. Single-threaded: futures need not be `Send`.
#[expect(async_fn_in_trait, reason = "one thread by design; no Send bound is wanted")]
pub trait Store {
    /// Applies a batch; when it returns, the batch is as durable as it asked to be. Who may need the batch again shares it: it can be
    /// megabytes.
    ///
    /// # Errors
    /// Then nothing of the batch was written.
    async fn commit(&self, batch: impl Into<Rc<Batch>>) -> Result<(), StoreError>;

    /// Answers all reads from one moment, in order.
    ///
    /// # Errors
    /// The store can't be read.
    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError>;
}
