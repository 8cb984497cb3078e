//! The folders of an account: LIST with SPECIAL-USE (RFC 6154).

use super::Flow;
use crate::folders::inbox;
use crate::{Platform, SyncError};
use waypost_imap::types::{MailboxListing, MailboxName};
use waypost_imap::{Command, Response};
use waypost_store::{MailboxRecord, Protocol};

/// All folders, with their special uses where the server knows them.
pub(super) fn list() -> Command {
    Command::List { reference: MailboxName::new(""), pattern: "*".into(), special_use: true }
}

impl<P: Platform> Flow<'_, P> {
    /// Stores what LIST answered.
    pub(super) async fn keep_folders(&self, heard: &[Response]) -> Result<(), SyncError> {
        self.desk.ledger.set_folders(records(heard)).await
    }
}

fn records(heard: &[Response]) -> Vec<MailboxRecord> {
    let mut found: Vec<MailboxRecord> = Vec::new();
    for response in heard {
        let Response::List(listing) = response else { continue };
        if !found.iter().any(|record| record.name == listing.name.as_str()) {
            found.push(record(listing));
        }
    }
    // RFC 9051, 5.1: INBOX is always there, even where a server forgets to list it.
    if !found.iter().any(|record| record.name == "INBOX") {
        found.insert(0, inbox(Protocol::Imap));
    }
    found
}

fn record(listing: &MailboxListing) -> MailboxRecord {
    let name = listing.name.as_str();
    let special = || SPECIAL_USES.iter().find(|(attribute, _)| listing.has(attribute)).map(|(_, role)| *role);
    let role = if name == "INBOX" { Some("inbox") } else { special() };
    MailboxRecord {
        name: name.to_owned(),
        delimiter: listing.delimiter,
        role: role.map(str::to_owned),
        selectable: !listing.has("\\Noselect") && !listing.has("\\NonExistent"),
        ..inbox(Protocol::Imap)
    }
}

/// RFC 6154, 2.
const SPECIAL_USES: [(&str, &str); 7] = [
    ("\\Drafts", "drafts"),
    ("\\Sent", "sent"),
    ("\\Archive", "archive"),
    ("\\Flagged", "flagged"),
    ("\\All", "all"),
    ("\\Junk", "junk"),
    ("\\Trash", "trash"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(name: &str, attributes: &[&str]) -> Response {
        Response::List(MailboxListing {
            name: MailboxName::new(name),
            delimiter: Some('/'),
            attributes: attributes.iter().map(|attribute| (*attribute).to_owned()).collect(),
            extended: Vec::new(),
        })
    }

    #[test]
    fn roles_come_from_special_uses_and_inbox_is_always_there() {
        let heard =
            [listing("Gesendet", &["\\sent"]), listing("Groups", &["\\Noselect"]), listing("Gesendet", &[])];
        let found = records(&heard);
        let rows: Vec<_> = found
            .iter()
            .map(|record| (record.name.as_str(), record.role.as_deref(), record.selectable))
            .collect();
        assert_eq!(
            rows,
            [("INBOX", Some("inbox"), true), ("Gesendet", Some("sent"), true), ("Groups", None, false)]
        );
    }
}
