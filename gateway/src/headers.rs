//! The headers of every answer but the mail frame.

use crate::frame::Variant;
use crate::{BasePath, Origin};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

/// Sets them. `origin` is the public name that the request used; without one nothing is allowed at all.
pub(crate) fn secure(headers: &mut HeaderMap, origin: Option<&Origin>, base: &BasePath) {
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    set(headers, "content-security-policy", &policy(origin, base));
    if origin.is_some_and(Origin::is_secure) {
        set(headers, "strict-transport-security", "max-age=31536000");
    }
}

/// Sets those of the mail frame.
pub(crate) fn frame(headers: &mut HeaderMap, variant: Variant) {
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", &variant.policy()),
        ("referrer-policy", "no-referrer"),
        ("x-dns-prefetch-control", "off"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-cache"),
    ] {
        set(headers, name, value);
    }
}

/// Sets a header whose text is ours or was checked when it was read.
pub(crate) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

fn policy(origin: Option<&Origin>, base: &BasePath) -> String {
    let own = origin.map_or_else(String::new, |origin| {
        format!(
            "script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'{}; worker-src 'self'; manifest-src 'self'; frame-src {}; ",
            tunnels(origin),
            frames(origin, base),
        )
    });
    format!(
        "default-src 'none'; {own}form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types mail-frame waypost waypost-app svelte-trusted-html dompurify"
    )
}

/// Older engines do not count WebSockets of the own origin to `'self'`. A policy can't name an IPv6 address (CSP 3, 2.3.1).
fn tunnels(origin: &Origin) -> String {
    if origin.is_ipv6() { String::new() } else { format!(" {}", origin.websocket()) }
}

/// Only the mail frame, so that no link of a message can load another page of this origin into it. In Firefox a frame that
/// the service worker answers is checked under the worker's address: that is the second source.
fn frames(origin: &Origin, base: &BasePath) -> String {
    if origin.is_ipv6() {
        "'self'".to_owned()
    } else {
        format!("{origin}{base}_mail-frame {origin}{base}sw.js")
    }
}

const ALWAYS: [(&str, &str); 6] = [
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    // What the app does not use. Storage, notifications and the clipboard are not in the list.
    (
        "permissions-policy",
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()",
    ),
];
