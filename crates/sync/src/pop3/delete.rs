//! DELE: only for what is stored here durably, was read back and hashed, and stays here; or for what the user wants nowhere.
//!
//! A message is noted as being deleted before the server is asked, in the durable commit that puts its octets on disk. It is noted as
//! deleted only after QUIT was answered. Whatever breaks in between, the next listing tells how it ended.

use super::Flow;
use super::download::{HEAD_OCTETS, count};
use super::likeness::{has_message_id, likeness};
use super::maildrop::Entry;
use super::policy;
use super::store::Arrived;
use crate::contents::{self, Reader};
use crate::ledger::Ledger;
use crate::{Clock, Platform, Point, SyncError};
use waypost_store::{
    Batch, ContentId, Durability, Key, OrderedSet, RemovalWish, Store, StoreError, Table, UidlRecord,
    UidlState,
};

/// What a comparison found.
enum Found {
    /// The server has the very message.
    Same,
    /// Another.
    Other,
    /// The server can't show its header alone.
    Unknown,
}

impl<P: Platform> Flow<'_, P> {
    /// Whether what is stored stays until the user removes it, or the user accepts that it may not.
    pub(super) async fn is_safe(&self) -> bool {
        self.account.pop3.accepts_eviction || self.platform.is_persistent().await
    }

    fn is_due(&self, record: &UidlRecord) -> bool {
        let due = policy::due(self.account.pop3.removal, record);
        due.is_some_and(|at| at <= self.link.clock().wall())
    }

    /// Notes what arrives as being deleted, where that is wanted at once.
    pub(super) fn mark(&mut self, one: &Arrived, record: &mut UidlRecord, is_safe: bool) {
        let Some(id) = &one.entry.id else { return };
        if !self.is_due(record) {
            return;
        }
        if is_safe || record.wish == Some(RemovalWish::Discard) {
            record.state = UidlState::Deleting;
            self.marked.insert(id.clone());
        } else {
            self.found.held_back += 1;
        }
    }

    /// Whether a message is noted as being deleted in this session.
    pub(super) fn is_marked(&self, entry: &Entry) -> bool {
        entry.id.as_ref().is_some_and(|id| self.marked.contains(id))
    }

    /// Deletes what was stored by an earlier session, where that is wanted. Gives what has to be taken after all, or `None` where this
    /// session has to end before all was looked at.
    pub(super) async fn delete_due(&mut self, here: Vec<Entry>) -> Result<Option<Vec<Entry>>, SyncError> {
        let is_safe = self.is_safe().await;
        let record = |entry: &Entry| entry.id.as_ref().and_then(|id| self.known.get(id));
        let is_due = |entry: &Entry| record(entry).is_some_and(|record| self.is_due(record));
        let due: Vec<Entry> = here.into_iter().filter(is_due).collect();
        let may = |entry: &Entry| {
            is_safe || record(entry).is_some_and(|record| record.wish == Some(RemovalWish::Discard))
        };
        let (due, held_back): (Vec<Entry>, Vec<Entry>) = due.into_iter().partition(may);
        self.found.held_back += count(held_back.len());
        let mut again = Vec::new();
        for group in due.chunks(GROUP) {
            // A line that is cut again and again would never see the end of a large maildrop, and delete nothing.
            if self.should_quit(group.len()) {
                return Ok(None);
            }
            again.extend(self.delete_group(group).await?);
        }
        Ok(Some(again))
    }

    async fn delete_group(&mut self, group: &[Entry]) -> Result<Vec<Entry>, SyncError> {
        let ids: Vec<String> = group.iter().filter_map(|entry| entry.id.clone()).collect();
        for id in &ids {
            if let Some(record) = self.known.get_mut(id) {
                record.state = UidlState::Deleting;
                self.marked.insert(id.clone());
            }
        }
        // What an earlier session stored for a server that kept its mail may not be on disk yet; a durable commit puts all before
        // it there too.
        self.note(&ids, Durability::Strict).await?;
        let (mut same, mut again) = (Vec::new(), Vec::new());
        for (entry, found) in group.iter().zip(self.compare(group).await?) {
            match found {
                Found::Same => same.push(entry.clone()),
                // What comes tells the rest.
                Found::Other | Found::Unknown => again.push(entry.clone()),
            }
        }
        let lost = self.delete_stored(&same).await?;
        again.extend(lost);
        Ok(again)
    }

    /// Asks the server to delete these messages, each if the store gives its octets back. Gives those of which it does not.
    pub(super) async fn delete_stored(&mut self, entries: &[Entry]) -> Result<Vec<Entry>, SyncError> {
        let (mut sure, mut stored) = (Vec::new(), Vec::new());
        for entry in entries {
            let known = entry.id.as_ref().and_then(|id| self.known.get_key_value(id));
            match known {
                Some((id, record)) if record.wish == Some(RemovalWish::Discard) => {
                    sure.push((entry, id.clone()))
                }
                Some((id, record)) if policy::is_whole(record) => {
                    stored.push((entry, id.clone(), record.clone()));
                }
                _ => {}
            }
        }
        let mut lost = Vec::new();
        let records: Vec<&UidlRecord> = stored.iter().map(|(_, _, record)| record).collect();
        let read_back = read_back(&self.desk.ledger, &records).await?;
        let is_safe = self.is_safe().await;
        for ((entry, id, _), is_stored) in stored.into_iter().zip(read_back) {
            if !is_stored {
                lost.push(entry.clone());
            } else if is_safe {
                sure.push((entry, id));
            }
        }
        if !sure.is_empty() {
            self.still_writes().await?;
        }
        for (entry, id) in sure {
            self.link.delete(entry.number, id);
        }
        Ok(lost)
    }

    /// Makes sure that what was read back is still there, and that this engine still leads: it may have been frozen since its last
    /// commit. Reads don't tell either; a commit is refused then, but not one of nothing: it deletes what is never there.
    pub(super) async fn still_writes(&self) -> Result<(), SyncError> {
        let mut batch = Batch { durability: Durability::Relaxed, ..Batch::default() };
        batch.delete(Table::Meta, Key::default().with_text("still-writes"));
        Ok(self.desk.ledger.store().commit(batch).await?)
    }

    /// Whether the store gives the very octets back.
    pub(super) async fn is_stored(&self, record: &UidlRecord) -> Result<bool, SyncError> {
        Ok(read_back(&self.desk.ledger, &[record]).await? == [true])
    }

    /// Whether the server's messages are the ones that are known. Unique id and size are a guess, and what is deleted on a wrong guess
    /// is lost: the headers are compared too. Where the server can't show them alone, and where a message became longer since it came,
    /// messages are taken again, and their octets tell.
    async fn compare(&mut self, group: &[Entry]) -> Result<Vec<Found>, SyncError> {
        let headers = match self.link.capabilities().top {
            true => {
                let numbers: Vec<u32> = group.iter().map(|entry| entry.number).collect();
                self.link.headers(&numbers).await?
            }
            false => vec![None; group.len()],
        };
        let mut compared = Vec::new();
        for (entry, header) in group.iter().zip(headers) {
            let known = entry.id.as_ref().and_then(|id| self.known.get(id));
            let Some(known) = known else {
                compared.push(Found::Unknown);
                continue;
            };
            let like = self.likeness_of(known).await;
            compared.push(match header.filter(|_| !like.is_empty()) {
                Some(header) if likeness(&header) != like => Found::Other,
                // The user wants it nowhere, and nothing is here to compare it with but its name.
                Some(header) if known.wish == Some(RemovalWish::Discard) && has_message_id(&header) => {
                    Found::Same
                }
                Some(_) if known.grown > 0 => Found::Unknown,
                Some(_) => Found::Same,
                // The user wants what has this id off the server, and it was there all the time.
                None if known.wish == Some(RemovalWish::Discard) => Found::Same,
                None => Found::Unknown,
            });
        }
        Ok(compared)
    }

    /// By what a known message is found again. An earlier version did not note it.
    async fn likeness_of(&self, known: &UidlRecord) -> String {
        let content = known.content.as_ref().and_then(|content| content.parse::<ContentId>().ok());
        let Some(id) = content.filter(|_| known.likeness.is_empty()) else { return known.likeness.clone() };
        let store = self.desk.ledger.store();
        // What can't be read is compared when it comes again.
        let Ok(Some(record)) = contents::record(store, id).await else { return String::new() };
        let head = Reader::range(id, &record, 0..HEAD_OCTETS as u64).rest(store).await;
        likeness(&head.unwrap_or_default())
    }

    /// Notes how the deletions of this session ended. `done` where QUIT was answered.
    pub(super) async fn settle(&mut self, done: bool) -> Result<(), SyncError> {
        let deleted = self.link.take_deleted();
        let marked: OrderedSet<String> = std::mem::take(&mut self.marked);
        if marked.is_empty() {
            return Ok(());
        }
        let now = self.link.clock().wall();
        let mut changed = Vec::new();
        for id in marked {
            let Some(record) = self.known.get_mut(&id) else { continue };
            match (deleted.contains(&id), done) {
                (true, true) => record.state = UidlState::Deleted { at: now },
                // Nobody knows: the next listing tells.
                (true, false) => continue,
                (false, _) => policy::was_kept(record, now),
            }
            changed.push(id);
        }
        self.note(&changed, Durability::Relaxed).await
    }
}

/// So many are compared, noted and deleted together.
const GROUP: usize = 50;

/// Makes sure that the store gives back what came, for a server that deletes at QUIT what was taken: an error ends the session
/// without it.
pub(super) async fn make_sure<P: Platform>(
    ledger: &Ledger<P>,
    lines: &[(String, UidlRecord)],
) -> Result<(), SyncError> {
    let whole = lines.iter().map(|(_, record)| record).filter(|record| policy::is_whole(record));
    let whole: Vec<&UidlRecord> = whole.collect();
    let is_stored = read_back(ledger, &whole).await?.into_iter().all(|is_stored| is_stored);
    if is_stored { Ok(()) } else { Err(StoreError::Damaged(Table::Bodies.name()).into()) }
}

/// Of which lines the store gives the very octets back.
async fn read_back<P: Platform>(ledger: &Ledger<P>, records: &[&UidlRecord]) -> Result<Vec<bool>, SyncError> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    ledger.shared.platform.reached(Point::BeforeReadBack);
    let content = |record: &UidlRecord| record.content.as_ref()?.parse::<ContentId>().ok();
    let contents: Vec<Option<(ContentId, u64)>> =
        records.iter().map(|record| Some((content(record)?, record.octets))).collect();
    let named: Vec<(ContentId, u64)> = contents.iter().flatten().copied().collect();
    let mut hashes = contents::read_back(ledger.store(), &named).await?.into_iter();
    let is_stored = records.iter().zip(&contents).map(|(record, content)| {
        let hash = content.and_then(|_| hashes.next().flatten());
        hash.is_some_and(|hash| hash == record.sha256)
    });
    let is_stored = is_stored.collect();
    ledger.shared.platform.reached(Point::AfterReadBack);
    Ok(is_stored)
}
