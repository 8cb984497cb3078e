//! The gateway as its clients see it: over sockets on 127.0.0.1, each test with a gateway and mail servers of its own.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod access;
mod config;
mod defects;
mod discover;
mod frame;
mod http;
mod limits;
mod passthrough;
mod policy;
mod program;
mod relay;
mod shares;
mod shutdown;
mod signed;
mod support;
mod trust;
