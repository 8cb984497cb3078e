//! URLAUTH=BINARY (RFC 5524): URLFETCH of decoded parts and of their structure. Its items are those of
//! [`super::urlauth::UrlFetch`] (`ext/urlauth.rs`).

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["URLAUTH=BINARY"], ..NOTHING };
