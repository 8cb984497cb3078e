//! Messages, attachments and folders that a page reads piece by piece: it asks for each piece by the number of the stream.

use crate::error::no_such_stream;
use crate::platform::Browser;
use futures_util::lock::Mutex;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use waypost_store::OrderedMap;
use waypost_sync::{Entropy, MailboxStream, PartStream, SourceStream, SyncError, Tally};

/// One of them.
pub(crate) enum Stream {
    Source(SourceStream<Browser>),
    Part(PartStream<Browser>),
    Mailbox(Box<MailboxStream<Browser>>),
}

impl Stream {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, SyncError> {
        match self {
            Self::Source(stream) => stream.next().await,
            Self::Part(stream) => stream.next().await,
            Self::Mailbox(stream) => stream.next().await,
        }
    }
}

/// Those that are open.
pub(crate) struct Streams {
    open: RefCell<OrderedMap<u64, Rc<Mutex<Stream>>>>,
    last: Cell<u64>,
}

impl Streams {
    /// Numbers begin anywhere: after another tab has taken over, its core must not take an old number for one of its own.
    pub(crate) fn new(entropy: &impl Entropy) -> Self {
        let mut random = [0; 4];
        entropy.fill(&mut random);
        // Below 2^53, which a JavaScript number holds exactly.
        let last = u64::from(u32::from_le_bytes(random)) << 20;
        Self { open: RefCell::default(), last: Cell::new(last) }
    }

    /// Gives a stream its number. A page that is gone closes none: where there are too many, the oldest ends.
    pub(crate) fn add(&self, stream: Stream) -> u64 {
        let number = self.last.get() + 1;
        self.last.set(number);
        let mut open = self.open.borrow_mut();
        open.insert(number, Rc::new(Mutex::new(stream)));
        if open.len() > MOST_STREAMS {
            open.pop_first();
        }
        number
    }

    /// The next octets of a stream; `None` after the last.
    pub(crate) async fn next(&self, number: u64) -> Result<Option<Vec<u8>>, SyncError> {
        let stream = self.open.borrow().get(&number).cloned().ok_or_else(no_such_stream)?;
        let mut stream = stream.lock().await;
        stream.next().await
    }

    /// Ends a stream; says of a folder what became of its messages. Closing twice is harmless.
    pub(crate) async fn close(&self, number: u64) -> Option<Tally> {
        let stream = self.open.borrow_mut().remove(&number)?;
        let stream = stream.lock().await;
        if let Stream::Mailbox(stream) = &*stream { Some(stream.tally()) } else { None }
    }

    /// Ends all.
    pub(crate) fn clear(&self) {
        self.open.borrow_mut().clear();
    }
}

/// Far more than a page reads at once.
const MOST_STREAMS: usize = 64;
