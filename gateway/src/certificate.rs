//! Why a certificate is not trusted, in words for a person.

use crate::policy::Denial;
use rustls::CertificateError;
use std::io;
use waypost_tunnel::ErrorCode;

/// What a TLS handshake with this host ended with.
pub(crate) fn handshake_denial(host: &str, error: &io::Error) -> Denial {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            let (what, advice) = words(reason);
            Denial::new(
                ErrorCode::TlsCertificate,
                format!(
                    "Not connected: the certificate of {host} {what}. Your password was not sent. {advice}"
                ),
                reason.to_string(),
            )
        }
        Some(other) => handshake_failed(host, other.to_string()),
        None => handshake_failed(host, error.to_string()),
    }
}

/// All that [`kind`] gives, and `timeout`.
pub(crate) const KINDS: [&str; 8] = [
    "handshake",
    "unknown-issuer",
    "expired",
    "not-valid-yet",
    "wrong-name",
    "revoked",
    "certificate",
    "timeout",
];

/// What a TLS handshake ended with, in a word for the figures.
pub(crate) fn kind(error: &io::Error) -> &'static str {
    let Some(rustls::Error::InvalidCertificate(reason)) =
        error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
    else {
        return "handshake";
    };
    match reason {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => "unknown-issuer",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "not-valid-yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "wrong-name",
        CertificateError::Revoked => "revoked",
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => "unknown-issuer",
        _ => "certificate",
    }
}

fn handshake_failed(host: &str, detail: String) -> Denial {
    Denial::new(
        ErrorCode::TlsHandshake,
        format!(
            "{host} did not agree on TLS. Your password was not sent. Check port and security: STARTTLS and TLS use different ports."
        ),
        detail,
    )
}

fn words(reason: &CertificateError) -> (String, &'static str) {
    match reason {
        // A bad signature is what a new authority under an old name looks like.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => unknown_issuer(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("has expired".to_owned(), "Ask its operator to renew it.")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "is not valid yet".to_owned(),
            "Ask who runs the gateway to check its clock, or the operator of the mail server.",
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            (wrong_name(presented), "Check the server name.")
        }
        CertificateError::NotValidForName => (wrong_name(&[]), "Check the server name."),
        CertificateError::Revoked => {
            ("was taken back by its issuer".to_owned(), "Ask its operator for a new one.")
        }
        // A certificate that stands for itself and also claims to be an authority.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => unknown_issuer(),
        _ => ("is not one for a mail server".to_owned(), "Ask the operator of the mail server."),
    }
}

fn unknown_issuer() -> (String, &'static str) {
    (
        "is signed by nobody whom the gateway trusts".to_owned(),
        "Check the server name, or ask who runs the gateway to add the certificate authority.",
    )
}

/// The first name in the certificate helps to find the right server name; it comes from the server, so only a plain
/// name is repeated.
fn wrong_name(presented: &[String]) -> String {
    let name = presented.iter().map(|name| dns_name(name)).find(|name| is_plain(name));
    match name {
        Some(name) => format!("is for {name}"),
        None => "is for another name".to_owned(),
    }
}

/// rustls writes names as `DnsName("mail.example")`.
fn dns_name(presented: &str) -> &str {
    presented.strip_prefix("DnsName(\"").and_then(|rest| rest.strip_suffix("\")")).unwrap_or(presented)
}

fn is_plain(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._*".contains(&octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_name_of_a_certificate_is_repeated() {
        assert_eq!(wrong_name(&["DnsName(\"mail.other.example\")".into()]), "is for mail.other.example");
        assert_eq!(wrong_name(&["<b>".into(), "*.ok.example".into()]), "is for *.ok.example");
        assert_eq!(wrong_name(&["call 0900 now".into()]), "is for another name");
        assert_eq!(wrong_name(&[]), "is for another name");
    }
}
