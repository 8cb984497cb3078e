//! The ledger of a POP3 account against the octets that its lines name. A line that is wrong here costs no message: at worst the server's
//! message comes a second time, or stays there.

use super::contents::{All, Known};
use super::{Check, ProblemKind};
use crate::contents;
use crate::pop3::{self, Lines};
use crate::records::{self, encode};
use crate::{Platform, SyncError};
use waypost_store::{Batch, Change, ContentId, OrderedMap, OrderedSet, Protocol, Store, Table, UidlRecord};

impl<P: Platform> Check<'_, P> {
    pub(super) async fn maildrop(&mut self, all: &All) -> Result<(), SyncError> {
        if self.account.protocol != Protocol::Pop3 {
            return Ok(());
        }
        let (ledger, account) = (self.ledger.clone(), self.account.id);
        let _lane = ledger.lane().await;
        let lines = pop3::lines(ledger.store(), account).await?;
        self.report.checked += (lines.known.len() + lines.damaged.len()) as u64;
        let mut wrong = OrderedSet::new();
        let mut batch = Batch::default();
        for key in &lines.damaged {
            wrong.extend(pop3::id_of_line(key).map(str::to_owned));
            batch.delete(Table::Uidls, key.clone());
        }
        let notes = lines.damaged.len() - wrong.len();
        let mut mended = self.lost_lines(all, &lines).await?;
        mended.extend(self.lines_of_nothing(all, &lines).await?);
        wrong.extend(mended.keys().cloned());
        for (id, record) in &mended {
            batch.put(Table::Uidls, pop3::line_key(account, id), encode(record));
        }
        let places = wrong.iter().map(|id| format!("{account}.{id}"));
        for place in places.chain((0..notes).map(|_| account.to_string())) {
            self.report.add(ProblemKind::LedgerWrong, &place, self.repair);
        }
        if self.repair && !batch.writes.is_empty() {
            ledger.store().commit(batch).await?;
            ledger.shared.changed(Change::Maildrop { account });
        }
        Ok(())
    }

    /// Messages of the server that are here and have no line.
    async fn lost_lines(
        &self,
        all: &All,
        lines: &Lines,
    ) -> Result<OrderedMap<String, UidlRecord>, SyncError> {
        let mut lost = OrderedMap::new();
        // A renamed line has another id than its octets, and a line whose message was deleted here may share them with a copy.
        let hashes: OrderedSet<&str> = lines.known.values().map(|record| record.sha256.as_str()).collect();
        for (id, Known { record, rows, .. }) in all {
            let Some((record, uidl)) =
                record.as_ref().and_then(|record| Some((record, record.uidl.clone()?)))
            else {
                continue;
            };
            // The oldest is no copy. What no row shows may not leave the server.
            let Some(row) = rows.iter().min_by_key(|row| row.uid) else { continue };
            let has_line = lines.known.contains_key(&uidl) || hashes.contains(record.sha256.as_str());
            if has_line || !record.whole {
                continue;
            }
            // Either may have gone since they were gathered.
            let store = self.ledger.store();
            let (record, shown) = (contents::record(store, *id).await?, records::row(store, *row).await?);
            if let (Some(record), Some(shown)) = (record, shown) {
                lost.insert(uidl, pop3::line_of(store, *id, &record, row.uid, &shown).await?);
            }
        }
        Ok(lost)
    }

    /// Lines whose message is not here, as they should be.
    async fn lines_of_nothing(
        &self,
        all: &All,
        lines: &Lines,
    ) -> Result<OrderedMap<String, UidlRecord>, SyncError> {
        let mut wrong = OrderedMap::new();
        for (id, record) in &lines.known {
            let Some(content) = record.content.as_ref() else { continue };
            let is_there = match content.parse::<ContentId>() {
                Ok(content) => match all.get(&content) {
                    Some(known) => known.record.is_some() || known.has_chunks,
                    // It may have come since they were gathered.
                    None => contents::record(self.ledger.store(), content).await?.is_some(),
                },
                Err(_) => false,
            };
            if !is_there {
                wrong.insert(id.clone(), pop3::without_message(record));
            }
        }
        Ok(wrong)
    }
}
