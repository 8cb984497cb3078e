//! Capabilities, status responses and their codes.
use super::{Flag, Numbers, Unparsed};
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

/// What a mailbox can hold of annotations (RFC 5257, 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationSupport {
    /// NONE
    Never,
    /// READ-ONLY
    ReadOnly,
    /// They may be changed.
    Octets {
        /// Most octets of one.
        most: u64,
        /// Private ones are not possible (`NOPRIVATE`).
        no_private: bool,
    },
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
    /// APPENDUID uidvalidity uids (RFC 4315, 3; RFC 3502): where APPEND put the messages, in their order
    AppendUid(u32, Numbers),
    /// COPYUID uidvalidity from to (RFC 4315, 3): which messages were copied or moved and what they are there, in step
    CopyUid {
        /// The validity of the mailbox they are in now.
        validity: u32,
        /// UIDs in the mailbox they came from.
        from: Numbers,
        /// UIDs in the mailbox they are in now.
        to: Numbers,
    },
    /// UIDNOTSTICKY (RFC 4315, 3): UIDs of this mailbox do not last
    UidNotSticky,
    /// NOMODSEQ (RFC 7162, 3.1.2.2): this mailbox has no mod-sequences
    NoModSeq,
    /// MODIFIED set (RFC 7162, 3.1.3): messages that STORE left alone, because they had changed; by number or UID, as asked
    Modified(Numbers),
    /// CLOSED (RFC 7162, 3.2.11): what follows is about the new mailbox
    Closed,
    /// NOTSAVED (RFC 5182, 2.1): `$` is empty now
    NotSaved,
    /// NOUPDATE tag (RFC 5267, 4.3.1): that search will not be kept up to date
    NoUpdate(String),
    /// UNDEFINED-FILTER name (RFC 5466, 3.1)
    UndefinedFilter(String),
    /// UNKNOWN-CTE (RFC 3516, 4.3): a part's encoding is not known to the server
    UnknownCte,
    /// BADURL url (RFC 4469, 5)
    BadUrl(String),
    /// TOOBIG (RFC 4469, 5): the message would be too large
    TooBig,
    /// ANNOTATE TOOBIG (RFC 5257, 4.4)
    AnnotateTooBig,
    /// ANNOTATE TOOMANY (RFC 5257, 4.4)
    AnnotateTooMany,
    /// ANNOTATIONS (RFC 5257, 4.1): what the selected mailbox can hold of them
    Annotations(AnnotationSupport),
    /// MESSAGELIMIT count [uid] (RFC 9738, 3.1): only so many messages were looked at; the lowest UID of these
    MessageLimit(u32, Option<u32>),
    /// UIDREQUIRED (RFC 9586, 3.1): sequence numbers are gone
    UidRequired,
    /// TOOFEW (UIDBATCHES): the batches asked for are too small
    TooFew,
    /// TOOMANY (UIDBATCHES): too many batches were asked for
    TooMany,
    /// URLMECH (RFC 4467, 8): mechanisms of URLAUTH
    UrlMechanisms(Vec<String>),
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
            Self::CopyUid { .. } => "COPYUID",
            Self::UidNotSticky => "UIDNOTSTICKY",
            Self::NoModSeq => "NOMODSEQ",
            Self::Modified(_) => "MODIFIED",
            Self::Closed => "CLOSED",
            Self::NotSaved => "NOTSAVED",
            Self::NoUpdate(_) => "NOUPDATE",
            Self::UndefinedFilter(_) => "UNDEFINED-FILTER",
            Self::UnknownCte => "UNKNOWN-CTE",
            Self::BadUrl(_) => "BADURL",
            Self::TooBig => "TOOBIG",
            Self::AnnotateTooBig | Self::AnnotateTooMany => "ANNOTATE",
            Self::Annotations(_) => "ANNOTATIONS",
            Self::MessageLimit(..) => "MESSAGELIMIT",
            Self::UidRequired => "UIDREQUIRED",
            Self::TooFew => "TOOFEW",
            Self::TooMany => "TOOMANY",
            Self::UrlMechanisms(_) => "URLMECH",
            Self::Unparsed(unparsed) => &unparsed.name,
        }
    }
}
