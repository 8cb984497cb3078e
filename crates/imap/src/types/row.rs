//! A FETCH response beside the octets that it refers to, wherever these lie.

use super::{Fetched, Flags};
use crate::types::FlagPlaces;
use std::fmt;

/// What a FETCH response brought, and its octets where they were handed in: nothing of them was copied.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub(crate) fetched: &'a Fetched,
    pub(crate) octets: &'a [u8],
}

impl<'a> Row<'a> {
    /// What is a number of it, its bodies and attributes. The views of this are of no octets: those of the row are.
    #[must_use]
    pub fn items(self) -> &'a Fetched {
        self.fetched
    }

    /// FLAGS
    #[must_use]
    #[cfg_attr(for_speed, optimize(speed))]
    pub fn flags(self) -> Option<Flags<'a>> {
        let FlagPlaces { system, keywords: (from, to) } = self.fetched.flags?;
        let keywords = self.octets.get(from as usize..to as usize).unwrap_or_default();
        Some(Flags { system, keywords })
    }

    /// Whether there is an ENVELOPE.
    #[must_use]
    #[cfg_attr(for_speed, optimize(speed))]
    pub fn has_envelope(self) -> bool {
        self.fetched.envelope.is_some()
    }

    /// Whether there is a BODYSTRUCTURE.
    #[must_use]
    #[cfg_attr(for_speed, optimize(speed))]
    pub fn has_structure(self) -> bool {
        !self.fetched.structure.is_empty()
    }

    /// A copy that stands for itself.
    #[must_use]
    pub fn into_owned(self) -> Fetched {
        let mut fetched = self.fetched.clone();
        fetched.keep(self.octets);
        fetched
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.into_owned().fmt(formatter)
    }
}
