//! How much is stored, per account and folder.

use crate::records::{Answers, account_key, all, decode, encode, mailbox_key};
use std::collections::BTreeMap;
use waypost_store::{
    Amount, Batch, ContentId, ContentRecord, Key, Part, Read, Store, StoreError, Table, UsageRecord,
};

/// What a batch changes of the usage, by folder.
#[derive(Default)]
pub(super) struct UsageChanges(BTreeMap<u32, Change>);

#[derive(Default)]
struct Change {
    came: UsageRecord,
    gone: UsageRecord,
}

impl UsageChanges {
    pub(super) fn came(&mut self, id: ContentId, record: &ContentRecord) {
        let change = self.0.entry(id.0.mailbox).or_default();
        change.came = plus(change.came, of(id, record));
    }

    pub(super) fn gone(&mut self, id: ContentId, record: &ContentRecord) {
        let change = self.0.entry(id.0.mailbox).or_default();
        change.gone = plus(change.gone, of(id, record));
    }

    /// Adds the new figures to the batch that makes them true.
    pub(super) async fn add_to<S: Store>(
        self,
        store: &S,
        account: u32,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let reads = self.0.keys().map(|mailbox| Read::Get(Table::Meta, usage_key(account, *mailbox)));
        let mut answers = Answers::of(store, reads.collect()).await?;
        for (mailbox, Change { came, gone }) in self.0 {
            let before = answers.value::<UsageRecord>(Table::Meta)?.unwrap_or_default();
            let sum = plus(before, came);
            let after = UsageRecord {
                only_copy: sum.only_copy.minus(gone.only_copy),
                cache: sum.cache.minus(gone.cache),
                highest: sum.highest,
            };
            batch.put(Table::Meta, usage_key(account, mailbox), encode(&after));
        }
        Ok(())
    }
}

pub(super) fn of(id: ContentId, record: &ContentRecord) -> UsageRecord {
    let (amount, none) = (Amount { count: 1, octets: record.octets }, Amount::default());
    let (only_copy, cache) = if record.only_copy { (amount, none) } else { (none, amount) };
    UsageRecord { only_copy, cache, highest: if record.only_copy { id.0.uid } else { 0 } }
}

pub(super) fn plus(one: UsageRecord, other: UsageRecord) -> UsageRecord {
    UsageRecord {
        only_copy: one.only_copy.plus(other.only_copy),
        cache: one.cache.plus(other.cache),
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
) -> Result<BTreeMap<u32, UsageRecord>, StoreError> {
    let mut found = BTreeMap::new();
    for (key, octets) in Answers::of(store, vec![all(Table::Meta, account_key(account))]).await?.entries() {
        if let [_, Part::Number(mailbox), Part::Text(name)] = key.0.as_slice() {
            if let (Ok(mailbox), USAGE) = (u32::try_from(*mailbox), name.as_str()) {
                found.insert(mailbox, decode(Table::Meta, &octets)?);
            }
        }
    }
    Ok(found)
}

const USAGE: &str = "usage";
