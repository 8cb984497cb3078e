//! What the machine tells its owner.
use crate::types::{
    Capabilities, Fetched, Flag, Found, MailboxListing, MailboxName, MailboxStatus, NumberSet, ResponseCode,
    Section, Uid, Unparsed,
};
use crate::{ImapError, Refusal};

/// Which command an event belongs to. Never reused within a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(pub(crate) u64);

/// An event of the connection.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The server greeted (RFC 9051, 7.1.4); `preauth` means no login is needed.
    Greeting {
        /// PREAUTH instead of OK.
        preauth: bool,
        /// The server's words.
        text: String,
    },
    /// Untagged data, in the order of arrival. It may belong to any running command.
    Response(Response),
    /// A body section begins; its octets follow as `BodyPart`, then `BodyEnded`, then the FETCH itself as a `Response`.
    BodyStarted {
        /// Message sequence number.
        sequence: u32,
        /// The UID if the server sent it before the body.
        uid: Option<Uid>,
        /// Which section.
        section: Section,
        /// How many octets follow.
        octets: u64,
    },
    /// Octets of the body that began last. Cut anywhere; adjacent parts concatenate.
    BodyPart(Vec<u8>),
    /// The body that began last is complete.
    BodyEnded,
    /// The server wants an answer in AUTHENTICATE; already decoded from base64.
    Challenge {
        /// The AUTHENTICATE command.
        handle: Handle,
        /// The challenge.
        data: Vec<u8>,
    },
    /// The line is ready for more octets of a literal: hand in up to this many by [`crate::Client::supply`]. Asked again when
    /// the driver has sent them, so that no more than these are ever held.
    OctetsWanted {
        /// The command.
        handle: Handle,
        /// How many are wanted at most.
        octets: usize,
    },
    /// IDLE is in force.
    Idling {
        /// The IDLE command.
        handle: Handle,
    },
    /// A command ended. Each command ends exactly once, also when the connection ends.
    Done {
        /// The command.
        handle: Handle,
        /// How it ended.
        result: Result<Completion, Refusal>,
    },
    /// The connection ended by an error; `Close` follows.
    Failed(ImapError),
}

/// A tagged OK.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Completion {
    /// The response code, such as `APPENDUID`.
    pub code: Option<ResponseCode>,
    /// The server's words.
    pub text: String,
}

/// Untagged data.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Response {
    /// `* CAPABILITY`, also from a response code.
    Capability(Capabilities),
    /// `* ENABLED`
    Enabled(Vec<String>),
    /// `* ID` (RFC 2971)
    Id(crate::ext::id::Fields),
    /// `* LIST`, and `* XLIST`
    List(MailboxListing),
    /// `* LSUB` (RFC 3501, 7.2.3): a subscribed mailbox, which need not exist; with `\Noselect` one that is not subscribed but has
    /// subscribed ones below.
    Lsub(MailboxListing),
    /// `* STATUS`
    Status(Box<MailboxStatus>),
    /// `* NAMESPACE`
    Namespaces(crate::ext::namespace::Namespaces),
    /// `* QUOTA` (RFC 9208)
    Quota(crate::ext::quota::Quota),
    /// `* QUOTAROOT` (RFC 9208)
    QuotaRoot(crate::ext::quota::QuotaRoot),
    /// `* ACL` (RFC 4314)
    Acl(crate::ext::acl::Acl),
    /// `* LISTRIGHTS` (RFC 4314)
    ListRights(crate::ext::acl::GrantableRights),
    /// `* MYRIGHTS` (RFC 4314)
    MyRights(MailboxName, crate::ext::acl::Rights),
    /// `* METADATA` (RFC 5464), of a mailbox or, if its name is empty, of the server.
    Metadata(MailboxName, crate::ext::metadata::Metadata),
    /// `* LANGUAGE` (RFC 5255): the language in force, or all that there are.
    Language(Vec<String>),
    /// `* COMPARATOR` (RFC 5255)
    Comparator(crate::ext::language::ActiveComparator),
    /// `* JMAPACCESS` (RFC 9698): the URL of the JMAP session.
    JmapAccess(String),
    /// `* FLAGS`
    Flags(Vec<Flag>),
    /// `* n EXISTS`
    Exists(u32),
    /// `* n RECENT`
    Recent(u32),
    /// `* n EXPUNGE`
    Expunge(u32),
    /// `* n FETCH`
    Fetch(Box<Fetched>),
    /// `* SEARCH`; a long one comes in pieces.
    Search(Found),
    /// `* SORT` (RFC 5256, 4); a long one comes in pieces.
    Sort(Found),
    /// `* THREAD` (RFC 5256, 4)
    Thread(crate::ext::thread::Threads),
    /// `* ESEARCH` (RFC 4731; RFC 9051, 7.3.4), in answer to SEARCH, SORT or ESEARCH with RETURN. One with a long set comes in
    /// pieces, an event each: their sets together are the whole, and what else it tells is in the last.
    ESearch(Box<crate::ext::esearch::Findings>),
    /// `* VANISHED` (RFC 7162, 3.2.10): messages that are gone. A long one comes in pieces, an event each.
    Vanished {
        /// They were gone before, and sequence numbers do not change (`EARLIER`).
        earlier: bool,
        /// Their UIDs; some may never have been.
        uids: NumberSet,
    },
    /// `* UIDBATCHES` (draft-ietf-mailmaint-imap-uidbatches)
    UidBatches(crate::ext::uidbatches::Batches),
    /// `* GENURLAUTH` (RFC 4467, 7): URLs with their authorisation
    UrlAuth(Vec<Vec<u8>>),
    /// `* URLFETCH` (RFC 4467, 7; RFC 5524, 3)
    UrlFetch(Vec<crate::ext::urlauth::FetchedUrl>),
    /// `* OK/NO/BAD [code] text` that belongs to no command.
    Condition {
        /// OK, NO, BAD or BYE.
        kind: crate::types::Condition,
        /// The code.
        code: Option<ResponseCode>,
        /// The server's words.
        text: String,
    },
    /// A response that the grammar does not know or that broke it.
    Unparsed(Unparsed),
}

impl Response {
    /// It is a piece of a long list of numbers, and the next piece follows.
    pub(crate) fn goes_on(&mut self) {
        if let Self::Search(found) | Self::Sort(found) = self {
            found.more = true;
        }
    }
}
