//! TLS towards clients: certificate and key that the gateway shows, read again when their files change.

use crate::config::{ConfigError, Identity as Files};
use crate::rationed::Rationed;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What the gateway shows to clients.
#[derive(Debug)]
pub(crate) struct Identity {
    files: Files,
    shown: Arc<Shown>,
    acceptor: Arc<ServerConfig>,
    state: State,
}

/// Tells when a file is another: time, length and number of both.
type State = [Option<(i64, i64, u64, u64)>; 2];

#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl Identity {
    /// Reads the files.
    ///
    /// # Errors
    /// A sentence about the file that can't be used.
    pub(crate) fn load(files: &Files) -> Result<Self, ConfigError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        // Before the files are read: what changes meanwhile is read again.
        let state = state(files);
        let shown = Arc::new(Shown(RwLock::new(Arc::new(read(files, &provider)?))));
        let unusable = |error: rustls::Error| ConfigError(format!("TLS can't be set up: {error}."));
        let mut acceptor = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        acceptor.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
        // Sessions are resumed from what the client keeps: here nothing grows with their number.
        acceptor.ticketer = rustls::crypto::ring::Ticketer::new().map_err(unusable)?;
        acceptor.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        acceptor.send_tls13_tickets = 1;
        Ok(Self { files: files.clone(), shown, acceptor: Arc::new(acceptor), state })
    }

    /// How connections are accepted; what is shown follows the files.
    pub(crate) fn acceptor(&self) -> Acceptor {
        Acceptor(Arc::clone(&self.acceptor))
    }

    /// Looks at the files again and again, and shows the new ones. A pair that can't be used is told once, and the one
    /// before stays.
    pub(crate) async fn follow(mut self) {
        let mut ticks = interval(LOOK_AGAIN);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // A disk may make them wait.
            let looked = spawn_blocking(move || {
                self.look();
                self
            });
            match looked.await {
                Ok(same) => self = same,
                // The runtime is ending.
                Err(_) => return,
            }
        }
    }

    fn look(&mut self) {
        let now = state(&self.files);
        if now == self.state {
            return;
        }
        self.state = now;
        match read(&self.files, self.acceptor.crypto_provider()) {
            Ok(key) => {
                *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                tracing::info!("tls.certificate and tls.key changed: new connections are shown the new ones");
            }
            Err(error) => {
                tracing::error!(
                    "{error} Until then clients are shown the certificate that was there before."
                );
            }
        }
    }
}

/// Makes TLS on connections.
#[derive(Debug, Clone)]
pub(crate) struct Acceptor(Arc<ServerConfig>);

impl Acceptor {
    /// Shakes hands, once the client begins: who says nothing gets nothing of TLS. The caller bounds the time.
    pub(crate) async fn accept(&self, stream: TcpStream) -> std::io::Result<Box<TlsStream<Rationed>>> {
        // Asks the system: a socket that has just been taken counts as ready until somebody has tried.
        stream.peek(&mut [0]).await?;
        Box::pin(self.shake(Rationed::new(stream, MOST_SHAKEN))).await
    }

    async fn shake(&self, stream: Rationed) -> std::io::Result<Box<TlsStream<Rationed>>> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.0));
        let bounded = |tls: &mut rustls::ServerConnection| tls.set_buffer_limit(Some(MOST_SEALED));
        let mut stream = acceptor.accept_with(stream, bounded).await?;
        stream.get_mut().0.set_free();
        Ok(Box::new(stream))
    }
}

/// Whether both sides agreed on HTTP/2.
pub(crate) fn speaks_http_2(stream: &TlsStream<Rationed>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP_2)
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(files: &Files, provider: &CryptoProvider) -> Result<CertifiedKey, ConfigError> {
    let pem = read_file("tls.certificate", &files.certificate)?;
    let wrong = |key: &str, file: &Path, why: &dyn std::fmt::Display| {
        ConfigError(format!("{key} {} can't be used: {why}.", file.display()))
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| wrong("tls.certificate", &files.certificate, &error))?;
    if chain.is_empty() {
        let why = "there is no certificate in it; write the certificate in PEM, and after it those that lead to its authority";
        return Err(wrong("tls.certificate", &files.certificate, &why));
    }
    let pem = read_file("tls.key", &files.key)?;
    // What the reader says of it could quote the key.
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        wrong("tls.key", &files.key, &"there is no private key in it; write it in PEM, without a password")
    })?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => ConfigError(format!(
            "tls.key {} does not belong to tls.certificate {}. Put both of one pair in their places.",
            files.key.display(),
            files.certificate.display()
        )),
        error => wrong("tls.certificate", &files.certificate, &error),
    })
}

fn read_file(key: &str, file: &Path) -> Result<Vec<u8>, ConfigError> {
    fs::read(file).map_err(|error| {
        ConfigError(format!(
            "{key} {} can't be read: {error}. Check the path and its permissions.",
            file.display()
        ))
    })
}

fn state(files: &Files) -> State {
    [&files.certificate, &files.key].map(|file| {
        let found = fs::metadata(file).ok()?;
        Some((found.mtime(), found.mtime_nsec(), found.len(), found.ino()))
    })
}

const HTTP_1: &[u8] = b"http/1.1";
const HTTP_2: &[u8] = b"h2";
/// Two calls to the system, so often may be.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// All that a client sends until the handshake is done. A ClientHello with shares for post-quantum key agreement has some 2 KiB.
const MOST_SHAKEN: usize = 8 * 1024;
/// A client that takes nothing pins this much sealed, a record and what is left of the one before.
const MOST_SEALED: usize = 32 * 1024;
