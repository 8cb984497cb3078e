//! How a scenario ends.

use std::fmt;
use waypost_native::pop3::Refusal;
use waypost_native::{Pop3ClientError, TransportError};
use waypost_testkit::servers::ServerError;

/// Passed, or why not.
pub(crate) type Verdict = Result<(), Why>;

/// Why a scenario did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// The server can't do it: the capability that it lacks, or its reply.
    NotOffered(String),
    /// It should have.
    Failed(String),
}

impl Why {
    /// The server can't do it.
    pub(crate) fn lacks(what: impl fmt::Display) -> Self {
        Self::NotOffered(what.to_string())
    }
}

/// Fails unless it holds.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Why::Failed(otherwise())) }
}

/// Fails unless both are the same.
pub(crate) fn same<T: PartialEq + fmt::Debug>(what: &str, found: &T, expected: &T) -> Verdict {
    ensure(found == expected, || format!("{what}: {found:?}, expected {expected:?}"))
}

impl From<Pop3ClientError> for Why {
    fn from(error: Pop3ClientError) -> Self {
        match error {
            Pop3ClientError::Refused(Refusal::Lacks(capability)) => Self::lacks(capability),
            Pop3ClientError::NoTls => Self::lacks("STLS"),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<TransportError> for Why {
    fn from(error: TransportError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ServerError> for Why {
    fn from(error: ServerError) -> Self {
        Self::Failed(format!("preparing it: {error}"))
    }
}
