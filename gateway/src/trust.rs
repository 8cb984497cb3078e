//! Whom a certificate of a mail server must be signed by, and which key it must have.
//!
//! The system's authorities and those of the configuration decide, about chain, name and dates. Where a row has `pins`, the
//! server's key must also be one of them. A certificate that stands for itself can't have a chain: with a pinned key it is
//! trusted for its key alone, and neither its name nor its dates are looked at. The server proves in every handshake that
//! it holds the key.

use crate::Fingerprint;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::fmt;
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::name::Name;

/// The authorities and pinned keys of a row.
#[derive(Debug)]
pub(crate) struct Trust {
    authorities: Verifier,
    pins: Vec<Fingerprint>,
}

/// Why a certificate is not trusted, with more than the library says.
#[derive(Debug)]
pub(crate) enum Untrusted {
    /// Nobody who is trusted has signed it.
    Issuer {
        /// What the library says.
        reason: CertificateError,
        /// Who has signed it, as it says itself.
        issuer: Option<String>,
        /// It stands for itself.
        by_itself: bool,
    },
    /// Its key is none of the pinned ones.
    Key(Fingerprint),
}

impl Trust {
    pub(crate) fn new(authorities: Verifier, pins: Vec<Fingerprint>) -> Self {
        Self { authorities, pins }
    }

    /// Whether the key is pinned. An error if others are.
    fn pinned(&self, certificate: &CertificateDer<'_>) -> Result<bool, Error> {
        if self.pins.is_empty() {
            return Ok(false);
        }
        let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        let key = Fingerprint::of(key.as_ref());
        if self.pins.iter().any(|pin| pin.matches(&key)) { Ok(true) } else { Err(other(Untrusted::Key(key))) }
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let pinned = self.pinned(certificate)?;
        if pinned && is_by_itself(certificate) {
            return Ok(ServerCertVerified::assertion());
        }
        self.authorities
            .verify_server_cert(certificate, intermediates, name, ocsp, now)
            .map_err(|error| with_issuer(error, certificate))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Says who has signed a certificate that nobody trusted has.
fn with_issuer(error: Error, certificate: &CertificateDer<'_>) -> Error {
    let Error::InvalidCertificate(reason) = error else { return error };
    let of_issuer = match &reason {
        // A bad signature is what a new authority under an old name looks like.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => true,
        // A certificate that stands for itself and also claims to be an authority.
        CertificateError::Other(other) => other.to_string().contains("CaUsedAsEndEntity"),
        _ => false,
    };
    if !of_issuer {
        return Error::InvalidCertificate(reason);
    }
    let parsed = Certificate::from_der(certificate).ok();
    let issuer = parsed.as_ref().and_then(|parsed| called(parsed.tbs_certificate().issuer()));
    other(Untrusted::Issuer { reason, issuer, by_itself: is_by_itself(certificate) })
}

fn is_by_itself(certificate: &CertificateDer<'_>) -> bool {
    Certificate::from_der(certificate).is_ok_and(|parsed| {
        let parsed = parsed.tbs_certificate();
        parsed.issuer() == parsed.subject()
    })
}

/// The common name, or else the organisation.
fn called(name: &Name) -> Option<String> {
    let common = name.common_name().ok().flatten();
    common.or_else(|| name.organization().ok().flatten()).map(|text| text.value().into_owned())
}

fn other(why: Untrusted) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(why))))
}

impl fmt::Display for Untrusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issuer { reason, issuer, by_itself } => {
                write!(formatter, "{reason}; issuer {issuer:?}, by itself: {by_itself}")
            }
            Self::Key(key) => write!(formatter, "its key {key} is none of the pins"),
        }
    }
}

impl std::error::Error for Untrusted {}
