//! What is allowed: ordered lists of rules, one file each. Everything that no rule allows is refused.
//!
//! | Rule | Asked about | Refuses with |
//! |---|---|---|
//! | [`host`] | every request: its `Host` header | 421 |
//! | [`origin`] | every request for a tunnel or the API: its `Origin` header | 403 |
//! | [`count`] | every connection and every tunnel | a closed connection, `too-many-tunnels` |
//! | [`rate`] | every tunnel: how many are new, and how much they carry | `too-many-tunnels`, a wait |
//! | [`token`] | what the token of a tunnel allows | `target-denied` |
//! | [`target`] | the host that a tunnel is to lead to | `target-denied` |
//! | [`port`] | the port there | `port-denied` |
//! | [`plaintext`] | how TLS is to be used there | `plaintext-denied`, `port-denied` or `passthrough-unsupported` |
//! | [`address`] | each address that the host's name has | `address-denied` |
//!
//! To add a rule: a file here, a row above, a place in one of the lists below, a test in `gateway/tests/gateway/policy.rs`.

pub(crate) mod address;
pub(crate) mod count;
pub(crate) mod host;
pub(crate) mod origin;
mod plaintext;
mod port;
pub(crate) mod rate;
mod target;
mod token;

use crate::config::{Grant, Target};
use crate::{Host, Origin};
use hyper::StatusCode;
use hyper::header::HeaderMap;
use waypost_tunnel::{ErrorCode, Failure, TlsMode};

/// Asked about every request, in this order.
pub(crate) const EVERY_REQUEST: [RequestRule; 1] = [host::check];

/// Asked about a request for a tunnel after those, in this order.
pub(crate) const TUNNEL_REQUEST: [RequestRule; 1] = [origin::check];

/// Asked about a request for the API after those, in this order.
pub(crate) const API_REQUEST: [RequestRule; 1] = [origin::check_fetch];

/// Asked about the target of a tunnel, in this order. Each keeps the rows of the configuration that still allow it.
/// After them, [`address::keep`] is asked about the addresses.
pub(crate) const TUNNEL_TARGET: [TargetRule; 3] = [target::keep, port::keep, plaintext::keep];

/// A rule about a request.
pub(crate) type RequestRule = fn(&HeaderMap, &[Origin]) -> Result<(), Refusal>;

/// A rule about a target.
pub(crate) type TargetRule = for<'a> fn(&Asked, Vec<&'a Target>) -> Result<Vec<&'a Target>, Denial>;

/// What a client asks for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Host.
    pub(crate) host: Host,
    /// Port.
    pub(crate) port: u16,
    /// How TLS is to be used.
    pub(crate) tls: TlsMode,
}

/// An HTTP request is refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Status of the answer.
    pub(crate) status: StatusCode,
    /// For the person who sees the answer.
    pub(crate) sentence: &'static str,
    /// For the log.
    pub(crate) detail: &'static str,
}

/// A tunnel is refused, or could not be made. The code says whose fault it is.
#[derive(Debug)]
pub(crate) struct Denial {
    /// For the client's program.
    pub(crate) code: ErrorCode,
    /// For the person: what happened and what to do.
    pub(crate) sentence: String,
    /// For the log.
    pub(crate) detail: String,
    /// How TLS failed, in a word for the figures.
    pub(crate) tls_kind: Option<&'static str>,
}

impl Denial {
    pub(crate) fn new(code: ErrorCode, sentence: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), detail: detail.into(), tls_kind: None }
    }

    /// TLS failed in this way.
    pub(crate) fn of_tls(self, kind: &'static str) -> Self {
        Self { tls_kind: Some(kind), ..self }
    }

    pub(crate) fn failure(&self) -> Failure {
        Failure::new(self.code, self.sentence.clone())
    }
}

/// The rows that allow this target if its addresses are allowed too; at least one.
pub(crate) fn allowed<'a>(
    asked: &Asked,
    grant: &Grant,
    targets: &'a [Target],
) -> Result<Vec<&'a Target>, Denial> {
    token::check(asked, grant)?;
    TUNNEL_TARGET.iter().try_fold(targets.iter().collect(), |rows, rule| rule(asked, rows))
}

/// Asks these rules about a request.
pub(crate) fn request(rules: &[RequestRule], headers: &HeaderMap, origins: &[Origin]) -> Result<(), Refusal> {
    rules.iter().try_for_each(|rule| rule(headers, origins))
}

/// The one value of a header. `None` if it is missing, stands there twice, or is no text.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

/// Keeps the rows that a test passes, or refuses.
fn keep<'a>(
    rows: Vec<&'a Target>,
    passes: impl Fn(&Target) -> bool,
    refuse: impl FnOnce(&[&'a Target]) -> Denial,
) -> Result<Vec<&'a Target>, Denial> {
    let kept: Vec<&Target> = rows.iter().copied().filter(|row| passes(row)).collect();
    if kept.is_empty() { Err(refuse(&rows)) } else { Ok(kept) }
}
