//! Drives one protocol machine over one transport.

use crate::transport::Exchanged;
use crate::{Transport, TransportError};
use std::fmt;
use tokio::time::{Instant, sleep_until, timeout};
use waypost_wire::{Input, Machine, Output, Timestamp};

/// A protocol machine and its connection. Give commands to [`Session::machine`], then ask for events: octets move only while
/// [`Session::next_event`] is awaited.
pub struct Session<M: Machine> {
    machine: M,
    transport: Transport,
    started: Instant,
    /// What the machine gave and the transport has not taken yet.
    outgoing: Outgoing,
    ended: bool,
    failure: Option<TransportError>,
}

impl<M: Machine> fmt::Debug for Session<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl<M: Machine> Session<M> {
    /// A session of a new machine over an open connection.
    #[must_use]
    pub fn new(machine: M, transport: Transport) -> Self {
        Self {
            machine,
            transport,
            started: Instant::now(),
            outgoing: Outgoing::default(),
            ended: false,
            failure: None,
        }
    }

    /// The machine, to be given commands.
    pub fn machine(&mut self) -> &mut M {
        &mut self.machine
    }

    /// The connection, to be asked for its TLS.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Why the connection broke, where it did; the machine's own last events say what that ended.
    #[must_use]
    pub fn failure(&self) -> Option<&TransportError> {
        self.failure.as_ref()
    }

    /// Takes the reason out; see [`Session::failure`].
    pub fn take_failure(&mut self) -> Option<TransportError> {
        self.failure.take()
    }

    /// The next event; `None` when the machine has ended and closed the connection. Cancel-safe: a dropped future loses neither
    /// octets nor events, except in the middle of a TLS handshake, which ends the connection.
    pub async fn next_event(&mut self) -> Option<M::Event> {
        loop {
            let now = self.now();
            match self.machine.poll(now) {
                Output::Event(event) => return Some(event),
                Output::Send(octets) => self.outgoing.push(octets),
                Output::Secure => self.secure().await,
                Output::Close => self.close().await,
                Output::Wait(_) if self.ended => return None,
                Output::Wait(until) => self.wait(until).await,
            }
        }
    }

    /// Milliseconds since the session began, which is the machine's clock.
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Sends what waits, then hands in what comes first: octets, the end, or the time.
    async fn wait(&mut self, until: Option<Timestamp>) {
        // A machine that waits for this very moment wants what it gave to be on its way before it gives more.
        if until.is_some_and(|moment| moment <= self.now()) && !self.outgoing.is_empty() {
            let moved = timeout(WRITE_WITHIN, self.outgoing.exchange(&mut self.transport, true)).await;
            match moved {
                Ok(Ok(Moved::Sent)) | Err(_) => {}
                Ok(arrived) => return self.arrived(arrived),
            }
        }
        let deadline =
            until.map(|moment| self.started + std::time::Duration::from_millis(moment.as_millis()));
        let arrived = tokio::select! {
            arrived = self.outgoing.exchange(&mut self.transport, false) => Some(arrived),
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => None,
        };
        match arrived {
            Some(arrived) => self.arrived(arrived),
            None => {
                let now = self.now();
                self.machine.handle(now, Input::Tick);
            }
        }
    }

    fn arrived(&mut self, moved: Result<Moved, TransportError>) {
        let now = self.now();
        match moved {
            Ok(Moved::Sent) => {}
            Ok(Moved::Received(octets)) => self.machine.handle_owned(now, octets),
            Ok(Moved::Ended) => self.machine.handle(now, Input::Closed),
            Err(error) => self.fail(error),
        }
    }

    async fn secure(&mut self) {
        let sent = self.outgoing.send(&mut self.transport).await;
        let secured = match sent {
            Ok(()) => self.transport.secure().await,
            Err(error) => Err(error),
        };
        match secured {
            Ok(_) => {
                let now = self.now();
                self.machine.handle(now, Input::Secured);
            }
            Err(error) => self.fail(error),
        }
    }

    async fn close(&mut self) {
        // The last command, such as QUIT, may still be on its way; what can't be sent any more is of no use.
        let _ = self.outgoing.send(&mut self.transport).await;
        self.transport.close().await;
        self.ended = true;
    }

    fn fail(&mut self, error: TransportError) {
        self.failure.get_or_insert(error);
        self.outgoing.clear();
        let now = self.now();
        self.machine.handle(now, Input::Closed);
    }
}

/// What came of an exchange with the transport.
enum Moved {
    /// All is on its way.
    Sent,
    Received(Vec<u8>),
    /// The peer ended the stream.
    Ended,
}

/// Octets to be sent. What the transport took is gone at once, so that a dropped future sends nothing twice.
#[derive(Default)]
struct Outgoing {
    octets: Vec<u8>,
    taken: usize,
    /// Something was taken and may not be on its way yet.
    unflushed: bool,
}

impl Outgoing {
    fn is_empty(&self) -> bool {
        self.taken == self.octets.len()
    }

    fn push(&mut self, octets: Vec<u8>) {
        if self.is_empty() {
            (self.octets, self.taken) = (octets, 0);
        } else {
            self.octets.extend_from_slice(&octets);
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }

    /// Sends, and reads where the peer takes nothing before: neither waits for the other. Ends with the first octets that come, or
    /// when all is on its way if `until_sent`.
    async fn exchange(
        &mut self,
        transport: &mut Transport,
        until_sent: bool,
    ) -> Result<Moved, TransportError> {
        loop {
            if until_sent && self.is_empty() && !self.unflushed {
                return Ok(Moved::Sent);
            }
            let rest = self.octets.get(self.taken..).unwrap_or_default();
            match transport.exchange(rest, !self.unflushed).await? {
                Exchanged::Sent(count) => {
                    self.unflushed = true;
                    self.taken += count;
                    if self.is_empty() {
                        (self.octets, self.taken) = (Vec::new(), 0);
                    }
                }
                Exchanged::Flushed => self.unflushed = false,
                Exchanged::Received(Some(octets)) => return Ok(Moved::Received(octets)),
                Exchanged::Received(None) => return Ok(Moved::Ended),
            }
        }
    }

    /// Sends all, reading nothing.
    async fn send(&mut self, transport: &mut Transport) -> Result<(), TransportError> {
        while !self.is_empty() {
            self.taken += transport.write_some(self.octets.get(self.taken..).unwrap_or_default()).await?;
            self.unflushed = true;
        }
        if self.unflushed {
            transport.flush().await?;
            self.unflushed = false;
        }
        Ok(())
    }
}

/// How long the server may take nothing before time goes on all the same: as long as the machines let it be silent.
const WRITE_WITHIN: std::time::Duration = std::time::Duration::from_secs(60);
