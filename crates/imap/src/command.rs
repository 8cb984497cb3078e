//! Commands, typed: nothing a caller passes can break out of its place (encode.rs decides quoted, literal or UTF-7).
mod fetch;
mod message;
mod search;

pub use self::fetch::FetchItem;
pub use self::message::Message;
pub use self::search::{EntryScope, SearchKey};
use crate::ext::Extended;
use crate::types::{DateTime, Flag, ListPattern, MailboxName, SequenceSet, StatusItem};
use waypost_wire::Secret;

/// A command of RFC 9051, 6.
///
/// Without the feature `clients` only CAPABILITY, NOOP, LOGOUT, STARTTLS, AUTHENTICATE, LOGIN, LIST, SELECT, FETCH, UID FETCH, UID STORE and
/// IDLE are sent; the others are refused.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// CAPABILITY (6.1.1).
    Capability,
    /// NOOP (6.1.2).
    Noop,
    /// LOGOUT (6.1.3).
    Logout,
    /// STARTTLS (6.2.1); the machine asks for `Output::Secure` when the server agreed.
    StartTls,
    /// AUTHENTICATE (6.2.2); the initial response is sent at once where the server has SASL-IR (RFC 4959) and takes a
    /// line of that length, else on its first challenge.
    Authenticate {
        /// The mechanism's name, such as `PLAIN`.
        mechanism: String,
        /// Octets, not yet base64.
        initial: Option<Secret<Vec<u8>>>,
    },
    /// LOGIN (6.2.3).
    Login {
        /// The user.
        username: String,
        /// The password.
        password: Secret<String>,
    },
    /// ENABLE (RFC 5161; RFC 9051, 6.3.1). Answered by [`crate::Response::Enabled`].
    Enable(Vec<String>),
    /// LIST (6.3.9); attributes of RFC 6154 (SPECIAL-USE) arrive in the answers. Answered by [`crate::Response::List`].
    /// [`crate::ext::list::List`] does more.
    List {
        /// Reference name, usually empty.
        reference: MailboxName,
        /// Which names.
        pattern: ListPattern,
        /// Add `RETURN (SPECIAL-USE)` where the server has LIST-EXTENDED and SPECIAL-USE.
        special_use: bool,
    },
    /// LSUB (RFC 3501, 6.3.9): the subscribed mailboxes. Answered by [`crate::Response::Lsub`]. Servers that are IMAP4rev2 only
    /// have none: [`crate::ext::list::List`] selects them.
    Lsub {
        /// Reference name, usually empty.
        reference: MailboxName,
        /// Which names.
        pattern: ListPattern,
    },
    /// CREATE (6.3.4). Its end may tell [`crate::types::ResponseCode::MailboxId`].
    Create(MailboxName),
    /// DELETE (6.3.5).
    Delete(MailboxName),
    /// RENAME (6.3.6).
    Rename {
        /// What it is called.
        from: MailboxName,
        /// What it shall be called.
        to: MailboxName,
    },
    /// SUBSCRIBE (6.3.7).
    Subscribe(MailboxName),
    /// UNSUBSCRIBE (6.3.8).
    Unsubscribe(MailboxName),
    /// STATUS (6.3.11), of a mailbox that is not selected. Answered by [`crate::Response::Status`].
    Status {
        /// Which mailbox.
        mailbox: MailboxName,
        /// What of it.
        items: Vec<StatusItem>,
    },
    /// SELECT (6.3.2).
    Select(MailboxName),
    /// EXAMINE (6.3.3).
    Examine(MailboxName),
    /// FETCH, by message sequence numbers (6.4.5).
    Fetch {
        /// Which messages.
        set: SequenceSet,
        /// What of them.
        items: Vec<FetchItem>,
    },
    /// UID FETCH (6.4.9).
    UidFetch {
        /// Which messages, by UID.
        set: SequenceSet,
        /// What of them; UID always comes.
        items: Vec<FetchItem>,
    },
    /// UID STORE (6.4.9).
    UidStore {
        /// Which messages, by UID.
        set: SequenceSet,
        /// What to do with the flags.
        action: StoreAction,
        /// Use `.SILENT`.
        silent: bool,
        /// The flags.
        flags: Vec<Flag>,
    },
    /// UID SEARCH (6.4.9).
    UidSearch(Vec<SearchKey>),
    /// APPEND (6.3.12).
    Append {
        /// Where to.
        mailbox: MailboxName,
        /// With which flags.
        flags: Vec<Flag>,
        /// The internal date; `None` leaves it to the server.
        date: Option<DateTime>,
        /// The message, CRLF line ends.
        message: Vec<u8>,
    },
    /// APPEND (6.3.12) of a message that is not in memory: [`crate::Event::OctetsWanted`] asks for its octets piece by piece,
    /// [`crate::Client::supply`] takes them.
    AppendStreamed {
        /// Where to.
        mailbox: MailboxName,
        /// With which flags.
        flags: Vec<Flag>,
        /// The internal date; `None` leaves it to the server.
        date: Option<DateTime>,
        /// How many octets the message has, CRLF line ends.
        octets: u64,
    },
    /// With the feature `on-request`: COMPRESS DEFLATE (RFC 4978): after its OK both directions are compressed; the owner notices nothing.
    #[cfg(feature = "on-request")]
    Compress,
    /// A command of an extension; see [`crate::ext`].
    Extended(Extended),
    /// IDLE (RFC 2177); runs until [`crate::Client::finish_idle`]. The machine renews it before 29 minutes.
    Idle,
}

/// Whether all commands can be sent. Each `match` on commands names those of the engine first; what the others need is left out of its module.
pub(crate) const EVERY_COMMAND: bool = cfg!(feature = "clients");

/// What STORE does with the flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreAction {
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
    /// `FLAGS`
    Replace,
}
