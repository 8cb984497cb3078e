//! COPY (RFC 9051, 6.4.7, 6.4.9).

use super::Messages;
use crate::command::Command;
use crate::encode::Encoder;
use crate::ext::{Order, Verb, commands};
use crate::types::{MailboxName, SequenceSet};

/// COPY or UID COPY. Where the server has UIDPLUS, the tagged answer holds [`crate::types::ResponseCode::CopyUid`].
///
/// A server copies all or nothing of one command. UIDs that are too many for the lines it takes go as several commands under one
/// handle, and then a part may be copied where a later part fails: they are no longer one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Which messages.
    pub messages: Messages,
    /// Where to.
    pub mailbox: MailboxName,
}

commands!(Copy);

impl Verb for Copy {
    fn needs(&self) -> &'static [&'static str] {
        self.messages.needs()
    }
    /// By UID only: between two pieces, sequence numbers may come to name other messages.
    fn messages(&self) -> Option<&SequenceSet> {
        self.messages.uids()
    }
    fn only(&self, set: SequenceSet) -> Option<Command> {
        Some(Self { messages: self.messages.only(set), ..self.clone() }.into())
    }
    /// EXPUNGE is kept back only while FETCH, STORE and SEARCH run.
    fn order(&self) -> Order {
        self.messages.order(true)
    }
    /// ```abnf
    /// copy = "COPY" SP sequence-set SP mailbox
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        self.messages.encode(encoder, "COPY");
        encoder.mailbox(" ", &self.mailbox)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::written;

    #[test]
    fn rfc_9051_6_4_7_example_is_written() {
        let set = SequenceSet::range(2, 4).unwrap();
        let copy = |messages| Copy { messages, mailbox: MailboxName::new("MEETING") };
        assert_eq!(written(copy(Messages::Numbers(set)), &[]), "a1 COPY 2:4 MEETING\r\n");
        assert_eq!(written(copy(Messages::Uids(SequenceSet::saved())), &[]), "a1 UID COPY $ MEETING\r\n");
    }

    #[test]
    fn what_is_named_by_number_is_never_cut() {
        let set = SequenceSet::range(2, 4).unwrap();
        for (messages, may) in [(Messages::Numbers(set.clone()), false), (Messages::Uids(set), true)] {
            let copy = Copy { messages, mailbox: MailboxName::new("foo") };
            assert_eq!(copy.messages().is_some(), may);
        }
    }
}
