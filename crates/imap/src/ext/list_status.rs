//! LIST-STATUS (RFC 5819): LIST with the STATUS of each mailbox, asked for by [`super::list::ListReturn::Status`] and answered by
//! [`crate::Response::Status`] beside each listing.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["LIST-STATUS"], ..NOTHING };
