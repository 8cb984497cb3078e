//! What extensions add to a FETCH response.

use super::DateTime;

/// An item of an extension in a FETCH response; owned, because few messages have one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attribute {
    /// PREVIEW (RFC 8970): the first words, UTF-8; `None` while the server has not made them (`LAZY`).
    Preview(Option<Vec<u8>>),
    /// SAVEDATE (RFC 8514): when the message came into this mailbox; `None` if the server does not know.
    SaveDate(Option<DateTime>),
    /// EMAILID (RFC 8474): the same for the same content in any mailbox.
    EmailId(String),
    /// THREADID (RFC 8474); `None` where the server does not thread.
    ThreadId(Option<String>),
    /// `BINARY.SIZE[part]` (RFC 3516): octets of a part once decoded.
    BinarySize {
        /// Part numbers; empty for the whole message.
        part: Vec<u32>,
        /// Octets.
        octets: u64,
    },
    /// ANNOTATION (RFC 5257).
    Annotations(Vec<AnnotationEntry>),
    /// X-GM-MSGID: Gmail's number of the message, the same in every mailbox.
    GmailMessageId(u64),
    /// X-GM-THRID: Gmail's number of the conversation.
    GmailThreadId(u64),
    /// X-GM-LABELS: Gmail's labels as people read them; its own begin with a backslash, such as `\Inbox`.
    GmailLabels(Vec<String>),
}

/// The annotations of one entry (RFC 5257).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationEntry {
    /// The entry, such as `/comment`.
    pub entry: String,
    /// Its attributes.
    pub values: Vec<Annotation>,
}

/// One attribute of an annotation (RFC 5257).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The attribute, such as `value.priv`.
    pub attribute: String,
    /// Its value; `None` for NIL: there is none, or it is to be deleted.
    pub value: Option<Vec<u8>>,
}
