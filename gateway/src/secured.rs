//! TLS to a mail server, after the handshake. rustls decides everything; this moves octets between it and the socket in
//! pieces of a buffer, where the usual driver moves 4 KiB at a time, and lets rustls give its own buffers back.

use crate::buffer::Buffer;
use rustls::ClientConnection;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A stream under TLS.
pub(crate) struct Secured {
    socket: TcpStream,
    tls: ClientConnection,
    /// Reading has failed; what came before it was given first.
    failed: Option<io::Error>,
    /// rustls has taken octets since it last gave its buffer back.
    swollen: bool,
    /// close_notify is queued.
    ended: bool,
}

impl Secured {
    /// Goes on after the handshake.
    pub(crate) fn new(stream: TlsStream<TcpStream>) -> Self {
        let (socket, tls) = stream.into_inner();
        Self { socket, tls, failed: None, swollen: true, ended: false }
    }

    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Reads until nothing is there or `octets`, which must not be empty, is full. 0 is a clean end; an end without
    /// close_notify is an error.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        octets: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut filled = 0;
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        while filled < octets.len() {
            match self.tls.reader().read(octets.get_mut(filled..).unwrap_or_default()) {
                // A clean end; behind octets it is found again the next time.
                Ok(0) => return Poll::Ready(Ok(filled)),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.poll_more(context, octets, &mut filled) {
                        Poll::Ready(Ok(())) => {}
                        Poll::Ready(Err(error)) => return self.fail(error, filled),
                        Poll::Pending if filled == 0 => return Poll::Pending,
                        Poll::Pending => return Poll::Ready(Ok(filled)),
                    }
                }
                Err(error) => return self.fail(error, filled),
            }
        }
        Poll::Ready(Ok(filled))
    }

    /// Takes plaintext. What it took may wait for [`Self::poll_flush`]; nothing is taken before that is sent.
    pub(crate) fn poll_write(&mut self, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush(context))?;
        let count = self.tls.writer().write(octets)?;
        match self.poll_flush(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(count)),
        }
    }

    /// Sends what rustls has for the mail server.
    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.tls.wants_write() {
            let mut socket = Blocking { socket: &mut self.socket, context };
            match self.tls.write_tls(&mut socket) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Ends this direction: close_notify (RFC 8446, 6.1), then FIN.
    pub(crate) fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ended {
            self.ended = true;
            self.tls.send_close_notify();
        }
        ready!(self.poll_flush(context))?;
        Pin::new(&mut self.socket).poll_shutdown(context)
    }

    /// Reads ciphertext, no more than there is room for plaintext: what a record held back can add to it fits into
    /// rustls.
    fn poll_more(
        &mut self,
        context: &mut Context<'_>,
        octets: &mut [u8],
        filled: &mut usize,
    ) -> Poll<io::Result<()>> {
        let mut buffer = Buffer::take();
        let room = octets.len() - *filled;
        let most = buffer.octets().len().min(room);
        let mut ciphertext = ReadBuf::new(buffer.octets_mut().split_at_mut(most).0);
        match Pin::new(&mut self.socket).poll_read(context, &mut ciphertext) {
            Poll::Ready(result) => result?,
            Poll::Pending => {
                self.shrink();
                return Poll::Pending;
            }
        }
        self.swollen = true;
        let result = self.decrypt(ciphertext.filled(), octets, filled);
        if let Poll::Ready(Err(error)) = self.poll_flush(context) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(result)
    }

    /// Hands ciphertext to rustls, all of it, and takes what it makes of it. No ciphertext is the end of the stream.
    fn decrypt(&mut self, mut ciphertext: &[u8], octets: &mut [u8], filled: &mut usize) -> io::Result<()> {
        loop {
            // 0 after close_notify too.
            let taken = self.tls.read_tls(&mut ciphertext)?;
            let state = self.tls.process_new_packets();
            while let Some(room @ [_, ..]) = octets.get_mut(*filled..)
                && let Ok(count @ 1..) = self.tls.reader().read(room)
            {
                *filled += count;
            }
            state.map_err(io::Error::other)?;
            if taken == 0 || ciphertext.is_empty() {
                return Ok(());
            }
        }
    }

    /// What came before a failure is given first.
    fn fail(&mut self, error: io::Error, filled: usize) -> Poll<io::Result<usize>> {
        if filled == 0 {
            return Poll::Ready(Err(error));
        }
        self.failed = Some(error);
        Poll::Ready(Ok(filled))
    }

    /// Has rustls give its buffer back, which it does when it is about to read: a record leaves 16 KiB behind.
    fn shrink(&mut self) {
        if self.swollen {
            self.swollen = false;
            let _ = self.tls.read_tls(&mut Nothing);
        }
    }
}

/// The socket as rustls wants it, with the task to be woken.
struct Blocking<'a, 'b> {
    socket: &'a mut TcpStream,
    context: &'a mut Context<'b>,
}

impl io::Write for Blocking<'_, '_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        or_would_block(Pin::new(&mut *self.socket).poll_write(self.context, octets))
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        or_would_block(Pin::new(&mut *self.socket).poll_write_vectored(self.context, parts))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Nothing to read now.
struct Nothing;

impl io::Read for Nothing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

fn or_would_block<T>(result: Poll<io::Result<T>>) -> io::Result<T> {
    match result {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}
