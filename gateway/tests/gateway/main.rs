//! The gateway as its clients see it: over sockets on 127.0.0.1, each test with a gateway and mail servers of its own.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod access;
mod autobahn;
mod base;
mod config;
mod conformance;
mod defects;
mod deploy;
mod discover;
mod drain;
#[cfg(feature = "app")]
mod embedded;
mod frame;
mod framing;
mod handover;
mod hold;
mod http;
mod limits;
mod listen;
mod monitor;
mod passthrough;
mod policy;
mod program;
mod proxy;
mod recipes;
mod relay;
mod reload;
mod shares;
mod shutdown;
mod signed;
mod stress;
mod support;
mod tls;
mod trust;
