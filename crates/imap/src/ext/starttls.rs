//! STARTTLS (RFC 9051, 6.2.1; RFC 2595, 3): [`crate::Command::StartTls`] asks for TLS. What was said before is forgotten, and
//! octets that came too early end the connection: `client/ends.rs`.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["STARTTLS"], ..NOTHING };
