//! One stream to a mail server: TCP, and TLS on it from the first octet or on demand.

use crate::TransportError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection};
use rustls_platform_verifier::Verifier;
use sha2::{Digest, Sha256};
use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use waypost_sasl::{BindingKind, ChannelBinding};

/// How connections are made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Trusted besides the platform's roots. Default: none.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// How long name, addresses and TCP may take together. Default: 15 s, which outlasts the first lost packets.
    pub connect_within: Duration,
    /// How long a TLS handshake may take. Default: 15 s.
    pub handshake_within: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            extra_roots: Vec::new(),
            connect_within: Duration::from_secs(15),
            handshake_within: Duration::from_secs(15),
        }
    }
}

impl Options {
    /// Trusts the certificates of a PEM file besides the platform's roots.
    ///
    /// # Errors
    /// [`TransportError::Roots`] if it holds none or a damaged one.
    pub fn trust_pem(mut self, pem: &[u8]) -> Result<Self, TransportError> {
        let before = self.extra_roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            self.extra_roots.push(certificate.map_err(|error| TransportError::Roots(error.to_string()))?);
        }
        if self.extra_roots.len() == before {
            return Err(TransportError::Roots("there is no certificate in the PEM text".to_owned()));
        }
        Ok(self)
    }
}

/// What TLS was agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsInfo {
    /// Such as `TLSv1.3`.
    pub version: String,
    /// Such as `TLS13_AES_128_GCM_SHA256`.
    pub cipher: String,
    /// SHA-256 of the server's certificate, lower case hex.
    pub fingerprint: String,
}

/// Opens connections. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    config: Arc<ClientConfig>,
    connect_within: Duration,
    handshake_within: Duration,
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Connector {
    /// Reads the platform's roots once.
    ///
    /// # Errors
    /// [`TransportError::Roots`].
    pub fn new(options: Options) -> Result<Self, TransportError> {
        let roots = |error: rustls::Error| TransportError::Roots(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            Verifier::new_with_extra_roots(options.extra_roots, Arc::clone(&provider)).map_err(roots)?;
        // The platform's verifier is rustls' strict one; "dangerous" only means that it is handed in from outside.
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(roots)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self {
            config: Arc::new(config),
            connect_within: options.connect_within,
            handshake_within: options.handshake_within,
        })
    }

    /// Connects without TLS; [`Transport::secure`] upgrades later.
    ///
    /// # Errors
    /// Name, refusal, reach or time.
    pub async fn connect(&self, host: &str, port: u16) -> Result<Transport, TransportError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| TransportError::InvalidHost(host.to_owned()))?;
        let stream = timeout(self.connect_within, dial(host, port))
            .await
            .unwrap_or(Err(TransportError::Timeout { waiting_for: "connection" }))?;
        // Commands are small and each is waited for.
        let _ = stream.set_nodelay(true);
        Ok(Transport { stream: Stream::Plain(stream), connector: self.clone(), name })
    }

    /// Connects with TLS from the first octet.
    ///
    /// # Errors
    /// As [`Connector::connect`], and certificate or handshake.
    pub async fn connect_tls(&self, host: &str, port: u16) -> Result<Transport, TransportError> {
        let mut transport = self.connect(host, port).await?;
        transport.handshake().await?;
        Ok(transport)
    }
}

/// The first address that takes the connection; else the error of the last.
async fn dial(host: &str, port: u16) -> Result<TcpStream, TransportError> {
    let addresses =
        lookup_host((host, port)).await.map_err(|_| TransportError::NameNotFound(host.to_owned()))?;
    let mut failure = TransportError::NameNotFound(host.to_owned());
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = TransportError::of_connect(error),
        }
    }
    Err(failure)
}

enum Stream {
    Plain(TcpStream),
    Secured(Box<TlsStream<TcpStream>>),
    Ended,
}

/// One connection to a mail server.
pub struct Transport {
    stream: Stream,
    connector: Connector,
    name: ServerName<'static>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Transport").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Transport {
    /// The next octets; `None` when the peer ended the stream cleanly (under TLS: with a close_notify). Cancel-safe.
    ///
    /// # Errors
    /// [`TransportError::Cut`].
    pub async fn read(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        let mut octets = Vec::with_capacity(READ_SIZE);
        let count = match &mut self.stream {
            Stream::Plain(stream) => stream.read_buf(&mut octets).await,
            Stream::Secured(stream) => stream.read_buf(&mut octets).await,
            Stream::Ended => Ok(0),
        };
        match count.map_err(TransportError::Cut)? {
            0 => Ok(None),
            _ => Ok(Some(octets)),
        }
    }

    /// Sends some of the octets and says how many. Cancel-safe; what was taken is on its way after [`Transport::flush`].
    ///
    /// # Errors
    /// [`TransportError::Cut`].
    pub async fn write_some(&mut self, octets: &[u8]) -> Result<usize, TransportError> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.write(octets).await,
            Stream::Secured(stream) => stream.write(octets).await,
            Stream::Ended => Err(io::ErrorKind::NotConnected.into()),
        }
        .map_err(TransportError::Cut)
    }

    /// Hands everything to the system. Cancel-safe.
    ///
    /// # Errors
    /// [`TransportError::Cut`].
    pub async fn flush(&mut self) -> Result<(), TransportError> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.flush().await,
            Stream::Secured(stream) => stream.flush().await,
            Stream::Ended => Ok(()),
        }
        .map_err(TransportError::Cut)
    }

    /// Sends some of the octets, or flushes what was sent, or reads: whatever can be done first, in this order. So a peer that takes
    /// nothing before its own octets are taken holds up nobody. Cancel-safe.
    pub(crate) async fn exchange(
        &mut self,
        octets: &[u8],
        flushed: bool,
    ) -> Result<Exchanged, TransportError> {
        let exchanged = poll_fn(|context| match &mut self.stream {
            Stream::Plain(stream) => poll_exchange(stream, context, octets, flushed),
            Stream::Secured(stream) => poll_exchange(&mut **stream, context, octets, flushed),
            Stream::Ended if octets.is_empty() => Poll::Ready(Ok(Exchanged::Received(None))),
            Stream::Ended => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        });
        exchanged.await.map_err(TransportError::Cut)
    }

    /// Sends all octets.
    ///
    /// # Errors
    /// [`TransportError::Cut`].
    pub async fn write(&mut self, octets: &[u8]) -> Result<(), TransportError> {
        let mut rest = octets;
        while !rest.is_empty() {
            let taken = self.write_some(rest).await?;
            rest = rest.get(taken..).unwrap_or_default();
        }
        self.flush().await
    }

    /// Upgrades to TLS after the protocol agreed to it (STARTTLS, STLS).
    ///
    /// # Errors
    /// [`TransportError::Injection`] if octets arrived that were not read before; certificate, handshake or time. The connection
    /// is over then.
    pub async fn secure(&mut self) -> Result<TlsInfo, TransportError> {
        if let Stream::Plain(stream) = &self.stream {
            // Lets the runtime see what has arrived by now.
            tokio::task::yield_now().await;
            let mut probe = [0];
            match stream.try_read(&mut probe) {
                // The end of the stream shows in the handshake.
                Ok(0) | Err(_) => {}
                Ok(_) => {
                    self.stream = Stream::Ended;
                    return Err(TransportError::Injection);
                }
            }
        }
        self.handshake().await
    }

    async fn handshake(&mut self) -> Result<TlsInfo, TransportError> {
        // A handshake that is dropped half way leaves an ended stream, never a plain one.
        let Stream::Plain(stream) = std::mem::replace(&mut self.stream, Stream::Ended) else {
            return Err(TransportError::Handshake("the connection is not a plain one".to_owned()));
        };
        let connector = TlsConnector::from(Arc::clone(&self.connector.config));
        let handshake = connector.connect(self.name.clone(), stream);
        let stream = timeout(self.connector.handshake_within, handshake)
            .await
            .map_err(|_| TransportError::Timeout { waiting_for: "TLS handshake" })?
            .map_err(TransportError::of_handshake)?;
        let info = describe(stream.get_ref().1);
        self.stream = Stream::Secured(Box::new(stream));
        Ok(info)
    }

    /// What TLS was agreed on; `None` without TLS.
    #[must_use]
    pub fn tls(&self) -> Option<TlsInfo> {
        match &self.stream {
            Stream::Secured(stream) => Some(describe(stream.get_ref().1)),
            Stream::Plain(_) | Stream::Ended => None,
        }
    }

    /// What can bind a login to the TLS connection (RFC 9266): nothing without TLS.
    #[must_use]
    pub fn channel_bindings(&self) -> Vec<ChannelBinding> {
        let Stream::Secured(stream) = &self.stream else { return Vec::new() };
        let (label, empty) = (BindingKind::EXPORTER_LABEL, vec![0; BindingKind::EXPORTER_LENGTH]);
        let exported = stream.get_ref().1.export_keying_material(empty, label, Some(&[]));
        exported
            .ok()
            .and_then(|data| ChannelBinding::new(BindingKind::TlsExporter, data))
            .into_iter()
            .collect()
    }

    /// Octets of the system's cryptographic source.
    ///
    /// # Errors
    /// The system gives none.
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], TransportError> {
        let mut octets = [0; N];
        let source = self.connector.config.crypto_provider().secure_random;
        let filled = source.fill(&mut octets);
        filled.map_err(|_| TransportError::Handshake("the system gives no random octets".to_owned()))?;
        Ok(octets)
    }

    /// Ends the stream. Closing twice is harmless.
    pub async fn close(&mut self) {
        let shut = async {
            match &mut self.stream {
                Stream::Plain(stream) => stream.shutdown().await,
                Stream::Secured(stream) => stream.shutdown().await,
                Stream::Ended => Ok(()),
            }
        };
        // A peer that takes nothing more must not hold this up.
        let _ = timeout(CLOSE_WITHIN, shut).await;
        self.stream = Stream::Ended;
    }
}

/// What [`Transport::exchange`] did.
pub(crate) enum Exchanged {
    /// So many octets were taken.
    Sent(usize),
    /// All that was taken is on its way.
    Flushed,
    /// Octets came; `None` when the peer ended the stream cleanly.
    Received(Option<Vec<u8>>),
}

fn poll_exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    context: &mut Context<'_>,
    octets: &[u8],
    flushed: bool,
) -> Poll<io::Result<Exchanged>> {
    if !octets.is_empty() {
        if let Poll::Ready(sent) = Pin::new(&mut *stream).poll_write(context, octets) {
            return Poll::Ready(sent.map(Exchanged::Sent));
        }
    } else if !flushed && let Poll::Ready(flushed) = Pin::new(&mut *stream).poll_flush(context) {
        return Poll::Ready(flushed.map(|()| Exchanged::Flushed));
    }
    let mut octets = Vec::with_capacity(READ_SIZE);
    // The future holds nothing: another takes its place when there is something to read.
    let count = std::task::ready!(pin!(stream.read_buf(&mut octets)).poll(context))?;
    Poll::Ready(Ok(Exchanged::Received((count > 0).then_some(octets))))
}

fn describe(connection: &ClientConnection) -> TlsInfo {
    let version = connection.protocol_version().and_then(|version| version.as_str().map(readable_version));
    let cipher = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    let leaf = connection.peer_certificates().and_then(|chain| chain.first());
    TlsInfo {
        version: version.unwrap_or_default(),
        cipher: cipher.unwrap_or_default().to_owned(),
        fingerprint: leaf.map(|certificate| hex(&Sha256::digest(certificate))).unwrap_or_default(),
    }
}

/// `TLSv1_3` as rustls writes it becomes `TLSv1.3`.
fn readable_version(name: &str) -> String {
    name.replace('_', ".")
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What a busy connection has ready at once: fewer calls into the system than by TLS records of 16 KiB.
const READ_SIZE: usize = 64 * 1024;
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
