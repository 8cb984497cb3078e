//! A client's connection: TCP, a Unix socket, or TLS made here on TCP.
//!
//! Beside `AsyncRead` and `AsyncWrite` it can be asked in two steps, as tokio's sockets can: first whether something can
//! be read or written, then for the octets. So nobody who waits needs to hold a buffer.

#![allow(dead_code, reason = "the listener and the relay are moving to it")]

use std::io::{self, IoSlice, Read as _, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufRead as _, AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

/// A connection to a client.
#[derive(Debug)]
pub(crate) enum ClientStream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl ClientStream {
    /// Ready when [`Self::try_read`] has octets, the end or an error to give. Under TLS this takes what the system has
    /// and opens it: at most what one call gives, and nothing while opened octets wait to be read.
    pub(crate) fn poll_read_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(context),
            Self::Unix(stream) => stream.poll_read_ready(context),
            Self::Tls(stream) => {
                ready!(Pin::new(stream.as_mut()).poll_fill_buf(context))?;
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Reads what is there without waiting. After `WouldBlock`, ask [`Self::poll_read_ready`] again: only that wakes.
    /// `Ok(0)` is the end; under TLS only after a close_notify (RFC 8446, 6.1), without one it is `UnexpectedEof`.
    pub(crate) fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_read(buffer),
            Self::Unix(stream) => stream.try_read(buffer),
            Self::Tls(stream) => stream.get_mut().1.reader().read(buffer),
        }
    }

    /// Ready when [`Self::try_write`] takes octets or has an error to give. Under TLS this sends what is sealed and not
    /// yet sent.
    pub(crate) fn poll_write_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_write_ready(context),
            Self::Unix(stream) => stream.poll_write_ready(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    /// Writes what is taken without waiting. After `WouldBlock`, ask [`Self::poll_write_ready`] again: only that wakes.
    /// Under TLS the last octets that it took may still wait here: `poll_flush` sends them, and is nothing else.
    pub(crate) fn try_write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.try_write_vectored(&[IoSlice::new(octets)])
    }

    /// As [`Self::try_write`], from several places.
    pub(crate) fn try_write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write_vectored(parts),
            Self::Unix(stream) => stream.try_write_vectored(parts),
            Self::Tls(stream) => {
                let (socket, tls) = stream.get_mut();
                // Room is made first: what TLS seals and can't send stays in memory, and only so much does.
                send_sealed(tls, socket)?;
                let taken = tls.writer().write_vectored(parts)?;
                match send_sealed(tls, socket) {
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
                    _ => Ok(taken),
                }
            }
        }
    }
}

/// Hands everything sealed to the system. `WouldBlock` if some is left.
fn send_sealed(tls: &mut rustls::ServerConnection, socket: &TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        if tls.write_tls(&mut WithoutWaiting(socket))? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
    }
    Ok(())
}

struct WithoutWaiting<'a>(&'a TcpStream);

impl Write for WithoutWaiting<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.try_write(octets)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::pki_types::{PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, RootCertStore, ServerConfig};
    use std::future::poll_fn;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::{TlsAcceptor, TlsConnector, client};

    /// Both ends of a TLS connection on loopback.
    async fn tls() -> (ClientStream, client::TlsStream<TcpStream>) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let provider = || Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let server = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dialled = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (taken, _) = listener.accept().await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let (server, client) = tokio::join!(
            TlsAcceptor::from(Arc::new(server)).accept(taken),
            TlsConnector::from(Arc::new(client)).connect(name, dialled)
        );
        (ClientStream::Tls(Box::new(server.unwrap())), client.unwrap())
    }

    #[tokio::test]
    async fn octets_pass_a_tls_stream_in_two_steps_and_the_end_is_told() {
        let (mut stream, mut client) = tls().await;
        // More than the sockets and TLS buffer, so that both sides meet WouldBlock.
        let sent: Vec<u8> = (0..8_000_000_u32).map(|number| (number % 251) as u8).collect();
        let writer = async {
            let mut rest = sent.as_slice();
            while !rest.is_empty() {
                poll_fn(|context| stream.poll_write_ready(context)).await.unwrap();
                match stream.try_write(rest) {
                    Ok(count) => rest = &rest[count..],
                    Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                }
            }
            stream.flush().await.unwrap();
        };
        let mut heard = vec![0; sent.len()];
        let (heard_all, ()) = tokio::join!(client.read_exact(&mut heard), writer);
        heard_all.unwrap();
        assert!(heard == sent, "down");

        let mut heard = Vec::new();
        let reader = async {
            let mut buffer = [0; 5000];
            loop {
                poll_fn(|context| stream.poll_read_ready(context)).await.unwrap();
                match stream.try_read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => heard.extend_from_slice(&buffer[..count]),
                    Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                }
            }
        };
        let writer = async {
            client.write_all(&sent).await.unwrap();
            client.shutdown().await.unwrap();
        };
        tokio::join!(reader, writer);
        assert!(heard == sent, "up");
    }

    #[tokio::test]
    async fn a_tls_stream_cut_without_close_notify_is_no_clean_end() {
        let (mut stream, mut client) = tls().await;
        client.get_mut().0.shutdown().await.unwrap();
        let ready = poll_fn(|context| stream.poll_read_ready(context)).await;
        let read = ready.and_then(|()| stream.try_read(&mut [0; 16]));
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
