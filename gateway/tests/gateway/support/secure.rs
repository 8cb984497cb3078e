//! Certificate files for a gateway, and clients that speak TLS and HTTP/2 to it.

use super::gateway::Gateway;
use super::within;
use bytes::Bytes;
use h2::client::SendRequest;
use rcgen::{CertificateParams, KeyPair};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ALL_VERSIONS, ClientConfig, DigitallySignedStruct, Error, SignatureScheme, SupportedProtocolVersion,
};

/// `[tls]` of a configuration and its files.
pub(crate) struct Files {
    folder: TempDir,
}

impl Files {
    /// With a certificate whose octets are given.
    pub(crate) fn new() -> (Self, Vec<u8>) {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        let shown = files.renew();
        (files, shown)
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    pub(crate) fn section(&self) -> String {
        format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", self.certificate(), self.key())
    }

    /// Puts a new pair in their place.
    pub(crate) fn renew(&self) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        replace(&self.key(), &key.serialize_pem());
        replace(&self.certificate(), &certificate.pem());
        certificate.der().to_vec()
    }
}

/// In one step, as those do who renew certificates.
fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, file).unwrap();
}

/// Takes any certificate and keeps it.
#[derive(Debug, Default)]
struct Keeper(Mutex<Vec<u8>>);

impl ServerCertVerifier for Keeper {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.0.lock().unwrap() = end_entity.to_vec();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A TLS connection that offers these protocols, and the certificate that it was shown.
pub(crate) async fn connect(gateway: &Gateway, protocols: &[&str]) -> (TlsStream<TcpStream>, Vec<u8>) {
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    over(stream, protocols).await.unwrap()
}

/// The same on a connection that is there.
pub(crate) async fn over(
    stream: TcpStream,
    protocols: &[&str],
) -> std::io::Result<(TlsStream<TcpStream>, Vec<u8>)> {
    over_version(stream, protocols, ALL_VERSIONS).await
}

/// The same with these versions of TLS only.
pub(crate) async fn over_version(
    stream: TcpStream,
    protocols: &[&str],
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<(TlsStream<TcpStream>, Vec<u8>)> {
    let keeper = Arc::new(Keeper::default());
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&keeper) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    let shake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let stream = within("TLS", shake).await?;
    let shown = keeper.0.lock().unwrap().clone();
    Ok((stream, shown))
}

/// An HTTP/2 connection. The task ends when the connection does, with why.
pub(crate) async fn http_2(gateway: &Gateway) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let (stream, _) = connect(gateway, &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (client, connection) = within("HTTP/2", h2::client::handshake(stream)).await.unwrap();
    let task = tokio::spawn(connection);
    (within("settings", client.ready()).await.unwrap(), task)
}

/// A request over HTTP/2.
pub(crate) fn request(authority: &str, path: &str) -> hyper::Request<()> {
    hyper::Request::builder().uri(format!("https://{authority}{path}")).body(()).unwrap()
}
