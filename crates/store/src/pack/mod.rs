//! Several records of a table in one record of the database: it is paid by the record, whatever that holds.
//!
//! A database that packs keeps the records of a table in nodes. A node stands under the key of its first record and reaches up to the
//! next node; it never reaches over the keys whose first parts are alike ([`Packing::shared`]). So a key is looked for in the node with
//! the highest key that is not above its own, and a record that was stored before anything was packed is a node of one.
//!
//! | Module | What it does |
//! |---|---|
//! | `node` | a node as it is stored |
//! | `look` | which nodes must be known for some keys |
//! | `sorted` | values by key, in order |
//! | `plan` | from the writes of a batch to the nodes that change |

mod look;
mod node;
mod plan;
mod sorted;

pub use look::Look;
pub use node::{Opened, Stored};
pub use plan::{Known, NodeWrite, Plan, Value};
pub use sorted::Sorted;

use crate::{BODY_CHUNK, Key, Table};

/// How the records of a table are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// So many first parts are the same in all keys of a node.
    pub shared: usize,
    /// Octets of a node, at most, if it holds more than one record. Below the 60 KiB from which Chromium makes a file of each value.
    pub limit: usize,
}

impl Packing {
    /// What all keys have in common that may stand in a node with this one.
    #[must_use]
    pub fn group(self, key: &Key) -> Key {
        Key(key.0.iter().take(self.shared).cloned().collect())
    }
}

impl Table {
    /// How a database packs the records of this table; `None`: one by one.
    #[must_use]
    pub const fn packing(self) -> Option<Packing> {
        match self {
            // About thirty.
            Self::Contents => Some(Packing { shared: 3, limit: 16 * 1024 }),
            Self::Uidls => Some(Packing { shared: 1, limit: 16 * 1024 }),
            // A chunk of a large message stands alone.
            Self::Bodies => Some(Packing { shared: 3, limit: BODY_CHUNK + 2 * 1024 }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
