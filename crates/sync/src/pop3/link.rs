//! The connection as the flow sees it: commands in, events out, every end an error in words.

use crate::driver::Session;
use crate::login::ConnectionOf;
use crate::words::Party;
use crate::{Platform, SyncError};
use waypost_pop3::{Capabilities, Client, Command, Event, Handle, Pop3Error, Refusal};

pub(super) struct Link<'a, P: Platform> {
    session: Session<Client, ConnectionOf<P>>,
    clock: &'a P::Clock,
    party: &'a Party,
}

impl<'a, P: Platform> Link<'a, P> {
    pub(super) fn new(
        session: Session<Client, ConnectionOf<P>>,
        clock: &'a P::Clock,
        party: &'a Party,
    ) -> Self {
        Self { session, clock, party }
    }

    pub(super) fn clock(&self) -> &'a P::Clock {
        self.clock
    }

    pub(super) fn capabilities(&mut self) -> Capabilities {
        self.session.machine().capabilities().cloned().unwrap_or_default()
    }

    pub(super) fn enqueue(&mut self, command: Command) -> Handle {
        self.session.machine().enqueue(command)
    }

    pub(super) fn refused(&self, refusal: &Refusal) -> SyncError {
        match (refusal, self.session.failure()) {
            (Refusal::ConnectionEnded | Refusal::UpdateUnknown, Some(failure)) => {
                self.party.connection(failure)
            }
            _ => self.party.pop3_refusal(refusal),
        }
    }

    /// The server's listing is longer than any maildrop.
    pub(super) fn too_many(&self, limit: u64) -> SyncError {
        self.party.pop3(&Pop3Error::Limit { what: "messages", limit })
    }

    /// The next event.
    ///
    /// # Errors
    /// The connection has ended; it is closed then.
    pub(super) async fn next(&mut self) -> Result<Event, SyncError> {
        let error = match self.session.next(self.clock).await {
            Some(Event::Failed(error)) => error,
            Some(event) => return Ok(event),
            None => Pop3Error::Closed,
        };
        self.close().await;
        Err(self
            .session
            .failure()
            .map_or_else(|| self.party.pop3(&error), |failure| self.party.connection(failure)))
    }

    /// Lets the machine end: it has more to say about its commands, and closes the connection.
    pub(super) async fn close(&mut self) {
        while self.session.next(self.clock).await.is_some() {}
    }

    /// Runs a command with a header for its answer, or without one, to its end. Of a header that is longer than any real one only
    /// the beginning is held: whoever compares it finds another message, and whoever shows it shows what comes first.
    ///
    /// # Errors
    /// The connection has ended.
    pub(super) async fn run(&mut self, command: Command) -> Result<Result<Vec<u8>, Refusal>, SyncError> {
        let command = self.enqueue(command);
        let mut octets = Vec::new();
        loop {
            match self.next().await? {
                Event::Part { handle, data } if handle == command => {
                    let room = LONGEST_HEADER.saturating_sub(octets.len());
                    octets.extend(data.into_iter().take(room));
                }
                Event::Done { result: Err(refusal @ Refusal::ConnectionEnded), .. } => {
                    return Err(self.refused(&refusal));
                }
                Event::Done { handle, result } if handle == command => return Ok(result.map(|_| octets)),
                _ => {}
            }
        }
    }
}

/// Servers and mail programs bound headers far below: Exim at 1 MiB, Postfix at 100 KiB.
pub(super) const LONGEST_HEADER: usize = 1024 * 1024;
