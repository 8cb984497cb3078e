//! A client's connection: TCP, a Unix socket, or TLS made here on TCP.

use crate::rationed::Rationed;
#[cfg(target_os = "linux")]
use rustix::event::{PollFd, PollFlags, Timespec, poll};
#[cfg(target_os = "linux")]
use socket2::SockRef;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

/// A connection to a client.
#[derive(Debug)]
pub(crate) enum ClientStream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<Rationed>>),
}

impl ClientStream {
    /// Whether the system takes so many octets now, whatever the client does, after all before them were flushed. Only where that
    /// is sure.
    pub(crate) fn takes_at_once(&self, count: usize) -> bool {
        match self {
            Self::Tcp(stream) => has_room(stream, count),
            // Records add less than a hundredth.
            Self::Tls(stream) => has_room(stream.get_ref().0.socket(), count),
            // Its buffer is small.
            Self::Unix(_) => false,
        }
    }
}

/// Linux calls a socket of TCP writable while a third of its buffer is free (`sk_stream_is_writeable`); what octets take there
/// is some more than their number.
#[cfg(target_os = "linux")]
fn has_room(stream: &TcpStream, count: usize) -> bool {
    let a_third = SockRef::from(stream).send_buffer_size().map_or(0, |size| size / 3);
    let mut asked = [PollFd::new(stream, PollFlags::OUT)];
    count + count / 8 <= a_third && poll(&mut asked, Some(&Timespec::default())).is_ok_and(|ready| ready == 1)
}

#[cfg(not(target_os = "linux"))]
fn has_room(_: &TcpStream, _: usize) -> bool {
    false
}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, octets),
            Self::Unix(stream) => Pin::new(stream).poll_write(context, octets),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, octets),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, parts),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(context, parts),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Unix(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn what_a_socket_is_said_to_take_it_takes_until_it_is_full() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let near = listener.accept().await.unwrap().0;
        let octets = vec![7; 256 * 1024];
        near.writable().await.unwrap();
        let mut written = 0;
        while has_room(&near, octets.len()) {
            assert_eq!(near.try_write(&octets).unwrap(), octets.len(), "after {written}");
            written += octets.len();
        }
        assert!(written > 0);
        assert!(!has_room(&near, usize::MAX / 2));
        // It has room again once the other end has taken what was there.
        let mut taken = 0;
        while taken < written {
            taken += far.read(&mut vec![0; written]).await.unwrap();
        }
        while !has_room(&near, octets.len()) {
            tokio::task::yield_now().await;
        }
    }
}
