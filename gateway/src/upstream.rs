//! The mail server's side of a tunnel: TCP, and TLS on it from the first octet or on demand.

use crate::Host;
use crate::buffer::{Backlog, Buffer};
use crate::config::Target;
use crate::dial::keep_alive;
use crate::policy::Denial;
use crate::secured::Secured;
use crate::tls::Connectors;
use socket2::SockRef;
use std::future::poll_fn;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use waypost_tunnel::{ErrorCode, Tls};

/// A connection to a mail server.
pub(crate) struct Upstream {
    stream: Stream,
    /// From the client, for the mail server. The tunnel's window bounds it.
    unsent: Backlog,
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
    Secured(Box<Secured>),
    /// While TLS is being agreed on, and after it failed: never plain again.
    None,
}

/// What came of the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// So many octets.
    Octets(usize),
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
            unsent: Backlog::default(),
            unflushed: false,
            finishing: false,
            write_ended: false,
            read_ended: false,
        }
    }

    /// Has the system find out when the mail server is gone without a word.
    pub(crate) fn keep_alive(&self) {
        match &self.stream {
            Stream::Plain(stream) => keep_alive(stream),
            Stream::Secured(stream) => keep_alive(stream.socket()),
            Stream::None => {}
        }
    }

    /// Takes octets for the mail server; [`Self::poll_send`] sends them.
    pub(crate) fn push(&mut self, buffer: Buffer, range: Range<usize>) {
        if !self.write_ended {
            self.unsent.push(buffer, range);
        }
    }

    /// After everything taken is sent, tells the mail server that no more comes.
    pub(crate) fn finish(&mut self) {
        self.finishing = true;
    }

    /// Reads what has come. Without room in `octets`, and after the end, it never does.
    pub(crate) fn poll_receive(&mut self, context: &mut Context<'_>, octets: &mut [u8]) -> Poll<Received> {
        if octets.is_empty() || self.read_ended {
            return Poll::Pending;
        }
        let result = match &mut self.stream {
            Stream::Plain(stream) => {
                let mut buffer = ReadBuf::new(octets);
                ready!(Pin::new(stream).poll_read(context, &mut buffer)).map(|()| buffer.filled().len())
            }
            Stream::Secured(stream) => ready!(stream.poll_read(context, octets)),
            Stream::None => Ok(0),
        };
        self.received(result)
    }

    /// Whether one read can give more than TLS holds at a time.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.stream, Stream::Plain(_))
    }

    /// As [`Self::poll_receive`], into several places, of which the first has room. TLS fills only that one.
    pub(crate) fn poll_receive_many(
        &mut self,
        context: &mut Context<'_>,
        parts: &mut [IoSliceMut<'_>],
    ) -> Poll<Received> {
        let Stream::Plain(stream) = &mut self.stream else {
            let first = parts.first_mut().map(|part| &mut **part);
            return self.poll_receive(context, first.unwrap_or_default());
        };
        if self.read_ended {
            return Poll::Pending;
        }
        let result = loop {
            let read = match ready!(stream.poll_read_ready(context)) {
                Ok(()) => stream.try_read_vectored(parts),
                Err(error) => Err(error),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => break read,
            }
        };
        self.received(result)
    }

    fn received(&mut self, result: io::Result<usize>) -> Poll<Received> {
        Poll::Ready(match result {
            Ok(count) if count > 0 => Received::Octets(count),
            other => {
                self.read_ended = true;
                Received::Ended { clean: other.is_ok() }
            }
        })
    }

    /// Sends what is left, ends the connection and hears the mail server out, as far as it does that in time. A socket
    /// that is closed with octets unread is reset, and then what was sent last may be lost: a QUIT, say.
    pub(crate) async fn close(&mut self) {
        self.finish();
        let all = poll_fn(|context| {
            let sent = self.poll_all_sent(context);
            if !self.read_ended {
                let mut buffer = Buffer::take();
                while let Received::Octets(_) = ready!(self.poll_receive(context, buffer.octets_mut())) {}
            }
            sent
        });
        let _ = timeout(CLOSE_WITHIN, all).await;
    }

    /// Cuts the connection so that the mail server sees that it was cut and not ended.
    pub(crate) fn cut(&mut self) {
        let stream = match &self.stream {
            Stream::Plain(stream) => Some(stream),
            // Without a close_notify TLS shows it too, but a reset is what every server understands.
            Stream::Secured(stream) => Some(stream.socket()),
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
        self.stream = Stream::Secured(Box::new(Secured::new(*stream)));
        Ok(tls)
    }

    fn poll_all_sent(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while ready!(self.poll_send(context)) > 0 {}
        Poll::Ready(())
    }

    /// Writes what it can. Ready with the number of octets that were taken; with 0 when nothing is left to do.
    pub(crate) fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        let mut taken = 0;
        while !self.unsent.is_empty() {
            let octets = self.unsent.front();
            let written = match &mut self.stream {
                Stream::Plain(stream) => Pin::new(stream).poll_write(context, octets),
                Stream::Secured(stream) => stream.poll_write(context, octets),
                Stream::None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            };
            match written {
                Poll::Ready(Ok(count)) if count > 0 => {
                    taken += count;
                    self.unflushed = true;
                    self.unsent.advance(count);
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
                // TCP keeps nothing back.
                Stream::Plain(_) | Stream::None => Poll::Ready(Ok(())),
                Stream::Secured(stream) => stream.poll_flush(context),
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
                Stream::Secured(stream) => stream.poll_shutdown(context),
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
    }
}

fn injected() -> Denial {
    Denial::new(
        ErrorCode::StartTlsInjection,
        "Something was injected into the connection before TLS began. Your password was not sent. Do not use this network for mail.",
        "octets arrived before TLS",
    )
}

const CLOSE_WITHIN: Duration = Duration::from_secs(2);
