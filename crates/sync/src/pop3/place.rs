//! Where a message goes that arrives.

use crate::folders::INBOX;
use crate::local::{self, Facts};
use waypost_message::{Address, Summary};
use waypost_store::{MailboxRecord, Rule};

/// Where a message goes, and with what flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placement {
    /// A mailbox of the account.
    pub(super) mailbox: u32,
    /// Flags and keywords.
    pub(super) flags: Vec<String>,
}

/// Where the rules of an account put it; into the inbox if none does, and if the mailbox is gone.
pub(super) fn place(
    summary: &Summary,
    octets: u64,
    rules: &[Rule],
    mailboxes: &[MailboxRecord],
) -> Placement {
    if rules.is_empty() {
        return Placement { mailbox: INBOX, flags: Vec::new() };
    }
    let (from, to): (Vec<String>, Vec<String>) =
        (summary.senders.iter().map(text).collect(), summary.recipients().map(text).collect());
    let list_id = summary.list_id.as_deref().unwrap_or_default();
    let facts = Facts { from: &from, to: &to, subject: &summary.subject, list_id, octets };
    let found = local::place(rules, &facts);
    let known = mailboxes.iter().find(|record| match found.delete {
        true => record.role.as_deref() == Some("trash"),
        false => found.mailbox == Some(record.id),
    });
    Placement { mailbox: known.map_or(INBOX, |record| record.id), flags: found.flags }
}

/// Name and address, as rules see them.
fn text(address: &Address) -> String {
    format!("{} {}", address.name, address.address)
}
