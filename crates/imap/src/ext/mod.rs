//! Extensions: one file each with its types, parsers and commands, and one row in the table.
//!
//! To add one: write `ext/NAME.rs` with its parsers and an `Extension`, and name it in `EXTENSIONS`. A row counts whether
//! or not the server advertised the capability: servers send data of extensions that they do not name.

pub mod acl;
mod annotate;
mod append_limit;
mod binary;
pub mod catenate;
mod children;
mod compress;
mod condstore;
pub mod context;
mod enable;
pub mod esearch;
mod filters;
mod fuzzy;
mod gmail;
pub mod id;
mod idle;
pub mod jmap_access;
pub mod language;
pub mod list;
mod list_metadata;
mod list_myrights;
mod list_status;
mod literal;
mod mailbox_referrals;
mod message_limit;
pub mod metadata;
pub(crate) mod moving;
mod multiappend;
pub mod multisearch;
pub mod namespace;
pub mod notify;
mod objectid;
pub(crate) mod partial;
mod preview;
pub mod progress;
mod qresync;
pub mod quota;
pub mod referral;
pub(crate) mod replace;
mod sasl_ir;
mod savedate;
mod searchres;
pub mod sort;
mod sort_display;
pub mod special_use;
mod starttls;
mod status_deleted;
mod status_size;
pub mod thread;
pub mod uidbatches;
mod uidonly;
mod uidplus;
pub mod unauthenticate;
pub(crate) mod unselect;
pub mod urlauth;
mod urlauth_binary;
mod utf8;
mod within;
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

    /// What else the server must have named: of each list one.
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        Vec::new()
    }

    /// When it may be sent.
    fn order(&self) -> Order {
        Order::Free
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

    /// The same command without the messages it carries, if it carries some: they stand in what is sent.
    fn sent(&self) -> Option<Command> {
        None
    }

    /// Writes the command without its tag and line end.
    ///
    /// # Errors
    /// Its values can't be sent; says why.
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str>;
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
    /// In a selected mailbox; messages are named by sequence number, or their answers are. No EXPUNGE comes while it runs.
    Numbers,
    /// As [`Order::Numbers`], and the numbers may change while it runs: the server may send EXPUNGE.
    ShiftsNumbers,
    /// It changes which mailbox is selected.
    Selects,
    /// It leaves the selected mailbox.
    Closes,
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
/// Untagged data that begins with a number, after its name.
pub(crate) type Numbered = for<'a> fn(u32, &'a [u8], Reading<'_>) -> Parsed<'a, Response>;
/// The argument of a response code, up to its `]`.
pub(crate) type Code = for<'a> fn(&'a [u8], Reading<'_>) -> Parsed<'a, ResponseCode>;
/// The value of a FETCH item.
pub(crate) type Item = for<'a> fn(&'a [u8], &mut Fetched, Reading<'_>) -> Parsed<'a, ()>;

/// What one extension adds. Names are compared without case.
struct Extension {
    /// What servers call it in CAPABILITY.
    capabilities: &'static [&'static str],
    untagged: &'static [(&'static str, Untagged)],
    numbered: &'static [(&'static str, Numbered)],
    codes: &'static [(&'static str, Code)],
    items: &'static [(&'static str, Item)],
}

/// An extension that adds nothing: rows name only what they add.
const NOTHING: Extension =
    Extension { capabilities: &[], untagged: &[], numbered: &[], codes: &[], items: &[] };

/// Data that no server sends unless it is asked by a command of the same extension. Without the feature `on-request` it is not taken apart:
/// the clients of the npm package and the engine have none of these commands, and a visitor would download the parsers.
const fn on_request<T>(rows: &'static [T]) -> &'static [T] {
    if cfg!(feature = "on-request") { rows } else { &[] }
}

/// The same of commands that the clients of the npm package have and the engine has not.
pub(crate) const fn of_clients<T>(rows: &'static [T]) -> &'static [T] {
    if cfg!(feature = "clients") { rows } else { &[] }
}

/// The table. The engine has no commands of extensions, and what servers send of them unasked it need not understand.
const EXTENSIONS: &[Extension] = of_clients(&[
    acl::EXTENSION,
    annotate::EXTENSION,
    append_limit::EXTENSION,
    binary::EXTENSION,
    catenate::EXTENSION,
    children::EXTENSION,
    compress::EXTENSION,
    condstore::EXTENSION,
    context::EXTENSION,
    enable::EXTENSION,
    esearch::EXTENSION,
    filters::EXTENSION,
    fuzzy::EXTENSION,
    gmail::EXTENSION,
    id::EXTENSION,
    idle::EXTENSION,
    jmap_access::EXTENSION,
    language::EXTENSION,
    list::EXTENSION,
    list_metadata::EXTENSION,
    list_myrights::EXTENSION,
    list_status::EXTENSION,
    literal::EXTENSION,
    mailbox_referrals::EXTENSION,
    message_limit::EXTENSION,
    metadata::EXTENSION,
    moving::EXTENSION,
    multiappend::EXTENSION,
    multisearch::EXTENSION,
    namespace::EXTENSION,
    notify::EXTENSION,
    objectid::EXTENSION,
    partial::EXTENSION,
    preview::EXTENSION,
    progress::EXTENSION,
    qresync::EXTENSION,
    quota::EXTENSION,
    referral::EXTENSION,
    replace::EXTENSION,
    sasl_ir::EXTENSION,
    savedate::EXTENSION,
    searchres::EXTENSION,
    sort::EXTENSION,
    sort_display::EXTENSION,
    special_use::EXTENSION,
    starttls::EXTENSION,
    status_deleted::EXTENSION,
    status_size::EXTENSION,
    thread::EXTENSION,
    uidbatches::EXTENSION,
    uidonly::EXTENSION,
    uidplus::EXTENSION,
    unauthenticate::EXTENSION,
    unselect::EXTENSION,
    urlauth::EXTENSION,
    urlauth_binary::EXTENSION,
    utf8::EXTENSION,
    within::EXTENSION,
    xlist::EXTENSION,
]);

/// The capabilities that the table serves, as servers name them.
pub fn capabilities() -> impl Iterator<Item = &'static str> {
    EXTENSIONS.iter().flat_map(|extension| extension.capabilities).copied()
}

pub(crate) fn untagged(name: &[u8]) -> Option<Untagged> {
    EXTENSIONS.iter().find_map(|extension| lookup(extension.untagged, name))
}

pub(crate) fn numbered(name: &[u8]) -> Option<Numbered> {
    EXTENSIONS.iter().find_map(|extension| lookup(extension.numbered, name))
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

    /// Every extension this crate is to have, by the name servers give it.
    const WANTED: &[&str] = &[
        "LITERAL+",
        "LITERAL-",
        "SASL-IR",
        "STARTTLS",
        "ID",
        "ENABLE",
        "IDLE",
        "NOTIFY",
        "CONDSTORE",
        "QRESYNC",
        "UIDPLUS",
        "MOVE",
        "UNSELECT",
        "NAMESPACE",
        "LIST-EXTENDED",
        "LIST-STATUS",
        "LIST-MYRIGHTS",
        "LIST-METADATA",
        "SPECIAL-USE",
        "CREATE-SPECIAL-USE",
        "CHILDREN",
        "ESEARCH",
        "SEARCHRES",
        "MULTISEARCH",
        "PARTIAL",
        "WITHIN",
        "SORT",
        "SORT=DISPLAY",
        "ESORT",
        "CONTEXT=SEARCH",
        "CONTEXT=SORT",
        "THREAD=REFERENCES",
        "THREAD=ORDEREDSUBJECT",
        "SEARCH=FUZZY",
        "FILTERS",
        "QUOTA",
        "QUOTA=RES-STORAGE",
        "QUOTA=RES-MESSAGE",
        "QUOTA=RES-MAILBOX",
        "QUOTA=RES-ANNOTATION-STORAGE",
        "ACL",
        "METADATA",
        "METADATA-SERVER",
        "ANNOTATE-EXPERIMENT-1",
        "BINARY",
        "CATENATE",
        "URLAUTH",
        "MULTIAPPEND",
        "REPLACE",
        "APPENDLIMIT",
        "COMPRESS=DEFLATE",
        "UTF8=ACCEPT",
        "UTF8=ONLY",
        "OBJECTID",
        "PREVIEW",
        "SAVEDATE",
        "STATUS=SIZE",
        "STATUS=DELETED",
        "LANGUAGE",
        "I18NLEVEL=1",
        "I18NLEVEL=2",
        "UNAUTHENTICATE",
        "MESSAGELIMIT",
        "UIDONLY",
        "INPROGRESS",
        "JMAPACCESS",
        "UIDBATCHES",
        "LOGIN-REFERRALS",
        "X-GM-EXT-1",
        "XLIST",
    ];

    #[test]
    fn every_extension_has_a_row_and_no_row_is_empty() {
        for name in WANTED {
            assert_eq!(capabilities().filter(|known| known == name).count(), 1, "{name}");
        }
        for row in EXTENSIONS {
            let adds = (row.untagged.len(), row.numbered.len(), row.codes.len(), row.items.len());
            assert!(!row.capabilities.is_empty() || adds != (0, 0, 0, 0));
        }
    }

    #[test]
    fn no_name_stands_in_two_rows() {
        let names: [Vec<&str>; 4] = [
            EXTENSIONS.iter().flat_map(|one| one.numbered).map(|(name, _)| *name).collect(),
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
