//! What FETCH asks for by section and brings. A row owns one buffer, the octets of its response, where anything refers to them;
//! what is a number is a number. Views ([`Envelope`], [`BodyStructure`], [`Flags`]) take strings out when they are asked for.
use super::envelope::EnvelopeFields;
use super::{Attribute, BodyStructure, DateTime, Envelope, Flags, Row, Uid, Unparsed};
use crate::fault::Faults;
use crate::grammar::{Part, Reading, msg_att};
use std::fmt;

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
#[derive(Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Fetched {
    /// Message sequence number; 0 where the connection has none (RFC 9586).
    pub sequence: u32,
    /// UID
    pub uid: Option<Uid>,
    /// INTERNALDATE
    pub internal_date: Option<DateTime>,
    /// RFC822.SIZE in octets
    pub size: Option<u64>,
    /// MODSEQ (RFC 7162)
    pub mod_sequence: Option<u64>,
    /// Body sections. Long ones were streamed and hold their length only.
    pub bodies: Vec<FetchedBody>,
    /// Items of extensions, in the order of arrival.
    pub attributes: Vec<Attribute>,
    /// Items that the grammar does not know or that broke it. The name is empty where none could be read.
    pub unparsed: Vec<Unparsed>,
    pub(crate) flags: Option<FlagPlaces>,
    pub(crate) envelope: Option<EnvelopeFields>,
    pub(crate) structure: Vec<Part>,
    /// The octets of the response up to the last that something refers to; empty if nothing does.
    pub(crate) octets: Box<[u8]>,
    /// While it is read: the length of the response as far as it came.
    pub(crate) end: usize,
    /// While it is read: up to where `octets` is wanted.
    pub(crate) wanted: usize,
    /// Where the first of envelope and body structure begins; 0 if there is none.
    pub(crate) first: usize,
}

/// Flags as bits, and where the keywords begin and end; both 0 if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FlagPlaces {
    pub(crate) system: u8,
    pub(crate) keywords: (u32, u32),
}

impl Fetched {
    /// Reads what stands between the parentheses of a FETCH response and these, such as `(UID 5 FLAGS (\\Seen))`, as a server
    /// writes it. For tests and for what was kept; a connection does this itself.
    #[must_use]
    pub fn parse(sequence: u32, octets: &[u8]) -> Option<Self> {
        let faults = Faults::new(false);
        let reading = Reading { depth: waypost_wire::Limits::default().depth, utf8: false, faults: &faults };
        msg_att(octets, sequence, reading).ok().map(|(_, fetched)| fetched)
    }

    /// FLAGS
    #[must_use]
    pub fn flags(&self) -> Option<Flags<'_>> {
        self.as_row().flags()
    }
    /// ENVELOPE
    #[must_use]
    pub fn envelope(&self) -> Option<Envelope<'_>> {
        Some(Envelope { octets: &self.octets, fields: self.envelope? })
    }
    /// BODYSTRUCTURE or BODY
    #[must_use]
    pub fn body_structure(&self) -> Option<BodyStructure<'_>> {
        self.structure.first()?;
        Some(BodyStructure { octets: &self.octets, parts: &self.structure, at: 0 })
    }

    /// It and the octets that it keeps.
    #[must_use]
    pub fn as_row(&self) -> Row<'_> {
        Row { fetched: self, octets: &self.octets }
    }

    /// Forgets what it holds and keeps its memory, for the next response, of `end` octets.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn begin(&mut self, sequence: u32, end: usize) {
        let Self { sequence: own, uid, internal_date, size, mod_sequence, bodies, attributes, .. } = self;
        (*own, *uid, *internal_date, *size, *mod_sequence) = (sequence, None, None, None, None);
        bodies.clear();
        attributes.clear();
        let Self { unparsed, flags, envelope, structure, octets, end: own, wanted, first, .. } = self;
        unparsed.clear();
        structure.clear();
        (*flags, *envelope, *octets) = (None, None, Box::default());
        (*own, *wanted, *first) = (end, 0, 0);
    }

    /// Where `rest`, the end of the response, begins.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn place(&self, rest: &[u8]) -> u32 {
        place(self.end, rest)
    }
    /// Something refers to the octets before `rest`.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn want(&mut self, rest: &[u8]) {
        self.wanted = self.wanted.max(self.end.saturating_sub(rest.len()));
    }
    /// Envelope or body structure begins at `input`.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn want_from(&mut self, input: &[u8]) {
        if self.first == 0 {
            self.first = self.end.saturating_sub(input.len());
        }
    }
    /// Keeps of the whole response what is wanted.
    #[cfg_attr(for_speed, optimize(speed))]
    pub(crate) fn keep(&mut self, response: &[u8]) {
        if let Some(wanted) = response.get(..self.wanted).filter(|wanted| !wanted.is_empty()) {
            self.octets = wanted.into();
        }
    }
}

/// Where `rest`, the last octets of `end`, begins. Limits keep responses far below 4 GiB; beyond, nothing is found.
pub(crate) fn place(end: usize, rest: &[u8]) -> u32 {
    u32::try_from(end.saturating_sub(rest.len())).unwrap_or(u32::MAX)
}

impl fmt::Debug for Fetched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Fetched")
            .field("sequence", &self.sequence)
            .field("uid", &self.uid)
            .field("flags", &self.flags())
            .field("internal_date", &self.internal_date)
            .field("size", &self.size)
            .field("mod_sequence", &self.mod_sequence)
            .field("envelope", &self.envelope())
            .field("body_structure", &self.body_structure())
            .field("bodies", &self.bodies)
            .field("attributes", &self.attributes)
            .field("unparsed", &self.unparsed)
            .finish()
    }
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
    /// It came as BINARY: the server has decoded it (RFC 3516).
    pub decoded: bool,
}

/// The octets of a section, or how many went by.
#[derive(Clone, PartialEq, Eq)]
pub enum BodyData {
    /// NIL
    Absent,
    /// Short enough to be held.
    Inline(Vec<u8>),
    /// Came as `BodyStarted`, `BodyPart`, `BodyEnded`.
    Streamed(u64),
}

impl fmt::Debug for BodyData {
    /// Octets as text, with escapes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => formatter.write_str("Absent"),
            Self::Inline(octets) => write!(formatter, "Inline(\"{}\")", octets.escape_ascii()),
            Self::Streamed(octets) => write!(formatter, "Streamed({octets})"),
        }
    }
}
