//! Domain types.
use core::num::NonZeroU32;

/// A unique identifier of a message in a mailbox (RFC 9051, 2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(NonZeroU32);

impl Uid {
    /// `None` for 0, which is no UID.
    #[must_use]
    pub fn new(value: u32) -> Option<Self> {
        NonZeroU32::new(value).map(Self)
    }
    /// The number.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0.get()
    }
}

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

/// A set of sequence numbers or UIDs (RFC 9051, 9: sequence-set). Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceSet {
    /// Inclusive ranges; `None` as the end is `*`.
    ranges: Vec<(NonZeroU32, Option<NonZeroU32>)>,
}

impl SequenceSet {
    /// One number; `None` for 0.
    #[must_use]
    pub fn single(number: u32) -> Option<Self> {
        Self::range(number, number)
    }
    /// `first:last`; `None` if either is 0.
    #[must_use]
    pub fn range(first: u32, last: u32) -> Option<Self> {
        Some(Self { ranges: vec![(NonZeroU32::new(first)?, Some(NonZeroU32::new(last)?))] })
    }
    /// `first:*`; `None` for 0.
    #[must_use]
    pub fn from_number(first: u32) -> Option<Self> {
        Some(Self { ranges: vec![(NonZeroU32::new(first)?, None)] })
    }
    /// The numbers as few ascending ranges; `None` if there is none but 0.
    #[must_use]
    pub fn from_numbers(numbers: impl IntoIterator<Item = u32>) -> Option<Self> {
        let mut numbers: Vec<_> = numbers.into_iter().filter_map(NonZeroU32::new).collect();
        numbers.sort_unstable();
        let mut ranges: Vec<(NonZeroU32, Option<NonZeroU32>)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some((_, Some(last))) if last.checked_add(1) == Some(number) || *last == number => {
                    *last = number
                }
                _ => ranges.push((number, Some(number))),
            }
        }
        if ranges.is_empty() { None } else { Some(Self { ranges }) }
    }
    /// The ranges; `None` as the end is `*`.
    pub fn ranges(&self) -> impl Iterator<Item = (u32, Option<u32>)> {
        self.ranges.iter().map(|(first, last)| (first.get(), last.map(NonZeroU32::get)))
    }
}

/// A date with time and zone (RFC 9051, 9: date-time).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// East of UTC, in minutes.
    pub zone_minutes: i16,
}

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

/// A body section (RFC 9051, 6.4.5: section-spec).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// Part numbers; empty for the message itself.
    pub part: Vec<u32>,
    /// What of that part.
    pub text: SectionText,
}

/// The last word of a section.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SectionText {
    /// Everything of it.
    #[default]
    Whole,
    /// HEADER
    Header,
    /// HEADER.FIELDS (names)
    HeaderFields(Vec<String>),
    /// HEADER.FIELDS.NOT (names)
    HeaderFieldsNot(Vec<String>),
    /// TEXT
    Text,
    /// MIME
    Mime,
}

/// What a FETCH response brought (RFC 9051, 7.5.2). Absent items were not sent.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Fetched {
    /// Message sequence number.
    pub sequence: u32,
    /// UID
    pub uid: Option<Uid>,
    /// FLAGS
    pub flags: Option<Vec<Flag>>,
    /// ENVELOPE
    pub envelope: Option<Box<Envelope>>,
    /// INTERNALDATE
    pub internal_date: Option<DateTime>,
    /// RFC822.SIZE in octets
    pub size: Option<u64>,
    /// BODYSTRUCTURE or BODY
    pub body_structure: Option<Box<BodyStructure>>,
    /// Body sections. Long ones were streamed and hold their length only.
    pub bodies: Vec<FetchedBody>,
    /// MODSEQ (RFC 7162)
    pub mod_sequence: Option<u64>,
    /// Items that the grammar does not know or that broke it: name and octets as sent. The name is empty where none could be
    /// read.
    pub unknown: Vec<(String, Vec<u8>)>,
}

/// A body section in a FETCH response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedBody {
    /// Which section.
    pub section: Section,
    /// First octet if the answer is partial.
    pub origin: Option<u32>,
    /// Its octets.
    pub data: BodyData,
}

/// The octets of a section, or how many went by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyData {
    /// NIL
    Absent,
    /// Short enough to be held.
    Inline(Vec<u8>),
    /// Came as `BodyStarted`, `BodyPart`, `BodyEnded`.
    Streamed(u64),
}

/// ENVELOPE (RFC 9051, 7.5.2). Strings are the octets as sent: encoded words are not decoded here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// Date header.
    pub date: Option<Vec<u8>>,
    /// Subject.
    pub subject: Option<Vec<u8>>,
    /// From.
    pub from: Vec<Address>,
    /// Sender.
    pub sender: Vec<Address>,
    /// Reply-To.
    pub reply_to: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Bcc.
    pub bcc: Vec<Address>,
    /// In-Reply-To.
    pub in_reply_to: Option<Vec<u8>>,
    /// Message-ID.
    pub message_id: Option<Vec<u8>>,
}

/// An address of an envelope; group marks have no host (RFC 9051, 7.5.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Display name.
    pub name: Option<Vec<u8>>,
    /// Local part, or the group's name.
    pub mailbox: Option<Vec<u8>>,
    /// Domain; `None` in group marks.
    pub host: Option<Vec<u8>>,
}

/// BODYSTRUCTURE (RFC 9051, 7.5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyStructure {
    /// multipart/subtype
    Multipart {
        /// The parts.
        parts: Vec<BodyStructure>,
        /// Subtype, lower case.
        subtype: String,
        /// Content-Disposition.
        disposition: Option<Disposition>,
    },
    /// Any other part.
    Single {
        /// Type, lower case, such as `text`.
        kind: String,
        /// Subtype, lower case.
        subtype: String,
        /// Content-Type parameters; names lower case.
        parameters: Vec<(String, Vec<u8>)>,
        /// Content-ID.
        id: Option<Vec<u8>>,
        /// Content-Transfer-Encoding, lower case.
        encoding: String,
        /// Size in octets as encoded.
        octets: u64,
        /// Content-Disposition.
        disposition: Option<Disposition>,
        /// message/rfc822: the message inside.
        message: Option<Box<(Envelope, BodyStructure)>>,
    },
}

/// Content-Disposition in a body structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposition {
    /// `inline`, `attachment`; lower case.
    pub kind: String,
    /// Parameters; names lower case.
    pub parameters: Vec<(String, Vec<u8>)>,
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
    /// AUTHENTICATIONFAILED, AUTHORIZATIONFAILED, UNAVAILABLE, EXPIRED, PRIVACYREQUIRED, INUSE ... : any other, name upper
    /// case and the rest as sent.
    Other(String, Vec<u8>),
}
