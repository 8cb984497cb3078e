//! The client's side of a tunnel: a WebSocket that carries the messages of `waypost-tunnel`.
//!
//! What is sent waits here until the system takes it: what one read of the mail server gave, and the control frames
//! behind it. Nothing is kept of what is read.

use crate::buffer::Buffer;
use crate::guarded::Guarded;
use crate::websocket::{Closing, Decoder, Fault, HEADROOM, Item, Opcode, push_close, push_frame, put_header};
use bytes::Bytes;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::IoSlice;
use std::mem::take;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::time::Instant;
use waypost_tunnel::{Frame, MAX_PAYLOAD};

/// A WebSocket to a client.
pub(crate) struct Link {
    stream: Guarded,
    decoder: Decoder,
    /// Read with the request.
    early: Bytes,
    /// Frames of payload, as far as the system has not taken them: of one read of the mail server.
    bulk: VecDeque<(Buffer, Range<usize>)>,
    /// Control frames, which go out behind it.
    queued: Vec<u8>,
    /// Octets of them that are sent.
    queued_sent: usize,
    /// Answers to pings. When a client sends pings faster than it reads, only the last has to be answered (RFC 6455, 5.5.3).
    pongs: Vec<u8>,
    ping_due: bool,
    /// Something was written and not flushed.
    unflushed: bool,
    /// Writing failed. What the client said before it left still counts.
    write_ended: bool,
    /// This side closes, so no other frame follows.
    closing: bool,
    /// The client's closing frame.
    closed: Option<Closing>,
    /// The client's end came without one, or reading failed.
    hung_up: bool,
}

/// What a client said.
#[derive(Debug)]
pub(crate) enum Said {
    /// Payload: these octets.
    Payload(Range<usize>),
    /// A control message of the tunnel.
    Text(String),
    /// It closes.
    Close,
}

impl Link {
    /// Takes over the connection after the answer 101. `early` are octets that were read with the request.
    pub(crate) fn new(stream: Guarded, early: Bytes) -> Self {
        Self {
            stream: stream.for_tunnel(),
            decoder: Decoder::default(),
            // A copy: the one that came holds the whole buffer of the request.
            early: Bytes::copy_from_slice(&early),
            bulk: VecDeque::new(),
            queued: Vec::new(),
            queued_sent: 0,
            pongs: Vec::new(),
            ping_due: false,
            unflushed: false,
            write_ended: false,
            closing: false,
            closed: None,
            hung_up: false,
        }
    }

    /// Whether everything queued has been handed to the system. Only then payload of the mail server is read, and
    /// credit given: a client that takes nothing pins one frame here and a few messages.
    pub(crate) fn is_flushed(&self) -> bool {
        self.bulk.is_empty() && self.queued.is_empty() && !self.unflushed && !self.write_ended
    }

    /// How many frames of payload may be read at once: they are pinned here if the client takes nothing more.
    pub(crate) fn frames(&self) -> usize {
        if self.stream.takes_at_once(MOST_FRAMES * MAX_PAYLOAD) { MOST_FRAMES } else { FEW_FRAMES }
    }

    /// When the client last showed a sign of life: octets came, or it took some.
    pub(crate) fn moved(&self) -> Instant {
        self.stream.moved()
    }

    /// Queues a message; [`Self::poll_send`] sends it. Answers whether the link can still be used.
    pub(crate) fn queue(&mut self, frame: Frame) -> bool {
        let (opcode, octets) = match frame {
            Frame::Text(text) => (Opcode::Text, text.into_bytes()),
            Frame::Binary(octets) => (Opcode::Binary, octets),
        };
        push_frame(&mut self.queued, opcode, &octets);
        self.queued.len() <= MOST_QUEUED
    }

    /// Queues so many octets of payload, which lie in the buffer from [`HEADROOM`] on. Only for what was read while
    /// [`Self::is_flushed`]: control frames go out behind it.
    pub(crate) fn queue_payload(&mut self, mut buffer: Buffer, count: usize) {
        let start = put_header(buffer.octets_mut(), count);
        self.bulk.push_back((buffer, start..HEADROOM + count));
    }

    /// Asks the client for a sign of life, behind the frame that is being sent.
    pub(crate) fn ping(&mut self) {
        self.ping_due = true;
    }

    /// Sends what it can. Ready when nothing is left.
    pub(crate) fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.write_ended {
            let written = if self.bulk.len() > 1 {
                let mut parts = [IoSlice::new(&[]); MOST_FRAMES];
                for (part, octets) in parts.iter_mut().zip(self.bulk.iter().map(frame)) {
                    *part = IoSlice::new(octets);
                }
                Pin::new(&mut self.stream).poll_write_vectored(context, &parts)
            } else {
                let queued = || self.queued.get(self.queued_sent..).unwrap_or_default();
                let octets = self.bulk.front().map_or_else(queued, frame);
                if octets.is_empty() {
                    if !self.at_border() {
                        return self.poll_flush(context);
                    }
                    continue;
                }
                Pin::new(&mut self.stream).poll_write(context, octets)
            };
            match ready!(written) {
                Ok(count) if count > 0 => self.sent(count),
                _ => self.stop_writing(),
            }
        }
        Poll::Ready(())
    }

    /// Reads what has come into the buffer; `None` at the end.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut Buffer,
    ) -> Poll<Option<usize>> {
        let octets = buffer.octets_mut();
        if !self.early.is_empty() {
            let early = self.early.split_to(self.early.len().min(octets.len()));
            octets.split_at_mut(early.len()).0.copy_from_slice(&early);
            return Poll::Ready(Some(early.len()));
        }
        let mut octets = ReadBuf::new(octets);
        let result = ready!(Pin::new(&mut self.stream).poll_read(context, &mut octets));
        let count = octets.filled().len();
        self.hung_up = result.is_err() || count == 0;
        Poll::Ready((!self.hung_up).then_some(count))
    }

    /// The next thing said in these octets from `at` on, or `None` when all are read. Pings are answered here.
    pub(crate) fn next(&mut self, octets: &mut [u8], at: &mut usize) -> Result<Option<Said>, Fault> {
        while let Some(item) = self.decoder.decode(octets, at)? {
            match item {
                Item::Payload(range) => return Ok(Some(Said::Payload(range))),
                Item::Text(text) => return Ok(Some(Said::Text(text))),
                Item::Ping(payload) => {
                    if self.pongs.len() > MOST_PONGS {
                        self.pongs.clear();
                    }
                    push_frame(&mut self.pongs, Opcode::Pong, &payload);
                }
                Item::Pong(_) => {}
                Item::Close(closing) => {
                    self.closed = Some(closing);
                    return Ok(Some(Said::Close));
                }
            }
        }
        Ok(None)
    }

    /// Says why the tunnel is over and waits until the client has heard it. A client that closed first gets its own
    /// code back (RFC 6455, 5.5.1). One that hung up hears nothing: its system would answer with a reset, which costs both
    /// ends as much as the frame.
    pub(crate) async fn close(&mut self, code: u16, reason: &str) {
        if self.hung_up && self.is_flushed() {
            return;
        }
        match &self.closed {
            Some(closing) => push_close(&mut self.queued, closing.code, ""),
            None => push_close(&mut self.queued, Some(code), reason),
        }
        self.closing = true;
        poll_fn(|context| self.poll_close(context)).await;
    }

    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut buffer = Buffer::take();
        loop {
            let sent = self.poll_send(context).is_ready();
            if sent && self.decoder.is_over() {
                // The server ends first (7.1.1). A client that broke the framing can't be understood, but hears this.
                let _ = ready!(Pin::new(&mut self.stream).poll_shutdown(context));
                if self.closed.is_some() || self.write_ended {
                    return Poll::Ready(());
                }
            }
            // Read on: a socket that is closed with octets unread is reset, and the client may not hear why.
            let Some(count) = ready!(self.poll_read(context, &mut buffer)) else {
                return if sent { Poll::Ready(()) } else { Poll::Pending };
            };
            let (octets, mut at) = (buffer.octets_mut().get_mut(..count).unwrap_or_default(), 0);
            while let Ok(Some(_)) = self.next(octets, &mut at) {}
        }
    }

    /// Between two frames: what the client waits for goes first. Answers whether there is something.
    fn at_border(&mut self) -> bool {
        self.queued_sent = 0;
        if self.closing {
            self.queued = Vec::new();
            return false;
        }
        self.queued = take(&mut self.pongs);
        if take(&mut self.ping_due) {
            push_frame(&mut self.queued, Opcode::Ping, &[]);
        }
        !self.queued.is_empty()
    }

    fn sent(&mut self, mut count: usize) {
        self.unflushed = true;
        if self.bulk.is_empty() {
            self.queued_sent += count;
            return;
        }
        while let Some((_, range)) = self.bulk.front_mut() {
            let taken = count.min(range.len());
            range.start += taken;
            count -= taken;
            if range.start < range.end {
                return;
            }
            self.bulk.pop_front();
        }
        self.bulk = VecDeque::new();
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.unflushed {
            if ready!(Pin::new(&mut self.stream).poll_flush(context)).is_err() {
                self.stop_writing();
            }
            self.unflushed = false;
        }
        Poll::Ready(())
    }

    fn stop_writing(&mut self) {
        self.write_ended = true;
        self.bulk = VecDeque::new();
        self.queued = Vec::new();
        self.queued_sent = 0;
    }
}

/// The octets of a frame that are not sent.
fn frame((buffer, range): &(Buffer, Range<usize>)) -> &[u8] {
    buffer.octets().get(range.clone()).unwrap_or_default()
}

/// Frames of payload that one read gives where the system takes them all at once. More cost less processor time, and keep more memory:
/// what each thread has had in use once, the allocator keeps.
pub(crate) const MOST_FRAMES: usize = 6;
/// The same where it may not: a client that takes nothing more pins them all.
const FEW_FRAMES: usize = 4;
/// Ten pings in a row are answered one by one; a flood is not.
const MOST_PONGS: usize = 1024;
/// Far more than the messages of a tunnel take: `opened`, `end`, an error, and one `credit`.
const MOST_QUEUED: usize = 64 * 1024;
