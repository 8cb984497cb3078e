//! Which messages of a maildrop are known, where unique ids don't say it: their headers are looked at (TOP), many at a time.

use super::Flow;
use super::likeness::{Pool, has_grown, is_known, likeness};
use super::maildrop::{self, Entry};
use super::policy;
use crate::{Clock, Platform, SyncError, records};
use waypost_store::{Batch, Durability, Migration, OrderedSet, Store, Table, UidlRecord, UidlState};

impl<P: Platform> Flow<'_, P> {
    /// Messages with a known id whose size changed, or that were gone in between. Gives those that have to be taken.
    pub(super) async fn recognise(
        &mut self,
        unsure: Vec<Entry>,
        here: &mut Vec<Entry>,
    ) -> Result<Vec<Entry>, SyncError> {
        if !self.link.capabilities().top {
            return Ok(unsure);
        }
        let mut again = Vec::new();
        // Where mail is deleted by itself, a deletion may come soon: its octets are compared at once.
        let allows = !policy::deletes_by_itself(self.account.pop3.removal);
        let is_it = |entry: &Entry, header: &[u8], known: &UidlRecord| {
            let grown = || allows && maildrop::was_there(known) && has_grown(entry.octets, header, known);
            is_known(entry.octets, header, known) || grown()
        };
        for group in unsure.chunks(GROUP) {
            let headers = self.headers_of(group).await?;
            let mut same = Vec::new();
            for (entry, header) in group.iter().zip(headers) {
                let known = entry.id.as_ref().and_then(|id| self.known.get_mut(id).map(|known| (id, known)));
                match (header, known) {
                    (Some(header), Some((id, known))) if is_it(entry, &header, known) => {
                        policy::grew(known, entry.octets);
                        policy::is_there(known, entry.octets);
                        same.push(id.clone());
                        here.push(entry.clone());
                    }
                    // What comes tells the rest.
                    _ => again.push(entry.clone()),
                }
            }
            self.note(&same, Durability::Relaxed).await?;
        }
        Ok(again)
    }

    /// Messages without an id of their own. Gives those that are not known.
    pub(super) async fn recognise_nameless(
        &mut self,
        nameless: Vec<Entry>,
        listed: &[Entry],
    ) -> Result<Vec<Entry>, SyncError> {
        let named: OrderedSet<&str> = listed.iter().filter_map(|entry| entry.id.as_deref()).collect();
        let is_free = |id: &str, record: &UidlRecord| {
            !named.contains(id) && !policy::waits_to_be_taken(record) && !is_over(record)
        };
        let mut pool = Pool::of(&self.known, is_free);
        if pool.is_empty() || !self.link.capabilities().top {
            return Ok(nameless);
        }
        let mut new = Vec::new();
        for group in nameless.chunks(GROUP) {
            let headers = self.headers_of(group).await?;
            for (entry, header) in group.iter().zip(headers) {
                let found = header.and_then(|header| pool.take(entry, &header, &self.known));
                if found.is_none() {
                    new.push(entry.clone());
                }
            }
        }
        Ok(new)
    }

    /// Whether what the server lists is none of what is known: another device emptied the maildrop, and new mail came. Some headers
    /// tell. What a sample misses comes again, and is known by its octets then.
    pub(super) async fn is_other_mail(&mut self, listed: &[Entry]) -> Result<bool, SyncError> {
        let mut there = self.known.iter().filter(|(id, record)| maildrop::is_left(id, record));
        // What was only listed can't be compared.
        if !self.link.capabilities().top || there.any(|(_, record)| record.likeness.is_empty()) {
            return Ok(false);
        }
        let known: OrderedSet<&str> = self.known.values().map(|record| record.likeness.as_str()).collect();
        let sample: Vec<u32> = maildrop::sample(listed).map(|entry| entry.number).collect();
        let headers = self.link.headers(&sample).await?;
        let is_other = |header: &Option<Vec<u8>>| {
            let like = header.as_deref().map(likeness).unwrap_or_default();
            !like.is_empty() && !known.contains(like.as_str())
        };
        Ok(headers.iter().all(is_other))
    }

    /// The same mail under new ids, if the user says so: what is known gets its new id.
    pub(super) async fn carry_over(&mut self, entries: &[Entry]) -> Result<(), SyncError> {
        if self.account.migration == Some(Migration::SameMail) && self.link.capabilities().top {
            let listed: OrderedSet<&str> = entries.iter().filter_map(|entry| entry.id.as_deref()).collect();
            let was_there = |id: &str, record: &UidlRecord| {
                record.missing_since.is_none() && !listed.contains(id) && !maildrop::is_content(id)
            };
            let mut pool = Pool::of(&self.known, was_there);
            let unknown = |entry: &&Entry| entry.id.as_ref().is_some_and(|id| !self.known.contains_key(id));
            let unknown: Vec<Entry> = entries.iter().filter(unknown).cloned().collect();
            for group in unknown.chunks(GROUP) {
                let headers = self.headers_of(group).await?;
                let mut renamed = Vec::new();
                for (entry, header) in group.iter().zip(headers) {
                    let found = header.and_then(|header| pool.take(entry, &header, &self.known));
                    if let (Some(id), Some(before)) = (&entry.id, found) {
                        renamed.push((id.clone(), before, entry.octets));
                    }
                }
                self.rename(renamed).await?;
            }
        }
        self.change_account(|account| account.migration = None).await
    }

    /// Known messages have other ids now.
    pub(super) async fn rename(
        &mut self,
        renamed: Vec<(String, String, Option<u64>)>,
    ) -> Result<(), SyncError> {
        let account = self.desk.account();
        let mut batch = Batch::default();
        for (id, before, listed) in renamed {
            let Some(mut record) = self.known.remove(&before) else { continue };
            policy::is_there(&mut record, listed);
            batch.delete(Table::Uidls, maildrop::key(account, &before));
            batch.put(Table::Uidls, maildrop::key(account, &id), records::encode(&record));
            self.known.insert(id, record);
        }
        if batch.writes.is_empty() { Ok(()) } else { Ok(self.desk.ledger.store().commit(batch).await?) }
    }

    /// Keeps what is known by an id that is another message's now.
    pub(super) async fn set_aside(&mut self, id: &str) -> Result<(), SyncError> {
        let Some(mut record) = self.known.remove(id) else { return Ok(()) };
        let (account, now) = (self.desk.account(), self.link.clock().wall());
        self.reused.insert(id.to_owned());
        if self.marked.remove(id) {
            // Nothing was asked of the server yet.
            policy::was_kept(&mut record, now);
        }
        let mut batch = Batch::default();
        batch.delete(Table::Uidls, maildrop::key(account, id));
        let known_by = if record.sha256.is_empty() { record.likeness.clone() } else { record.sha256.clone() };
        if !known_by.is_empty() {
            policy::went(&mut record, now);
            let content = maildrop::id_of_content(&known_by);
            batch.put(Table::Uidls, maildrop::key(account, &content), records::encode(&record));
            self.known.insert(content, record);
        }
        Ok(self.desk.ledger.store().commit(batch).await?)
    }

    async fn headers_of(&mut self, group: &[Entry]) -> Result<Vec<Option<Vec<u8>>>, SyncError> {
        let numbers: Vec<u32> = group.iter().map(|entry| entry.number).collect();
        self.link.headers(&numbers).await
    }
}

fn is_over(record: &UidlRecord) -> bool {
    matches!(record.state, UidlState::Deleted { .. })
}

const GROUP: usize = 50;
