//! A TCP connection that gives only so many octets until it is given free. A library that puts together what a stranger sends
//! goes by its own bounds, which are wide: 64 KiB for a message of a TLS handshake.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The connection.
#[derive(Debug)]
pub(crate) struct Rationed {
    stream: TcpStream,
    /// Octets that may still be read; `None` for any number.
    left: Option<usize>,
}

impl Rationed {
    /// Reading fails once so many octets came and more are wanted.
    pub(crate) fn new(stream: TcpStream, most: usize) -> Self {
        Self { stream, left: Some(most) }
    }

    pub(crate) fn socket(&self) -> &TcpStream {
        &self.stream
    }

    /// From now on it is a connection like others.
    pub(crate) fn set_free(&mut self) {
        self.left = None;
    }
}

impl AsyncRead for Rationed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(left) = self.left else { return Pin::new(&mut self.stream).poll_read(context, buffer) };
        if left == 0 {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "more octets than it may have",
            )));
        }
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(left.min(buffer.remaining())));
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut part))?;
        let count = part.filled().len();
        buffer.advance(count);
        self.left = Some(left - count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rationed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn it_gives_its_ration_and_fails_until_it_is_set_free() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut near = Rationed::new(listener.accept().await.unwrap().0, 5);
        far.write_all(b"octets").await.unwrap();
        let mut buffer = [0; 10];
        let mut came = 0;
        while came < 5 {
            came += near.read(&mut buffer[came..]).await.unwrap();
        }
        assert_eq!(&buffer[..came], b"octet");
        assert_eq!(near.read(&mut buffer).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        near.set_free();
        assert_eq!(near.read(&mut buffer).await.unwrap(), 1);
    }
}
