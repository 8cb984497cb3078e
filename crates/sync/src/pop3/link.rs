//! The connection as the flow sees it: commands in, events out, every end an error in words.

use crate::driver::{Next, Session};
use crate::login::ConnectionOf;
use crate::words::Party;
use crate::{Platform, Point, SyncError};
use futures_util::future::{FutureExt, pending};
use std::future::Future;
use std::pin::Pin;
use waypost_pop3::{Capabilities, Client, Command, Event, Expire, Handle, Pop3Error, Refusal};
use waypost_store::OrderedSet;

pub(super) struct Link<'a, P: Platform> {
    session: Session<Client, ConnectionOf<P>>,
    platform: &'a P,
    party: &'a Party,
    /// DELE that has no answer yet, and of which message.
    deleting: Vec<(Handle, String)>,
    /// What the server has marked for deletion.
    deleted: OrderedSet<String>,
}

/// What came next.
enum Step {
    Event(Event),
    /// The answer to a deletion, which is taken note of.
    Deletion,
    /// What was not to be waited for longer.
    Late,
}

impl<'a, P: Platform> Link<'a, P> {
    pub(super) fn new(session: Session<Client, ConnectionOf<P>>, platform: &'a P, party: &'a Party) -> Self {
        Self { session, platform, party, deleting: Vec::new(), deleted: OrderedSet::new() }
    }

    pub(super) fn clock(&self) -> &'a P::Clock {
        self.platform.clock()
    }

    pub(super) fn capabilities(&mut self) -> Capabilities {
        self.session.machine().capabilities().cloned().unwrap_or_default()
    }

    /// Whether another connection should be opened in the place of this one.
    pub(super) fn is_asked_to_move(&self) -> bool {
        self.session.asked_to_move().now_or_never().is_some()
    }

    /// Whether the server deletes by itself what was taken, at QUIT (RFC 2449, 6.7).
    pub(super) fn keeps_nothing(&mut self) -> bool {
        self.capabilities().expire == Some(Expire::Days(0))
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

    /// The server gave all its mail new ids.
    pub(super) fn has_migrated(&self) -> SyncError {
        self.party.unique_ids_changed()
    }

    /// Asks for a deletion. Its answer is not waited for: a refusal leaves the message there.
    pub(super) fn delete(&mut self, number: u32, id: String) {
        self.platform.reached(Point::BeforeDele);
        let handle = self.enqueue(Command::Dele(number));
        self.deleting.push((handle, id));
    }

    /// How many deletions QUIT has not carried out yet.
    pub(super) fn to_be_deleted(&self) -> usize {
        self.deleting.len() + self.deleted.len()
    }

    /// The messages that the server has marked for deletion.
    pub(super) fn take_deleted(&mut self) -> OrderedSet<String> {
        std::mem::take(&mut self.deleted)
    }

    /// The next event. Those of deletions are kept here.
    ///
    /// # Errors
    /// The connection has ended; it is closed then.
    pub(super) async fn next(&mut self) -> Result<Event, SyncError> {
        loop {
            if let Step::Event(event) = self.step(pending()).await? {
                return Ok(event);
            }
        }
    }

    /// The same, but `None` where that comes first.
    ///
    /// # Errors
    /// The connection has ended; it is closed then.
    pub(super) async fn next_unless(
        &mut self,
        mut late: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Option<Event>, SyncError> {
        loop {
            match self.step(late.as_mut()).await? {
                Step::Event(event) => return Ok(Some(event)),
                Step::Late => return Ok(None),
                Step::Deletion => {}
            }
        }
    }

    /// Waits until every deletion has its answer.
    ///
    /// # Errors
    /// The connection has ended; it is closed then.
    pub(super) async fn finish_deletions(&mut self) -> Result<(), SyncError> {
        while !self.deleting.is_empty() {
            self.step(pending()).await?;
        }
        Ok(())
    }

    async fn step(&mut self, late: impl Future<Output = ()>) -> Result<Step, SyncError> {
        let (handle, result) = match self.session.next_or(self.platform.clock(), late).await {
            Next::Event(Event::Done { handle, result }) => (handle, result),
            Next::Event(Event::Failed(error)) => return Err(self.failed(&error).await),
            Next::Event(event) => return Ok(Step::Event(event)),
            Next::Other(()) => return Ok(Step::Late),
            Next::Ended => return Err(self.failed(&Pop3Error::Closed).await),
        };
        let Some(at) = self.deleting.iter().position(|(known, _)| *known == handle) else {
            return Ok(Step::Event(Event::Done { handle, result }));
        };
        let (_, id) = self.deleting.swap_remove(at);
        if let Err(refusal @ Refusal::ConnectionEnded) = &result {
            return Err(self.refused(refusal));
        }
        self.platform.reached(Point::AfterDele);
        if result.is_ok() {
            self.deleted.insert(id);
        }
        Ok(Step::Deletion)
    }

    async fn failed(&mut self, error: &Pop3Error) -> SyncError {
        self.close().await;
        let failure = self.session.failure();
        failure.map_or_else(|| self.party.pop3(error), |failure| self.party.connection(failure))
    }

    /// Lets the machine end: it has more to say about its commands, and closes the connection.
    pub(super) async fn close(&mut self) {
        while self.session.next(self.platform.clock()).await.is_some() {}
    }

    /// QUIT. `true` where the server answered that all deletions are done: only that carries them out.
    ///
    /// # Errors
    /// The connection ended in place of the answer.
    pub(super) async fn quit(&mut self) -> Result<bool, SyncError> {
        let quit = self.enqueue(Command::Quit);
        loop {
            match self.next().await? {
                Event::Done { handle, result } if handle == quit => {
                    if let Err(refusal @ (Refusal::ConnectionEnded | Refusal::UpdateUnknown)) = &result {
                        return Err(self.refused(refusal));
                    }
                    self.close().await;
                    // "-ERR some deleted messages not removed" (RFC 1939, 6): the next listing tells which.
                    return Ok(result.is_ok());
                }
                _ => {}
            }
        }
    }

    /// The headers of messages, asked for ahead; `None` where the server shows none, or one that is longer than any real one.
    ///
    /// # Errors
    /// The connection has ended.
    pub(super) async fn headers(&mut self, numbers: &[u32]) -> Result<Vec<Option<Vec<u8>>>, SyncError> {
        let mut handles = Vec::new();
        for number in numbers {
            handles.push(self.enqueue(Command::Top(*number, 0)));
        }
        let mut headers = vec![Some(Vec::new()); numbers.len()];
        let mut running = numbers.len();
        while running > 0 {
            match self.next().await? {
                Event::Part { handle, data } => {
                    let at = handles.iter().position(|known| *known == handle);
                    let header = at.and_then(|at| headers.get_mut(at));
                    if let Some(slot @ Some(_)) = header {
                        let fits = |header: &Vec<u8>| header.len() + data.len() <= LONGEST_HEADER;
                        *slot = slot.take().filter(fits).map(|header| [header, data].concat());
                    }
                }
                Event::Done { result: Err(refusal @ Refusal::ConnectionEnded), .. } => {
                    return Err(self.refused(&refusal));
                }
                Event::Done { handle, result } => {
                    let Some(at) = handles.iter().position(|known| *known == handle) else { continue };
                    running -= 1;
                    if result.is_err()
                        && let Some(header) = headers.get_mut(at)
                    {
                        *header = None;
                    }
                }
                _ => {}
            }
        }
        Ok(headers)
    }
}

/// Servers and mail programs bound headers far below: Exim at 1 MiB, Postfix at 100 KiB.
pub(super) const LONGEST_HEADER: usize = 1024 * 1024;
