//! The mail server's side of a tunnel: TCP, and TLS on it from the first octet or on demand.

use crate::Host;
use crate::config::Target;
use crate::policy::Denial;
use crate::tls::Connectors;
use socket2::SockRef;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use waypost_tunnel::{ErrorCode, MAX_PAYLOAD, Tls};

/// A connection to a mail server.
pub(crate) struct Upstream {
    stream: Stream,
    /// From the client, for the mail server. The tunnel's window bounds it.
    unsent: VecDeque<Vec<u8>>,
    /// Octets of the first of them that are sent.
    sent_of_first: usize,
    /// Something was written and not flushed.
    unflushed: bool,
    /// The client has ended; after everything is sent, the mail server is told.
    finishing: bool,
    /// Nothing more is written: told so, or writing failed.
    write_ended: bool,
    read_ended: bool,
}

enum Stream {
    Plain(TcpStream),
    Secured(Box<TlsStream<TcpStream>>),
    /// While TLS is being agreed on, and after it failed: never plain again.
    None,
}

/// What happened at the mail server.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It sent this.
    Received(Vec<u8>),
    /// It took so many octets.
    Taken(usize),
    /// It sends nothing more.
    Ended {
        /// With TCP's FIN, and under TLS with a close_notify (RFC 8446, 6.1); otherwise it was cut.
        clean: bool,
    },
}

impl Upstream {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream: Stream::Plain(stream),
            unsent: VecDeque::new(),
            sent_of_first: 0,
            unflushed: false,
            finishing: false,
            write_ended: false,
            read_ended: false,
        }
    }

    /// Takes octets for the mail server; [`Self::turn`] sends them.
    pub(crate) fn push(&mut self, octets: Vec<u8>) {
        if !self.write_ended {
            self.unsent.push_back(octets);
        }
    }

    /// After everything taken is sent, tells the mail server that no more comes.
    pub(crate) fn finish(&mut self) {
        self.finishing = true;
    }

    /// The next thing that happens. At most `room` octets are read; with none nothing is. Cancel-safe.
    pub(crate) async fn turn(&mut self, room: usize) -> Turn {
        poll_fn(|context| self.poll_turn(context, room)).await
    }

    /// Sends what is left, ends the connection and hears the mail server out, as far as it does that in time. A socket
    /// that is closed with octets unread is reset, and then what was sent last may be lost: a QUIT, say.
    pub(crate) async fn close(&mut self) {
        self.finish();
        let all = async {
            while !self.read_ended {
                self.turn(MAX_PAYLOAD).await;
            }
            poll_fn(|context| self.poll_all_sent(context)).await;
        };
        let _ = timeout(CLOSE_WITHIN, all).await;
    }

    /// Cuts the connection so that the mail server sees that it was cut and not ended.
    pub(crate) fn cut(&mut self) {
        let stream = match &self.stream {
            Stream::Plain(stream) => Some(stream),
            // Without a close_notify TLS shows it too, but a reset is what every server understands.
            Stream::Secured(stream) => Some(stream.get_ref().0),
            Stream::None => None,
        };
        if let Some(stream) = stream {
            let _ = stream.set_zero_linger();
        }
        self.stream = Stream::None;
    }

    /// Makes sure that TLS can begin, after the client has heard the mail server agree: all is sent, and nothing came.
    pub(crate) async fn quiesce(&mut self, host: &Host, within: Duration) -> Result<(), Denial> {
        let all_sent = poll_fn(|context| self.poll_all_sent(context));
        if timeout(within, all_sent).await.is_err() {
            return Err(Denial::new(
                ErrorCode::Timeout,
                format!("{host} takes nothing more. Try again later."),
                "unsent octets before TLS",
            ));
        }
        // Asks the system itself: what the runtime knows may be older. What comes later than this is no TLS record,
        // and the handshake refuses it.
        let mut probe = [MaybeUninit::uninit()];
        if let Stream::Plain(stream) = &self.stream
            && SockRef::from(stream).peek(&mut probe).is_ok_and(|count| count > 0)
        {
            return Err(injected());
        }
        Ok(())
    }

    /// Agrees on TLS, from the first octet.
    pub(crate) async fn handshake(
        &mut self,
        connectors: &Connectors,
        target: &Target,
        host: &Host,
        within: Duration,
    ) -> Result<Tls, Denial> {
        // A handshake that fails half way leaves an ended stream, never a plain one.
        let Stream::Plain(stream) = std::mem::replace(&mut self.stream, Stream::None) else {
            return Err(Denial::new(
                ErrorCode::Internal,
                "The gateway failed. Ask who runs it to look at its log.",
                "TLS on a stream that is not plain",
            ));
        };
        let (stream, tls) = connectors.handshake(target, host, stream, within).await?;
        self.stream = Stream::Secured(stream);
        Ok(tls)
    }

    fn poll_turn(&mut self, context: &mut Context<'_>, room: usize) -> Poll<Turn> {
        if let Poll::Ready(count @ 1..) = self.poll_write(context) {
            return Poll::Ready(Turn::Taken(count));
        }
        if room == 0 || self.read_ended {
            return Poll::Pending;
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let room = room.min(scratch.len());
            let mut buffer = ReadBuf::new(scratch.get_mut(..room).unwrap_or_default());
            let end = self.poll_fill(context, &mut buffer);
            if !buffer.filled().is_empty() {
                // An end that came with it is told the next time.
                return Poll::Ready(Turn::Received(buffer.filled().to_vec()));
            }
            end.map(|result| {
                self.read_ended = true;
                Turn::Ended { clean: result.is_ok() }
            })
        })
    }

    /// Reads until nothing is there, the buffer is full, or the end: a page takes few large frames faster than many
    /// small ones, and TLS gives 16 KiB at most in one call.
    fn poll_fill(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while buffer.remaining() > 0 {
            let before = buffer.filled().len();
            let read = match &mut self.stream {
                Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
                Stream::Secured(stream) => Pin::new(stream).poll_read(context, buffer),
                Stream::None => Poll::Ready(Ok(())),
            };
            match read {
                Poll::Ready(Ok(())) if buffer.filled().len() > before => {}
                other => return other,
            }
        }
        Poll::Pending
    }

    fn poll_all_sent(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while ready!(self.poll_write(context)) > 0 {}
        Poll::Ready(())
    }

    /// Writes what it can. Ready with the number of octets that were taken; with 0 when nothing is left to do.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        let mut taken = 0;
        while let Some(first) = self.unsent.front() {
            let rest = first.get(self.sent_of_first..).unwrap_or_default();
            let whole = rest.len();
            let written = match &mut self.stream {
                Stream::Plain(stream) => Pin::new(stream).poll_write(context, rest),
                Stream::Secured(stream) => Pin::new(stream).poll_write(context, rest),
                Stream::None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            };
            match written {
                Poll::Ready(Ok(count)) if count > 0 => {
                    taken += count;
                    self.unflushed = true;
                    self.sent_of_first += count;
                    if count == whole {
                        self.unsent.pop_front();
                        self.sent_of_first = 0;
                    }
                }
                Poll::Ready(_) => self.stop_writing(),
                Poll::Pending if taken > 0 => return Poll::Ready(taken),
                Poll::Pending => return Poll::Pending,
            }
        }
        if taken > 0 { Poll::Ready(taken) } else { self.poll_settle(context).map(|()| 0) }
    }

    /// After the last octet: flushes, and ends the direction if that is wanted.
    fn poll_settle(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.unflushed {
            let flushed = match &mut self.stream {
                Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
                Stream::Secured(stream) => Pin::new(stream).poll_flush(context),
                Stream::None => Poll::Ready(Ok(())),
            };
            match flushed {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(_)) => self.stop_writing(),
            }
        }
        if self.finishing && !self.write_ended {
            let shut = match &mut self.stream {
                Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
                Stream::Secured(stream) => Pin::new(stream).poll_shutdown(context),
                Stream::None => Poll::Ready(Ok(())),
            };
            if shut.is_pending() {
                return Poll::Pending;
            }
            self.stop_writing();
        }
        Poll::Ready(())
    }

    /// The mail server takes nothing more. What it still says is read; how it ends tells the client.
    fn stop_writing(&mut self) {
        self.write_ended = true;
        self.unflushed = false;
        self.unsent.clear();
        self.sent_of_first = 0;
    }
}

fn injected() -> Denial {
    Denial::new(
        ErrorCode::StartTlsInjection,
        "Something was injected into the connection before TLS began. Your password was not sent. Do not use this network for mail.",
        "octets arrived before TLS",
    )
}

thread_local! {
    /// Octets are read here and copied out: an idle tunnel holds no buffer.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; MAX_PAYLOAD].into_boxed_slice());
}

const CLOSE_WITHIN: Duration = Duration::from_secs(2);
