//! What went wrong on this device, or was asked for in vain.

use crate::{Blame, ErrorParts, SyncError};
use waypost_store::StoreError;

fn error(code: &str, blame: Blame, retryable: bool, message: &str) -> SyncError {
    ErrorParts { code: code.to_owned(), blame, retryable, message: message.to_owned(), server_text: None }
        .into()
}

/// The store failed; nothing of the batch was written.
fn of_store(failure: &StoreError) -> SyncError {
    match failure {
        StoreError::Full => error(
            "store-full",
            Blame::Device,
            true,
            "Could not store mail. This device is full. Free some space, then try again; nothing was deleted on the server.",
        ),
        StoreError::Damaged(table) => error(
            "store-damaged",
            Blame::Device,
            false,
            &format!(
                "A record in '{table}' on this device is damaged. If the account is POP3, do not remove it: its other messages \
                 are still here and may be nowhere else; save them as files. An IMAP account can be removed here and added \
                 again; its mail is on the server."
            ),
        ),
        StoreError::Unavailable(why) => error(
            "store-unavailable",
            Blame::Device,
            true,
            &format!("The store on this device can't be used: {why}. Try to open the app again."),
        ),
        StoreError::Blocked => error(
            "store-blocked",
            Blame::Device,
            true,
            "Another tab of this browser still uses an older version of this app. Close that tab; this one then goes on by itself.",
        ),
        StoreError::ReadOnly => error(
            "store-newer",
            Blame::Device,
            false,
            "A newer version of this app has used the mail on this device. It can be read here, not changed. Reload the page to get \
             that version.",
        ),
        StoreError::Superseded => error(
            "store-superseded",
            Blame::Device,
            true,
            "Another tab has taken over while this one slept. Nothing was changed here.",
        ),
        _ => error(
            "store-failed",
            Blame::Device,
            true,
            "The store on this device failed. Try to open the app again.",
        ),
    }
}

impl From<StoreError> for SyncError {
    fn from(failure: StoreError) -> Self {
        of_store(&failure)
    }
}

/// No password in memory.
pub(crate) fn signed_out() -> SyncError {
    error(
        "signed-out",
        Blame::User,
        false,
        "This is not on this device yet. Sign in to fetch it from the server.",
    )
}

/// There is no such account.
pub(crate) fn no_account() -> SyncError {
    error(
        "account-not-found",
        Blame::Caller,
        false,
        "There is no such account on this device. Check the list of accounts.",
    )
}

/// The account is here already.
pub(crate) fn account_exists() -> SyncError {
    error(
        "account-exists",
        Blame::User,
        false,
        "This account is on this device already. Sign in to it instead.",
    )
}

/// There is no such folder.
pub(crate) fn mailbox_not_found() -> SyncError {
    error("mailbox-not-found", Blame::Caller, false, "There is no such folder. Choose another one.")
}

/// There is no such message here.
pub(crate) fn message_not_here() -> SyncError {
    error("not-found", Blame::Caller, false, "There is no such message on this device. Choose another one.")
}

/// A message has no part with this index.
pub(crate) fn no_such_part() -> SyncError {
    error("part-not-found", Blame::Caller, false, "The message has no such part. Choose another one.")
}

/// The server has the message no more.
pub(crate) fn message_gone() -> SyncError {
    error(
        "message-gone",
        Blame::Server,
        false,
        "The server does not have this message any more. Choose another one.",
    )
}

/// The server answered without the octets of the message.
pub(crate) fn message_incomplete() -> SyncError {
    error(
        "message-incomplete",
        Blame::Server,
        true,
        "The server did not give the whole message. Nothing of it was stored; try again, or ask the server's operator.",
    )
}

/// The message is larger than any connection is let bring.
pub(crate) fn too_large(limit: u64) -> SyncError {
    let limit = limit / (1024 * 1024);
    error(
        "message-too-large",
        Blame::Device,
        false,
        &format!(
            "This message is above {limit} MiB, too large for this app. It is safe on the server; use another program for it."
        ),
    )
}

/// The caller's values make no sense.
pub(crate) fn bad_request(why: &str) -> SyncError {
    error(
        "bad-request",
        Blame::Caller,
        false,
        &format!("This can't be done: {why}. Check what was asked for."),
    )
}

/// The engine is not being driven.
pub(crate) fn internal() -> SyncError {
    error("engine-stopped", Blame::Caller, true, "The mail engine was stopped. Try to open the app again.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn nobody_is_told_to_remove_what_may_be_the_only_copy() {
        // The failure does not say of which protocol the account is, so its words name both.
        let error = SyncError::from(StoreError::Damaged("rows"));
        assert!(error.message.contains("POP3, do not remove it"), "{}", error.message);
        assert!(error.message.contains("save them as files"), "{}", error.message);
    }

    #[test]
    fn each_fault_of_this_device_has_its_own_code() {
        let errors = [
            StoreError::Full.into(),
            StoreError::Damaged("rows").into(),
            StoreError::Unavailable("locked".to_owned()).into(),
            signed_out(),
            no_account(),
            account_exists(),
            mailbox_not_found(),
            message_not_here(),
            no_such_part(),
            message_gone(),
            message_incomplete(),
            too_large(1 << 30),
            bad_request("a flag is empty"),
            internal(),
        ];
        let codes: HashSet<&str> = errors.iter().map(|error: &SyncError| error.code.as_str()).collect();
        assert_eq!(codes.len(), errors.len());
    }
}
