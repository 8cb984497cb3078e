//! Room for what is new: copies of messages that the server has too go, those first that were not read for longest. What may be
//! the only copy never goes.
//!
//! The order in which they were last read is kept in keys, to the hour. A key may outlive what it names; whoever meets it then
//! removes it.

use super::usage::{self, UsageChanges};
use super::{content_of, delete, records_of};
use crate::ledger::Ledger;
use crate::records::{self, Answers, encode};
use crate::shared::Shared;
use crate::{Clock, Platform, SyncError};
use std::rc::Rc;
use waypost_store::{
    Batch, ContentId, ContentRecord, Key, MessageId, OrderedMap, OrderedSet, Read, Store, StoreError, Table,
    Write,
};

/// The place of octets in the order in which they were last read.
pub(super) fn used_key(id: ContentId, used_at: u64) -> Key {
    let MessageId { account, mailbox, uidvalidity, uid } = id.0;
    let numbers = [used_at / HOUR, account.into(), mailbox.into(), uidvalidity.into(), uid.into()];
    Key([used_prefix().0, Key::numbers(&numbers).0].concat())
}

fn used_prefix() -> Key {
    Key::default().with_text("used")
}

fn id_of_used(key: &Key) -> Option<ContentId> {
    super::id_of(&Key(key.0.get(2..)?.to_vec()))
}

impl<P: Platform> Ledger<P> {
    /// Commits a batch and the figures of what it changes. If the device is full, room is made once. Only on the lane.
    pub(super) async fn put(&self, batch: Batch, usage: UsageChanges) -> Result<(), SyncError> {
        let own = batch.writes.len();
        let whole = self.with_usage(batch, &usage).await?;
        match self.store().commit(Rc::clone(&whole)).await {
            Err(StoreError::Full) => {}
            other => return Ok(other?),
        }
        let mut batch = Rc::unwrap_or_clone(whole);
        batch.writes.truncate(own);
        let keep = touched(&batch);
        let mut freed = 0;
        // What went before an error is room all the same.
        let _ = make_room(self, ROOM.max(octets(&batch) * 2), &keep, &mut freed).await;
        if freed == 0 {
            return Err(StoreError::Full.into());
        }
        let whole = self.with_usage(batch, &usage).await?;
        Ok(self.store().commit(whole).await?)
    }

    /// A batch with the figures as they are after it.
    async fn with_usage(&self, mut batch: Batch, usage: &UsageChanges) -> Result<Rc<Batch>, StoreError> {
        usage.add_to(self.store(), self.account, &mut batch).await?;
        Ok(Rc::new(batch))
    }

    /// Notes that octets are read now. What can't be noted now will be at the next reading.
    pub(crate) async fn touch(&self, id: ContentId, record: &ContentRecord) {
        let now = self.shared.platform.clock().wall();
        if record.only_copy || record.used_at / HOUR == now / HOUR {
            return;
        }
        // Nobody waits for it.
        let _ = self.note_use(id, now).await;
    }

    async fn note_use(&self, id: ContentId, now: u64) -> Result<(), SyncError> {
        let Some(_lane) = self.try_lane() else { return Ok(()) };
        let Some(record) = records_of(self.store(), &[id]).await?.remove(&id) else { return Ok(()) };
        let mut batch = Batch::default();
        batch.delete(Table::Meta, used_key(id, record.used_at));
        let record = ContentRecord { used_at: now - now % HOUR, ..record };
        batch.put(Table::Meta, used_key(id, record.used_at), Vec::new());
        batch.put(Table::Contents, super::content_key(id), encode(&record));
        Ok(self.store().commit(batch).await?)
    }

    /// The rows of what went say so. Where that fails they say so when they are read: what is not there is fetched again.
    pub(crate) async fn settle_evicted(&self) {
        let evicted = self.shared.take_evicted();
        let mut folders: OrderedMap<(u32, u32, u32), Vec<u32>> = OrderedMap::new();
        for ContentId(MessageId { account, mailbox, uidvalidity, uid }) in evicted {
            folders.entry((account, mailbox, uidvalidity)).or_default().push(uid);
        }
        for ((account, mailbox, uidvalidity), uids) in folders {
            let ledger = Ledger::new(&self.shared, account);
            // The rows are written by the door that called this.
            let edited = ledger.edit(mailbox, uidvalidity, uids, |page| {
                for row in page.rows.values_mut().flatten() {
                    let names = |id: ContentId| id.to_string() == row.id;
                    if content_of(row).is_some_and(names) {
                        row.body = false;
                        row.content = None;
                        row.sha256 = None;
                    }
                }
            });
            let _ = edited.await;
        }
    }
}

/// Removes octets until so many have gone or no more can go; the lane of `ledger` is held. `freed` says how many went, also before an
/// error.
async fn make_room<P: Platform>(
    ledger: &Ledger<P>,
    wanted: u64,
    keep: &OrderedSet<ContentId>,
    freed: &mut u64,
) -> Result<(), StoreError> {
    let mut after = None;
    while *freed < wanted {
        let keys = oldest(ledger.store(), after).await?;
        let Some(last) = keys.last() else { break };
        after = Some(last.clone());
        for (account, keys) in by_account(keys, keep) {
            let other = Ledger::new(&ledger.shared, account);
            // Who writes to another account now may be about to name them.
            let _lane = match account == ledger.account {
                true => None,
                false => match other.try_lane() {
                    Some(lane) => Some(lane),
                    None => continue,
                },
            };
            *freed += evict(&other, &keys, wanted.saturating_sub(*freed)).await?;
        }
    }
    Ok(())
}

/// Keeps the copies of messages that the server has too below the budget, if there is one. No lane may be held.
pub(crate) async fn keep_budget<P: Platform>(
    shared: &Rc<Shared<P>>,
    keep: Option<ContentId>,
) -> Result<(), SyncError> {
    let store = shared.platform.store();
    let Some(budget) = budget(store).await? else { return Ok(()) };
    let mut cached = 0;
    for account in records::accounts(store).await? {
        let usage = usage::of_account(store, account.id).await?;
        cached += usage.values().map(|usage| usage.cache.octets).sum::<u64>();
    }
    let keep = keep.into_iter().collect();
    let mut after = None;
    while cached > budget {
        let keys = oldest(store, after).await?;
        let Some(last) = keys.last() else { break };
        after = Some(last.clone());
        for (account, keys) in by_account(keys, &keep) {
            let ledger = Ledger::new(shared, account);
            {
                let _lane = ledger.lane().await;
                cached = cached.saturating_sub(evict(&ledger, &keys, cached.saturating_sub(budget)).await?);
            }
            ledger.settle_evicted().await;
        }
    }
    Ok(())
}

/// Removes octets of one account in their order until so many have gone; its lane is held.
async fn evict<P: Platform>(
    ledger: &Ledger<P>,
    keys: &[(Key, ContentId)],
    wanted: u64,
) -> Result<u64, StoreError> {
    let ids: Vec<ContentId> = keys.iter().map(|(_, id)| *id).collect();
    let mut records = records_of(ledger.store(), &ids).await?;
    let (mut batch, mut usage) = (Batch::default(), UsageChanges::default());
    let (mut freed, mut evicted) = (0, Vec::new());
    for (key, id) in keys {
        if freed >= wanted {
            break;
        }
        let record =
            records.remove(id).filter(|record| !record.only_copy && used_key(*id, record.used_at) == *key);
        match record {
            Some(record) => {
                freed += record.octets;
                usage.gone(*id, &record);
                delete(*id, &mut batch);
                evicted.push(*id);
            }
            // It names nothing any more.
            None => batch.delete(Table::Meta, key.clone()),
        }
    }
    usage.add_to(ledger.store(), ledger.account, &mut batch).await?;
    ledger.store().commit(batch).await?;
    ledger.shared.note_evicted(evicted);
    Ok(freed)
}

async fn oldest<S: Store>(store: &S, after: Option<Key>) -> Result<Vec<Key>, StoreError> {
    let read = Read::Keys { table: Table::Meta, prefix: used_prefix(), after, limit: Some(AT_ONCE) };
    records::keys(store, read).await
}

fn by_account(keys: Vec<Key>, keep: &OrderedSet<ContentId>) -> OrderedMap<u32, Vec<(Key, ContentId)>> {
    let mut accounts: OrderedMap<u32, Vec<_>> = OrderedMap::new();
    for key in keys {
        if let Some(id) = id_of_used(&key).filter(|id| !keep.contains(id)) {
            accounts.entry(id.0.account).or_default().push((key, id));
        }
    }
    accounts
}

/// The octets that a batch is about.
fn touched(batch: &Batch) -> OrderedSet<ContentId> {
    let key = |write: &Write| match write {
        Write::Put(table, key, _) | Write::Delete(table, key) | Write::DeletePrefix(table, key) => {
            matches!(table, Table::Contents | Table::Bodies).then(|| super::id_of(key)).flatten()
        }
    };
    batch.writes.iter().filter_map(key).collect()
}

fn octets(batch: &Batch) -> u64 {
    let length = |write: &Write| if let Write::Put(_, _, value) = write { value.len() as u64 } else { 0 };
    batch.writes.iter().map(length).sum()
}

/// How many octets of copies may be kept; `None` for as many as there is room for.
pub(crate) async fn budget<S: Store>(store: &S) -> Result<Option<u64>, StoreError> {
    let budget: Option<Option<u64>> =
        Answers::of(store, vec![Read::Get(Table::Meta, budget_key())]).await?.value(Table::Meta)?;
    Ok(budget.flatten())
}

pub(crate) async fn set_budget<S: Store>(store: &S, budget: Option<u64>) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    batch.put(Table::Meta, budget_key(), encode(&budget));
    store.commit(batch).await
}

fn budget_key() -> Key {
    Key::default().with_text("budget")
}

/// Freed at least where a device is full, so that not every message has to make its own room.
const ROOM: u64 = 16 * 1024 * 1024;

const AT_ONCE: u32 = 64;

pub(super) const HOUR: u64 = 60 * 60 * 1000;
