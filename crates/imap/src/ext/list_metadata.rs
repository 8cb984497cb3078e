//! LIST-METADATA (RFC 9590): LIST with metadata, asked for by [`super::list::ListReturn::Metadata`] and answered as GETMETADATA is
//! (`ext/metadata.rs`).

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["LIST-METADATA"], ..NOTHING };
