//! What the machine tells its owner.

use crate::{Pop3Error, Refusal};

/// Which command an event belongs to. Never reused within a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(pub(crate) u64);

/// An event of the connection. Data of a command comes before its `Done`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The server greeted.
    Greeting {
        /// Its words.
        text: String,
    },
    /// One line of CAPA's answer: name upper case, and arguments.
    Capability {
        /// The command.
        handle: Handle,
        /// Name, upper case.
        name: String,
        /// Arguments.
        arguments: Vec<String>,
    },
    /// LANG's answer: the language that is chosen, or one line of the list (RFC 6856, 3).
    Language {
        /// The command.
        handle: Handle,
        /// Its tag, such as `de`.
        tag: String,
        /// What the server calls it, in that language; of the chosen one, what the server says in it.
        description: String,
    },
    /// STAT's answer.
    Statistics {
        /// The command.
        handle: Handle,
        /// Messages.
        count: u32,
        /// Octets.
        octets: u64,
    },
    /// One line of LIST's answer. Numbers are the server's: they may be repeated or beyond what STAT counted.
    Size {
        /// The command.
        handle: Handle,
        /// Message number in this session.
        number: u32,
        /// Octets.
        octets: u64,
    },
    /// One line of UIDL's answer. An id may be repeated, and messages may lack one: the owner decides what that means.
    UniqueId {
        /// The command.
        handle: Handle,
        /// Message number in this session.
        number: u32,
        /// The unique id: 1 to 70 octets in 0x21 to 0x7E; longer or odd ones as sent.
        uidl: String,
    },
    /// Octets of RETR or TOP, dot-stuffing undone, line ends as sent. Cut anywhere, never empty; adjacent parts concatenate. The
    /// message is whole only when its `Done` is `Ok`.
    Part {
        /// The command.
        handle: Handle,
        /// The octets.
        data: Vec<u8>,
    },
    /// A line of an answer that is not what the command asked for. The command goes on.
    Unreadable {
        /// The command.
        handle: Handle,
        /// The line, without its end.
        line: Vec<u8>,
    },
    /// The server wants an answer in AUTH; already decoded from base64.
    Challenge {
        /// The AUTH command.
        handle: Handle,
        /// The challenge.
        data: Vec<u8>,
    },
    /// A command ended. Each command ends exactly once, also when the connection ends.
    Done {
        /// The command.
        handle: Handle,
        /// The server's words after `+OK`, or why not.
        result: Result<String, Refusal>,
    },
    /// The connection ended by an error; `Close` follows.
    Failed(Pop3Error),
}
