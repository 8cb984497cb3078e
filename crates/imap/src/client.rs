//! The connection machine.
use crate::{Command, Event, Handle};
use crate::types::Capabilities;
use waypost_wire::{Input, Limits, Machine, Output, Secret, Timestamp};

/// How a connection is run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// Bounds held against the server.
    pub limits: Limits,
}

/// Where a connection stands (RFC 9051, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing received yet.
    AwaitingGreeting,
    /// Before login.
    NotAuthenticated,
    /// After login.
    Authenticated,
    /// A mailbox is selected.
    Selected,
    /// The connection has ended.
    Ended,
}

/// The client's side of one IMAP connection.
pub struct Client {}

impl Client {
    /// A machine that waits for the greeting.
    #[must_use]
    pub fn new(_options: Options) -> Self {
        todo!()
    }
    /// Queues a command; its answers carry the handle. Commands are pipelined where RFC 9051, 5.5 allows it.
    pub fn enqueue(&mut self, _command: Command) -> Handle {
        todo!()
    }
    /// Answers the server's challenge in a running AUTHENTICATE; the octets are not yet base64. `None` cancels ("*").
    pub fn answer(&mut self, _handle: Handle, _response: Option<Secret<Vec<u8>>>) {
        todo!()
    }
    /// Ends a running IDLE with DONE; harmless if it already ended. `Event::Done` follows.
    pub fn finish_idle(&mut self, _handle: Handle) {
        todo!()
    }
    /// What the server said it can do; `None` until it did, and again after STARTTLS and login (RFC 9051, 6.1.1).
    #[must_use]
    pub fn capabilities(&self) -> Option<&Capabilities> {
        todo!()
    }
    /// Where the connection stands.
    #[must_use]
    pub fn state(&self) -> State {
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
