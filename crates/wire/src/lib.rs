//! The contract that all protocol machines of Waypost share.
//!
//! A machine decides and does nothing else: octets, the time and the user's commands go in; octets, events and wishes
//! ("secure the connection", "wake me at") come out. It never reads a clock, a socket or a source of random octets, so
//! the same machine runs in a browser, on tokio and under a test's virtual clock.
//!
//! **Drain rule.** After every [`Machine::handle`] and after every command given to a machine, call
//! [`Machine::poll`] until it answers [`Output::Wait`]. Needing more input is not an error, and there is no other exit.
//!
//! **Sending comes before waiting.** What [`Output::Send`] gave is written before the driver waits, also where the machine
//! waits for a moment that has come: so a machine that streams a message out of its owner's hands gives no more than the line takes.
//!
//! **Ends are events.** A broken connection is an event of the machine, followed by [`Output::Close`] and then
//! `Wait(None)` for ever. A command that the server refused ends that command only. `poll` neither fails nor panics.

mod base64;
mod limits;
mod secret;
mod time;

pub use base64::Base64;
pub use limits::Limits;
pub use secret::Secret;
pub use time::{Duration, Timestamp};

/// What a driver tells a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// Octets from the peer, in order, cut anywhere.
    Bytes(&'a [u8]),
    /// The connection is now protected by TLS, as [`Output::Secure`] asked. Octets that arrived before it and were not
    /// yet handed in must be discarded by the driver (RFC 9051, 11.1; the injection of CVE-2011-0411).
    Secured,
    /// The peer ended the stream, cleanly or not; nothing more will come.
    Closed,
    /// The time that [`Output::Wait`] asked for has come.
    Tick,
}

/// What a machine asks of its driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output<E> {
    /// Send these octets to the peer, in this order.
    Send(Vec<u8>),
    /// Upgrade the connection to TLS, then hand in [`Input::Secured`]. Nothing is sent in between.
    Secure,
    /// Something happened that the owner of the machine wants to know.
    Event(E),
    /// Close the connection; the machine has ended.
    Close,
    /// Nothing to do until input arrives or the time is reached; then hand in [`Input::Tick`].
    Wait(Option<Timestamp>),
}

/// A protocol machine without I/O. See the crate's page for the drain rule.
pub trait Machine {
    /// What the machine tells its owner.
    type Event;

    /// Takes one input. Work that it causes comes out of [`Machine::poll`].
    fn handle(&mut self, now: Timestamp, input: Input<'_>);

    /// Takes octets whose memory the driver does not need any more: a machine may keep it in place of a copy. The same as
    /// [`Input::Bytes`] otherwise.
    fn handle_owned(&mut self, now: Timestamp, octets: Vec<u8>) {
        self.handle(now, Input::Bytes(&octets));
    }

    /// Gives the next output. Never fails, never panics; ends with [`Output::Wait`].
    fn poll(&mut self, now: Timestamp) -> Output<Self::Event>;
}
