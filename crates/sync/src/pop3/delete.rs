//! DELE: only for what is stored here and was read back and hashed.

use super::Flow;
use super::link::LONGEST_HEADER;
use super::maildrop::{self, Entry};
use crate::contents::{self, Reader};
use crate::{Platform, SyncError, records};
use waypost_pop3::Command;
use waypost_store::{Batch, ContentId, Durability, Store, Table, UidlRecord};

impl<P: Platform> Flow<'_, P> {
    /// Deletes what was stored by an earlier session, where that is wanted. Gives what has to be taken after all, in the order of
    /// the maildrop, or `None` where this session has to end before all was looked at.
    pub(super) async fn delete_known(
        &mut self,
        here: Vec<Entry>,
        mut fetch: Vec<Entry>,
    ) -> Result<Option<Vec<Entry>>, SyncError> {
        if here.is_empty() || !self.deletes().await? {
            return Ok(Some(fetch));
        }
        self.make_durable(&here).await?;
        for entry in here {
            // A line that is cut again and again would never see the end of a large maildrop, and delete nothing.
            if self.should_quit() {
                return Ok(None);
            }
            if self.is_same_message(&entry).await? {
                self.delete_stored(&[(entry, None)]).await?;
            } else {
                fetch.push(entry);
            }
        }
        fetch.sort_by_key(|entry| entry.number);
        Ok(Some(fetch))
    }

    /// What an earlier session stored for a server that kept its mail may not be on disk yet; a durable commit puts all before it
    /// there too.
    async fn make_durable(&self, here: &[Entry]) -> Result<(), SyncError> {
        let id = here.first().and_then(|entry| entry.id.as_ref());
        let Some((id, known)) = id.and_then(|id| self.known.get_key_value(id)) else { return Ok(()) };
        let mut batch = Batch { durability: Durability::Strict, ..Batch::default() };
        batch.put(Table::Uidls, maildrop::key(self.desk.account(), id), records::encode(&known.record));
        Ok(self.desk.ledger.store().commit(batch).await?)
    }

    /// Deletes messages on the server whose octets the store gives back; with each may come the hash of what was just taken.
    pub(super) async fn delete_stored(
        &mut self,
        entries: &[(Entry, Option<String>)],
    ) -> Result<(), SyncError> {
        let mut candidates = Vec::new();
        for (entry, expected) in entries {
            let known = entry.id.as_ref().and_then(|id| self.known.get(id)).map(|known| &known.record);
            // What came shorter than LIST promised may be cut: it is kept here, and it stays there.
            let sure = known.filter(|record| {
                record.octets >= record.listed
                    && expected.as_ref().is_none_or(|expected| *expected == record.sha256)
            });
            if let Some((record, id)) = sure.and_then(|record| Some((record, content(record)?))) {
                candidates.push((entry.number, record.sha256.clone(), (id, record.octets)));
            }
        }
        let stored: Vec<_> = candidates.iter().map(|(_, _, content)| *content).collect();
        let hashes = contents::read_back(self.desk.ledger.store(), &stored).await?;
        for ((number, sha256, _), hash) in candidates.into_iter().zip(hashes) {
            if hash == Some(sha256) {
                // Its answer is not waited for: a refusal leaves the message there, and the next session asks again.
                self.link.enqueue(Command::Dele(number));
                self.deleted += 1;
            }
        }
        Ok(())
    }

    /// Whether the store gives the very octets back.
    pub(super) async fn is_stored(&self, record: &UidlRecord) -> Result<bool, SyncError> {
        let Some(id) = content(record) else { return Ok(false) };
        let hash = contents::verify_content(self.desk.ledger.store(), id).await?;
        Ok(hash.is_some_and(|hash| hash == record.sha256))
    }

    /// The beginning of a stored message.
    async fn head(&self, record: &UidlRecord) -> Result<Option<Vec<u8>>, SyncError> {
        let (store, id) = (self.desk.ledger.store(), content(record));
        let Some(id) = id else { return Ok(None) };
        let Some(known) = contents::record(store, id).await? else { return Ok(None) };
        let head = Reader::range(id, &known, 0..LONGEST_HEADER as u64).rest(store).await;
        // A damaged body is one that is not here: the message is taken again.
        Ok(head.ok())
    }

    /// Whether the server's message is known to be the stored one. Unique id and size are a guess, and what is deleted on a wrong
    /// guess is lost: the header is compared too. Where the server can't show it alone, the message is taken again, and its hash
    /// tells.
    async fn is_same_message(&mut self, entry: &Entry) -> Result<bool, SyncError> {
        let known = entry.id.as_ref().and_then(|id| self.known.get(id)).map(|known| known.record.clone());
        let Some(record) = known else { return Ok(false) };
        if record.sha256.is_empty() || record.octets < record.listed {
            // Not here, or cut: it is never deleted, so nothing needs to be compared.
            return Ok(true);
        }
        let Some(stored) = self.head(&record).await? else { return Ok(false) };
        if !self.link.capabilities().top {
            return Ok(false);
        }
        match self.link.run(Command::Top(entry.number, 0)).await? {
            Ok(head) => Ok(identity(&head) == identity(&stored)),
            Err(_) => Ok(false),
        }
    }
}

fn content(record: &UidlRecord) -> Option<ContentId> {
    record.content.as_ref()?.parse().ok()
}

/// The header lines that a server does not add or change: servers write `Status` and the like into what they give out.
fn identity(message: &[u8]) -> Vec<&[u8]> {
    let lines = message.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii_end);
    let header = lines.take_while(|line| !line.is_empty());
    let is_named = |line: &&[u8]| {
        NAMES.iter().any(|name| line.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name)))
    };
    header.filter(is_named).collect()
}

const NAMES: [&[u8]; 5] = [b"message-id:", b"date:", b"from:", b"to:", b"subject:"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_lines_that_servers_leave_alone() {
        let stored = b"From: a\r\nSubject: x\r\n folded\r\n\r\nSubject: of the text\r\n";
        assert_eq!(identity(stored), identity(b"From: a\nStatus: RO\nSubject: x\n folded\n"));
        assert_ne!(identity(stored), identity(b"From: a\r\nSubject: y\r\n\r\n"));
    }
}
