//! Domain types.

mod attribute;
mod date;
mod envelope;
mod fetch;
mod flags;
mod mailbox;
mod mailbox_status;
mod name;
mod number_set;
mod packed;
mod row;
mod set;
mod status;
mod structure;
mod unparsed;

pub use attribute::{Annotation, AnnotationEntry, Attribute};
pub use date::Date;
pub(crate) use envelope::EnvelopeFields;
pub use envelope::{Address, Addresses, Envelope, OwnedEnvelope};
pub use fetch::{BodyData, Fetched, FetchedBody, Section, SectionText};
pub(crate) use fetch::{FlagPlaces, place};
pub use flags::Flags;
pub(crate) use flags::{system_bit, system_flag};
pub use mailbox::{Flag, ListItem, MailboxListing, SpecialUse, TaggedValue};
pub use mailbox_status::{AppendLimit, MailboxStatus, StatusItem};
pub use name::{ListPattern, MailboxName};
pub use number_set::NumberSet;
pub use packed::Unpacked;
pub use row::Row;
pub use set::{Found, SequenceSet, Uid};
pub use status::{AnnotationSupport, Capabilities, Condition, ResponseCode};
pub use structure::{BodyStructure, Disposition, OwnedBodyStructure, OwnedDisposition, Parameters, Parts};
pub use unparsed::{Breach, Unparsed};

/// A date with time and zone (RFC 9051, 9: date-time).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// East of UTC, in minutes.
    pub zone_minutes: i16,
}
