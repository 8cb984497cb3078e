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
    /// Payload in its frames, as far as the system has not taken it: of one read of the mail server.
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
    /// credit given: a client that takes nothing pins one read here and a few messages.
    pub(crate) fn is_flushed(&self) -> bool {
        self.bulk.is_empty() && self.queued.is_empty() && !self.unflushed && !self.write_ended
    }

    /// How many buffers may be read into at once: they are pinned here if the client takes nothing more.
    pub(crate) fn buffers(&self) -> usize {
        if self.stream.takes_at_once(MOST_BUFFERS * MAX_PAYLOAD) { MOST_BUFFERS } else { FEW_BUFFERS }
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

    /// Queues so many octets of payload, which lie in buffers from [`HEADROOM`] on, in messages of at most `most` octets, a
    /// multiple of what a buffer holds. Only for what was read while [`Self::is_flushed`]: control frames go out behind it.
    pub(crate) fn queue_payload(
        &mut self,
        buffers: impl Iterator<Item = Buffer>,
        mut count: usize,
        most: usize,
    ) {
        let mut message = 0;
        for mut buffer in buffers {
            let mut start = HEADROOM;
            if message == 0 {
                message = count.min(most);
                start = put_header(buffer.octets_mut(), message);
            }
            let octets = message.min(MAX_PAYLOAD);
            if octets > 0 {
                self.bulk.push_back((buffer, start..HEADROOM + octets));
            }
            message -= octets;
            count -= octets;
        }
    }

    /// Asks the client for a sign of life, behind the frame that is being sent.
    pub(crate) fn ping(&mut self) {
        self.ping_due = true;
    }

    /// Sends what it can. Ready when nothing is left.
    pub(crate) fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.write_ended {
            let written = if self.bulk.len() > 1 {
                let mut parts = [IoSlice::new(&[]); MOST_BUFFERS];
                for (part, octets) in parts.iter_mut().zip(self.bulk.iter().map(unsent)) {
                    *part = IoSlice::new(octets);
                }
                Pin::new(&mut self.stream).poll_write_vectored(context, &parts)
            } else {
                let queued = || self.queued.get(self.queued_sent..).unwrap_or_default();
                let octets = self.bulk.front().map_or_else(queued, unsent);
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

/// The octets of a buffer that are not sent.
fn unsent((buffer, range): &(Buffer, Range<usize>)) -> &[u8] {
    buffer.octets().get(range.clone()).unwrap_or_default()
}

/// Buffers that one read fills where the system takes them all at once. More cost less processor time, and keep more memory:
/// what each thread has had in use once, the allocator keeps.
pub(crate) const MOST_BUFFERS: usize = 6;
/// The same where it may not: a client that takes nothing more pins them all.
const FEW_BUFFERS: usize = 4;
/// Ten pings in a row are answered one by one; a flood is not.
const MOST_PONGS: usize = 1024;
/// Far more than the messages of a tunnel take: `opened`, `end`, an error, and one `credit`.
const MOST_QUEUED: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::ClientStream;
    use std::time::Duration;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};
    use waypost_tunnel::MAX_PAYLOAD_DOWN;

    /// Sends payload that was read into as many buffers, and gives the frames that come.
    async fn frames(payload: &[u8], spare: usize, most: usize) -> Vec<Vec<u8>> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let near = ClientStream::Tcp(listener.accept().await.unwrap().0);
        let mut link = Link::new(Guarded::new(near, Duration::from_secs(9)), Bytes::new());
        let pieces = payload.chunks(MAX_PAYLOAD).chain(std::iter::repeat_n(&[][..], spare));
        let buffers = pieces.map(|piece| {
            let mut buffer = Buffer::take();
            buffer.octets_mut()[HEADROOM..HEADROOM + piece.len()].copy_from_slice(piece);
            buffer
        });
        link.queue_payload(buffers, payload.len(), most);
        let mut octets = Vec::new();
        tokio::join!(
            async {
                poll_fn(|context| link.poll_send(context)).await;
                assert!(link.is_flushed());
                drop(link);
            },
            far.read_to_end(&mut octets),
        )
        .1
        .unwrap();
        let mut frames = Vec::new();
        let mut rest = octets.as_slice();
        while let [0x82, length, tail @ ..] = rest {
            let (length, tail) = match length {
                127 => tail.split_first_chunk().map(|(head, tail)| (u64::from_be_bytes(*head), tail)),
                126 => tail.split_first_chunk().map(|(head, tail)| (u16::from_be_bytes(*head).into(), tail)),
                _ => Some((u64::from(*length), tail)),
            }
            .unwrap();
            let (frame, tail) = tail.split_at(usize::try_from(length).unwrap());
            frames.push(frame.to_vec());
            rest = tail;
        }
        assert!(rest.is_empty(), "something between frames");
        frames
    }

    #[tokio::test]
    async fn what_one_read_gave_goes_out_in_messages_of_the_size_that_is_asked_for() {
        let payload: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
        let cases = [
            (0, MAX_PAYLOAD_DOWN, vec![]),
            (1, MAX_PAYLOAD_DOWN, vec![1]),
            (MAX_PAYLOAD, MAX_PAYLOAD_DOWN, vec![MAX_PAYLOAD]),
            (MAX_PAYLOAD + 1, MAX_PAYLOAD_DOWN, vec![MAX_PAYLOAD + 1]),
            (MAX_PAYLOAD_DOWN, MAX_PAYLOAD_DOWN, vec![MAX_PAYLOAD_DOWN]),
            (300_000, MAX_PAYLOAD_DOWN, vec![131_072, 131_072, 37_856]),
            (300_000, MAX_PAYLOAD, vec![65_536, 65_536, 65_536, 65_536, 37_856]),
        ];
        for (count, most, expected) in cases {
            for spare in [0, 2] {
                let sent = frames(&payload[..count], spare, most).await;
                assert_eq!(sent.iter().map(Vec::len).collect::<Vec<_>>(), expected, "{count} by {most}");
                assert!(sent.concat() == payload[..count], "{count} by {most}");
            }
        }
    }
}
