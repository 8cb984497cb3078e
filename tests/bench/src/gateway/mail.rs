//! The server behind the relays, in a process of its own: greets each connection with one octet, as mail servers greet first, and then
//! does what it is told. With TLS on a second port.

use super::{Outcome, words};
use crate::server::say;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What a connection asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    /// `total` octets, in writes of `piece`.
    Send { piece: u32, total: u64 },
    /// Takes `total` octets and answers with one.
    Take { total: u64 },
    /// Gives back what comes.
    Echo,
    /// Reads nothing more.
    Stall,
    /// How many connections there are besides this one, in 8 octets, and the port with TLS in 2.
    About,
}

impl Order {
    pub(crate) fn to_octets(self) -> Vec<u8> {
        let (kind, piece, total) = match self {
            Self::Send { piece, total } => (b'd', piece, total),
            Self::Take { total } => (b'u', 0, total),
            Self::Echo => (b'e', 0, 0),
            Self::Stall => (b's', 0, 0),
            Self::About => (b'a', 0, 0),
        };
        [&[kind], piece.to_be_bytes().as_slice(), &total.to_be_bytes()].concat()
    }

    async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let (kind, piece, total) =
            (stream.read_u8().await?, stream.read_u32().await?, stream.read_u64().await?);
        Ok(match kind {
            b'd' => Self::Send { piece, total },
            b'u' => Self::Take { total },
            b's' => Self::Stall,
            b'a' => Self::About,
            _ => Self::Echo,
        })
    }
}

/// Prints the address without TLS and serves until the process is stopped. `folder` has certificate and key.
pub(crate) async fn serve(folder: &Path) -> Outcome<()> {
    let acceptor = acceptor(folder)?;
    let plain = TcpListener::bind("127.0.0.1:0").await.map_err(words)?;
    let secure = TcpListener::bind("127.0.0.1:0").await.map_err(words)?;
    let secure_port = secure.local_addr().map_err(words)?.port();
    say(plain.local_addr().map_err(words)?);
    let connections = Arc::new(AtomicU64::new(0));
    loop {
        let (stream, acceptor) = tokio::select! {
            accepted = plain.accept() => (accepted.map_err(words)?.0, None),
            accepted = secure.accept() => (accepted.map_err(words)?.0, Some(acceptor.clone())),
        };
        let connections = Arc::clone(&connections);
        tokio::spawn(async move {
            let others = connections.fetch_add(1, Ordering::Relaxed);
            // A connection that breaks is the relay's or the tool's to report.
            let _ = admit(stream, acceptor, (others, secure_port)).await;
            connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn admit(stream: TcpStream, acceptor: Option<TlsAcceptor>, about: (u64, u16)) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match acceptor {
        Some(acceptor) => converse(acceptor.accept(stream).await?, about).await,
        None => converse(stream, about).await,
    }
}

fn acceptor(folder: &Path) -> Outcome<TlsAcceptor> {
    let read = |name: &str| fs::read(folder.join(name)).map_err(words);
    let certificate = CertificateDer::from_pem_slice(&read("certificate.pem")?).map_err(words)?;
    let key = PrivateKeyDer::from_pem_slice(&read("key.pem")?).map_err(words)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(words)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(words)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, about: (u64, u16)) -> io::Result<()> {
    stream.write_all(b"*").await?;
    stream.flush().await?;
    match Order::read(&mut stream).await? {
        Order::Send { piece, mut total } => {
            let octets = vec![7; piece as usize];
            while total > 0 {
                let now = octets.get(..usize::try_from(total).unwrap_or(usize::MAX)).unwrap_or(&octets);
                stream.write_all(now).await?;
                total -= now.len() as u64;
            }
            stream.flush().await?;
            // websockify loses what it has not sent yet when the server closes.
            stream.read_to_end(&mut Vec::new()).await?;
        }
        Order::Take { mut total } => {
            let mut octets = vec![0; 256 * 1024];
            while total > 0 {
                match stream.read(&mut octets).await? {
                    0 => return Ok(()),
                    count => total = total.saturating_sub(count as u64),
                }
            }
            stream.write_all(b"!").await?;
            stream.flush().await?;
            stream.read_to_end(&mut Vec::new()).await?;
        }
        Order::Echo => {
            let (mut read, mut write) = tokio::io::split(stream);
            tokio::io::copy(&mut read, &mut write).await?;
        }
        Order::Stall => tokio::time::sleep(STALLED).await,
        Order::About => {
            stream.write_all(&about.0.to_be_bytes()).await?;
            stream.write_all(&about.1.to_be_bytes()).await?;
            stream.flush().await?;
            stream.read_to_end(&mut Vec::new()).await?;
        }
    }
    Ok(())
}

/// Longer than any set looks at it; then the connection is given back.
const STALLED: Duration = Duration::from_secs(60);
