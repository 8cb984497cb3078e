//! The records. They are kept as JSON: the page reads rows without the core taking them apart.

use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Serialize};

/// Octets of a body chunk: under the 60 KiB from which Chromium makes a file of each value.
pub const BODY_CHUNK: usize = 56 * 1024;

/// The protocol of an account.
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

/// When POP3 mail leaves the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Pop3Policy {
    /// Never.
    #[default]
    Leave,
    /// As soon as it is durably stored here and checked.
    Delete,
}

/// An account. The password is not here.
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
    pub policy: Pop3Policy,
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
    /// `inbox`, `drafts`, `sent`, `junk`, `trash`, `archive`, `all`, `flagged`; RFC 6154.
    pub role: Option<String>,
    /// Whether it can be opened (not `\Noselect`, not `\NonExistent`).
    pub selectable: bool,
    /// UIDVALIDITY, 0 before the first SELECT. 1 for POP3 and local folders.
    pub uidvalidity: u32,
    /// Messages on the server (IMAP) or here (POP3); `None` before the first look.
    pub total: Option<u32>,
    /// Messages without `\Seen` among those stored here; `None` before the first look.
    pub unseen: Option<u32>,
    /// Milliseconds since 1970 of the last complete synchronisation.
    pub synced_at: Option<u64>,
}

/// One line of a message list, and everything about a message that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageRow {
    /// [`MessageId`] as text.
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
    /// SHA-256 of the stored octets in lower case hex, where the body is stored.
    pub sha256: Option<String>,
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
#[serde(tag = "kind", rename_all = "camelCase")]
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

/// What is known of a message on a POP3 server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UidlRecord {
    /// The stored message.
    pub message: String,
    /// Octets stored.
    pub octets: u64,
    /// SHA-256 of the stored octets, lower case hex.
    pub sha256: String,
    /// Milliseconds since 1970 of the download.
    pub downloaded_at: u64,
    /// Octets that the server's LIST claims for it: where that changes, the unique id may name another message now.
    #[serde(default)]
    pub listed: u64,
    /// Milliseconds since 1970 of the first complete listing without it; `None` while the server has it.
    #[serde(default)]
    pub missing_since: Option<u64>,
}
