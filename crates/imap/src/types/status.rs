//! Capabilities, status responses and their codes.
use super::{Flag, NumberSet, Uid, Unparsed};
use crate::ext::acl::Rights;
use crate::ext::metadata::MetadataCode;
use crate::ext::progress::Progress;
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
    /// Whether the server named it or something that holds it: IMAP4rev2 has taken in many extensions (RFC 9051, E), and UTF8=ONLY
    /// is more than UTF8=ACCEPT (RFC 6855, 6).
    #[must_use]
    pub fn offers(&self, name: &str) -> bool {
        let among = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        self.has(name)
            || among(IN_IMAP4REV2) && self.has("IMAP4rev2")
            || among(&["UTF8=ACCEPT"]) && self.has("UTF8=ONLY")
    }
    /// The names of `AUTH=`, without the prefix.
    pub fn mechanisms(&self) -> impl Iterator<Item = &str> {
        self.values("AUTH")
    }
    /// What stands behind `name=`, for each time the server named it: the mechanisms of `AUTH`, the algorithms of `THREAD`, the
    /// resources of `QUOTA` (`RES-STORAGE`), the number of `APPENDLIMIT` or `MESSAGELIMIT`.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |known| {
            let (prefix, value) = known.split_once('=')?;
            prefix.eq_ignore_ascii_case(name).then_some(value)
        })
    }
    /// The number behind `name=`, such as 35651584 in `APPENDLIMIT=35651584`.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.values(name).find_map(|value| value.parse().ok())
    }
    /// All names as sent.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Extensions that are a part of IMAP4rev2 as they are (RFC 9051, E). Of BINARY and SPECIAL-USE it has taken in a part only.
const IN_IMAP4REV2: &[&str] = &[
    "CHILDREN",
    "ENABLE",
    "ESEARCH",
    "IDLE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LITERAL-",
    "MOVE",
    "NAMESPACE",
    "SASL-IR",
    "SEARCHRES",
    "STATUS=SIZE",
    "UIDPLUS",
    "UNSELECT",
];

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
    /// ALERT: the text is for the user.
    Alert,
    /// ALREADYEXISTS: what is to be made is there (RFC 5530, 3).
    AlreadyExists,
    /// AUTHENTICATIONFAILED: wrong name or password, or one that is not told apart from that (RFC 5530, 3).
    AuthenticationFailed,
    /// AUTHORIZATIONFAILED: signed in, but not allowed to act as that user (RFC 5530, 3).
    AuthorizationFailed,
    /// CANNOT: never possible here, such as a name that is not allowed (RFC 5530, 3).
    Cannot,
    /// CLIENTBUG: the server found fault with us (RFC 5530, 3).
    ClientBug,
    /// CLOSED: the mailbox that was selected is closed: what follows is of the next one (RFC 7162, 3.2.11; RFC 9051, 7.1).
    Closed,
    /// CONTACTADMIN: the user should talk to the administrator (RFC 5530, 3).
    ContactAdmin,
    /// CORRUPTION: data of the server are damaged (RFC 5530, 3).
    Corruption,
    /// EXPIRED: the password is right but too old (RFC 5530, 3).
    Expired,
    /// EXPUNGEISSUED: someone expunged some of the messages (RFC 5530, 3).
    ExpungeIssued,
    /// HASCHILDREN: the mailbox has others below it and can't be deleted (RFC 9051, 7.1).
    HasChildren,
    /// INUSE: not now: someone else uses it (RFC 5530, 3).
    InUse,
    /// LIMIT: too many of something (RFC 5530, 3).
    Limit,
    /// NONEXISTENT: what is named is not there (RFC 5530, 3).
    NonExistent,
    /// NOPERM: not allowed to this user (RFC 5530, 3).
    NoPerm,
    /// OVERQUOTA: no space left; in an OK: soon none (RFC 5530, 3; RFC 9208, 4.3.1).
    OverQuota,
    /// PARSE: the server could not read a message (RFC 9051, 7.1).
    Parse,
    /// PRIVACYREQUIRED: only over TLS (RFC 5530, 3).
    PrivacyRequired,
    /// SERVERBUG: the server found fault with itself (RFC 5530, 3).
    ServerBug,
    /// UIDNOTSTICKY: UIDs of this mailbox do not last (RFC 9051, 7.1).
    UidNotSticky,
    /// UNAVAILABLE: a part of the server is out of order for now (RFC 5530, 3).
    Unavailable,
    /// BADCHARSET: the charsets that the server knows, if it says (RFC 9051, 7.1).
    BadCharset(Vec<String>),
    /// MYRIGHTS: what the user may do with the selected mailbox (Courier; in no specification).
    MyRights(Rights),
    /// METADATA (RFC 5464)
    Metadata(MetadataCode),
    /// USEATTR: the server can't give that special use (RFC 6154).
    UseAttr,
    /// MAILBOXID (RFC 8474)
    MailboxId(String),
    /// MESSAGELIMIT: the command was for more messages than the server works on at once (RFC 9738).
    MessageLimit {
        /// How many it does.
        messages: u32,
        /// The last that it did, if it did some.
        last: Option<Uid>,
    },
    /// BADCOMPARATOR: the server has none of those (RFC 5255).
    BadComparator,
    /// INPROGRESS: a long command is going on (RFC 9585).
    InProgress(Progress),
    /// REFERRAL: URLs of where to go instead (RFC 2221, RFC 2193). Never followed.
    Referral(Vec<String>),
    /// NOTIFICATIONOVERFLOW: no more notifications (RFC 5465).
    NotificationOverflow,
    /// COMPRESSIONACTIVE: the connection is compressed already (RFC 4978, 3).
    CompressionActive,
    /// BADEVENT: the events that the server knows (RFC 5465, 3.1); of Dovecot the one that it does not know.
    BadEvent(Vec<String>),
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
    AppendUid(u32, NumberSet),
    /// COPYUID uidvalidity from to (RFC 4315, 3): which messages were copied or moved and what they are there, in step
    CopyUid {
        /// The validity of the mailbox they are in now.
        validity: u32,
        /// UIDs in the mailbox they came from.
        from: NumberSet,
        /// UIDs in the mailbox they are in now.
        to: NumberSet,
    },
    /// NOMODSEQ (RFC 7162, 3.1.2.2): this mailbox has no mod-sequences
    NoModSeq,
    /// MODIFIED set (RFC 7162, 3.1.3): messages that STORE left alone, because they had changed; by number or UID, as asked
    Modified(NumberSet),
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
    /// UIDREQUIRED (RFC 9586, 3.1): sequence numbers are gone
    UidRequired,
    /// TOOFEW (UIDBATCHES): the batches asked for are too small
    TooFew,
    /// TOOMANY (UIDBATCHES): too many batches were asked for
    TooMany,
    /// URLMECH (RFC 4467, 8): mechanisms of URLAUTH
    UrlMechanisms(Vec<String>),
    /// NEWNAME old new (RFC 2060): the mailbox was renamed.
    NewName(String, String),
    /// THROTTLED (Gmail; in no specification): too much was asked for in too short a time.
    Throttled,
    /// WEBALERT url (Gmail; in no specification): the user must sign in there first.
    WebAlert(String),
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
            Self::AlreadyExists => "ALREADYEXISTS",
            Self::AuthenticationFailed => "AUTHENTICATIONFAILED",
            Self::AuthorizationFailed => "AUTHORIZATIONFAILED",
            Self::Cannot => "CANNOT",
            Self::ClientBug => "CLIENTBUG",
            Self::Closed => "CLOSED",
            Self::ContactAdmin => "CONTACTADMIN",
            Self::Corruption => "CORRUPTION",
            Self::Expired => "EXPIRED",
            Self::ExpungeIssued => "EXPUNGEISSUED",
            Self::HasChildren => "HASCHILDREN",
            Self::InUse => "INUSE",
            Self::Limit => "LIMIT",
            Self::NonExistent => "NONEXISTENT",
            Self::NoPerm => "NOPERM",
            Self::OverQuota => "OVERQUOTA",
            Self::Parse => "PARSE",
            Self::PrivacyRequired => "PRIVACYREQUIRED",
            Self::ServerBug => "SERVERBUG",
            Self::UidNotSticky => "UIDNOTSTICKY",
            Self::Unavailable => "UNAVAILABLE",
            Self::BadCharset(_) => "BADCHARSET",
            Self::MyRights(_) => "MYRIGHTS",
            Self::Metadata(_) => "METADATA",
            Self::UseAttr => "USEATTR",
            Self::MailboxId(_) => "MAILBOXID",
            Self::MessageLimit { .. } => "MESSAGELIMIT",
            Self::BadComparator => "BADCOMPARATOR",
            Self::InProgress(_) => "INPROGRESS",
            Self::Referral(_) => "REFERRAL",
            Self::NotificationOverflow => "NOTIFICATIONOVERFLOW",
            Self::CompressionActive => "COMPRESSIONACTIVE",
            Self::BadEvent(_) => "BADEVENT",
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
            Self::NoModSeq => "NOMODSEQ",
            Self::Modified(_) => "MODIFIED",
            Self::NotSaved => "NOTSAVED",
            Self::NoUpdate(_) => "NOUPDATE",
            Self::UndefinedFilter(_) => "UNDEFINED-FILTER",
            Self::UnknownCte => "UNKNOWN-CTE",
            Self::BadUrl(_) => "BADURL",
            Self::TooBig => "TOOBIG",
            Self::AnnotateTooBig | Self::AnnotateTooMany => "ANNOTATE",
            Self::Annotations(_) => "ANNOTATIONS",
            Self::UidRequired => "UIDREQUIRED",
            Self::TooFew => "TOOFEW",
            Self::TooMany => "TOOMANY",
            Self::UrlMechanisms(_) => "URLMECH",
            Self::NewName(..) => "NEWNAME",
            Self::Throttled => "THROTTLED",
            Self::WebAlert(_) => "WEBALERT",
            Self::Unparsed(unparsed) => &unparsed.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_asked_in_any_case_and_by_value() {
        let names = "IMAP4rev1 auth=PLAIN AUTH=SCRAM-SHA-1 APPENDLIMIT=35651584 QUOTA QUOTA=RES-STORAGE MESSAGELIMIT=x THREAD=REFS";
        let known = Capabilities::new(names.split(' ').map(str::to_owned).collect());
        assert!(known.has("imap4REV1") && known.has("QUOTA=RES-STORAGE") && !known.has("AUTH"));
        assert_eq!(known.mechanisms().collect::<Vec<_>>(), ["PLAIN", "SCRAM-SHA-1"]);
        assert_eq!(known.values("quota").collect::<Vec<_>>(), ["RES-STORAGE"]);
        assert_eq!(known.values("THREAD").collect::<Vec<_>>(), ["REFS"]);
        assert_eq!((known.number("APPENDLIMIT"), known.number("MESSAGELIMIT")), (Some(35_651_584), None));
    }

    #[test]
    fn rfc_9051_e_imap4rev2_offers_what_it_has_taken_in() {
        let known = |name: &str| Capabilities::new(vec![name.to_owned()]);
        assert!(known("IMAP4rev2").offers("list-extended") && !known("IMAP4rev2").has("LIST-EXTENDED"));
        assert!(!known("IMAP4rev2").offers("QUOTA") && !known("IMAP4rev1").offers("MOVE"));
        assert!(known("UTF8=ONLY").offers("UTF8=ACCEPT") && !known("UTF8=ACCEPT").offers("UTF8=ONLY"));
    }
}
