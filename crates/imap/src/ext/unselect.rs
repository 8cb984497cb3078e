//! UNSELECT (RFC 3691; RFC 9051, 6.4.2): a mailbox is left as it is.

use super::{Extension, NOTHING, Order, Verb, commands};
use crate::encode::Encoder;

pub(super) const EXTENSION: Extension = Extension { capabilities: &["UNSELECT"], ..NOTHING };

/// UNSELECT: leaves the mailbox and removes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unselect;

commands!(Unselect);

impl Verb for Unselect {
    fn needs(&self) -> &'static [&'static str] {
        &["UNSELECT", "IMAP4rev2"]
    }
    fn order(&self) -> Order {
        Order::Closes
    }
    /// ```abnf
    /// command-select =/ "UNSELECT"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("UNSELECT");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::written;

    #[test]
    fn rfc_3691_2_command_is_written() {
        assert_eq!(written(Unselect, &[]), "a1 UNSELECT\r\n");
        assert_eq!(Unselect.order(), Order::Closes);
    }
}
