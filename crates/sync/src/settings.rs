//! What the page hands in and what it is told.

use crate::SyncError;
use serde::{Deserialize, Serialize};
use waypost_sasl::{Credentials, Policy, Proof};
use waypost_store::{Change, Pop3Settings, Protocol, Security};
use waypost_wire::Secret;

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
    /// POP3 only.
    #[serde(default)]
    pub pop3: Pop3Settings,
}

/// What an account signs in with, and by which mechanisms it may. Kept in memory only: neither stored nor told to anybody.
///
/// A password alone is one too:
///
/// ```
/// use waypost_sync::Access;
/// use waypost_sync::sasl::{Policy, Strength};
/// use waypost_wire::Secret;
///
/// let password: Access = Secret::from("open sesame").into();
/// let strict = password.under(Policy::default().at_least(Strength::Mutual));
/// let token = Access::token(Secret::from("ya29.token")).acting_as("office@example.org");
/// # let _ = (strict, token);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Access {
    /// A password, an access token of OAuth 2.0, or nothing. The login name is the account's.
    pub proof: Proof,
    /// Whose mailbox is opened, if not that of the login name.
    pub authorization: Option<String>,
    /// Which mechanisms may be used. Without TLS ([`Security::None`]) secrets may be shown whatever it says of that: choosing no
    /// TLS allows it. Whoever wants both no TLS and no secret shown asks for [`waypost_sasl::Strength::Digest`] at least.
    pub policy: Policy,
}

impl Access {
    /// By a password.
    #[must_use]
    pub fn password(password: Secret<String>) -> Self {
        Self::by(Proof::Password(password))
    }

    /// By an access token of OAuth 2.0. When it has expired the account is offline with `token-refused` until it is given another
    /// by [`crate::Engine::sign_in`].
    #[must_use]
    pub fn token(token: Secret<String>) -> Self {
        Self::by(Proof::Token(token))
    }

    /// By proof of this kind, with every mechanism that takes it.
    #[must_use]
    pub fn by(proof: Proof) -> Self {
        Self { proof, authorization: None, policy: Policy::default() }
    }

    /// To somebody else's mailbox.
    #[must_use]
    pub fn acting_as(mut self, authorization: impl Into<String>) -> Self {
        self.authorization = Some(authorization.into());
        self
    }

    /// By the mechanisms that this policy allows.
    #[must_use]
    pub fn under(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    pub(crate) fn credentials(&self, username: &str) -> Credentials {
        let credentials = match &self.proof {
            Proof::Password(password) => Credentials::password(username, password.clone()),
            Proof::Token(token) => Credentials::token(username, token.clone()),
            Proof::External => Credentials::external(),
            Proof::Nothing => Credentials::anonymous(username),
        };
        match &self.authorization {
            Some(authorization) => credentials.acting_as(authorization),
            None => credentials,
        }
    }
}

impl From<Secret<String>> for Access {
    fn from(password: Secret<String>) -> Self {
        Self::password(password)
    }
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
    /// Downloading: so many of so many messages; both 0 before it is known.
    Syncing {
        /// Done.
        done: u32,
        /// Of.
        total: u32,
    },
    /// Up to date, and told of changes at once (IMAP IDLE) or at the next look (POP3).
    Online,
    /// Not connected.
    #[serde(rename_all = "camelCase")]
    Offline {
        /// Why.
        error: SyncError,
        /// Milliseconds since 1970 of the next try; `None` if that would not help without the user.
        retry_at: Option<u64>,
    },
}

/// What can be done with the store of this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "storage", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StorageState {
    /// It can be read and written.
    Ready,
    /// It can be read only; says why.
    ReadOnly {
        /// Why.
        error: SyncError,
    },
    /// It can't be used, and is tried again at the next use; says why.
    Unavailable {
        /// Why.
        error: SyncError,
    },
    /// The browser or somebody in it removed what was stored. What a server still has comes again.
    Evicted,
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
    /// What can be done with the store changed.
    Storage(StorageState),
}
