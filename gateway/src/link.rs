//! The client's side of a tunnel: a WebSocket that carries the frames of `waypost-tunnel`.

use crate::guarded::Guarded;
use bytes::Bytes;
use futures_util::{Sink, Stream};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use waypost_tunnel::{Frame, MAX_PAYLOAD};

/// A WebSocket to a client.
pub(crate) struct Link {
    socket: WebSocketStream<Guarded>,
    /// Something is queued that the system has not taken yet.
    unflushed: bool,
}

/// What happened on the link.
#[derive(Debug)]
pub(crate) enum Turn {
    /// A frame came.
    Frame(Frame),
    /// The client showed that it is there, or everything queued is sent.
    Alive,
    /// The client sent a message above every limit of the protocol.
    TooLarge,
    /// The client is gone, or closes.
    Gone,
}

impl Link {
    /// Takes over the connection after the answer 101. `early` are octets that were read with the request.
    pub(crate) async fn new(stream: Guarded, early: Bytes) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_write_buffer_size(MOST_QUEUED)
            .max_message_size(Some(MAX_PAYLOAD))
            .max_frame_size(Some(MAX_PAYLOAD));
        let stream = stream.wait_for_ever();
        let socket =
            WebSocketStream::from_partially_read(stream, early.to_vec(), Role::Server, Some(config)).await;
        Self { socket, unflushed: false }
    }

    /// Whether everything queued has been handed to the system. Only then payload of the mail server is read: a
    /// client that takes nothing pins one frame here and no more.
    pub(crate) fn is_flushed(&self) -> bool {
        !self.unflushed
    }

    /// When the client last showed a sign of life: octets came, or it took some.
    pub(crate) fn moved(&self) -> Instant {
        self.socket.get_ref().moved()
    }

    /// Queues a frame; [`Self::turn`] sends it. Answers whether the link can still be used.
    pub(crate) fn queue(&mut self, frame: Frame) -> bool {
        self.start(match frame {
            Frame::Text(text) => Message::text(text),
            Frame::Binary(octets) => Message::binary(octets),
        })
    }

    /// Asks the client for a sign of life.
    pub(crate) fn ping(&mut self) {
        if self.is_flushed() {
            self.start(Message::Ping(Bytes::new()));
        }
    }

    /// The next thing that happens; meanwhile what is queued is sent. Cancel-safe.
    pub(crate) async fn turn(&mut self) -> Turn {
        poll_fn(|context| self.poll_turn(context)).await
    }

    /// Says why the tunnel is over and waits until the client has heard it.
    pub(crate) async fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
        self.start(Message::Close(Some(frame)));
        while !matches!(self.turn().await, Turn::Gone | Turn::TooLarge) {}
    }

    fn start(&mut self, message: Message) -> bool {
        self.unflushed = true;
        Pin::new(&mut self.socket).start_send(message).is_ok()
    }

    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<Turn> {
        if self.unflushed {
            match Pin::new(&mut self.socket).poll_flush(context) {
                Poll::Ready(Ok(())) => {
                    self.unflushed = false;
                    return Poll::Ready(Turn::Alive);
                }
                // What the client said before it left still counts: read on.
                Poll::Ready(Err(_)) | Poll::Pending => {}
            }
        }
        let turn = match Pin::new(&mut self.socket).poll_next(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(Message::Text(text)))) => Turn::Frame(Frame::Text(text.as_str().to_owned())),
            Poll::Ready(Some(Ok(Message::Binary(octets)))) => Turn::Frame(Frame::Binary(octets.into())),
            Poll::Ready(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => Turn::Alive,
            Poll::Ready(Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. })))) => Turn::TooLarge,
            Poll::Ready(Some(Ok(Message::Close(_)) | Err(_)) | None) => Turn::Gone,
        };
        Poll::Ready(turn)
    }
}

/// Kept for the life of a tunnel, which is mostly idle; a payload frame is read in some more calls.
const READ_BUFFER: usize = 8 * 1024;
/// Nothing waits for more to come: what is queued in one turn goes out in one.
const WRITE_BUFFER: usize = 0;
/// One payload frame, some control messages and what a pong needs.
const MOST_QUEUED: usize = 2 * MAX_PAYLOAD + 64 * 1024;
