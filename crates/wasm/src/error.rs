//! Errors that arise at this edge, in the engine's words.

use waypost_sync::{Blame, ErrorParts, SyncError};

/// An argument that names nothing or can't be read. The sentence repeats nothing of the argument: it may be a secret in
/// the wrong place.
pub(crate) fn bad_request(message: &str) -> SyncError {
    error("bad-request", Blame::Caller, false, message)
}

/// A call after `close`.
pub(crate) fn closed() -> SyncError {
    error("closed", Blame::Caller, false, "The mail client is closed. Open it again.")
}

/// A stream that was closed, or opened by the core of another tab.
pub(crate) fn no_such_stream() -> SyncError {
    error("stream-ended", Blame::Device, true, "What was being read was closed before its end. Try again.")
}

fn error(code: &str, blame: Blame, retryable: bool, message: &str) -> SyncError {
    ErrorParts { code: code.to_owned(), blame, retryable, message: message.to_owned(), server_text: None }
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use waypost_store::StoreError;

    #[test]
    fn every_kind_of_error_has_a_code_of_its_own() {
        let all = [
            bad_request("The id is not one of a message."),
            closed(),
            no_such_stream(),
            StoreError::Full.into(),
            StoreError::Unavailable("another tab holds it".into()).into(),
            StoreError::Damaged("rows").into(),
        ];
        let codes: BTreeSet<&str> = all.iter().map(|error| error.code.as_str()).collect();
        assert_eq!(codes.len(), all.len());
        for error in &all {
            assert!(error.message.ends_with('.') && !error.message.ends_with(".."), "{}", error.message);
            assert!(error.message.starts_with(char::is_uppercase), "{}", error.message);
        }
    }
}
