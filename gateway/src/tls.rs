//! TLS towards mail servers: strict verification with the system's authorities and those of the configuration.

use crate::certificate::{self, handshake_denial};
use crate::config::{ConfigError, Target};
use crate::policy::Denial;
use crate::trust::Trust;
use crate::{Fingerprint, Host};
use rustls::client::{ClientSessionMemoryCache, Resumption};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection};
use rustls_platform_verifier::Verifier;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use waypost_tunnel::{ErrorCode, Tls, TlsMode};

/// One for each combination of authorities and pinned keys in the configuration. Each resumes sessions that it has begun
/// itself: what one row trusts is nothing to another.
#[derive(Debug)]
pub(crate) struct Connectors(HashMap<(Vec<PathBuf>, Vec<Fingerprint>), Arc<ClientConfig>>);

impl Connectors {
    /// Reads the authorities of all targets.
    ///
    /// # Errors
    /// A file that can't be read or holds no certificate, or a system without any.
    pub(crate) fn load(targets: &[Target]) -> Result<Self, ConfigError> {
        let mut connectors = HashMap::new();
        for target in targets.iter().filter(|target| target.tls.iter().any(|mode| *mode != TlsMode::None)) {
            if let Entry::Vacant(entry) = connectors.entry((target.ca.clone(), target.pins.clone())) {
                entry.insert(connector(target)?);
            }
        }
        Ok(Self(connectors))
    }

    /// Shakes hands with the host on this stream.
    pub(crate) async fn handshake(
        &self,
        target: &Target,
        host: &Host,
        stream: TcpStream,
        within: Duration,
    ) -> Result<(Box<TlsStream<TcpStream>>, Tls), Denial> {
        let name = match host {
            Host::Name(name) => ServerName::try_from(name.clone()).ok(),
            Host::Address(address) => Some(ServerName::from(*address)),
        };
        let (Some(name), Some(config)) = (name, self.0.get(&(target.ca.clone(), target.pins.clone()))) else {
            // Both were checked: the name by `Host`, the authorities at the start.
            return Err(Denial::new(
                ErrorCode::Internal,
                "The gateway failed. Ask who runs it to look at its log.",
                "no TLS configuration for the target",
            ));
        };
        let shake = TlsConnector::from(Arc::clone(config)).connect(name, stream);
        let stream = timeout(within, shake)
            .await
            .map_err(|_| silent(host).of_tls("timeout"))?
            .map_err(|error| handshake_denial(&host.to_string(), &error).of_tls(certificate::kind(&error)))?;
        let tls = describe(stream.get_ref().1);
        Ok((Box::new(stream), tls))
    }
}

fn silent(host: &Host) -> Denial {
    Denial::new(
        ErrorCode::Timeout,
        format!(
            "{host} took the connection but did not answer in TLS. Check port and security, or try again later."
        ),
        "no TLS handshake in time",
    )
}

fn connector(target: &Target) -> Result<Arc<ClientConfig>, ConfigError> {
    let mut extra = Vec::new();
    for file in &target.ca {
        extra.append(&mut certificates(file)?);
    }
    let without_roots = |error: rustls::Error| {
        ConfigError(format!(
            "The system's certificate authorities can't be used: {error}. Install them (Debian: apt-get install ca-certificates), or name your own with ca in each target."
        ))
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(without_roots)?;
    // The platform's verifier is rustls' strict one; "dangerous" only means that it is handed in from outside.
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(without_roots)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trust::new(verifier, target.pins.clone())))
        .with_no_client_auth();
    config.resumption = Resumption::store(Arc::new(ClientSessionMemoryCache::new(MOST_SESSIONS)));
    Ok(Arc::new(config))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let wrong = |why: String| {
        ConfigError(format!(
            "The certificate authority {} can't be used: {why}. Check ca in the configuration.",
            file.display()
        ))
    };
    let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(wrong("there is no certificate in it".to_owned())),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(wrong(error.to_string())),
    }
}

fn describe(connection: &ClientConnection) -> Tls {
    // rustls writes `TLSv1_3`.
    let version =
        connection.protocol_version().and_then(|version| version.as_str().map(|name| name.replace('_', ".")));
    let cipher = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    let leaf = connection.peer_certificates().and_then(|chain| chain.first());
    Tls {
        version: version.unwrap_or_default(),
        cipher: cipher.unwrap_or_default().to_owned(),
        fingerprint: leaf.map(|certificate| Fingerprint::of(certificate).to_string()).unwrap_or_default(),
    }
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Sessions to resume. Each holds the server's certificates, some 4 KiB.
const MOST_SESSIONS: usize = 256;
