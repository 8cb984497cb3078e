//! INBOX, the one folder that every account has.

use waypost_store::{MailboxRecord, Protocol};

/// INBOX before the server was asked. That of POP3 lives here only, and its UIDVALIDITY is ours.
pub(crate) fn inbox(protocol: Protocol) -> MailboxRecord {
    let local = protocol == Protocol::Pop3;
    MailboxRecord {
        id: INBOX,
        name: "INBOX".to_owned(),
        delimiter: None,
        role: Some("inbox".to_owned()),
        selectable: true,
        uidvalidity: u32::from(local),
        total: local.then_some(0),
        unseen: local.then_some(0),
        flagged: 0,
        synced_at: None,
    }
}

/// The number of INBOX in every account.
pub(crate) const INBOX: u32 = 1;
