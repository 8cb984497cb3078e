//! Answers that are on their way on one connection: how far each got, and whether any is.

use crate::guarded::Outlet;
use crate::http::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// What is asked and not fully answered on one connection.
#[derive(Debug)]
pub(crate) struct Answers(Mutex<Open>);

#[derive(Debug)]
struct Open {
    /// When each answer last made progress.
    moved: HashMap<u64, Instant>,
    begun: u64,
    /// When the last answer ended.
    idle_since: Instant,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Open { moved: HashMap::new(), begun: 0, idle_since: Instant::now() }))
    }

    /// One more is asked for.
    pub(crate) fn begin(answers: &Arc<Self>) -> Slot {
        let mut open = answers.lock();
        open.begun += 1;
        let number = open.begun;
        open.moved.insert(number, Instant::now());
        Slot { answers: Arc::clone(answers), number }
    }

    /// Whether one of them has made no progress for so long.
    pub(crate) fn stalled(&self, now: Instant, within: Duration) -> bool {
        self.lock().moved.values().any(|moved| now >= *moved + within)
    }

    /// Whether nothing was asked for so long.
    pub(crate) fn idle(&self, now: Instant, within: Duration) -> bool {
        let open = self.lock();
        open.moved.is_empty() && now >= open.idle_since + within
    }

    /// Whether something was asked, and all of it is answered.
    pub(crate) fn are_given(&self) -> bool {
        let open = self.lock();
        open.begun > 0 && open.moved.is_empty()
    }

    /// Nothing that holds the lock can panic half way.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Slot {
    answers: Arc<Answers>,
    number: u64,
}

impl Slot {
    fn moved(&self) {
        self.answers.lock().moved.insert(self.number, Instant::now());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.answers.lock();
        open.moved.remove(&self.number);
        open.idle_since = Instant::now();
    }
}

/// An answer in small pieces: each is asked for when the client has room, so the last one asked for tells how far the
/// answer got, and only that one waits.
pub(crate) struct Pieces {
    body: Body,
    rest: Bytes,
    slot: Slot,
    most: usize,
    outlet: Option<Arc<Outlet>>,
}

impl Pieces {
    /// Of at most so many octets each.
    pub(crate) fn new(body: Body, slot: Slot, most: usize) -> Self {
        Self { body, rest: Bytes::new(), slot, most, outlet: None }
    }

    /// As they come, each when there is room for it.
    pub(crate) fn to(outlet: &Arc<Outlet>, body: Body, slot: Slot) -> Self {
        Self { outlet: Some(Arc::clone(outlet)), ..Self::new(body, slot, usize::MAX) }
    }
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.slot.moved();
        if let Some(outlet) = &self.outlet {
            ready!(outlet.poll_room(context));
        }
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                other => return Poll::Ready(other),
            }
        }
        let length = self.rest.len().min(self.most);
        if let Some(outlet) = &self.outlet {
            outlet.took(length);
        }
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let rest = self.rest.len() as u64;
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}
