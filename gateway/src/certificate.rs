//! Why a certificate is not trusted, in words for a person.

use crate::policy::Denial;
use crate::trust::Untrusted;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use std::io;
use std::time::{Duration, SystemTime};
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
        CertificateError::Expired => ("has expired".to_owned(), RENEW),
        CertificateError::ExpiredContext { not_after, .. } => {
            (format!("has expired{}", on(*not_after)), RENEW)
        }
        CertificateError::NotValidYet => ("is not valid yet".to_owned(), CLOCKS),
        CertificateError::NotValidYetContext { not_before, .. } => {
            (format!("is not valid before{}", on(*not_before).replace(" on", "")), CLOCKS)
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            (wrong_name(presented), "Check the server name.")
        }
        CertificateError::NotValidForName => (wrong_name(&[]), "Check the server name."),
        CertificateError::Revoked => {
            ("was taken back by its issuer".to_owned(), "Ask its operator for a new one.")
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<Untrusted>() {
            Some(untrusted) => not_trusted(untrusted),
            None => no_certificate(),
        },
        _ => no_certificate(),
    }
}

fn not_trusted(why: &Untrusted) -> (String, &'static str) {
    match why {
        Untrusted::Issuer { by_itself: true, .. } => (
            "is signed by nobody but itself".to_owned(),
            "Check the server name, or ask who runs the gateway to pin its key.",
        ),
        Untrusted::Issuer { issuer, .. } => {
            let by = match issuer {
                Some(issuer) if is_plain_text(issuer) => {
                    format!("is signed by “{issuer}”, whom the gateway does not trust")
                }
                _ => "is signed by nobody whom the gateway trusts".to_owned(),
            };
            (by, "Check the server name, or ask who runs the gateway to add the certificate authority.")
        }
        Untrusted::Key(_) => (
            "has another key than the one that is known".to_owned(),
            "If the server has a new key, ask who runs the gateway to change its pin.",
        ),
    }
}

fn no_certificate() -> (String, &'static str) {
    ("is not one for a mail server".to_owned(), "Ask the operator of the mail server.")
}

/// The names in the certificate help to find the right server name; they come from the server, so only plain names are
/// repeated, and few.
fn wrong_name(presented: &[String]) -> String {
    let names: Vec<&str> =
        presented.iter().map(|name| dns_name(name)).filter(|name| is_plain(name)).take(MOST_NAMES).collect();
    if names.is_empty() { "is for another name".to_owned() } else { format!("is for {}", names.join(", ")) }
}

/// rustls writes names as `DnsName("mail.example")`.
fn dns_name(presented: &str) -> &str {
    presented.strip_prefix("DnsName(\"").and_then(|rest| rest.strip_suffix("\")")).unwrap_or(presented)
}

/// The day, in Greenwich.
fn on(time: UnixTime) -> String {
    // The library writes no years of five digits.
    if time.as_secs() >= YEAR_9999 {
        return String::new();
    }
    let whole = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs()));
    // `Sun, 06 Nov 1994 08:49:37 GMT`
    whole.get(5..16).map(|day| format!(" on {day}")).unwrap_or_default()
}

/// A name of an authority is text for people; letters of any script, but nothing that could pass for more than a name.
fn is_plain_text(name: &str) -> bool {
    (1..=64).contains(&name.chars().count())
        && name.chars().all(|letter| letter.is_alphanumeric() || " -._&'()".contains(letter))
}

fn is_plain(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._*".contains(&octet))
}

const RENEW: &str = "Ask its operator to renew it.";
const CLOCKS: &str = "Ask who runs the gateway to check its clock, or the operator of the mail server.";
const MOST_NAMES: usize = 3;
/// Seconds to the beginning of the year 9999.
const YEAR_9999: u64 = 253_370_764_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_name_of_a_certificate_is_repeated() {
        assert_eq!(wrong_name(&["DnsName(\"mail.other.example\")".into()]), "is for mail.other.example");
        assert_eq!(wrong_name(&["<b>".into(), "*.ok.example".into()]), "is for *.ok.example");
        let many: Vec<String> = ["a.example", "b.example", "c.example", "d.example"].map(String::from).into();
        assert_eq!(wrong_name(&many), "is for a.example, b.example, c.example");
        assert_eq!(wrong_name(&["call 0900 now".into()]), "is for another name");
        assert_eq!(wrong_name(&[]), "is for another name");
    }

    #[test]
    fn days_are_written_out_and_years_beyond_the_library_are_left_out() {
        let of = |seconds| on(UnixTime::since_unix_epoch(Duration::from_secs(seconds)));
        assert_eq!(of(978_307_200), " on 01 Jan 2001");
        assert_eq!(of(YEAR_9999 - 1), " on 31 Dec 9998");
        for beyond in [YEAR_9999, u64::from(u32::MAX) * 1000, u64::MAX] {
            assert_eq!(of(beyond), "");
        }
        let (early, _) = words(&CertificateError::NotValidYetContext {
            time: UnixTime::since_unix_epoch(Duration::ZERO),
            not_before: UnixTime::since_unix_epoch(Duration::from_secs(978_307_200)),
        });
        assert_eq!(early, "is not valid before 01 Jan 2001");
    }

    #[test]
    fn an_issuer_is_named_only_by_plain_text() {
        let of = |issuer: &str| {
            not_trusted(&Untrusted::Issuer {
                reason: CertificateError::UnknownIssuer,
                issuer: Some(issuer.to_owned()),
                by_itself: false,
            })
            .0
        };
        assert!(of("Büro & Söhne CA 2").contains("“Büro & Söhne CA 2”"));
        for odd in ["", "https://pay.example", "<b>", "a\nb", "call: 0900", &"x".repeat(65)] {
            assert_eq!(of(odd), "is signed by nobody whom the gateway trusts", "{odd:?}");
        }
    }
}
