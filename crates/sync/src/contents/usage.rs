//! How much is stored, per account and folder.

use super::evict::used_key;
use crate::records::{self, Answers, account_key, all, decode, encode, mailbox_key};
use serde::Serialize;
use waypost_store::{
    Amount, Batch, ContentId, ContentRecord, Key, OrderedMap, Part, Read, Store, StoreError, Table,
    UsageRecord, Write,
};

/// What a batch changes of the usage.
#[derive(Default)]
pub(super) struct UsageChanges {
    folders: OrderedMap<u32, Change>,
    /// Changes of the order in which copies were last read.
    order: Vec<Write>,
}

#[derive(Default)]
struct Change {
    came: UsageRecord,
    gone: UsageRecord,
}

impl UsageChanges {
    pub(super) fn came(&mut self, id: ContentId, record: &ContentRecord) {
        let change = self.folders.entry(id.0.mailbox).or_default();
        change.came = plus(change.came, of(id, record));
        if !record.only_copy {
            self.order.push(Write::Put(Table::Meta, used_key(id, record.used_at), Vec::new()));
        }
    }

    /// A row of a folder has become one of other octets.
    pub(super) fn row(&mut self, mailbox: u32, before: Option<u64>, after: Option<u64>) {
        let change = self.folders.entry(mailbox).or_default();
        for (rows, octets) in [(&mut change.gone.rows, before), (&mut change.came.rows, after)] {
            if let Some(octets) = octets {
                *rows = rows.plus(Amount { count: 1, octets });
            }
        }
    }

    /// Changes of another kind of the same batch.
    pub(super) fn add(&mut self, other: Self) {
        for (mailbox, Change { came, gone }) in other.folders {
            let change = self.folders.entry(mailbox).or_default();
            (change.came, change.gone) = (plus(change.came, came), plus(change.gone, gone));
        }
        self.order.extend(other.order);
    }

    pub(super) fn gone(&mut self, id: ContentId, record: &ContentRecord) {
        let change = self.folders.entry(id.0.mailbox).or_default();
        change.gone = plus(change.gone, of(id, record));
        if !record.only_copy {
            self.order.push(Write::Delete(Table::Meta, used_key(id, record.used_at)));
        }
    }

    /// Adds the new figures to the batch that makes them true.
    pub(super) async fn add_to<S: Store>(
        &self,
        store: &S,
        account: u32,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        if self.folders.is_empty() {
            return Ok(());
        }
        let reads = self.folders.keys().map(|mailbox| Read::Get(Table::Meta, usage_key(account, *mailbox)));
        let mut answers = Answers::of(store, reads.collect()).await?;
        for (mailbox, Change { came, gone }) in &self.folders {
            let before = answers.value::<UsageRecord>(Table::Meta)?.unwrap_or_default();
            let sum = plus(before, *came);
            let after = UsageRecord {
                only_copy: sum.only_copy.minus(gone.only_copy),
                cache: sum.cache.minus(gone.cache),
                rows: sum.rows.minus(gone.rows),
                highest: sum.highest,
            };
            batch.put(Table::Meta, usage_key(account, *mailbox), encode(&after));
        }
        batch.writes.extend(self.order.iter().cloned());
        Ok(())
    }
}

pub(super) fn of(id: ContentId, record: &ContentRecord) -> UsageRecord {
    let (amount, none) = (Amount { count: 1, octets: record.octets }, Amount::default());
    let (only_copy, cache) = if record.only_copy { (amount, none) } else { (none, amount) };
    UsageRecord { only_copy, cache, rows: none, highest: if id.0.mailbox == 0 { id.0.uid } else { 0 } }
}

pub(super) fn plus(one: UsageRecord, other: UsageRecord) -> UsageRecord {
    UsageRecord {
        only_copy: one.only_copy.plus(other.only_copy),
        cache: one.cache.plus(other.cache),
        rows: one.rows.plus(other.rows),
        highest: one.highest.max(other.highest),
    }
}

pub(super) fn usage_key(account: u32, mailbox: u32) -> Key {
    mailbox_key(account, mailbox).with_text(USAGE)
}

/// The figures of an account, by folder.
pub(super) async fn of_account<S: Store>(
    store: &S,
    account: u32,
) -> Result<OrderedMap<u32, UsageRecord>, StoreError> {
    let mut found = OrderedMap::new();
    for (key, octets) in records::entries(store, all(Table::Meta, account_key(account))).await? {
        if let [_, Part::Number(mailbox), Part::Text(name)] = key.0.as_slice()
            && let (Ok(mailbox), USAGE) = (u32::try_from(*mailbox), name.as_str())
        {
            found.insert(mailbox, decode(Table::Meta, &octets)?);
        }
    }
    Ok(found)
}

const USAGE: &str = "usage";

/// What is stored of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountUsage {
    /// The account.
    pub account: u32,
    /// Messages that may be nowhere else.
    pub only_copy: Amount,
    /// Copies of messages that the server has too.
    pub cache: Amount,
    /// List lines.
    pub rows: Amount,
}

/// What is stored of all accounts.
pub(crate) async fn usage<S: Store>(store: &S) -> Result<Vec<AccountUsage>, StoreError> {
    let mut found = Vec::new();
    for account in records::accounts(store).await? {
        let folders = of_account(store, account.id).await?;
        let sum = folders.into_values().fold(UsageRecord::default(), plus);
        let UsageRecord { only_copy, cache, rows, .. } = sum;
        found.push(AccountUsage { account: account.id, only_copy, cache, rows });
    }
    Ok(found)
}
