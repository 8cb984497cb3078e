//! Octets of messages: their hashes, their records, and the rows that name them.

use super::folders::Folders;
use super::{Check, ProblemKind};
use crate::contents::{self, Lost, content_of, id_of};
use crate::records::{self, Pages, account_key, decode, mailbox_key};
use crate::{Platform, SyncError};
use waypost_store::{ContentId, ContentRecord, MessageId, OrderedMap, Protocol, Table};

/// What is known of octets: their record, and the rows that name them.
#[derive(Default)]
pub(super) struct Known {
    pub(super) record: Option<ContentRecord>,
    pub(super) has_chunks: bool,
    /// Their hash as it should be, where a row says so.
    sha256: Option<String>,
    pub(super) rows: Vec<MessageId>,
}

pub(super) type All = OrderedMap<ContentId, Known>;

impl<P: Platform> Check<'_, P> {
    pub(super) async fn contents(&mut self) -> Result<All, SyncError> {
        let all = self.gather().await?;
        for (id, known) in &all {
            self.report.checked += 1;
            match &known.record {
                // It arrives at this moment, or is removed when the account connects.
                Some(record) if record.sha256.is_empty() => {}
                Some(record) => self.recorded(*id, known, record).await?,
                None if known.rows.is_empty() => self.orphan(*id).await?,
                None => self.without_record(*id, known).await?,
            }
        }
        self.usage().await?;
        Ok(all)
    }

    /// Everything as it is at one moment: nothing is written meanwhile.
    async fn gather(&mut self) -> Result<All, SyncError> {
        let _lane = self.ledger.lane().await;
        let (store, account) = (self.ledger.store(), self.account.id);
        let mut all = All::new();
        for mailbox in Folders::read(store, self.account).await?.records.into_values() {
            let prefix = mailbox_key(account, mailbox.id).with_number(mailbox.uidvalidity.into());
            let mut groups = Pages::new(Table::Rows, prefix);
            while let Some(groups) = groups.next(store).await? {
                let (rows, damaged) = records::readable_rows(&groups);
                self.rows_damaged |= damaged > 0;
                for (uid, row) in rows {
                    let Some(id) = content_of(&row) else { continue };
                    let known = all.entry(id).or_default();
                    let (mailbox, uidvalidity) = (mailbox.id, mailbox.uidvalidity);
                    known.rows.push(MessageId { account, mailbox, uidvalidity, uid });
                    known.sha256 = known.sha256.take().or(row.sha256);
                }
            }
        }
        let mut pages = Pages::new(Table::Contents, account_key(account));
        while let Some(entries) = pages.next(store).await? {
            for (key, octets) in entries {
                if let Some(id) = id_of(&key) {
                    // A record that can't be read is none.
                    all.entry(id).or_default().record = decode(Table::Contents, &octets).ok();
                }
            }
        }
        let mut pages = Pages::new(Table::Bodies, account_key(account));
        while let Some(keys) = pages.next_keys(store).await? {
            for id in keys.iter().filter_map(id_of) {
                all.entry(id).or_default().has_chunks = true;
            }
        }
        Ok(all)
    }

    /// Octets with a record: their hash is made anew, and their holders are counted.
    async fn recorded(
        &mut self,
        id: ContentId,
        known: &Known,
        record: &ContentRecord,
    ) -> Result<(), SyncError> {
        let hash = contents::verify_content(self.ledger.store(), id).await?;
        if hash.as_ref() != Some(&record.sha256) {
            let kind = if hash.is_some() { ProblemKind::ContentDamaged } else { ProblemKind::ContentMissing };
            // What the server has too is taken from there again. Of an only copy even a damaged one is better than none.
            let repaired = self.repair && !record.only_copy && self.forget(id, &known.rows).await?;
            self.report.add(kind, &id, repaired);
            return Ok(());
        }
        let holders = u32::try_from(known.rows.len()).unwrap_or(u32::MAX);
        // Where rows can't be read, nobody knows what they name.
        if holders == record.holders || self.rows_damaged {
            return Ok(());
        }
        let kind = if holders == 0 { ProblemKind::ContentUnused } else { ProblemKind::HoldersWrong };
        // A message that may be nowhere else is not deleted because its row was lost.
        let mends = self.repair && (holders > 0 || !record.only_copy);
        let repaired = mends && self.ledger.change_holders(id, record.holders, holders).await?;
        self.report.add(kind, &id, repaired);
        Ok(())
    }

    /// Octets that neither a record nor a row names. They were deleted, or never came whole.
    async fn orphan(&mut self, id: ContentId) -> Result<(), SyncError> {
        // A row that can't be read may name them.
        let repaired = self.repair && !self.rows_damaged && self.ledger.delete_orphan(id).await?;
        self.report.add(ProblemKind::OctetsWithoutRecord, &id, repaired);
        Ok(())
    }

    /// Octets that rows name, and no record: it is made anew, if the octets are those that the rows promise.
    async fn without_record(&mut self, id: ContentId, known: &Known) -> Result<(), SyncError> {
        if known.has_chunks {
            let lost = Lost {
                sha256: known.sha256.clone(),
                holders: u32::try_from(known.rows.len()).unwrap_or(u32::MAX),
                only_copy: self.account.protocol == Protocol::Pop3,
            };
            let repaired = self.repair && self.ledger.restore_record(id, &lost).await?;
            self.report.add(ProblemKind::OctetsWithoutRecord, &id, repaired);
            return Ok(());
        }
        let repaired = self.repair && self.forget(id, &known.rows).await?;
        self.report.add(ProblemKind::ContentMissing, &id, repaired);
        Ok(())
    }

    /// The rows say that the octets are not here.
    async fn forget(&self, id: ContentId, rows: &[MessageId]) -> Result<bool, SyncError> {
        for row in rows {
            self.ledger.forget_content(*row, id).await?;
        }
        Ok(true)
    }

    /// The figures are added up anew.
    async fn usage(&mut self) -> Result<(), SyncError> {
        let wrong = self.ledger.mend_usage(self.repair).await?;
        for mailbox in wrong {
            let place = format!("{}.{mailbox}", self.account.id);
            self.report.add(ProblemKind::UsageWrong, &place, self.repair);
        }
        Ok(())
    }
}
