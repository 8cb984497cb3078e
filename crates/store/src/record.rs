//! The records. They are kept as JSON: the page reads rows without the core taking them apart.

use crate::tagged::Tagged;
use crate::{Json, Migration, Notice};
use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Serialize};

/// Octets of a body chunk: under the 60 KiB from which Chromium makes a file of each value.
pub const BODY_CHUNK: usize = 56 * 1024;

/// Where the mail of an account lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Mail lives on the server; this device holds a cache.
    Imap,
    /// Mail lives on this device.
    Pop3,
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first octet.
    Tls,
    /// STARTTLS or STLS, required: without it nothing is sent.
    StartTls,
    /// None. Only where the gateway allows it.
    None,
}

/// When POP3 mail leaves the server. All at `false` and `None`: never, which is the default. Several may be chosen together; the
/// first that applies counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Removal {
    /// As soon as it is durably stored here and checked.
    pub after_download: bool,
    /// So many days after it was first seen on the server, once it is stored here; 1 to 3650.
    pub after_days: Option<u16>,
    /// When it is deleted here for good.
    pub when_deleted: bool,
    /// When it is moved out of the inbox here.
    pub when_moved: bool,
}

impl Removal {
    /// Whether mail is ever deleted from the server.
    #[must_use]
    pub fn is_any(self) -> bool {
        self.after_download || self.after_days.is_some() || self.when_deleted || self.when_moved
    }
}

/// How much of a message POP3 takes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(tag = "kind", rename_all = "camelCase", try_from = "Tagged")]
pub enum Download {
    /// All of it.
    #[default]
    Whole,
    /// The header and the first lines of the text, by TOP; the rest when it is opened.
    Beginning {
        /// KiB of the message, 1 to 1024.
        kibibytes: u16,
    },
}

/// What a POP3 account does by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pop3Settings {
    /// When mail leaves the server.
    pub removal: Removal,
    /// How much of a message is taken.
    pub download: Download,
    /// Larger messages are listed and left on the server until the user asks; octets as LIST says. `None`: no limit.
    pub skip_above: Option<u64>,
    /// At most so many messages per check; the rest is listed, can be loaded at once, and is taken by the next checks. `None`: all.
    pub per_check: Option<u32>,
    /// Which of them come first.
    pub newest_first: bool,
    /// Seconds between checks, 60 to 86,400; `None`: by hand only.
    pub interval: Option<u32>,
    /// The user wants mail deleted from the server although this browser may evict what is stored here.
    pub accepts_eviction: bool,
}

impl Default for Pop3Settings {
    fn default() -> Self {
        Self {
            removal: Removal::default(),
            download: Download::Whole,
            skip_above: None,
            per_check: None,
            newest_first: false,
            interval: Some(300),
            accepts_eviction: false,
        }
    }
}

/// An account stored on this device. The password is never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountRecord {
    /// Number in this store; never reused.
    pub id: u32,
    /// IMAP or POP3.
    pub protocol: Protocol,
    /// The user's address, as shown.
    pub address: String,
    /// Server name.
    pub host: String,
    /// Server port.
    pub port: u16,
    /// Protection of the connection.
    pub security: Security,
    /// Login name.
    pub username: String,
    /// POP3 only.
    #[serde(default)]
    pub pop3: Pop3Settings,
    /// What is done with mail as it arrives, in this order; POP3 only.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// What the last check found that the user should know; POP3 only.
    #[serde(default)]
    pub notices: Vec<Notice>,
    /// The answer to [`Notice::AllUniqueIdsChanged`], until it is carried out; POP3 only.
    #[serde(default)]
    pub migration: Option<Migration>,
}

/// A rule on arrival: if all conditions hold, all actions are done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// As shown to the user.
    pub name: String,
    /// All of them must hold; none: the rule holds for every message.
    pub conditions: Vec<Condition>,
    /// What is done.
    pub actions: Vec<Action>,
    /// Whether later rules are passed over where this one held.
    pub last: bool,
}

/// What a rule asks of a message. Texts are compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "camelCase", try_from = "Tagged")]
#[non_exhaustive]
pub enum Condition {
    /// Name or address of a sender holds this.
    From(String),
    /// Name or address of a recipient (To, Cc) holds this.
    To(String),
    /// The subject holds this.
    Subject(String),
    /// List-Id (RFC 2919) holds this.
    ListId(String),
    /// More octets than this.
    Larger(u64),
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "camelCase", try_from = "Tagged")]
#[non_exhaustive]
pub enum Action {
    /// Puts it into this mailbox of the account.
    Move(u32),
    /// Sets a flag or keyword.
    Flag(String),
    /// Puts it into the trash.
    Delete,
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailboxRecord {
    /// Number in its account; never reused.
    pub id: u32,
    /// The whole name on the server, decoded.
    pub name: String,
    /// Hierarchy delimiter.
    pub delimiter: Option<char>,
    /// What it is for: `inbox`, `drafts`, `sent`, `junk`, `trash`, `archive`, `all`, `flagged`; RFC 6154.
    pub role: Option<String>,
    /// Whether it can be opened (not `\Noselect`, not `\NonExistent`).
    pub selectable: bool,
    /// UIDVALIDITY: another one means that the server counts its messages anew. 0 before the first SELECT, 1 for POP3 and local folders.
    pub uidvalidity: u32,
    /// Messages on the server (IMAP) or here (POP3); `None` before the first look.
    pub total: Option<u32>,
    /// Messages without `\Seen` among those stored here; `None` before the first look.
    pub unseen: Option<u32>,
    /// Messages with `\Flagged` among those stored here.
    #[serde(default)]
    pub flagged: u32,
    /// Milliseconds since 1970 of the last complete synchronisation.
    pub synced_at: Option<u64>,
}

/// One line of a message list, and everything about a message that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageRow {
    /// Names the message in this store; opaque to a page. It is a `MessageId` as text.
    pub id: String,
    /// Sender as shown: display name, or address.
    pub from: String,
    /// Sender's address.
    pub from_address: String,
    /// Recipients as shown, comma separated.
    pub to: String,
    /// Subject, decoded.
    pub subject: String,
    /// First words of the text; empty until the body is here.
    pub snippet: String,
    /// Milliseconds since 1970: INTERNALDATE, or the Date header for POP3.
    pub date: i64,
    /// Octets on the server.
    pub size: u64,
    /// Flags as IMAP writes them: `\Seen`, `\Flagged`, keywords.
    pub flags: Vec<String>,
    /// Whether it has attachments.
    pub attachment: bool,
    /// Whether the whole message is stored here.
    pub body: bool,
    /// Whether a change of this row is waiting to be sent.
    pub waiting: bool,
    /// The thread, a number of the account; 0 where none is known.
    #[serde(default)]
    pub thread: u64,
    /// Names the stored octets, where there are any; opaque to a page. It is a `ContentId` as text.
    #[serde(default)]
    pub content: Option<String>,
    /// SHA-256 of the stored octets in lower case hex, where the body is stored.
    pub sha256: Option<String>,
    /// The mailbox from which it was put into the trash; mail that lives here only.
    #[serde(default)]
    pub origin: Option<u32>,
    /// The number of the message of which it is a copy; mail that lives here only.
    #[serde(default)]
    pub copy_of: Option<u32>,
}

/// Names one message in the store: `account.mailbox.uidvalidity.uid`, decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId {
    /// Account.
    pub account: u32,
    /// Folder.
    pub mailbox: u32,
    /// UIDVALIDITY of the folder.
    pub uidvalidity: u32,
    /// UID; for POP3 a local number in order of arrival.
    pub uid: u32,
}

impl fmt::Display for MessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}.{}", self.account, self.mailbox, self.uidvalidity, self.uid)
    }
}

impl FromStr for MessageId {
    type Err = ();

    /// # Errors
    /// The text is not four decimal numbers with dots between them.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.').map(|part| part.parse::<u32>().map_err(|_| ()));
        let mut next = || parts.next().ok_or(())?;
        let id = Self { account: next()?, mailbox: next()?, uidvalidity: next()?, uid: next()? };
        if parts.next().is_some() { Err(()) } else { Ok(id) }
    }
}

/// Names stored octets: `account.mailbox.uidvalidity.number`, decimal.
///
/// Of IMAP they bear the names of their message, so that they go with their folder. Of POP3 mailbox and UIDVALIDITY are 0 and the
/// number is the account's: a message is moved without its octets, and a copy shares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentId(pub MessageId);

impl ContentId {
    /// Of the mail that lives on this device.
    #[must_use]
    pub const fn local(account: u32, number: u32) -> Self {
        Self(MessageId { account, mailbox: 0, uidvalidity: 0, uid: number })
    }
}

impl fmt::Display for ContentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for ContentId {
    type Err = ();

    /// # Errors
    /// As for [`MessageId`].
    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().map(Self)
    }
}

/// What is stored of the octets of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContentRecord {
    /// Octets stored, in chunks of [`BODY_CHUNK`].
    pub octets: u64,
    /// SHA-256 of them, lower case hex; empty while they arrive.
    pub sha256: String,
    /// Whether they are the whole message.
    pub whole: bool,
    /// Rows that show them. At 0 they go.
    pub holders: u32,
    /// The only copy: no budget takes it away. Otherwise the server has it too.
    pub only_copy: bool,
    /// Milliseconds since 1970 of the last reading, to the hour.
    pub used_at: u64,
    /// Unique id of POP3 under which it came.
    #[serde(default)]
    pub uidl: Option<String>,
    /// Where its parts are, as the message crate writes it.
    #[serde(default)]
    pub scan: Option<Json>,
}

/// A change made here that the server does not have yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuedChange {
    /// What it is about.
    pub message: String,
    /// What to do.
    pub kind: QueuedKind,
}

/// The kinds of queued changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", try_from = "Tagged")]
#[non_exhaustive]
pub enum QueuedKind {
    /// Adds and removes flags.
    Flags {
        /// To add.
        add: Vec<String>,
        /// To remove.
        remove: Vec<String>,
    },
}
