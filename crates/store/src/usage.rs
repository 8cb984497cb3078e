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

/// What is stored of a folder. Octets of messages that live on this device are those of folder 0, wherever their rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct UsageRecord {
    /// Messages that may be nowhere else.
    pub only_copy: Amount,
    /// Messages that the server has too.
    pub cache: Amount,
    /// List lines.
    pub rows: Amount,
    /// The highest number that was given to a [`crate::ContentId::local`]; none is given again.
    pub highest: u32,
}
