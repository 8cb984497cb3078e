//! Names, flags and listings of mailboxes.

/// A mailbox name as people read it (UTF-8). The encoder turns it into modified UTF-7 or UTF-8 as the connection needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxName(String);

impl MailboxName {
    /// A name; `INBOX` in any case becomes `INBOX` (RFC 9051, 5.1).
    #[must_use]
    pub fn new(name: &str) -> Self {
        if name.eq_ignore_ascii_case("INBOX") { Self("INBOX".to_owned()) } else { Self(name.to_owned()) }
    }
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A flag (RFC 9051, 2.3.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Flag {
    /// `\Seen`
    Seen,
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Draft`
    Draft,
    /// `\Recent` (RFC 3501)
    Recent,
    /// `\*` in PERMANENTFLAGS
    Any,
    /// A keyword or an unknown system flag, as sent.
    Keyword(String),
}

/// One line of LIST (RFC 9051, 7.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxListing {
    /// The name, decoded.
    pub name: MailboxName,
    /// The hierarchy delimiter; `None` for NIL.
    pub delimiter: Option<char>,
    /// Attributes as sent, with the backslash, such as `\HasNoChildren` or `\Sent`. Cyrus writes them in lower case.
    pub attributes: Vec<String>,
}

impl MailboxListing {
    /// Whether the server named this attribute, such as `\Sent`, in any case.
    #[must_use]
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|known| known.eq_ignore_ascii_case(attribute))
    }
}
