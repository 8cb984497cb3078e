//! WebSocket in, TCP or TLS to a mail server out; serves the web app.
//!
//! [`run`] takes a configuration, a listener and a signal to stop. What it does with a connection is read from top to
//! bottom in `connection.rs` (requests) and `session.rs` (tunnels); what it allows stands in `policy/`. The protocol of
//! tunnels is docs/TUNNEL.md, hosting and threat model are docs/GATEWAY.md.

mod access;
mod answers;
mod base;
mod buffer;
mod certificate;
mod client;
pub mod config;
mod connection;
mod dial;
mod discover;
mod embedded;
mod files;
mod fingerprint;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod guarded;
mod head;
mod headers;
mod hello;
mod host;
mod http;
mod http2;
mod identity;
pub mod keys;
mod link;
mod listener;
mod metrics;
mod monitor;
mod nearest;
pub mod offer;
mod origin;
mod own;
mod phase;
mod policy;
mod proxy_header;
pub mod proxy_protocol;
mod quiet;
mod rationed;
mod secured;
mod server;
pub mod service;
mod session;
mod settings;
mod shares;
mod stream;
mod tls;
mod trust;
mod upstream;
#[doc(hidden)]
pub mod websocket;

pub use access::NewToken;
pub use base::BasePath;
pub use client::{Proxy, ProxyHeader};
pub use config::{Config, ConfigError};
pub use fingerprint::Fingerprint;
pub use host::{Host, HostPattern};
pub use listener::{Listen, Listeners, Passed};
pub use origin::Origin;
pub use server::{Order, run, serve};
pub use settings::Settings;
