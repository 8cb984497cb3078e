//! UNAUTHENTICATE (RFC 8437): back to the state before login, on the same connection.

use super::{Extension, NOTHING, Order, Verb, commands};
use crate::encode::Encoder;

pub(super) const EXTENSION: Extension = Extension { capabilities: &["UNAUTHENTICATE"], ..NOTHING };

/// UNAUTHENTICATE (RFC 8437, 2). Answered by its end only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthenticate;

commands!(Unauthenticate);

impl Verb for Unauthenticate {
    fn needs(&self) -> &'static [&'static str] {
        &["UNAUTHENTICATE"]
    }

    /// Data of the user must have come before, and nothing of the next user may be sent before its answer.
    fn order(&self) -> Order {
        Order::SignsOut
    }

    /// ```abnf
    /// command-auth =/ "UNAUTHENTICATE"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("UNAUTHENTICATE");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Peer;

    #[test]
    fn rfc_8437_2_command_is_written() {
        let fragments = Encoder::command("A003", &Unauthenticate.into(), &Peer::default()).unwrap();
        assert_eq!(fragments[0].as_slice(), b"A003 UNAUTHENTICATE\r\n");
    }
}
