//! Items of STATUS that have a capability of their own: STATUS=SIZE (RFC 8438) and STATUS=DELETED (RFC 9051, 6.3.11). All items
//! are read by `grammar/status.rs`.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["STATUS=SIZE", "STATUS=DELETED"], ..NOTHING };
