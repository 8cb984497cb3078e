//! CHILDREN (RFC 3348; RFC 5258, 4): `\HasChildren` and `\HasNoChildren` of LIST. `grammar/mailbox.rs` reads them;
//! [`crate::types::MailboxListing`] says what they mean, `ext/list.rs` asks for them.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["CHILDREN"], ..NOTHING };
