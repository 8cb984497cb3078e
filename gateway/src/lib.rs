//! WebSocket in, TCP or TLS to a mail server out; serves the web app.
//!
//! [`run`] takes a configuration, a listener and a signal to stop. What it does with a connection is read from top to
//! bottom in `server.rs` (requests) and `session.rs` (tunnels); what it allows stands in `policy/`. The protocol of
//! tunnels is docs/TUNNEL.md, hosting and threat model are docs/GATEWAY.md.

mod access;
mod certificate;
mod client;
pub mod config;
mod dial;
mod discover;
mod files;
mod fingerprint;
mod frame;
mod guarded;
mod headers;
mod hello;
mod host;
mod http;
mod link;
mod origin;
mod own;
mod policy;
mod proxy_header;
mod server;
mod session;
mod shares;
mod stream;
mod tls;
mod trust;
mod upstream;

pub use access::NewToken;
pub use client::{Proxy, ProxyHeader};
pub use config::{Config, ConfigError};
pub use fingerprint::Fingerprint;
pub use host::{Host, HostPattern};
pub use origin::Origin;
pub use server::run;
