//! Orders of a mailbox, kept so that any part of a list is found without its beginning.
//!
//! An order is a sorted set of [`Entry`], cut into pages of some hundreds. Page 0 is the [`Directory`]: where each page begins and
//! how many entries it has, and the latest changes, which wait there until they are many. So one arrival rewrites one record of
//! an order, thousands at once rewrite each page once, and a list reads the directory and one page. Counts stand in the directory.
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
