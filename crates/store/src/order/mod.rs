//! Orders of a mailbox, kept so that any part of a list is found without its beginning.
//!
//! An order is a sorted set of [`Entry`], cut into pages of some hundreds. Page 0 is the [`Directory`]: where each page begins and
//! how many entries it has, and the latest changes. So one arrival rewrites one record of an order, and a list reads the directory
//! and one page. Counts stand in the directory.
//!
//! Where many changes wait in the directory they go into the pages, if these are few for so many changes: as where mail arrives
//! in the order of its dates. Where they would rewrite nearly every page, as senders in no order do, they become a run: sorted
//! pages of changes that a list lays over. Runs go into the pages together, when there is much in them or when they are many.
//!
//! What sorts a row is not decided here. All of it is made from the rows, and can be made anew.

mod directory;
mod entry;

pub use directory::{Directory, Page, build};
pub use entry::Entry;

/// The orders, as parts of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// By date.
    Date = 1,
    /// By sender, then date.
    Sender = 2,
    /// By base subject, then date.
    Subject = 3,
    /// By size, then date.
    Size = 4,
    /// What has no `\Seen`, by date.
    Unread = 5,
    /// What has `\Flagged`, by date.
    Flagged = 6,
    /// The newest message of each thread, by date.
    Thread = 7,
    /// Of an account, mailbox 0: hashes of message ids; they stand for threads.
    MessageIds = 8,
}

impl Order {
    /// The orders of a mailbox that follow from each row alone.
    pub const OF_ROWS: [Self; 6] =
        [Self::Date, Self::Sender, Self::Subject, Self::Size, Self::Unread, Self::Flagged];

    /// The number in a key.
    #[must_use]
    pub const fn number(self) -> u64 {
        self as u64
    }
}
