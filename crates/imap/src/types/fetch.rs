//! What FETCH asks for by section and brings.
use super::{Attribute, DateTime, Flag, Uid, Unparsed};

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
    /// Items of extensions, in the order of arrival.
    pub attributes: Vec<Attribute>,
    /// Items that the grammar does not know or that broke it. The name is empty where none could be read.
    pub unparsed: Vec<Unparsed>,
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
