//! What the page hands in and what it is told.

use crate::SyncError;
use serde::{Deserialize, Serialize};
use waypost_store::{Change, Pop3Policy, Protocol, Security};

/// Settings of an account to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountSettings {
    /// IMAP or POP3.
    pub protocol: Protocol,
    /// The user's address.
    pub address: String,
    /// Server name.
    pub host: String,
    /// Server port.
    pub port: u16,
    /// Protection of the connection.
    pub security: Security,
    /// Login name.
    pub username: String,
    /// POP3 only: when mail leaves the server.
    #[serde(default)]
    pub policy: Pop3Policy,
}

/// Where an account stands with its server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AccountState {
    /// No password in memory: stored mail is readable, nothing is sent or fetched.
    SignedOut,
    /// Connecting or signing in.
    Connecting,
    /// Downloading; `done` of `total` messages where that is known.
    Syncing {
        /// Done.
        done: u32,
        /// Of.
        total: u32,
    },
    /// Up to date, and told of changes at once (IMAP IDLE) or at the next look (POP3).
    Online,
    /// Not connected; `retry_at` in milliseconds since 1970 is the next try.
    #[serde(rename_all = "camelCase")]
    Offline {
        /// Why.
        error: SyncError,
        /// When it is tried again; `None` if that would not help without the user.
        retry_at: Option<u64>,
    },
}

/// What the engine tells its listeners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Event {
    /// Something in the store changed.
    Change(Change),
    /// An account's state changed.
    State {
        /// The account.
        account: u32,
        /// The new state.
        status: AccountState,
    },
}
