//! Conversations with servers.
#![expect(clippy::unwrap_used, reason = "a test that can't go on shall fail")]

mod big;
mod broken;
mod cancel;
mod compress;
mod faults;
mod limits;
mod mailbox_words;
mod mailboxes;
mod message_words;
mod messages;
mod never_panics;
mod numbers;
mod pieces;
mod promptness;
mod protection;
mod quirks;
mod replay;
mod rules;
mod scripted;
mod session;
mod supply;
mod time;
mod trace;
mod transcripts;
