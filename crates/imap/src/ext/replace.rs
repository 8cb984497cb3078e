//! REPLACE (RFC 8508): a new version of a message takes the place of the old one.

use super::{Extension, NOTHING, Order, Verb, commands};
use crate::command::Command;
use crate::commands::Appended;
use crate::encode::Encoder;
use crate::types::{MailboxName, SequenceSet};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["REPLACE"], ..NOTHING };

/// REPLACE or UID REPLACE: stores a message and removes the one it is a new version of, in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replace {
    /// The message to be removed: its UID, or its sequence number.
    pub number: u32,
    /// Whether that is a UID.
    pub by_uid: bool,
    /// Where the new version is stored.
    pub mailbox: MailboxName,
    /// The new version.
    pub message: Appended,
}

commands!(Replace);

impl Verb for Replace {
    fn needs(&self) -> &'static [&'static str] {
        &["REPLACE"]
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        self.message.needs().to_vec()
    }
    fn sent(&self) -> Option<Command> {
        let mailbox = self.mailbox.clone();
        Some(Self { mailbox, message: self.message.sent(), ..*self }.into())
    }
    /// The server removes the message while it runs (RFC 8508, 3.4).
    fn order(&self) -> Order {
        if self.by_uid { Order::Messages } else { Order::ShiftsNumbers }
    }
    /// ```abnf
    /// replace = "REPLACE" SP seq-number SP mailbox append-message
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        let number = SequenceSet::single(self.number).ok_or("messages are counted from 1")?;
        encoder.text(if self.by_uid { "UID REPLACE " } else { "REPLACE " });
        encoder.set(&number);
        encoder.mailbox(" ", &self.mailbox)?;
        self.message.encode(encoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{is_refused, written};
    use crate::types::Flag;

    #[test]
    fn rfc_8508_3_3_example_is_written() {
        let message = Appended { flags: vec![Flag::Seen], ..Appended::new(b"A: b\r\n".to_vec()) };
        let mut replace = Replace { number: 4, by_uid: false, mailbox: MailboxName::new("Drafts"), message };
        assert_eq!(
            written(replace.clone(), &["LITERAL+"]),
            "a1 REPLACE 4 Drafts (\\Seen) {6+}\r\nA: b\r\n\r\n"
        );
        replace.by_uid = true;
        assert_eq!(replace.order(), Order::Messages);
        assert!(written(replace.clone(), &[]).starts_with("a1 UID REPLACE 4 Drafts "));
        replace.number = 0;
        assert!(is_refused(replace));
    }
}
