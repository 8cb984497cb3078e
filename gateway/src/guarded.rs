//! A client's connection that remembers when it last moved, and that fails when it does not take what is written.

use crate::stream::ClientStream;
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream with a memory.
#[derive(Debug)]
pub(crate) struct Guarded {
    stream: ClientStream,
    /// Read already, and to be read again.
    early: Bytes,
    moved: Instant,
    write_within: Option<Duration>,
    stalled: Option<Pin<Box<Sleep>>>,
    /// Says how writing goes also while somebody else owns this.
    outlet: Arc<Outlet>,
}

/// How a stream's writing goes, for others than its owner.
#[derive(Debug)]
pub(crate) struct Outlet {
    /// The system took nothing more at the last write.
    blocked: AtomicBool,
    /// Octets that may be handed to the owner before it has written all that it has.
    room: AtomicUsize,
    waits: AtomicWaker,
}

impl Outlet {
    /// Whether something that was written waits in the gateway.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }

    /// Ready when another piece may be handed over: what a client does not take is one piece then, and not as much as the
    /// owner likes to gather.
    pub(crate) fn poll_room(&self, context: &mut Context<'_>) -> Poll<()> {
        // First, so that what is written meanwhile is not missed.
        self.waits.register(context.waker());
        if self.room.load(Ordering::Acquire) > 0 { Poll::Ready(()) } else { Poll::Pending }
    }

    /// So many octets were handed over.
    pub(crate) fn took(&self, count: usize) {
        let left = self.room.load(Ordering::Acquire).saturating_sub(count);
        self.room.store(left, Ordering::Release);
    }

    /// Whether anything was handed over since there was room for a piece.
    fn is_asked(&self) -> bool {
        self.room.load(Ordering::Acquire) != A_PIECE
    }

    /// The owner has written all.
    fn flushed(&self, room: usize) {
        self.room.store(room, Ordering::Release);
        self.waits.wake();
    }
}

impl Guarded {
    /// Fails when a write makes no progress for `write_within`.
    pub(crate) fn new(stream: ClientStream, write_within: Duration) -> Self {
        Self {
            stream,
            early: Bytes::new(),
            moved: Instant::now(),
            write_within: Some(write_within),
            stalled: None,
            outlet: Arc::new(Outlet {
                blocked: AtomicBool::new(false),
                room: AtomicUsize::new(A_PIECE),
                waits: AtomicWaker::new(),
            }),
        }
    }

    /// From now on writes wait as long as they must; the owner watches [`Self::moved`].
    pub(crate) fn for_tunnel(mut self) -> Self {
        self.write_within = None;
        self.stalled = None;
        self
    }

    /// Gives back octets that were read: they are read again before all others.
    pub(crate) fn unread(&mut self, octets: impl Into<Bytes>) {
        self.early = octets.into();
    }

    /// When octets last came from the client or went to it. What the system merely takes into its buffer is no sign of
    /// life; that it takes something again after it was full is one.
    pub(crate) fn moved(&self) -> Instant {
        self.moved
    }

    pub(crate) fn outlet(&self) -> Arc<Outlet> {
        Arc::clone(&self.outlet)
    }

    /// As [`ClientStream::takes_at_once`].
    pub(crate) fn takes_at_once(&self, count: usize) -> bool {
        self.stream.takes_at_once(count)
    }

    fn watch<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_pending() {
            self.outlet.blocked.store(true, Ordering::Relaxed);
            let Some(within) = self.write_within else { return Poll::Pending };
            let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(within)));
            ready!(timer.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if self.outlet.blocked.swap(false, Ordering::Relaxed) {
            self.moved = Instant::now();
        }
        self.stalled = None;
        result
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.early.is_empty() {
            let count = self.early.len().min(buffer.remaining());
            buffer.put_slice(&self.early.split_to(count));
            return Poll::Ready(Ok(()));
        }
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.moved = Instant::now();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, octets);
        self.watch(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        ready!(self.watch(context, result))?;
        // In a tunnel and over HTTP/2 nobody asks.
        if self.outlet.is_asked() {
            self.outlet.flushed(if self.takes_at_once(MANY_PIECES) { MANY_PIECES } else { A_PIECE });
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// One, however large it is.
const A_PIECE: usize = 1;
/// As much as the library gathers for one write.
const MANY_PIECES: usize = 16 * 1024;
