//! What FETCH asks for.

use crate::types::Section;

/// What FETCH asks for (RFC 9051, 6.4.5). The macros ALL, FAST and FULL are not here: Gmail refuses them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchItem {
    /// UID.
    Uid,
    /// FLAGS.
    Flags,
    /// ENVELOPE.
    Envelope,
    /// INTERNALDATE.
    InternalDate,
    /// RFC822.SIZE.
    Size,
    /// BODYSTRUCTURE.
    BodyStructure,
    /// BODY: the structure without its extension data.
    BodyBasic,
    /// `BODY.PEEK[section]<partial>`; an empty section is the whole message.
    Body {
        /// The section: "", "1.2", "HEADER", "1.MIME", "HEADER.FIELDS (TO CC)" in its parts.
        section: Section,
        /// First octet and count.
        partial: Option<(u32, u32)>,
    },
    /// `BODY[section]<partial>`: as [`FetchItem::Body`], and the server sets `\Seen`.
    BodySeen {
        /// The section.
        section: Section,
        /// First octet and count.
        partial: Option<(u32, u32)>,
    },
    /// RFC822: the message; sets `\Seen` (RFC 3501, not in RFC 9051).
    Rfc822,
    /// RFC822.HEADER (RFC 3501, not in RFC 9051).
    Rfc822Header,
    /// RFC822.TEXT; sets `\Seen` (RFC 3501, not in RFC 9051).
    Rfc822Text,
    /// `BINARY.PEEK[part]<partial>` (RFC 3516; RFC 9051): a part, decoded by the server.
    Binary {
        /// Part numbers; none for the whole message.
        part: Vec<u32>,
        /// First octet and count, of the decoded octets.
        partial: Option<(u32, u32)>,
    },
    /// `BINARY[part]<partial>`: as [`FetchItem::Binary`], and the server sets `\Seen`.
    BinarySeen {
        /// Part numbers; none for the whole message.
        part: Vec<u32>,
        /// First octet and count, of the decoded octets.
        partial: Option<(u32, u32)>,
    },
    /// `BINARY.SIZE[part]` (RFC 3516; RFC 9051).
    BinarySize(Vec<u32>),
    /// MODSEQ (RFC 7162).
    ModSequence,
    /// PREVIEW (RFC 8970).
    Preview {
        /// `LAZY`: only if the server has it at hand.
        lazy: bool,
    },
    /// SAVEDATE (RFC 8514).
    SaveDate,
    /// EMAILID (RFC 8474).
    EmailId,
    /// THREADID (RFC 8474).
    ThreadId,
    /// ANNOTATION (RFC 5257).
    Annotations {
        /// Entries such as `/comment`; `*` and `%` are wildcards.
        entries: Vec<String>,
        /// Attributes such as `value.priv` or `value`.
        attributes: Vec<String>,
    },
    /// X-GM-MSGID (X-GM-EXT-1).
    GmailMessageId,
    /// X-GM-THRID (X-GM-EXT-1).
    GmailThreadId,
    /// X-GM-LABELS (X-GM-EXT-1).
    GmailLabels,
}

impl FetchItem {
    /// The capabilities of which the server must have named one; none if any server knows it.
    pub(crate) fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::Binary { .. } | Self::BinarySeen { .. } | Self::BinarySize(_) => &["BINARY", "IMAP4rev2"],
            Self::ModSequence => &["CONDSTORE", "QRESYNC"],
            Self::Preview { .. } => &["PREVIEW"],
            Self::SaveDate => &["SAVEDATE"],
            Self::EmailId | Self::ThreadId => &["OBJECTID"],
            Self::Annotations { .. } => &["ANNOTATE-EXPERIMENT-1"],
            Self::GmailMessageId | Self::GmailThreadId | Self::GmailLabels => &["X-GM-EXT-1"],
            _ => &[],
        }
    }
}
