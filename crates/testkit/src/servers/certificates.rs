//! A certificate authority of our own, and the certificates that tests need: a good one and bad ones.

use super::ServerError;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// Which certificate a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CertificateKind {
    /// Signed by the CA, for `localhost`, `127.0.0.1` and `::1`.
    #[default]
    Good,
    /// Signed by the CA, for `localhost`, but expired long ago.
    Expired,
    /// Signed by the CA, for another host.
    WrongHost,
    /// For `localhost`, signed by itself only.
    SelfSigned,
}

/// A new CA and one server certificate.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The CA that clients trust, PEM.
    pub ca: String,
    /// The server's certificate, PEM.
    pub certificate: String,
    /// The server's key, PEM.
    pub key: String,
}

impl Certificates {
    /// Makes a CA and a server certificate of this kind.
    ///
    /// # Errors
    /// The key can't be made.
    pub fn generate(kind: CertificateKind) -> Result<Self, ServerError> {
        Self::try_generate(kind).map_err(|error| ServerError::Failed {
            server: "the certificate authority",
            detail: error.to_string(),
        })
    }

    fn try_generate(kind: CertificateKind) -> Result<Self, rcgen::Error> {
        let ca_key = KeyPair::generate()?;
        let ca_params = authority()?;
        let ca = ca_params.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(ca_params, ca_key);
        let key = KeyPair::generate()?;
        let params = server(kind)?;
        let certificate = match kind {
            CertificateKind::SelfSigned => params.self_signed(&key)?,
            _ => params.signed_by(&key, &issuer)?,
        };
        Ok(Self { ca, certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

fn authority() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Waypost test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn server(kind: CertificateKind) -> Result<CertificateParams, rcgen::Error> {
    let names: &[&str] = match kind {
        CertificateKind::WrongHost => &["elsewhere.example"],
        _ => &["localhost", "127.0.0.1", "::1"],
    };
    let mut params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or_default());
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    if kind == CertificateKind::Expired {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    }
    Ok(params)
}
