//! Commands on messages and on the selected mailbox, with all that extensions add to them. Each turns into a
//! [`crate::Command`].
//!
//! ```
//! use waypost_imap::commands::{Copy, Messages, Return, Search};
//! use waypost_imap::types::{MailboxName, SequenceSet};
//! use waypost_imap::{Client, Options, SearchKey};
//!
//! let mut client = Client::new(Options::default());
//! client.enqueue(Search::by_uid(vec![SearchKey::Unseen]).returning(Return::Save));
//! client.enqueue(Copy { messages: Messages::Uids(SequenceSet::saved()), mailbox: MailboxName::new("Archive") });
//! ```

mod append;
mod close;
mod copy;
mod fetch;
mod search;
mod select;
mod store;

pub use self::append::{Append, Appended, Content, Part};
pub use self::close::{Check, Close, Expunge, UidExpunge};
pub use self::copy::Copy;
pub use self::fetch::Fetch;
pub use self::search::{Return, Search};
pub(crate) use self::search::{brings, returns_need, search_order};
pub use self::select::{Known, Select};
pub use self::store::{Change, Store};
pub use crate::ext::moving::Move;
pub use crate::ext::partial::PartialRange;
pub use crate::ext::replace::Replace;
pub use crate::ext::unselect::Unselect;

use crate::encode::Encoder;
use crate::ext::Order;
use crate::types::SequenceSet;

/// Messages of the selected mailbox: numbers and UIDs can't be mixed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Messages {
    /// By sequence number.
    Numbers(SequenceSet),
    /// By UID.
    Uids(SequenceSet),
}

impl Messages {
    /// `shifting` if the server may send EXPUNGE while the command runs on numbers (RFC 9051, 7.5.1).
    pub(crate) fn order(&self, shifting: bool) -> Order {
        match self {
            Self::Uids(_) => Order::Messages,
            Self::Numbers(_) if shifting => Order::ShiftsNumbers,
            Self::Numbers(_) => Order::Numbers,
        }
    }

    pub(crate) fn set(&self) -> &SequenceSet {
        match self {
            Self::Numbers(set) | Self::Uids(set) => set,
        }
    }

    /// The same way of naming, for these.
    pub(crate) fn only(&self, set: SequenceSet) -> Self {
        match self {
            Self::Numbers(_) => Self::Numbers(set),
            Self::Uids(_) => Self::Uids(set),
        }
    }

    /// The set, if a command that shifts numbers may be cut there.
    pub(crate) fn uids(&self) -> Option<&SequenceSet> {
        match self {
            Self::Numbers(_) => None,
            Self::Uids(set) => Some(set),
        }
    }

    /// What `$` needs.
    pub(crate) fn needs(&self) -> &'static [&'static str] {
        if self.set().is_saved() { &["SEARCHRES", "IMAP4rev2"] } else { &[] }
    }

    /// The command's word, after `UID` where that belongs, and the set.
    pub(crate) fn encode(&self, encoder: &mut Encoder, word: &str) {
        encoder.text(if matches!(self, Self::Uids(_)) { "UID " } else { "" });
        encoder.text(word);
        encoder.text(" ");
        encoder.set(self.set());
    }
}

/// What the answers to a search are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// Sequence numbers.
    Sequence,
    /// UIDs.
    Uid,
}

impl Numbering {
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Sequence => "",
            Self::Uid => "UID ",
        }
    }
}

/// What commands write to a server with these capabilities.
#[cfg(test)]
pub(crate) fn written(command: impl Into<crate::Command>, capabilities: &[&str]) -> String {
    let names = capabilities.iter().map(|name| (*name).to_owned()).collect();
    let capabilities = crate::types::Capabilities::new(names);
    let peer = crate::encode::Peer { capabilities, ..crate::encode::Peer::default() };
    let fragments = Encoder::command("a1", &command.into(), &peer).unwrap();
    fragments.iter().map(|fragment| String::from_utf8_lossy(fragment).into_owned()).collect()
}

/// Whether a command is refused before anything of it is sent.
#[cfg(test)]
pub(crate) fn is_refused(command: impl Into<crate::Command>) -> bool {
    Encoder::command("a1", &command.into(), &crate::encode::Peer::default()).is_err()
}
