//! How much is stored, kept beside what it counts.

use serde::{Deserialize, Serialize};

/// How many, and their octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Amount {
    /// How many.
    pub count: u64,
    /// Their octets.
    pub octets: u64,
}

impl Amount {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            octets: self.octets.saturating_add(other.octets),
        }
    }

    /// What is left of it.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_sub(other.count),
            octets: self.octets.saturating_sub(other.octets),
        }
    }
}

/// What is stored of the messages of a folder. Of the mail that lives on this device all octets are counted as of folder 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct UsageRecord {
    /// Messages that may be nowhere else.
    pub only_copy: Amount,
    /// Messages that the server has too.
    pub cache: Amount,
    /// The highest number that was given to a [`crate::ContentId::local`]; none is given again.
    pub highest: u32,
}
