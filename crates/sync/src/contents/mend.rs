//! Records of octets that do not agree with what is stored, set right. For [`crate::verify`].

use super::arrival::hex;
use super::usage::{self, UsageChanges, usage_key};
use super::{content_key, content_of, delete, hold, id_of, records_of};
use crate::ledger::Ledger;
use crate::records::{self, Pages, account_key, decode, encode, group, mailbox_key, number};
use crate::{Platform, SyncError};
use sha2::{Digest, Sha256};
use waypost_message::Scanner;
use waypost_store::{
    Amount, BODY_CHUNK, Batch, ContentId, ContentRecord, Json, MessageId, OrderedMap, OrderedSet, Read,
    Store, StoreError, Table, UsageRecord,
};

/// What is known of octets whose record is lost.
pub(crate) struct Lost {
    /// Their hash, where a row says it.
    pub(crate) sha256: Option<String>,
    pub(crate) holders: u32,
    pub(crate) only_copy: bool,
}

impl<P: Platform> Ledger<P> {
    /// So many rows name the octets, and not as many as was thought. Octets that none names go.
    pub(crate) async fn change_holders(&self, id: ContentId, from: u32, to: u32) -> Result<bool, SyncError> {
        let _lane = self.lane().await;
        let Some(record) = records_of(self.store(), &[id]).await?.remove(&id) else { return Ok(false) };
        // They may have changed since they were counted.
        let holders = (record.holders + to).saturating_sub(from);
        let (mut batch, mut usage) = (Batch::default(), UsageChanges::default());
        usage.gone(id, &record);
        hold(id, &ContentRecord { holders, ..record }, &mut batch, &mut usage);
        self.put(batch, usage).await?;
        Ok(true)
    }

    /// Deletes octets that have no record, unless they have one by now.
    pub(crate) async fn delete_orphan(&self, id: ContentId) -> Result<bool, SyncError> {
        let _lane = self.lane().await;
        if !records_of(self.store(), &[id]).await?.is_empty() {
            return Ok(false);
        }
        let mut batch = Batch::default();
        delete(id, &mut batch);
        self.store().commit(batch).await?;
        Ok(true)
    }

    /// Makes the record of octets anew, if they are what their rows promise.
    pub(crate) async fn restore_record(&self, id: ContentId, lost: &Lost) -> Result<bool, SyncError> {
        let _lane = self.lane().await;
        if !records_of(self.store(), &[id]).await?.is_empty() {
            return Ok(false);
        }
        let Some(record) = self.record_anew(id, lost).await? else { return Ok(false) };
        let (mut batch, mut usage) = (Batch::default(), UsageChanges::default());
        hold(id, &record, &mut batch, &mut usage);
        self.put(batch, usage).await?;
        Ok(true)
    }

    /// The row of a message says from now on that these octets are not here.
    pub(crate) async fn forget_content(&self, row: MessageId, id: ContentId) -> Result<bool, SyncError> {
        self.edit(row.mailbox, row.uidvalidity, [row.uid], |page| {
            let row = page.rows.get_mut(&row.uid).and_then(Option::as_mut);
            if let Some(row) = row.filter(|row| content_of(row) == Some(id)) {
                row.body = false;
                row.content = None;
                row.sha256 = None;
            }
        })
        .await
    }

    /// Adds the figures up anew; gives the folders whose figures were wrong, and writes them if that is wanted.
    pub(crate) async fn mend_usage(&self, repair: bool) -> Result<Vec<u32>, SyncError> {
        let _lane = self.lane().await;
        let mut counted: OrderedMap<u32, UsageRecord> = OrderedMap::new();
        let mut pages = Pages::new(Table::Contents, account_key(self.account));
        while let Some(entries) = pages.next(self.store()).await? {
            for (key, octets) in entries {
                let (Some(id), Ok(record)) = (id_of(&key), decode::<ContentRecord>(Table::Contents, &octets))
                else {
                    continue;
                };
                if !record.sha256.is_empty() {
                    let sum = counted.entry(id.0.mailbox).or_default();
                    *sum = usage::plus(*sum, usage::of(id, &record));
                }
            }
        }
        let kept = usage::of_account(self.store(), self.account).await?;
        // Also of a folder whose record can't be read.
        let prefix = account_key(self.account);
        let read = Read::Keys { table: Table::Mailboxes, prefix, after: None, limit: None };
        let folders = records::keys(self.store(), read).await?;
        for mailbox in folders.iter().filter_map(|key| u32::try_from(number(key, 1)?).ok()) {
            let known = kept.get(&mailbox).copied().unwrap_or_default().rows;
            let rows = self.count_rows(mailbox).await?;
            counted.entry(mailbox).or_default().rows = rows.unwrap_or(known);
        }
        let (mut wrong, mut batch) = (Vec::new(), Batch::default());
        let mailboxes: OrderedSet<u32> = kept.keys().chain(counted.keys()).copied().collect();
        for mailbox in mailboxes {
            let before = kept.get(&mailbox).copied().unwrap_or_default();
            let sum = counted.get(&mailbox).copied().unwrap_or_default();
            // A number that was given is not given again, whatever is there of it.
            let after = UsageRecord { highest: sum.highest.max(before.highest), ..sum };
            if before != after {
                wrong.push(mailbox);
                batch.put(Table::Meta, usage_key(self.account, mailbox), encode(&after));
            }
        }
        if repair && !wrong.is_empty() {
            self.store().commit(batch).await?;
        }
        Ok(wrong)
    }

    /// `None` where rows can't be read.
    async fn count_rows(&self, mailbox: u32) -> Result<Option<Amount>, StoreError> {
        let mut sum = Amount::default();
        let mut pages = Pages::new(Table::Rows, mailbox_key(self.account, mailbox));
        while let Some(groups) = pages.next(self.store()).await? {
            for entry in &groups {
                let Ok(group) = group(entry) else { return Ok(None) };
                for (_, row) in group.rows() {
                    sum = sum.plus(Amount { count: 1, octets: row.len() as u64 });
                }
            }
        }
        Ok(Some(sum))
    }

    /// `None` where the octets are not what was promised.
    async fn record_anew(&self, id: ContentId, lost: &Lost) -> Result<Option<ContentRecord>, StoreError> {
        let (mut digest, mut scanner, mut octets, mut next) = (Sha256::new(), Scanner::new(), 0, 0);
        let mut pages = Pages::new(Table::Bodies, content_key(id));
        while let Some(chunks) = pages.next(self.store()).await? {
            for (key, chunk) in chunks {
                // All are full but the last.
                if number(&key, 4) != Some(next) || octets != next * BODY_CHUNK as u64 {
                    return Ok(None);
                }
                next += 1;
                octets += chunk.len() as u64;
                digest.update(&chunk);
                scanner.push(&chunk);
            }
        }
        let sha256 = hex(&digest.finalize());
        let is_it = lost.sha256.as_ref().is_none_or(|expected| *expected == sha256);
        Ok(is_it.then(|| ContentRecord {
            octets,
            sha256,
            whole: lost.sha256.is_some(),
            holders: lost.holders,
            only_copy: lost.only_copy,
            used_at: 0,
            uidl: None,
            scan: Json::of(&scanner.finish()),
        }))
    }
}
