//! The end of work on a mailbox: CHECK (RFC 3501, 6.4.1), CLOSE, EXPUNGE (RFC 9051, 6.4.1, 6.4.3), UID EXPUNGE (RFC 4315, 2.1;
//! RFC 9051, 6.4.9).

use crate::command::Command;
use crate::encode::Encoder;
use crate::ext::{Order, Verb, commands};
use crate::types::SequenceSet;

/// CHECK: a checkpoint of the selected mailbox. RFC 9051 has it no more: NOOP does the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check;

/// CLOSE: removes the messages with `\Deleted` and leaves the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close;

/// EXPUNGE: removes the messages with `\Deleted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expunge;

/// UID EXPUNGE: removes those of these messages that have `\Deleted`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UidExpunge(pub SequenceSet);

commands!(Check, Close, Expunge, UidExpunge);

/// A command of one word, which every server has.
macro_rules! bare {
    ($verb:ty, $word:literal, $order:expr) => {
        impl Verb for $verb {
            fn needs(&self) -> &'static [&'static str] {
                &[]
            }
            fn order(&self) -> Order {
                $order
            }
            fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
                encoder.text($word);
                Ok(())
            }
        }
    };
}

bare!(Check, "CHECK", Order::Messages);
bare!(Close, "CLOSE", Order::Closes);
bare!(Expunge, "EXPUNGE", Order::Messages);

impl Verb for UidExpunge {
    fn needs(&self) -> &'static [&'static str] {
        &["UIDPLUS", "IMAP4rev2"]
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        if self.0.is_saved() { vec![&["SEARCHRES", "IMAP4rev2"]] } else { Vec::new() }
    }
    fn messages(&self) -> Option<&SequenceSet> {
        Some(&self.0)
    }
    fn only(&self, set: SequenceSet) -> Option<Command> {
        Some(Self(set).into())
    }
    fn order(&self) -> Order {
        Order::Messages
    }
    /// ```abnf
    /// uid-expunge = "UID" SP "EXPUNGE" SP sequence-set
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("UID EXPUNGE ");
        encoder.set(&self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::written;

    #[test]
    fn rfc_9051_6_4_1_to_6_4_3_and_rfc_4315_2_1_commands_are_written() {
        assert_eq!(written(Check, &[]), "a1 CHECK\r\n");
        assert_eq!(written(Close, &[]), "a1 CLOSE\r\n");
        assert_eq!(written(Expunge, &[]), "a1 EXPUNGE\r\n");
        let some = UidExpunge(SequenceSet::range(3000, 3002).unwrap());
        assert_eq!(written(some, &[]), "a1 UID EXPUNGE 3000:3002\r\n");
    }
}
