//! Lines of the ledger as they stand in the store, and made anew from what is stored of a message. For [`crate::verify`].

use super::download::HEAD_OCTETS;
use super::likeness::likeness;
use super::maildrop::{self, Known};
use super::policy;
use super::wishes::Wishes;
use crate::contents::Reader;
use crate::records::{self, account_key, all, decode};
use waypost_store::{
    ContentId, ContentRecord, Key, MessageRow, Part, Store, StoreError, Table, UidlRecord, UidlState,
};

/// What the table of unique ids holds of an account.
pub(crate) struct Lines {
    /// With what the user did since the last check.
    pub(crate) known: Known,
    pub(super) wishes: Wishes,
    /// Lines and notes that can't be read.
    pub(crate) damaged: Vec<Key>,
}

impl Lines {
    pub(super) async fn read<S: Store>(store: &S, account: u32) -> Result<Self, StoreError> {
        let entries = records::entries(store, all(Table::Uidls, account_key(account))).await?;
        let (mut known, mut wishes, mut damaged) = (Known::new(), Wishes::default(), Vec::new());
        for (key, octets) in entries {
            let is_read = match id_of_line(&key) {
                Some(id) => {
                    decode(Table::Uidls, &octets).map(|record| known.insert(id.to_owned(), record)).is_ok()
                }
                None => wishes.take(&key, &octets).is_ok(),
            };
            if !is_read {
                damaged.push(key);
            }
        }
        Ok(Self { known, wishes, damaged })
    }
}

/// All lines of an account that can be read, and which can't.
pub(crate) async fn lines<S: Store>(store: &S, account: u32) -> Result<Lines, StoreError> {
    let mut lines = Lines::read(store, account).await?;
    lines.wishes.carry_over(&mut lines.known);
    Ok(lines)
}

/// The unique id of a line; notes have none.
pub(crate) fn id_of_line(key: &Key) -> Option<&str> {
    match key.0.get(1) {
        Some(Part::Text(id)) => Some(id),
        _ => None,
    }
}

pub(crate) fn line_key(account: u32, id: &str) -> Key {
    maildrop::key(account, id)
}

/// The line of a message that is here and may be on the server: the next listing tells.
pub(crate) async fn line_of<S: Store>(
    store: &S,
    id: ContentId,
    record: &ContentRecord,
    number: u32,
    row: &MessageRow,
) -> Result<UidlRecord, StoreError> {
    let head = match Reader::range(id, record, 0..HEAD_OCTETS as u64).rest(store).await {
        // Of damaged octets nothing is found again.
        Err(StoreError::Damaged(_)) => Vec::new(),
        head => head?,
    };
    Ok(UidlRecord {
        message: Some(number),
        content: Some(id.to_string()),
        octets: record.octets,
        sha256: record.sha256.clone(),
        likeness: likeness(&head),
        // What lives here keeps the time at which it came.
        seen_at: record.used_at,
        downloaded_at: record.used_at.max(1),
        listed: record.octets,
        from: row.from.clone(),
        subject: row.subject.clone(),
        date: row.date,
        state: UidlState::Both,
        ..UidlRecord::default()
    })
}

/// A line whose octets are lost; its row is still shown.
pub(crate) fn without_message(record: &UidlRecord) -> UidlRecord {
    let mut lost = record.clone();
    policy::left_device(&mut lost);
    lost.message = record.message;
    lost
}
