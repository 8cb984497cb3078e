//! LIST and UIDL: what the maildrop holds, and what that means for what is known.

use super::Flow;
use super::maildrop::{self, Entry};
use super::policy;
use crate::{Clock, Platform, SyncError, records};
use waypost_pop3::{Command, Event, Refusal};
use waypost_store::{Batch, Durability, Notice, OrderedMap, Store, Table, UidlRecord, UidlState};

/// What the server lists.
pub(super) struct Listing {
    pub(super) entries: Vec<Entry>,
    /// Whether it has unique ids.
    pub(super) has_ids: bool,
    /// Messages without an id of their own.
    pub(super) nameless: u32,
}

impl<P: Platform> Flow<'_, P> {
    /// LIST and UIDL.
    pub(super) async fn look(&mut self) -> Result<Listing, SyncError> {
        let list = self.link.enqueue(Command::List(None));
        let uidl = self.link.enqueue(Command::Uidl(None));
        let (mut sizes, mut ids) = (OrderedMap::new(), OrderedMap::new());
        let mut has_ids = false;
        let mut running = 2;
        while running > 0 {
            match self.link.next().await? {
                Event::Size { .. } | Event::UniqueId { .. }
                    if sizes.len().max(ids.len()) >= MOST_MESSAGES =>
                {
                    return Err(self.link.too_many(MOST_MESSAGES as u64));
                }
                Event::Size { number, octets, .. } => drop(sizes.insert(number, octets)),
                // An id that can't be one (RFC 1939, 7) is none.
                Event::UniqueId { uidl, .. } if uidl.len() > LONGEST_ID => {}
                Event::UniqueId { number, uidl, .. } => drop(ids.insert(number, uidl)),
                Event::Done { handle, result } if handle == list => {
                    running -= 1;
                    result.map_err(|refusal| self.link.refused(&refusal))?;
                }
                Event::Done { handle, result } if handle == uidl => {
                    running -= 1;
                    match result {
                        Ok(_) => has_ids = true,
                        Err(refusal @ Refusal::ConnectionEnded) => return Err(self.link.refused(&refusal)),
                        // UIDL is optional (RFC 1939, 7).
                        Err(_) => ids.clear(),
                    }
                }
                _ => {}
            }
        }
        let (entries, nameless) = maildrop::entries(&sizes, &ids);
        // An empty maildrop says of every id that it is gone, with or without UIDL.
        has_ids |= entries.is_empty();
        Ok(Listing { entries, has_ids, nameless })
    }

    /// All ids are others than before, and the user has not said what that means: nothing is touched.
    pub(super) async fn must_ask(&mut self, listing: &Listing) -> Result<bool, SyncError> {
        let migrated = maildrop::migrated(&self.known, &listing.entries);
        let Some((known, listed)) = migrated.filter(|_| self.account.migration.is_none()) else {
            return Ok(false);
        };
        if self.is_other_mail(&listing.entries).await? {
            return Ok(false);
        }
        let notice = Notice::AllUniqueIdsChanged { known, listed };
        self.change_account(|account| account.notices = vec![notice]).await?;
        Ok(true)
    }

    /// Notes which known messages the server does not list, and forgets those that it has not listed for long.
    pub(super) async fn note_missing(&mut self, entries: &[Entry]) -> Result<(), SyncError> {
        let now = self.link.clock().wall();
        let (forgotten, missing) = maildrop::missing(&self.known, entries, now);
        let mut batch = Batch::default();
        for id in forgotten {
            batch.delete(Table::Uidls, maildrop::key(self.desk.account(), &id));
            self.known.remove(&id);
        }
        if !batch.writes.is_empty() {
            self.desk.ledger.store().commit(batch).await?;
        }
        for id in &missing {
            if let Some(record) = self.known.get_mut(id) {
                policy::went(record, now);
            }
        }
        self.note(&missing, Durability::Relaxed).await
    }

    /// A deletion that did not come to its end: what is listed was not deleted.
    pub(super) async fn note_undone(&mut self, entries: &[Entry]) -> Result<(), SyncError> {
        let now = self.link.clock().wall();
        let mut undone = Vec::new();
        for id in entries.iter().filter_map(|entry| entry.id.as_ref()) {
            let record = self.known.get_mut(id).filter(|record| record.state == UidlState::Deleting);
            if let Some(record) = record {
                policy::was_kept(record, now);
                undone.push(id.clone());
            }
        }
        self.note(&undone, Durability::Relaxed).await
    }

    /// Notes messages that later checks take.
    pub(super) async fn note_later(&mut self, later: &[Entry]) -> Result<(), SyncError> {
        let now = self.link.clock().wall();
        let mut listed = Vec::new();
        for entry in later {
            let Some(id) = entry.id.as_ref().filter(|id| !self.known.contains_key(*id)) else { continue };
            let size = entry.octets.unwrap_or_default();
            let record = UidlRecord { seen_at: now, listed: size, ..UidlRecord::default() };
            self.known.insert(id.clone(), record);
            listed.push(id.clone());
        }
        self.note(&listed, Durability::Relaxed).await
    }

    /// Writes lines of the ledger as they are now.
    pub(super) async fn note(&mut self, ids: &[String], durability: Durability) -> Result<(), SyncError> {
        for group in ids.chunks(LINES_AT_ONCE) {
            let mut batch = Batch { durability, ..Batch::default() };
            for id in group {
                if let Some(record) = self.known.get(id) {
                    batch.put(Table::Uidls, maildrop::key(self.desk.account(), id), records::encode(record));
                }
            }
            self.desk.ledger.store().commit(batch).await?;
            self.changed = true;
        }
        Ok(())
    }
}

/// Far above any maildrop; a listing without end is none.
const MOST_MESSAGES: usize = 500_000;

/// RFC 1939, 7 allows 70 octets; servers that append to ids of others stay far below this.
const LONGEST_ID: usize = 1024;

/// A batch of a blink.
const LINES_AT_ONCE: usize = 1000;
