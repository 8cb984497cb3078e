//! LIST-MYRIGHTS (RFC 8440): LIST with the rights that the user has, asked for by [`super::list::ListReturn::MyRights`] and answered
//! as MYRIGHTS is (`ext/acl.rs`).

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["LIST-MYRIGHTS"], ..NOTHING };
