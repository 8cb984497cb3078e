//! SASL-IR (RFC 4959, 3): the initial response of [`crate::Command::Authenticate`] stands in the command itself. `encode/base.rs`
//! writes it; without the capability `client/exchange.rs` keeps it for the empty challenge.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["SASL-IR"], ..NOTHING };
