//! MULTIAPPEND (RFC 3502, 6.3.11): several messages are stored by one command, all or none. It is
//! [`crate::commands::Append`] with more than one message (`commands/append.rs`).

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["MULTIAPPEND"], ..NOTHING };
