//! Extensions: one file each with its types, parsers and commands, and one row in the table.
//!
//! To add one: write `ext/NAME.rs` with its parsers and an [`Extension`], and name it in [`EXTENSIONS`]. A row counts whether
//! or not the server advertised the capability: servers send data of extensions that they do not name.

pub mod acl;
mod condstore;
mod enable;
mod esearch;
pub mod id;
pub mod jmap_access;
pub mod language;
mod limits;
pub mod list;
mod mailbox_id;
pub mod metadata;
pub mod namespace;
pub mod notify;
mod preview;
pub mod progress;
pub mod quota;
pub mod referral;
pub mod special_use;
mod uidplus;
pub mod unauthenticate;
pub mod utf8;
pub mod xlist;

use crate::Command;
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::{Parsed, Reading};
use crate::types::{Fetched, ResponseCode, SequenceSet};
use std::fmt;
use std::sync::Arc;

/// A command of an extension: one type of `ext/` each, which turns into a [`crate::Command`].
#[derive(Clone)]
pub struct Extended(Arc<dyn Verb>);

impl Extended {
    pub(crate) fn new(verb: impl Verb + 'static) -> Self {
        Self(Arc::new(verb))
    }
    pub(crate) fn verb(&self) -> &dyn Verb {
        &*self.0
    }
}

impl fmt::Debug for Extended {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What a command of an extension says of itself.
pub(crate) trait Verb: fmt::Debug + Send + Sync {
    /// The capabilities of which the server must have named one; none if it may always be sent.
    fn needs(&self) -> &'static [&'static str];

    /// When it may be sent.
    fn order(&self) -> Order {
        Order::Free
    }

    /// What its success changes for the connection.
    fn effect(&self) -> Effect {
        if self.order() == Order::Selects { Effect::Selects } else { Effect::Nothing }
    }

    /// What untagged data answers it, if it changes nothing: such a command can be given up while it runs.
    fn brings(&self) -> Brings {
        Brings::Other
    }

    /// The messages it names, if it may be sent as several commands that name some of them each.
    fn messages(&self) -> Option<&SequenceSet> {
        None
    }

    /// The same command for these messages only; to be given where `messages` is.
    fn only(&self, set: SequenceSet) -> Option<Command> {
        let _ = set;
        None
    }

    /// Writes the command without its tag and line end.
    ///
    /// # Errors
    /// Its values can't be sent; says why.
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str>;
}

/// What the success of a command changes for the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    Nothing,
    /// Another mailbox is selected; if it fails, none is.
    Selects,
    /// No mailbox is selected any more.
    Unselects,
    /// Nobody is signed in any more (RFC 8437).
    SignsOut,
}

/// What untagged data a command that changes nothing is answered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brings {
    /// FETCH.
    Messages,
    /// SEARCH, ESEARCH, SORT or THREAD.
    Found,
    /// LIST.
    Mailboxes,
    /// Other data, or it changes something.
    Other,
}

/// In which state (RFC 9051, 3) and beside which other commands (RFC 9051, 5.5) a command may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// In any state.
    Anywhere,
    /// After login.
    Free,
    /// In a selected mailbox; messages are named by UID.
    Messages,
    /// In a selected mailbox; messages are named by sequence number, or their answers are.
    Numbers,
    /// It changes which mailbox is selected.
    Selects,
    /// It changes what later responses mean; after login.
    Changes,
    /// Nothing else may run; before login.
    SignsIn,
    /// Nothing else may run; after login.
    SignsOut,
    /// Nothing else may run; in any state.
    Alone,
}

/// Makes commands of these types.
macro_rules! commands {
    ($($verb:ty),+ $(,)?) => {
        $(impl From<$verb> for $crate::Command {
            fn from(verb: $verb) -> Self {
                Self::Extended($crate::ext::Extended::new(verb))
            }
        })+
    };
}
pub(crate) use commands;

/// Untagged data after its name.
pub(crate) type Untagged = for<'a> fn(&'a [u8], Reading<'_>) -> Parsed<'a, Response>;
/// The argument of a response code, up to its `]`.
pub(crate) type Code = for<'a> fn(&'a [u8], Reading<'_>) -> Parsed<'a, ResponseCode>;
/// The value of a FETCH item.
pub(crate) type Item = for<'a> fn(&'a [u8], &mut Fetched, Reading<'_>) -> Parsed<'a, ()>;

/// What one extension adds. Names are compared without case.
struct Extension {
    /// What servers call it in CAPABILITY.
    capabilities: &'static [&'static str],
    untagged: &'static [(&'static str, Untagged)],
    codes: &'static [(&'static str, Code)],
    items: &'static [(&'static str, Item)],
}

/// An extension that adds nothing: rows name only what they add.
const NOTHING: Extension = Extension { capabilities: &[], untagged: &[], codes: &[], items: &[] };

/// The table.
const EXTENSIONS: &[Extension] = &[
    acl::EXTENSION,
    condstore::EXTENSION,
    enable::EXTENSION,
    esearch::EXTENSION,
    id::EXTENSION,
    jmap_access::EXTENSION,
    language::EXTENSION,
    limits::EXTENSION,
    list::EXTENSION,
    mailbox_id::EXTENSION,
    metadata::EXTENSION,
    namespace::EXTENSION,
    notify::EXTENSION,
    preview::EXTENSION,
    progress::EXTENSION,
    quota::EXTENSION,
    referral::EXTENSION,
    special_use::EXTENSION,
    uidplus::EXTENSION,
    unauthenticate::EXTENSION,
    utf8::EXTENSION,
    xlist::EXTENSION,
];

/// The capabilities that the table serves, as servers name them.
pub fn capabilities() -> impl Iterator<Item = &'static str> {
    EXTENSIONS.iter().flat_map(|extension| extension.capabilities).copied()
}

pub(crate) fn untagged(name: &[u8]) -> Option<Untagged> {
    EXTENSIONS.iter().find_map(|extension| lookup(extension.untagged, name))
}

pub(crate) fn code(name: &[u8]) -> Option<Code> {
    EXTENSIONS.iter().find_map(|extension| lookup(extension.codes, name))
}

pub(crate) fn item(name: &[u8]) -> Option<Item> {
    EXTENSIONS.iter().find_map(|extension| lookup(extension.items, name))
}

/// The row of a table with this name.
pub(crate) fn lookup<T: Copy>(table: &[(&str, T)], name: &[u8]) -> Option<T> {
    table.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)).map(|(_, row)| *row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_in_two_rows() {
        let names: [Vec<&str>; 3] = [
            EXTENSIONS.iter().flat_map(|one| one.untagged).map(|(name, _)| *name).collect(),
            EXTENSIONS.iter().flat_map(|one| one.codes).map(|(name, _)| *name).collect(),
            EXTENSIONS.iter().flat_map(|one| one.items).map(|(name, _)| *name).collect(),
        ];
        for mut kind in names {
            let count = kind.len();
            kind.sort_unstable();
            kind.dedup();
            assert_eq!(kind.len(), count);
        }
    }
}
