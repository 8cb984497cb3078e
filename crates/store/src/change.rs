//! What a commit changed, for those who show it.

use serde::Serialize;

/// A change in the store or in an account's state. Told after the commit; a reader then reads what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Change {
    /// Accounts were added, changed or removed.
    Accounts,
    /// The folders of an account, or their counts, changed.
    Mailboxes {
        /// The account.
        account: u32,
    },
    /// Messages of a folder were added, changed or removed.
    Messages {
        /// The account.
        account: u32,
        /// The folder.
        mailbox: u32,
    },
    /// What is known of the messages on the server of a POP3 account changed.
    Maildrop {
        /// The account.
        account: u32,
    },
    /// The body of a message is now stored.
    Body {
        /// The account.
        account: u32,
        /// The folder.
        mailbox: u32,
        /// [`crate::MessageId`] as text.
        message: String,
    },
}
