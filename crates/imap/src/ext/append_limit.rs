//! APPENDLIMIT (RFC 7889): the longest message that APPEND takes. [`crate::types::Capabilities::number`] reads the limit of all
//! mailboxes; the one of a mailbox is the item of STATUS [`crate::types::StatusItem::AppendLimit`] (`grammar/status.rs`).

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["APPENDLIMIT"], ..NOTHING };
