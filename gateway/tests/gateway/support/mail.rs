//! Mail servers that do what a test says, and the certificates that they show.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    PublicKeyData as _,
};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use tempfile::NamedTempFile;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

pub(crate) use super::serve::serve;

/// Says nothing and takes all.
pub(crate) async fn silent(mut stream: TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// A port where nobody listens.
pub(crate) async fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// A certificate authority.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

/// How a certificate is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    Now,
    Past,
    Future,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Authority of the test");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(issuer.pem().as_bytes()).unwrap();
        Self { issuer, file }
    }

    /// Its certificate as a PEM file.
    pub(crate) fn file(&self) -> &Path {
        self.file.path()
    }

    /// Shows a certificate for this name.
    pub(crate) fn acceptor(&self, name: &str, time: Time) -> TlsAcceptor {
        self.acceptor_with(&KeyPair::generate().unwrap(), name, time)
    }

    /// Shows a certificate for this name with this key.
    pub(crate) fn acceptor_with(&self, key: &KeyPair, name: &str, time: Time) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        match time {
            Time::Now => {}
            Time::Past => params.not_after = rcgen::date_time_ymd(2001, 1, 1),
            Time::Future => params.not_before = rcgen::date_time_ymd(2200, 1, 1),
        }
        shows(&params.signed_by(key, &self.issuer).unwrap(), key)
    }
}

/// Shows a certificate for this name that is signed by itself.
pub(crate) fn self_signed(key: &KeyPair, name: &str, time: Time) -> TlsAcceptor {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if time == Time::Past {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    }
    shows(&params.self_signed(key).unwrap(), key)
}

/// SHA-256 of the public key, as in `pins`.
pub(crate) fn pin(key: &KeyPair) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, &key.subject_public_key_info());
    digest.as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
}

fn shows(certificate: &Certificate, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(tokio_rustls::rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Rows of a configuration that allow these ports of localhost.
pub(crate) fn target(ports: &[u16], tls: &str, ca: Option<&Authority>) -> String {
    let ca = ca.map(|ca| format!("{:?}", ca.file())).unwrap_or_default();
    format!(
        "[[targets]]\nhost = \"localhost\"\nports = {ports:?}\ntls = [{tls}]\nprivate = true\nca = [{ca}]\n"
    )
}
