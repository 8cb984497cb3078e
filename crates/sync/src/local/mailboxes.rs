//! Mailboxes that live on this device: names, nesting, and what may be done to which.

use crate::SyncError;
use crate::folders::INBOX;
use crate::words::{bad_request, mailbox_not_found};
use waypost_message::lowercase;
use waypost_store::MailboxRecord;

/// The mailboxes of a new account, INBOX first.
pub(crate) fn first() -> Vec<MailboxRecord> {
    (INBOX..)
        .zip(SPECIAL)
        .map(|(id, (name, role))| MailboxRecord { role: Some(role.to_owned()), ..plain(id, name) })
        .collect()
}

/// The special mailboxes that an account of an earlier version lacks.
pub(crate) fn missing(known: &[MailboxRecord], mut next: u32) -> Vec<MailboxRecord> {
    let mut missing = Vec::new();
    for record in first() {
        if known.iter().any(|known| known.role == record.role) {
            continue;
        }
        missing.push(MailboxRecord { id: next, ..record });
        next = next.saturating_add(1);
    }
    missing
}

/// The special mailbox of a role.
pub(crate) fn with_role<'a>(known: &'a [MailboxRecord], role: &str) -> Option<&'a MailboxRecord> {
    known.iter().find(|record| record.role.as_deref() == Some(role))
}

/// A mailbox to be made.
pub(crate) fn created(
    known: &[MailboxRecord],
    id: u32,
    name: &str,
    parent: Option<u32>,
) -> Result<MailboxRecord, SyncError> {
    Ok(plain(id, &path(known, name, parent)?))
}

/// The records that change when a mailbox gets another name or place: it and all below it.
pub(crate) fn renamed(
    known: &[MailboxRecord],
    mailbox: u32,
    name: &str,
    parent: Option<u32>,
) -> Result<Vec<MailboxRecord>, SyncError> {
    let record = own(known, mailbox)?;
    let below = below(known, record);
    if parent.is_some_and(|parent| parent == mailbox || below.iter().any(|one| one.id == parent)) {
        return Err(bad_request("a mailbox can't be put into itself"));
    }
    let others: Vec<MailboxRecord> = known.iter().filter(|one| one.id != mailbox).cloned().collect();
    let path = path(&others, name, parent)?;
    let mut renamed = vec![MailboxRecord { name: path.clone(), ..record.clone() }];
    for child in below {
        let rest = child.name.get(record.name.len()..).unwrap_or_default();
        renamed.push(MailboxRecord { name: format!("{path}{rest}"), ..child.clone() });
    }
    if renamed.iter().any(|one| one.name.len() > LONGEST_PATH) {
        return Err(bad_request("the mailboxes are nested too deep"));
    }
    Ok(renamed)
}

/// The mailboxes that go when one is deleted: it and all below it, the deepest first.
pub(crate) fn deleted(known: &[MailboxRecord], mailbox: u32) -> Result<Vec<u32>, SyncError> {
    let record = own(known, mailbox)?;
    let mut gone: Vec<&MailboxRecord> = below(known, record);
    gone.push(record);
    gone.sort_by_key(|record| std::cmp::Reverse(record.name.len()));
    Ok(gone.into_iter().map(|record| record.id).collect())
}

/// A mailbox of the user's own.
fn own(known: &[MailboxRecord], mailbox: u32) -> Result<&MailboxRecord, SyncError> {
    let record = known.iter().find(|record| record.id == mailbox).ok_or_else(mailbox_not_found)?;
    if record.role.is_some() {
        return Err(bad_request("this mailbox is one that every account has; it keeps its name and stays"));
    }
    Ok(record)
}

fn below<'a>(known: &'a [MailboxRecord], record: &MailboxRecord) -> Vec<&'a MailboxRecord> {
    let prefix = format!("{}{DELIMITER}", record.name);
    known.iter().filter(|one| one.name.starts_with(&prefix)).collect()
}

/// The whole name of a mailbox that is to be called so, if it can be.
fn path(known: &[MailboxRecord], name: &str, parent: Option<u32>) -> Result<String, SyncError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(bad_request("the name of a mailbox is empty"));
    }
    if name.contains(DELIMITER) || name.chars().any(char::is_control) {
        return Err(bad_request("the name of a mailbox holds a slash or a control character"));
    }
    let path = match parent {
        None => name.to_owned(),
        Some(parent) => {
            let parent = known.iter().find(|one| one.id == parent).ok_or_else(mailbox_not_found)?;
            format!("{}{DELIMITER}{name}", parent.name)
        }
    };
    if path.len() > LONGEST_PATH {
        return Err(bad_request("the name of a mailbox is too long"));
    }
    let lower = lowercase(&path);
    if known.iter().any(|one| lowercase(&one.name) == lower) {
        return Err(bad_request("there is a mailbox of this name"));
    }
    Ok(path)
}

fn plain(id: u32, name: &str) -> MailboxRecord {
    MailboxRecord {
        id,
        name: name.to_owned(),
        delimiter: Some(DELIMITER),
        role: None,
        selectable: true,
        uidvalidity: UIDVALIDITY,
        total: Some(0),
        unseen: Some(0),
        flagged: 0,
        synced_at: None,
    }
}

/// Messages here have numbers of our own, which never change.
pub(crate) const UIDVALIDITY: u32 = 1;

const SPECIAL: [(&str, &str); 6] = [
    ("INBOX", "inbox"),
    ("Drafts", "drafts"),
    ("Sent", "sent"),
    ("Archive", "archive"),
    ("Junk", "junk"),
    ("Trash", "trash"),
];

const DELIMITER: char = '/';

/// Octets. Names are read by people; some IMAP servers, to which such mailboxes may be copied one day, take no more.
const LONGEST_PATH: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<MailboxRecord> {
        let mut known = first();
        for (id, name) in [(10, "Work"), (11, "Work/Harbour"), (12, "Work/Harbour/Lights"), (13, "Workshop")]
        {
            known.push(plain(id, name));
        }
        known
    }

    #[test]
    fn a_new_account_has_its_special_mailboxes_and_an_old_one_gets_those_that_it_lacks() {
        assert_eq!(first().iter().map(|record| record.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        let inbox = first().into_iter().take(1).collect::<Vec<_>>();
        let missing = missing(&inbox, 5);
        assert_eq!(missing.iter().map(|record| record.id).collect::<Vec<_>>(), [5, 6, 7, 8, 9]);
        assert!(super::missing(&first(), 7).is_empty());
        assert_eq!(with_role(&first(), "trash").map(|record| record.name.as_str()), Some("Trash"));
    }

    #[test]
    fn names_nest_and_are_unique_whatever_their_case() {
        let name = |name: &str, parent| created(&known(), 20, name, parent).map(|record| record.name);
        assert_eq!(name(" Post ", None).as_deref(), Ok("Post"));
        assert_eq!(name("Post", Some(11)).as_deref(), Ok("Work/Harbour/Post"));
        assert_eq!(name("Été", Some(1)).as_deref(), Ok("INBOX/Été"));
        for (bad, parent) in [
            ("", None),
            ("work", None),
            ("inbox", None),
            ("a/b", None),
            ("a\nb", None),
            ("LIGHTS", Some(11)),
            ("x", Some(99)),
        ] {
            assert!(name(bad, parent).is_err(), "{bad}");
        }
        assert!(name(&"x".repeat(1001), None).is_err());
    }

    #[test]
    fn a_mailbox_takes_those_below_it_along() {
        let names = |records: Vec<MailboxRecord>| records.into_iter().map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(
            names(renamed(&known(), 10, "Job", None).unwrap()),
            ["Job", "Job/Harbour", "Job/Harbour/Lights"]
        );
        assert_eq!(
            names(renamed(&known(), 11, "Harbour", Some(13)).unwrap()),
            ["Workshop/Harbour", "Workshop/Harbour/Lights"]
        );
        assert_eq!(names(renamed(&known(), 10, "WORK", None).unwrap())[0], "WORK");
        assert_eq!(deleted(&known(), 10).unwrap(), [12, 11, 10]);
    }

    #[test]
    fn special_mailboxes_keep_their_name_and_nothing_goes_into_itself() {
        assert!(renamed(&known(), 1, "Mail", None).is_err());
        assert!(deleted(&known(), 6).is_err());
        assert!(renamed(&known(), 10, "Work", Some(10)).is_err());
        assert!(renamed(&known(), 10, "Work", Some(12)).is_err());
        assert!(renamed(&known(), 10, "workshop", None).is_err());
        assert!(deleted(&known(), 99).is_err());
    }
}
