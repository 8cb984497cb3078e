//! The records of a POP3 maildrop: what was listed, what came of it, and what the user should know.

use crate::tagged::Tagged;
use serde::{Deserialize, Serialize};

/// What is known of a message on a POP3 server: a line of the account's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct UidlRecord {
    /// The number of its row in the account; `None` where it has none.
    pub message: Option<u32>,
    /// The stored octets; `None` where nothing is stored.
    pub content: Option<String>,
    /// Octets of the whole message as it came.
    pub octets: u64,
    /// SHA-256 of the whole message as it came, lower case hex; empty if it never came whole.
    pub sha256: String,
    /// SHA-256 of the header lines that servers leave alone: finds it again where unique ids fail.
    pub likeness: String,
    /// Milliseconds since 1970 of the first listing with it.
    pub seen_at: u64,
    /// Milliseconds since 1970 of the download; 0 if it never came whole.
    pub downloaded_at: u64,
    /// Octets that the server's LIST claims for it: where that changes, the unique id may name another message now.
    pub listed: u64,
    /// How many of those the server added since the message came. Its octets are compared before it is deleted there.
    pub grown: u64,
    /// Milliseconds since 1970 of the first complete listing without it; `None` while the server has it.
    pub missing_since: Option<u64>,
    /// Sender, for the ledger's reader.
    pub from: String,
    /// Subject, for the ledger's reader.
    pub subject: String,
    /// Date of the message, milliseconds since 1970.
    pub date: i64,
    /// Where it stands.
    pub state: UidlState,
    /// The user's own wish to have it off the server, whatever the settings say.
    pub wish: Option<RemovalWish>,
    /// Why it is not deleted by itself.
    pub doubt: Option<Doubt>,
}

/// Where a message of a POP3 account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(tag = "kind", rename_all = "camelCase", try_from = "Tagged")]
#[non_exhaustive]
pub enum UidlState {
    /// On the server only: listed, and not taken, taken in part, or deleted here.
    #[default]
    OnServer,
    /// Here and on the server.
    Both,
    /// To be deleted from the server at the first check after this moment.
    Due {
        /// Milliseconds since 1970.
        at: u64,
    },
    /// DELE was sent or is about to be; QUIT was not answered. What the next listing has is not deleted.
    Deleting,
    /// Deleted from the server: QUIT was answered, or it was not listed any more.
    Deleted {
        /// Milliseconds since 1970.
        at: u64,
    },
    /// Here, and gone from the server without our doing.
    Here,
    /// Neither here nor on the server, without our doing there.
    Gone,
}

impl UidlState {
    /// Its `kind`, as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnServer => "onServer",
            Self::Both => "both",
            Self::Due { .. } => "due",
            Self::Deleting => "deleting",
            Self::Deleted { .. } => "deleted",
            Self::Here => "here",
            Self::Gone => "gone",
        }
    }
}

/// What the user wants of a message on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RemovalWish {
    /// Off the server, and kept here.
    Keep,
    /// Nowhere: it need not be here.
    Discard,
}

/// Why a message is not deleted from the server by itself, though settings want it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Doubt {
    /// Its unique id was another message's before.
    ReusedId,
    /// The server said that it deleted it, and lists it again.
    NotDeleted,
}

/// What the user should know of a POP3 account. Each check finds them anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", try_from = "Tagged")]
#[non_exhaustive]
pub enum Notice {
    /// The server gives no unique ids: messages are told apart by what they are, and nothing is deleted there by itself.
    NoUniqueIds,
    /// It gives so many messages an id that others have too, or none: these are not deleted by themselves.
    RepeatedUniqueIds {
        /// How many.
        messages: u32,
    },
    /// It gave so many messages an id that another had before: these are not deleted by themselves.
    ReusedUniqueIds {
        /// How many.
        messages: u32,
    },
    /// It said that it deleted so many messages, and lists them again: these are not deleted by themselves any more.
    DeletionWithoutEffect {
        /// How many.
        messages: u32,
    },
    /// All ids are others now, as after a move to another server. Nothing is taken or deleted before the user has said whether it is
    /// the same mail.
    AllUniqueIdsChanged {
        /// Messages that the server had.
        known: u32,
        /// Messages that it lists now.
        listed: u32,
    },
    /// The browser may remove what is stored here, so that so many messages were not deleted from the server.
    StorageMayBeEvicted {
        /// How many.
        messages: u32,
    },
    /// The server wants so much time between two checks.
    LoginDelay {
        /// Seconds.
        seconds: u32,
    },
    /// The server deletes mail by itself after so many days; 0: as soon as it was taken.
    ServerExpires {
        /// Days.
        days: u32,
    },
}

/// What a server is that gave all its mail new ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Migration {
    /// It has the same mail: what is here is found again by its header, and only what is new is taken.
    SameMail,
    /// It has other mail: all of it is taken.
    NewMail,
}
