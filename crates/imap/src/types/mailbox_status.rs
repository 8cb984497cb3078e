//! What STATUS asks for and brings.

use super::{MailboxName, TaggedValue, Unparsed};

/// What STATUS asks for (RFC 9051, 6.3.11). An item that the server does not know makes it refuse the whole command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StatusItem {
    /// MESSAGES: how many there are.
    Messages,
    /// RECENT (RFC 3501): how many have `\Recent`.
    Recent,
    /// UIDNEXT
    UidNext,
    /// UIDVALIDITY
    UidValidity,
    /// UNSEEN: how many have no `\Seen`.
    Unseen,
    /// DELETED: how many have `\Deleted` (RFC 9051; RFC 9208, 4.1.3).
    Deleted,
    /// DELETED-STORAGE: how many octets an EXPUNGE would free (RFC 9208, 4.1.4).
    DeletedStorage,
    /// SIZE: octets of all messages (RFC 8438; RFC 9051).
    Size,
    /// HIGHESTMODSEQ (RFC 7162, 3.1.7)
    HighestModSeq,
    /// APPENDLIMIT (RFC 7889, 3)
    AppendLimit,
    /// MAILBOXID (RFC 8474, 4.3)
    MailboxId,
}

impl StatusItem {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Messages,
        Self::Recent,
        Self::UidNext,
        Self::UidValidity,
        Self::Unseen,
        Self::Deleted,
        Self::DeletedStorage,
        Self::Size,
        Self::HighestModSeq,
        Self::AppendLimit,
        Self::MailboxId,
    ];

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Messages => "MESSAGES",
            Self::Recent => "RECENT",
            Self::UidNext => "UIDNEXT",
            Self::UidValidity => "UIDVALIDITY",
            Self::Unseen => "UNSEEN",
            Self::Deleted => "DELETED",
            Self::DeletedStorage => "DELETED-STORAGE",
            Self::Size => "SIZE",
            Self::HighestModSeq => "HIGHESTMODSEQ",
            Self::AppendLimit => "APPENDLIMIT",
            Self::MailboxId => "MAILBOXID",
        }
    }
}

/// A STATUS response (RFC 9051, 7.3.4). Absent items were not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailboxStatus {
    /// Of which mailbox.
    pub mailbox: MailboxName,
    /// MESSAGES
    pub messages: Option<u32>,
    /// RECENT
    pub recent: Option<u32>,
    /// UIDNEXT
    pub uid_next: Option<u32>,
    /// UIDVALIDITY
    pub uid_validity: Option<u32>,
    /// UNSEEN
    pub unseen: Option<u32>,
    /// DELETED
    pub deleted: Option<u32>,
    /// DELETED-STORAGE
    pub deleted_storage: Option<u64>,
    /// SIZE
    pub size: Option<u64>,
    /// HIGHESTMODSEQ; 0 where the mailbox has no mod-sequences.
    pub highest_mod_seq: Option<u64>,
    /// APPENDLIMIT
    pub append_limit: Option<AppendLimit>,
    /// MAILBOXID
    pub mailbox_id: Option<String>,
    /// Items of no specification that we support.
    pub unknown: Vec<(String, TaggedValue)>,
    /// Items that broke their rule.
    pub unparsed: Vec<Unparsed>,
}

impl MailboxStatus {
    pub(crate) fn new(mailbox: MailboxName) -> Self {
        Self {
            mailbox,
            messages: None,
            recent: None,
            uid_next: None,
            uid_validity: None,
            unseen: None,
            deleted: None,
            deleted_storage: None,
            size: None,
            highest_mod_seq: None,
            append_limit: None,
            mailbox_id: None,
            unknown: Vec::new(),
            unparsed: Vec::new(),
        }
    }
}

/// The longest message that APPEND takes (RFC 7889).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendLimit {
    /// None that the server tells (NIL).
    Unknown,
    /// In octets.
    Octets(u64),
}
