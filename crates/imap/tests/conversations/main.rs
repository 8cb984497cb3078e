//! Conversations with servers.
#![expect(clippy::unwrap_used, reason = "a test that can't go on shall fail")]

mod big;
mod cancel;
mod compress;
mod limits;
mod never_panics;
mod numbers;
mod pieces;
mod promptness;
mod protection;
mod replay;
mod session;
mod supply;
mod time;
mod trace;
mod transcripts;
