//! A tunnel is opened only by a page of a public name: every browser says truly, and no page can change, which origin
//! opens a WebSocket (RFC 6455, 10.2). It is compared with the configuration, never with the request's own `Host`: a
//! page that rebinds its name sends the same name in both.
//!
//! Where tokens are asked for, a program that is no browser may come without an `Origin`: its token says who it is.

use super::{Refusal, only};
use crate::Origin;
use hyper::StatusCode;
use hyper::header::HeaderMap;

/// The rule for tunnels. A missing `Origin` and the `null` of sandboxed pages and local files are nobody's and refused.
pub(super) fn check(headers: &HeaderMap, origins: &[Origin]) -> Result<(), Refusal> {
    check_mode(headers, origins, &[b"websocket"])
}

/// The same for what a page fetches: `same-origin` and `cors` are the modes of `fetch` that can send JSON.
pub(super) fn check_fetch(headers: &HeaderMap, origins: &[Origin]) -> Result<(), Refusal> {
    check_mode(headers, origins, &[b"cors", b"same-origin"])
}

fn check_mode(headers: &HeaderMap, origins: &[Origin], modes: &[&[u8]]) -> Result<(), Refusal> {
    let refuse = |detail| {
        Err(Refusal {
            status: StatusCode::FORBIDDEN,
            sentence: "This page may not open tunnels through this gateway. The operator allows pages in the configuration under origins.\n",
            detail,
        })
    };
    let Some(given) = only(headers, "origin") else {
        return refuse("the Origin header is missing or not one text");
    };
    // `Origin::parse` also takes what a browser never writes, such as a slash at the end; here only its own form counts.
    if !origins.iter().any(|origin| origin.to_string() == given) {
        return refuse("the Origin header is none of the origins");
    }
    if !is_of_a_page(headers, modes) {
        return refuse("the Sec-Fetch headers are not those of a page's own request");
    }
    Ok(())
}

/// Whether no browser sends this: each adds an origin to a WebSocket, and what it calls fetch metadata.
pub(crate) fn is_of_no_browser(headers: &HeaderMap) -> bool {
    !headers.contains_key("origin") && !headers.keys().any(|name| name.as_str().starts_with("sec-fetch-"))
}

/// Fetch metadata, where the browser sends it: `none` is a person's own navigation, and another mode is no such request.
fn is_of_a_page(headers: &HeaderMap, modes: &[&[u8]]) -> bool {
    let value = |name| headers.get(name).map(|value| value.as_bytes());
    value("sec-fetch-site") != Some(b"none")
        && value("sec-fetch-mode").is_none_or(|mode| modes.contains(&mode))
}
