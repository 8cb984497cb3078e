//! STATUS=DELETED (RFC 9051, 6.3.11): how many messages of a mailbox have `\Deleted`, as [`crate::types::StatusItem::Deleted`].
//! `grammar/status.rs` reads it with all other items.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["STATUS=DELETED"], ..NOTHING };
