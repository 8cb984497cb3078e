//! Where a message goes that arrives.

use crate::folders::INBOX;
use waypost_message::Summary;
use waypost_store::Rule;

/// Where a message goes, and with what flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placement {
    /// A mailbox of the account.
    pub(super) mailbox: u32,
    /// Flags and keywords.
    pub(super) flags: Vec<String>,
}

/// Into the inbox.
pub(super) fn place(_summary: &Summary, _rules: &[Rule]) -> Placement {
    Placement { mailbox: INBOX, flags: Vec::new() }
}
