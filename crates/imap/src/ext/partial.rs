//! PARTIAL (RFC 9394): windows of results, from either end. They are asked for by [`crate::commands::Return::Partial`] and by
//! [`crate::commands::Fetch::partial`], and come in [`crate::Response::ESearch`], which `ext/esearch.rs` reads.

use super::{Extension, NOTHING};
use core::fmt;
use core::num::NonZeroU32;

pub(super) const EXTENSION: Extension = Extension { capabilities: &["PARTIAL"], ..NOTHING };

/// A window of a result, counted from 1, from its beginning or from its end (RFC 9394, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartialRange {
    first: NonZeroU32,
    last: NonZeroU32,
    from_end: bool,
}

impl PartialRange {
    /// `first:last`; `None` if either is 0.
    #[must_use]
    pub fn first(first: u32, last: u32) -> Option<Self> {
        Some(Self { first: NonZeroU32::new(first)?, last: NonZeroU32::new(last)?, from_end: false })
    }
    /// `-first:-last`: 1 is the last of the result; `None` if either is 0.
    #[must_use]
    pub fn last(first: u32, last: u32) -> Option<Self> {
        Some(Self { from_end: true, ..Self::first(first, last)? })
    }
    /// First and last position.
    #[must_use]
    pub const fn positions(self) -> (u32, u32) {
        (self.first.get(), self.last.get())
    }
    /// Whether positions are counted from the end.
    #[must_use]
    pub const fn is_from_end(self) -> bool {
        self.from_end
    }
}

impl fmt::Display for PartialRange {
    /// As it is written in a command.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.from_end { "-" } else { "" };
        write!(formatter, "{sign}{}:{sign}{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SearchKey;
    use crate::commands::{Return, Search, is_refused, written};
    use crate::ext::Verb as _;

    #[test]
    fn rfc_9394_3_1_windows_are_written_and_stand_alone() {
        let keys = || vec![SearchKey::Deleted, SearchKey::From("Smith".to_owned())];
        let last = PartialRange::last(1, 100).unwrap();
        let search = Search::by_uid(keys()).returning(Return::Partial(last));
        assert_eq!(written(search, &[]), "a1 UID SEARCH RETURN (PARTIAL -1:-100) DELETED FROM \"Smith\"\r\n");
        assert!(is_refused(Search::by_uid(keys()).returning(Return::All).returning(Return::Partial(last))));
        assert_eq!(PartialRange::first(0, 1), None);
        let needs = |range| Search::by_uid(keys()).returning(Return::Partial(range)).also_needs();
        assert_eq!(needs(last), [&["PARTIAL"][..]]);
        assert!(needs(PartialRange::first(1, 5).unwrap())[0].contains(&"CONTEXT=SEARCH"));
    }
}
