//! The connection as the flow sees it: commands in, events out, every end an error in words.

use crate::driver::{Next, Session};
use crate::login::ConnectionOf;
use crate::words::Party;
use crate::{Platform, SyncError};
use futures_util::future::Either;
use std::future::Future;
use std::pin::Pin;
use waypost_imap::types::Capabilities;
use waypost_imap::{Client, Command, Completion, Event, Handle, ImapError, Refusal, Response};
use waypost_store::OrderedMap;

pub(super) struct Link<'a, P: Platform> {
    session: Session<Client, ConnectionOf<P>>,
    clock: &'a P::Clock,
    party: &'a Party,
    /// Commands that ended while another was waited for.
    ended: OrderedMap<Handle, Result<Completion, Refusal>>,
}

/// How a command ended, and what was said meanwhile.
pub(super) struct Answer {
    pub(super) result: Result<Completion, Refusal>,
    pub(super) responses: Vec<Response>,
}

impl<'a, P: Platform> Link<'a, P> {
    pub(super) fn new(
        session: Session<Client, ConnectionOf<P>>,
        clock: &'a P::Clock,
        party: &'a Party,
    ) -> Self {
        Self { session, clock, party, ended: OrderedMap::new() }
    }

    pub(super) fn clock(&self) -> &'a P::Clock {
        self.clock
    }

    pub(super) fn capabilities(&mut self) -> Capabilities {
        self.session.machine().capabilities().cloned().unwrap_or_default()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.session.has_ended()
    }

    pub(super) fn enqueue(&mut self, command: Command) -> Handle {
        self.session.machine().enqueue(command)
    }

    pub(super) fn finish_idle(&mut self, idle: Handle) {
        self.session.machine().finish_idle(idle);
    }

    /// Ready once another connection should be opened in the place of this one.
    pub(super) fn asked_to_move(&self) -> Pin<Box<dyn Future<Output = ()>>> {
        self.session.asked_to_move()
    }

    pub(super) fn refused(&self, refusal: &Refusal) -> SyncError {
        match (refusal, self.session.failure()) {
            (Refusal::ConnectionEnded, Some(failure)) => self.party.connection(failure),
            _ => self.party.imap_refusal(refusal),
        }
    }

    /// The next event.
    ///
    /// # Errors
    /// The connection has ended; it is closed then.
    pub(super) async fn next(&mut self) -> Result<Event, SyncError> {
        let event = self.session.next(self.clock).await;
        self.alive(event).await
    }

    /// The next event, or `other` while there is nothing to do but wait.
    pub(super) async fn next_or<T>(
        &mut self,
        other: impl Future<Output = T>,
    ) -> Result<Either<Event, T>, SyncError> {
        let event = match self.session.next_or(self.clock, other).await {
            Next::Event(event) => Some(event),
            Next::Other(value) => return Ok(Either::Right(value)),
            Next::Ended => None,
        };
        self.alive(event).await.map(Either::Left)
    }

    async fn alive(&mut self, event: Option<Event>) -> Result<Event, SyncError> {
        let error = match event {
            Some(Event::Failed(error)) => self.party.imap(&error),
            Some(event) => return Ok(event),
            None => self.party.imap_refusal(&Refusal::ConnectionEnded),
        };
        // The machine has more to say about its commands, and closes the connection.
        while self.session.next(self.clock).await.is_some() {}
        Err(self.session.failure().map_or(error, |failure| self.party.connection(failure)))
    }

    /// Waits for the end of a command and gathers what is said meanwhile. Bodies go by.
    pub(super) async fn finish(&mut self, command: Handle) -> Result<Answer, SyncError> {
        let mut responses = Vec::new();
        let before = self.session.received();
        loop {
            if let Some(result) = self.ended.remove(&command) {
                return Ok(Answer { result, responses });
            }
            match self.next().await? {
                Event::Response(_) if responses.len() >= MOST_RESPONSES => {
                    let limit = MOST_RESPONSES as u64;
                    return Err(self.party.imap(&ImapError::Limit { what: "answers", limit }));
                }
                Event::Response(_) if self.session.received() - before > MOST_OCTETS => {
                    return Err(self.party.imap(&ImapError::Limit { what: "answer", limit: MOST_OCTETS }));
                }
                Event::Response(response) => responses.push(response),
                Event::Done { handle, result } => drop(self.ended.insert(handle, result)),
                _ => {}
            }
        }
    }
}

/// Answers to one command that are held at once. The longest listing is one line for each message of a folder; the largest
/// folders that people have are below half a million.
const MOST_RESPONSES: usize = 500_000;

/// Octets of the answers to one command that are held at once: flags of half a million messages are below 32 MiB.
const MOST_OCTETS: u64 = 64 * 1024 * 1024;
