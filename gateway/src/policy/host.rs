//! The `Host` header must be a public name of this gateway. A page that rebinds its own name to this machine's address
//! (DNS rebinding) still sends its own name, and gets nothing.

use super::{Refusal, only};
use crate::Origin;
use hyper::StatusCode;
use hyper::header::HeaderMap;

/// The rule.
pub(super) fn check(headers: &HeaderMap, origins: &[Origin]) -> Result<(), Refusal> {
    match named(headers, origins) {
        Some(_) => Ok(()),
        None => Err(Refusal {
            status: StatusCode::MISDIRECTED_REQUEST,
            sentence: "This gateway is not known by this name. Open it by the name its operator gave you; the operator sets names in the configuration under origins.\n",
            detail: "the Host header is none of the origins",
        }),
    }
}

/// The public name that a request uses. Where one name has http and https, https is meant: then a proxy is in front.
pub(crate) fn named<'a>(headers: &HeaderMap, origins: &'a [Origin]) -> Option<&'a Origin> {
    let host = only(headers, "host")?;
    let mut names = origins.iter().filter(|origin| origin.is_named_by(host));
    let first = names.next()?;
    if first.is_secure() { Some(first) } else { names.find(|origin| origin.is_secure()).or(Some(first)) }
}
