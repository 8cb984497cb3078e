//! WebSocket in, TCP or TLS to a mail server out; serves the web app.
//!
//! [`run`] takes a configuration, a listener and a signal to stop. What it does with a connection is read from top to
//! bottom in `server.rs` (requests) and `session.rs` (tunnels); what it allows stands in `policy/`. The protocol of
//! tunnels is docs/TUNNEL.md, hosting and threat model are docs/GATEWAY.md.

mod buffer;
mod certificate;
mod client;
pub mod config;
mod dial;
mod files;
mod frame;
mod guarded;
mod headers;
mod hello;
mod host;
mod http;
mod link;
mod origin;
mod policy;
mod secured;
mod server;
mod session;
mod stream;
mod tls;
mod upstream;
#[doc(hidden)]
pub mod websocket;

pub use config::{Config, ConfigError};
pub use host::{Host, HostPattern};
pub use origin::Origin;
pub use server::run;
