//! Errors, by blame.

use core::fmt;
use core::ops::Deref;
use serde::Serialize;

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// The caller: wrong arguments, or something that does not exist.
    Caller,
    /// The user can mend it: password, address, settings.
    User,
    /// The mail server.
    Server,
    /// The gateway, or its policy.
    Gateway,
    /// The network on the way.
    Network,
    /// This device: storage.
    Device,
}

/// An error of the engine. In a box: each `?` on the way moves one word and not ten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SyncError(Box<ErrorParts>);

impl SyncError {
    /// What it says, to be taken apart.
    #[must_use]
    pub fn into_parts(self) -> ErrorParts {
        *self.0
    }
}

impl From<ErrorParts> for SyncError {
    #[cold]
    #[inline(never)]
    fn from(parts: ErrorParts) -> Self {
        Self(Box::new(parts))
    }
}

impl Deref for SyncError {
    type Target = ErrorParts;

    fn deref(&self) -> &ErrorParts {
        &self.0
    }
}

/// The plain form of an error, as it crosses to the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorParts {
    /// Stable code for programs: `auth-failed`, `unreachable`, `tls-certificate`, ... The tables of `src/words/` and `docs/ERRORS.md`
    /// hold them all.
    pub code: String,
    /// Whose fault.
    pub blame: Blame,
    /// Whether the engine will try again by itself.
    pub retryable: bool,
    /// One or two sentences for people: what happened, what to do. Never a secret.
    pub message: String,
    /// The server's own words, where it said something.
    pub server_text: Option<String>,
}

impl fmt::Display for SyncError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for SyncError {}
