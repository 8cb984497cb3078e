//! Why something failed, as a browser says it.

use wasm_bindgen::{JsCast, JsValue};
use waypost_store::StoreError;
use web_sys::DomException;

/// A failure of this store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// Over the quota, or the disk is full.
    Full,
    /// The connection to the database is gone; a new one may work.
    Lost(String),
    /// Another tab keeps an older version of the database open.
    Blocked,
    /// The database is of a newer version than was asked for.
    Newer,
    /// It is so much newer that it is only read.
    ReadOnly,
    /// Another one leads, and only the leader writes.
    Superseded,
    /// The database is not the one that was open before: the lease in it is gone.
    Removed,
    /// A stored value or key is not what it must be; names the table.
    Damaged(&'static str),
    /// Anything else, with the reason.
    Unusable(String),
}

impl Failure {
    /// By the name of a DOMException. Texts of a browser hold no mail.
    pub(super) fn named(name: &str, message: &str) -> Self {
        match name {
            "QuotaExceededError" => Self::Full,
            // A connection that was closed under us, what the browser gave up by itself, and WebKit's "Connection to Indexed Database
            // server lost".
            "InvalidStateError" | "AbortError" | "UnknownError" => {
                Self::Lost(format!("the browser says {name}: {message}"))
            }
            "VersionError" => Self::Newer,
            _ => Self::Unusable(format!("the browser says {name}: {message}")),
        }
    }

    /// Of a transaction that was aborted: without an error, the browser closed the connection.
    pub(super) fn aborted(error: Option<&DomException>) -> Self {
        error.map_or_else(
            || Self::Lost("the browser closed it".to_owned()),
            |error| Self::named(&error.name(), &error.message()),
        )
    }
}

impl From<JsValue> for Failure {
    fn from(thrown: JsValue) -> Self {
        match thrown.dyn_ref::<DomException>() {
            Some(error) => Self::named(&error.name(), &error.message()),
            None => Self::Unusable("the browser gives no reason".to_owned()),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full => Self::Full,
            Failure::Damaged(table) => Self::Damaged(table),
            Failure::Blocked => Self::Blocked,
            Failure::ReadOnly => Self::ReadOnly,
            Failure::Superseded => Self::Superseded,
            Failure::Newer => Self::Unavailable(
                "a much newer version of this app has used it; reload the page to get that version"
                    .to_owned(),
            ),
            Failure::Removed => Self::Unavailable("what was stored here has been removed".to_owned()),
            Failure::Lost(why) | Failure::Unusable(why) => Self::Unavailable(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lost_connection_is_tried_again_and_only_the_quota_is_full() {
        assert_eq!(Failure::named("QuotaExceededError", ""), Failure::Full);
        for name in ["InvalidStateError", "AbortError", "UnknownError"] {
            assert!(matches!(Failure::named(name, "x"), Failure::Lost(_)));
        }
        for name in ["DataError", "ConstraintError"] {
            assert!(matches!(Failure::named(name, "x"), Failure::Unusable(_)));
        }
        assert_eq!(Failure::named("VersionError", "x"), Failure::Newer);
    }
}
