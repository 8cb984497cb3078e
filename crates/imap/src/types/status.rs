//! Capabilities, status responses and their codes.
use super::{Flag, Reason, Unparsed};
use crate::fault::Faults;
use crate::grammar::{Reading, resp_text_code};

/// What a server can do (RFC 9051, 7.2.2). Names are compared without case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities(Vec<String>);

impl Capabilities {
    /// From the names as sent.
    #[must_use]
    pub fn new(names: Vec<String>) -> Self {
        Self(names)
    }
    /// Whether the server named it.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
    /// The names of `AUTH=`, without the prefix.
    pub fn mechanisms(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|name| {
            let (prefix, mechanism) = name.split_at_checked(5)?;
            prefix.eq_ignore_ascii_case("AUTH=").then_some(mechanism)
        })
    }
    /// All names as sent.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Kind of a status response (RFC 9051, 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// OK
    Ok,
    /// NO
    No,
    /// BAD
    Bad,
    /// BYE
    Bye,
    /// PREAUTH
    PreAuth,
}

/// A response code (RFC 9051, 7.1; RFC 5530).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseCode {
    /// ALERT
    Alert,
    /// CAPABILITY
    Capability(Capabilities),
    /// PERMANENTFLAGS
    PermanentFlags(Vec<Flag>),
    /// READ-ONLY
    ReadOnly,
    /// READ-WRITE
    ReadWrite,
    /// TRYCREATE
    TryCreate,
    /// UIDNEXT
    UidNext(u32),
    /// UIDVALIDITY
    UidValidity(u32),
    /// UNSEEN
    Unseen(u32),
    /// HIGHESTMODSEQ
    HighestModSeq(u64),
    /// APPENDUID uidvalidity uid
    AppendUid(u32, u32),
    /// BADCHARSET, with the charsets that the server knows.
    BadCharset(Vec<String>),
    /// PARSE: the server could not read a message.
    Parse,
    /// NEWNAME old new (RFC 2060): the mailbox was renamed.
    NewName(String, String),
    /// WEBALERT url (Gmail; in no specification): the user must sign in there first.
    WebAlert(String),
    /// A word that says why.
    Reason(Reason),
    /// Any other, and one whose argument broke its rule; the name is in upper case.
    Unparsed(Unparsed),
}

impl ResponseCode {
    /// Reads a code as a server writes it, with its brackets; `None` if it is none.
    #[must_use]
    pub fn parse(octets: &[u8]) -> Option<Self> {
        let faults = Faults::new(false);
        let reading = Reading { depth: 1, utf8: false, faults: &faults };
        resp_text_code(octets, reading).ok().map(|(_, code)| code)
    }

    /// The code's name, in upper case, such as `AUTHENTICATIONFAILED`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Alert => "ALERT",
            Self::Capability(_) => "CAPABILITY",
            Self::PermanentFlags(_) => "PERMANENTFLAGS",
            Self::ReadOnly => "READ-ONLY",
            Self::ReadWrite => "READ-WRITE",
            Self::TryCreate => "TRYCREATE",
            Self::UidNext(_) => "UIDNEXT",
            Self::UidValidity(_) => "UIDVALIDITY",
            Self::Unseen(_) => "UNSEEN",
            Self::HighestModSeq(_) => "HIGHESTMODSEQ",
            Self::AppendUid(..) => "APPENDUID",
            Self::BadCharset(_) => "BADCHARSET",
            Self::Parse => "PARSE",
            Self::NewName(..) => "NEWNAME",
            Self::WebAlert(_) => "WEBALERT",
            Self::Reason(reason) => reason.name(),
            Self::Unparsed(unparsed) => &unparsed.name,
        }
    }
}
