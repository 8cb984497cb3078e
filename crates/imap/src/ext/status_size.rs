//! STATUS=SIZE (RFC 8438): how many octets a mailbox holds, as [`crate::types::StatusItem::Size`]. `grammar/status.rs` reads it with
//! all other items.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["STATUS=SIZE"], ..NOTHING };
