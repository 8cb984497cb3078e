//! RETR and TOP, some ahead of their answers: what is to be taken, in its order, until all has come or the session should end.

use super::Flow;
use super::maildrop::{Entry, Way};
use super::store::{Arrived, Storing};
use crate::contents::Arrival;
use crate::{AccountState, Clock, Platform, SyncError};
use futures_util::FutureExt;
use std::cell::Cell;
use std::collections::VecDeque;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use waypost_pop3::{Command, Event, Handle, Refusal};
use waypost_wire::{Duration, Timestamp};

/// What is still to be taken.
pub(super) type Left = VecDeque<(Entry, Way)>;

/// What was asked for and has not come.
struct Asked<P: Platform> {
    handle: Handle,
    entry: Entry,
    way: Way,
    /// What is kept of it; of a message that is too large there is nothing.
    body: Option<Arrival<P>>,
    /// The first octets, of which a message is known again.
    head: Vec<u8>,
}

impl<P: Platform> Flow<'_, P> {
    /// Takes messages, stores them, and deletes them where that is wanted. `false` if the session should end before the rest.
    ///
    /// While a batch is being stored the next one comes, and what comes after that waits for it in memory, up to a limit.
    pub(super) async fn download(&mut self, mut left: Left) -> Result<bool, SyncError> {
        let mut total = left.len();
        let mut asked: VecDeque<Asked<P>> = VecDeque::new();
        let mut arrived: Vec<Arrived> = Vec::new();
        let mut storing = Storing::default();
        let mut stored = false;
        let mut began = self.link.clock().now();
        loop {
            total += self.take_requests(&mut left);
            let coming = asked.len() + arrived.len() + storing.len();
            // What was asked for already comes first: its octets are on the way. Every session stores something, or a server that
            // does not delete what it says would be asked for ever.
            let ends = stored && self.should_quit(coming) || !arrived.is_empty() && self.should_move();
            if !ends {
                let room = self.room(coming).max(usize::from(coming == 0));
                self.ask_ahead(room, &mut left, &mut asked, &mut arrived).await?;
            }
            let done = total.saturating_sub(left.len() + asked.len() + arrived.len());
            self.desk.set_state(AccountState::Syncing { done: count(done), total: count(total) });
            let (has_come, before) = (asked.is_empty(), arrived.len());
            if !has_come {
                // What came is stored after a moment, also where the line stands still.
                let until = (!arrived.is_empty()).then(|| began + BATCH_TIME);
                let late = late(self.link.clock(), storing.running(), until);
                match storing.beside(self.receive(&mut asked, late)).await {
                    Ok(one) => arrived.extend(one),
                    Err(error) => {
                        // What came whole before the cut is not taken a second time.
                        self.stored(&mut storing).await?;
                        storing = self.store(arrived).boxed_local().await?;
                        self.stored(&mut storing).await?;
                        return Err(error);
                    }
                }
            }
            if storing.len() > 0 && !storing.running().get() {
                self.keep(std::mem::take(&mut storing)).boxed_local().await?;
            }
            let held: u64 = arrived.iter().map(Arrived::held).sum();
            let now = self.link.clock().now();
            if before == 0 {
                began = now;
            }
            let messages = arrived.len() as u64;
            let holds = |batches: u64| held >= batches * BATCH_OCTETS || messages >= batches * BATCH_MESSAGES;
            let is_late = !arrived.is_empty() && now - began >= BATCH_TIME;
            let is_due = (holds(1) || is_late) && storing.len() == 0;
            if has_come || is_due || holds(MOST_WAITING) {
                self.keep(std::mem::take(&mut storing)).boxed_local().await?;
                storing = self.store(std::mem::take(&mut arrived)).boxed_local().await?;
                stored = true;
            }
            if has_come {
                self.keep(std::mem::take(&mut storing)).boxed_local().await?;
                if left.is_empty() || self.should_quit(0) || self.should_move() {
                    return Ok(left.is_empty());
                }
            }
        }
    }

    /// Asks for the next messages, so that the line is not idle between them. The machine holds back what the server can't take.
    async fn ask_ahead(
        &mut self,
        mut room: usize,
        left: &mut Left,
        asked: &mut VecDeque<Asked<P>>,
        arrived: &mut Vec<Arrived>,
    ) -> Result<(), SyncError> {
        let has_top = self.link.capabilities().top;
        let mut ahead: u64 = asked.iter().map(|asked| size(&asked.entry, asked.way)).sum();
        // Many commands go in one piece.
        if asked.len() > AHEAD_MESSAGES / 4 * 3 || ahead > AHEAD_OCTETS / 4 * 3 {
            return Ok(());
        }
        while let Some((entry, way)) = left.front() {
            let size = size(entry, *way);
            let is_full = asked.len() >= AHEAD_MESSAGES || ahead + size > AHEAD_OCTETS;
            if room == 0 || is_full && !asked.is_empty() {
                return Ok(());
            }
            let Some((entry, way)) = left.pop_front() else { return Ok(()) };
            (ahead, room) = (ahead + size, room.saturating_sub(1));
            let command = match way {
                Way::Whole => Command::Retr(entry.number),
                Way::Beginning(lines) => Command::Top(entry.number, lines),
                Way::Line if has_top => Command::Top(entry.number, 0),
                Way::Line => {
                    arrived.push(Arrived::line(entry, &[]));
                    continue;
                }
            };
            let handle = self.link.enqueue(command);
            let body = match way {
                Way::Line => None,
                Way::Whole | Way::Beginning(_) => Some(Arrival::local(&self.desk.ledger).await?),
            };
            asked.push_back(Asked { handle, entry, way, body, head: Vec::new() });
        }
        Ok(())
    }

    /// Goes on until one message has come or was refused, or until it is late.
    async fn receive(
        &mut self,
        asked: &mut VecDeque<Asked<P>>,
        late: impl Future<Output = ()>,
    ) -> Result<Option<Arrived>, SyncError> {
        let mut late = pin!(late);
        loop {
            let Some(event) = self.link.next_unless(late.as_mut()).await? else { return Ok(None) };
            match event {
                Event::Part { handle, data } => {
                    if let Some(asked) = asked.iter_mut().find(|asked| asked.handle == handle) {
                        let room = HEAD_OCTETS.saturating_sub(asked.head.len());
                        asked.head.extend_from_slice(data.get(..room).unwrap_or(&data));
                        if let Some(body) = &mut asked.body {
                            body.push(&data).await?;
                        }
                    }
                }
                Event::Done { handle, result } => {
                    if let Err(refusal @ Refusal::ConnectionEnded) = &result {
                        return Err(self.link.refused(refusal));
                    }
                    let Some(at) = asked.iter().position(|asked| asked.handle == handle) else { continue };
                    let Some(Asked { entry, way, body, head, .. }) = asked.remove(at) else { continue };
                    return match body {
                        // Too large: shown even where its header is not.
                        None => Ok(Some(Arrived::line(entry, &head))),
                        Some(body) if result.is_ok() => {
                            let mut body = body.finish();
                            body.whole = way == Way::Whole;
                            Ok(Some(Arrived::new(entry, body, &head)))
                        }
                        // It went away meanwhile, or is tried again at the next look.
                        Some(body) => body.give_up().await.map(|()| None),
                    };
                }
                _ => {}
            }
        }
    }
}

/// Waits until the store has ended its work; where it has none, until that moment. Whoever waits for it must go on with the store in the
/// same task: that wakes it.
async fn late(clock: &impl Clock, running: Rc<Cell<bool>>, until: Option<Timestamp>) {
    if running.get() {
        return poll_fn(|_| if running.get() { Poll::Pending } else { Poll::Ready(()) }).await;
    }
    match until {
        Some(moment) => clock.sleep_until(moment).await,
        None => pending().await,
    }
}

/// How much a command brings, as far as that is known.
fn size(entry: &Entry, way: Way) -> u64 {
    let whole = entry.octets.unwrap_or(AHEAD_OCTETS);
    match way {
        Way::Whole => whole,
        Way::Beginning(lines) => whole.min(HEADER_OCTETS + u64::from(lines) * 80),
        Way::Line => whole.min(HEADER_OCTETS),
    }
}

pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// One commit: what closing the app in the middle may cost, against the price of a durable commit and of all that goes with it.
/// On a fast line so much comes in a blink; on a slow one what came is stored after a moment.
const BATCH_OCTETS: u64 = 4 * 1024 * 1024;
const BATCH_MESSAGES: u64 = 512;
const BATCH_TIME: Duration = Duration::from_millis(250);

/// So many batches wait in memory while one is being stored. The store answers in many small steps, between which the line is read.
const MOST_WAITING: u64 = 2;

/// Asked for ahead: the line stays busy, and little comes in vain when it breaks.
const AHEAD_OCTETS: u64 = 2 * 1024 * 1024;
const AHEAD_MESSAGES: usize = 256;

/// As much of a header as counts: mail programs bound headers below.
pub(super) const HEAD_OCTETS: usize = 128 * 1024;

/// Of most messages.
const HEADER_OCTETS: u64 = 8 * 1024;
