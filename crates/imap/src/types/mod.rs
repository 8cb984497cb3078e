//! Domain types.

mod attribute;
mod fetch;
mod mailbox;
mod reason;
mod set;
mod status;
mod unparsed;

pub use attribute::Attribute;
pub use fetch::{
    Address, BodyData, BodyStructure, Disposition, Envelope, Fetched, FetchedBody, Section, SectionText,
};
pub use mailbox::{Flag, MailboxListing, MailboxName};
pub use reason::Reason;
pub use set::{Found, SequenceSet, Uid};
pub use status::{Capabilities, Condition, ResponseCode};
pub use unparsed::{Breach, Unparsed};

/// A date with time and zone (RFC 9051, 9: date-time).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// East of UTC, in minutes.
    pub zone_minutes: i16,
}
