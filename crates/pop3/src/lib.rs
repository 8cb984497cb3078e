//! POP3 client without I/O (RFC 1939, 2449, 2595, 1734, 5034).

use waypost_wire::{Input, Limits, Machine, Output, Secret, Timestamp};

/// How a connection is run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// Bounds held against the server.
    pub limits: Limits,
}

/// Which command an event belongs to. Never reused within a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(u64);

/// A command (RFC 1939; CAPA RFC 2449; STLS RFC 2595; AUTH RFC 5034).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// CAPA
    Capa,
    /// STLS; the machine asks for `Output::Secure` when the server agreed.
    Stls,
    /// USER
    User(String),
    /// PASS
    Pass(Secret<String>),
    /// AUTH mechanism [initial response]; octets are not yet base64.
    Auth {
        /// The mechanism's name.
        mechanism: String,
        /// The initial response.
        initial: Option<Secret<Vec<u8>>>,
    },
    /// STAT
    Stat,
    /// LIST, all or one
    List(Option<u32>),
    /// UIDL, all or one
    Uidl(Option<u32>),
    /// RETR
    Retr(u32),
    /// TOP message lines
    Top(u32, u32),
    /// DELE
    Dele(u32),
    /// NOOP
    Noop,
    /// RSET
    Rset,
    /// QUIT: enters UPDATE; only its +OK means that deletions are done.
    Quit,
}

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
    /// STAT's answer.
    Statistics {
        /// The command.
        handle: Handle,
        /// Messages.
        count: u32,
        /// Octets.
        octets: u64,
    },
    /// One line of LIST's answer.
    Size {
        /// The command.
        handle: Handle,
        /// Message number in this session.
        number: u32,
        /// Octets.
        octets: u64,
    },
    /// One line of UIDL's answer.
    UniqueId {
        /// The command.
        handle: Handle,
        /// Message number in this session.
        number: u32,
        /// The unique id: 1 to 70 octets in 0x21 to 0x7E; longer or odd ones as sent.
        uidl: String,
    },
    /// Octets of RETR or TOP, dot-stuffing undone, line ends as sent. Cut anywhere; adjacent parts concatenate.
    Part {
        /// The command.
        handle: Handle,
        /// The octets.
        data: Vec<u8>,
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

/// Why a command ended without success.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// `-ERR [code] text` (codes: RFC 2449, 3206), code upper case.
    Err {
        /// `IN-USE`, `LOGIN-DELAY`, `SYS/TEMP`, `SYS/PERM`, `AUTH`.
        code: Option<String>,
        /// The server's words.
        text: String,
    },
    /// The command can't be sent in this state or with these values; nothing was sent.
    Misuse(&'static str),
    /// The connection ended before the answer.
    ConnectionEnded,
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pop3Error {
    /// The greeting was -ERR.
    Refused(String),
    /// The server broke the framing: rule and offset, never content.
    Framing {
        /// The rule.
        rule: &'static str,
        /// Octets received before the fault.
        offset: u64,
    },
    /// A limit was reached.
    Limit {
        /// Which.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// Octets between the answer to STLS and TLS: an injection.
    Injection,
    /// The stream ended without QUIT.
    Closed,
    /// The server did not answer in time.
    TimedOut,
}

/// The client's side of one POP3 connection.
pub struct Client {}

impl Client {
    /// A machine that waits for the greeting.
    #[must_use]
    pub fn new(_options: Options) -> Self {
        todo!()
    }
    /// Queues a command. Pipelined only after CAPA announced PIPELINING; otherwise one at a time.
    pub fn enqueue(&mut self, _command: Command) -> Handle {
        todo!()
    }
    /// Answers a challenge of AUTH; `None` cancels.
    pub fn answer(&mut self, _handle: Handle, _response: Option<Secret<Vec<u8>>>) {
        todo!()
    }
}

impl Machine for Client {
    type Event = Event;
    fn handle(&mut self, _now: Timestamp, _input: Input<'_>) {
        todo!()
    }
    fn poll(&mut self, _now: Timestamp) -> Output<Event> {
        todo!()
    }
}
