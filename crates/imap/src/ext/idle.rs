//! IDLE (RFC 2177; RFC 9051, 6.3.13): the server tells what is new as it happens. [`crate::Command::Idle`] begins it,
//! [`crate::Client::finish_idle`] ends it (`client/exchange.rs`); it is renewed in time (`client/running.rs`, `client/clock.rs`).

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["IDLE"], ..NOTHING };
