//! The gateway as its clients see it: over sockets on 127.0.0.1, each test with a gateway and mail servers of its own.

mod config;
mod frame;
mod http;
mod policy;
mod relay;
mod support;
