//! Conversations with servers.
#![expect(clippy::unwrap_used, reason = "a test that can't go on shall fail")]

mod bodies;
mod faults;
mod never_panics;
mod replay;
mod time;
mod transcripts;
