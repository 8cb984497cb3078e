//! Drives one protocol machine over one connection: the only place where octets, time and a machine meet.

use crate::{Blame, Clock, ConnectError, Connection};
use futures_util::future::{Either, pending, select};
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use waypost_sasl::ChannelBinding;
use waypost_wire::{Duration, Input, Machine, Output, Timestamp};

/// A protocol machine and its connection. Octets move only while [`Session::next_or`] or [`Session::next`] is awaited.
pub(crate) struct Session<M: Machine, C: Connection> {
    machine: M,
    connection: C,
    /// What the machine gave and the connection has not taken yet.
    outgoing: Vec<u8>,
    /// Octets received so far.
    received: u64,
    ended: bool,
    failure: Option<ConnectError>,
}

/// What came first.
pub(crate) enum Next<E, T> {
    /// The machine told something.
    Event(E),
    /// What was waited for beside it.
    Other(T),
    /// The machine has ended and the connection is closed.
    Ended,
}

enum Woken<T> {
    Read(Result<Option<Vec<u8>>, ConnectError>),
    Time,
    Other(T),
}

impl<M: Machine, C: Connection> Session<M, C> {
    /// A session of a new machine over an open connection.
    pub(crate) fn new(machine: M, connection: C) -> Self {
        Self { machine, connection, outgoing: Vec::new(), received: 0, ended: false, failure: None }
    }

    /// The machine, to be given commands.
    pub(crate) fn machine(&mut self) -> &mut M {
        &mut self.machine
    }

    /// What can bind a login to the connection as it is now.
    pub(crate) fn channel_bindings(&self) -> Vec<ChannelBinding> {
        self.connection.channel_bindings()
    }

    /// Ready once another connection should be opened in the place of this one.
    pub(crate) fn asked_to_move(&self) -> Pin<Box<dyn Future<Output = ()>>> {
        self.connection.asked_to_move()
    }

    /// Why the connection broke, where it did.
    pub(crate) fn failure(&self) -> Option<&ConnectError> {
        self.failure.as_ref()
    }

    /// Octets received so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Whether nothing more will come.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// The next event; `None` when the machine has ended and the connection is closed.
    pub(crate) async fn next(&mut self, clock: &impl Clock) -> Option<M::Event> {
        match self.next_or(clock, pending::<Infallible>()).await {
            Next::Event(event) => Some(event),
            Next::Ended => None,
            Next::Other(never) => match never {},
        }
    }

    /// The next event, or `other` if that comes while there is nothing to do but wait. Octets that are being sent are sent
    /// first: an intent gives up the waiting, never the stream.
    pub(crate) async fn next_or<T>(
        &mut self,
        clock: &impl Clock,
        other: impl Future<Output = T>,
    ) -> Next<M::Event, T> {
        let mut other = pin!(other);
        loop {
            match self.machine.poll(clock.now()) {
                Output::Event(event) => return Next::Event(event),
                Output::Send(octets) => self.outgoing.extend_from_slice(&octets),
                Output::Secure => self.secure(clock).await,
                Output::Close => self.close(clock).await,
                Output::Wait(_) if self.ended => return Next::Ended,
                Output::Wait(_) if !self.outgoing.is_empty() => self.flush(clock).await,
                Output::Wait(until) => match self.wait(clock, until, other.as_mut()).await {
                    Woken::Read(arrived) => self.arrived(clock, arrived),
                    Woken::Time => self.machine.handle(clock.now(), Input::Tick),
                    Woken::Other(value) => return Next::Other(value),
                },
            }
        }
    }

    async fn wait<T>(
        &mut self,
        clock: &impl Clock,
        until: Option<Timestamp>,
        other: Pin<&mut impl Future<Output = T>>,
    ) -> Woken<T> {
        let time = async {
            match until {
                Some(moment) => clock.sleep_until(moment).await,
                None => pending().await,
            }
        };
        match select(pin!(self.connection.read()), select(pin!(time), other)).await {
            Either::Left((arrived, _)) => Woken::Read(arrived),
            Either::Right((Either::Left(((), _)), _)) => Woken::Time,
            Either::Right((Either::Right((value, _)), _)) => Woken::Other(value),
        }
    }

    fn arrived(&mut self, clock: &impl Clock, arrived: Result<Option<Vec<u8>>, ConnectError>) {
        match arrived {
            Ok(Some(octets)) => {
                self.received += octets.len() as u64;
                self.machine.handle_owned(clock.now(), octets);
            }
            Ok(None) => self.machine.handle(clock.now(), Input::Closed),
            Err(error) => self.fail(clock, error),
        }
    }

    async fn flush(&mut self, clock: &impl Clock) {
        let octets = std::mem::take(&mut self.outgoing);
        let slow = Duration::from_millis((octets.len() as u64).saturating_mul(1000) / SLOW_LINE);
        let deadline = clock.now() + WRITE_WITHIN + slow;
        let written =
            match select(pin!(self.connection.write(octets)), pin!(clock.sleep_until(deadline))).await {
                Either::Left((written, _)) => written,
                Either::Right(((), _)) => Err(takes_nothing()),
            };
        if let Err(error) = written {
            self.fail(clock, error);
        }
    }

    async fn secure(&mut self, clock: &impl Clock) {
        if !self.outgoing.is_empty() {
            self.flush(clock).await;
        }
        if self.failure.is_some() {
            return;
        }
        match self.connection.secure().await {
            Ok(_) => self.machine.handle(clock.now(), Input::Secured),
            Err(error) => self.fail(clock, error),
        }
    }

    async fn close(&mut self, clock: &impl Clock) {
        // The last command, such as QUIT, may still be on its way.
        if !self.outgoing.is_empty() && self.failure.is_none() {
            self.flush(clock).await;
        }
        self.connection.close().await;
        self.ended = true;
    }

    fn fail(&mut self, clock: &impl Clock, error: ConnectError) {
        self.failure.get_or_insert(error);
        self.outgoing.clear();
        self.machine.handle(clock.now(), Input::Closed);
    }
}

fn takes_nothing() -> ConnectError {
    ConnectError {
        code: "timeout".to_owned(),
        blame: Blame::Server,
        retryable: true,
        message: "The server takes nothing more.".to_owned(),
    }
}

/// How long a server may take nothing: as long as the machines let it be silent.
const WRITE_WITHIN: Duration = Duration::from_secs(60);

/// Octets a second of the slowest line: 128 kbit/s, a poor mobile connection.
const SLOW_LINE: u64 = 16 * 1024;
