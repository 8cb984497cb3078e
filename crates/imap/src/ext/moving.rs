//! MOVE (RFC 6851; RFC 9051, 6.4.8): messages go to another mailbox in one step.

use super::{Extension, NOTHING, Order, Verb, commands};
use crate::command::Command;
use crate::commands::Messages;
use crate::encode::Encoder;
use crate::types::{MailboxName, SequenceSet};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["MOVE"], ..NOTHING };

/// MOVE or UID MOVE. [`crate::types::ResponseCode::CopyUid`] comes in an untagged OK before the messages go.
///
/// A server moves each message in one step. UIDs that are too many for the lines it takes go as several commands under one handle,
/// and then a part may be moved where a later part fails: together they are no longer one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Which messages.
    pub messages: Messages,
    /// Where to.
    pub mailbox: MailboxName,
}

commands!(Move);

impl Verb for Move {
    fn needs(&self) -> &'static [&'static str] {
        &["MOVE", "IMAP4rev2"]
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        vec![self.messages.needs()]
    }
    /// By UID only: between two pieces, sequence numbers may come to name other messages.
    fn messages(&self) -> Option<&SequenceSet> {
        self.messages.uids()
    }
    fn only(&self, set: SequenceSet) -> Option<Command> {
        Some(Self { messages: self.messages.only(set), ..self.clone() }.into())
    }
    fn order(&self) -> Order {
        self.messages.order(true)
    }
    /// ```abnf
    /// move = "MOVE" SP sequence-set SP mailbox
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        self.messages.encode(encoder, "MOVE");
        encoder.mailbox(" ", &self.mailbox)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::written;

    #[test]
    fn rfc_6851_3_3_example_is_written() {
        let set = SequenceSet::range(42, 69).unwrap();
        let moving = Move { messages: Messages::Uids(set), mailbox: MailboxName::new("foo") };
        assert_eq!(written(moving, &[]), "a1 UID MOVE 42:69 foo\r\n");
    }

    #[test]
    fn what_is_moved_by_number_is_never_cut() {
        let set = SequenceSet::range(2, 4).unwrap();
        for (messages, may) in [(Messages::Numbers(set.clone()), false), (Messages::Uids(set), true)] {
            let moving = Move { messages, mailbox: MailboxName::new("foo") };
            assert_eq!(moving.messages().is_some(), may);
        }
    }
}
