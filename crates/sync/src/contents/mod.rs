//! The octets of messages, apart from the rows that name them: a move moves none, a copy shares them, and with the last row that
//! names them they go, in the same batch.
//!
//! | Module | What it does |
//! |---|---|
//! | `arrival` | octets on their way into the store, in bounded memory |
//! | `read` | octets out of the store, chunk by chunk |
//! | `evict` | what goes when room or budget is short |
//! | `mend` | records that do not agree with what is stored |
//! | `usage` | how much there is, kept in the batches that change it |

mod arrival;
mod evict;
mod mend;
mod read;
mod usage;

pub(crate) use arrival::{Arrival, Arrived, sha256};
pub(crate) use evict::{budget, keep_budget, set_budget};
pub(crate) use mend::Lost;
pub(crate) use read::{Reader, read_back, record, stored, verify_content};

pub use usage::AccountUsage;
pub(crate) use usage::usage;

use self::usage::UsageChanges;
use crate::ledger::Ledger;
use crate::records::{Answers, account_key, encode, message_key, number};
use crate::{Platform, SyncError};
use waypost_store::{
    Batch, ContentId, ContentRecord, Key, MessageId, MessageRow, OrderedMap, Read, Store, StoreError, Table,
};

/// What a batch of rows means for the octets that they name.
#[derive(Default)]
pub(crate) struct Holdings {
    /// New octets.
    arrived: Vec<Arrived>,
    /// How many rows of the batch name them.
    held: OrderedMap<ContentId, Held>,
    usage: UsageChanges,
}

#[derive(Default, Clone, Copy)]
struct Held {
    before: u32,
    after: u32,
}

impl Holdings {
    /// Octets that a row of the batch names; otherwise they are not kept.
    pub(crate) fn store(&mut self, arrived: Arrived) {
        self.arrived.push(arrived);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.arrived.is_empty()
    }

    /// Those of another page of the same batch.
    pub(crate) fn add(&mut self, other: Self) {
        self.arrived.extend(other.arrived);
        for (id, held) in other.held {
            let sum = self.held.entry(id).or_default();
            (sum.before, sum.after) = (sum.before + held.before, sum.after + held.after);
        }
        self.usage.add(other.usage);
    }

    /// A row of a folder, with the octets that it takes, as it was and as it will be.
    pub(crate) fn row_octets(&mut self, mailbox: u32, before: Option<usize>, after: Option<usize>) {
        let octets = |length: Option<usize>| length.map(|length| length as u64);
        self.usage.row(mailbox, octets(before), octets(after));
    }

    /// A row of the batch, as it was and as it will be.
    pub(crate) fn row(&mut self, before: Option<&MessageRow>, after: Option<&MessageRow>) {
        if let Some(id) = before.and_then(content_of) {
            self.held.entry(id).or_default().before += 1;
        }
        if let Some(id) = after.and_then(content_of) {
            self.held.entry(id).or_default().after += 1;
        }
    }
}

/// The octets that a row names.
pub(crate) fn content_of(row: &MessageRow) -> Option<ContentId> {
    row.content.as_deref()?.parse().ok()
}

impl<P: Platform> Ledger<P> {
    /// Adds to a batch what becomes of the octets, and commits it. Only on the lane.
    pub(crate) async fn commit(&self, mut batch: Batch, holdings: Holdings) -> Result<(), SyncError> {
        let Holdings { arrived, mut held, mut usage } = holdings;
        let mut arrived: OrderedMap<ContentId, Arrived> =
            arrived.into_iter().map(|arrived| (arrived.id(), arrived)).collect();
        held.retain(|id, held| held.before != held.after || arrived.contains_key(id));
        let known = held.iter().filter(|(id, held)| held.before > 0 || !arrived.contains_key(id));
        let known: Vec<ContentId> = known.map(|(id, _)| *id).collect();
        let mut records = records_of(self.store(), &known).await?;
        for (id, Held { before, after }) in held {
            let record = records.remove(&id);
            if let Some(record) = &record {
                usage.gone(id, record);
            }
            match (arrived.remove(&id), record) {
                (Some(arrived), _) => arrived.put(after, &mut batch, &mut usage),
                (None, Some(record)) => {
                    let holders = (record.holders + after).saturating_sub(before);
                    hold(id, &ContentRecord { holders, ..record }, &mut batch, &mut usage);
                }
                (None, None) => {}
            }
        }
        // What no row names is not kept.
        arrived.into_values().for_each(|arrived| arrived.put(0, &mut batch, &mut usage));
        self.put(batch, usage).await
    }

    /// Commits a batch that holds no rows.
    pub(crate) async fn commit_apart(&self, batch: Batch) -> Result<(), SyncError> {
        {
            let _lane = self.lane().await;
            self.commit(batch, Holdings::default()).await?;
        }
        self.settle_evicted().await;
        Ok(())
    }
}

/// Writes a record that has changed; what nothing holds goes with its octets.
fn hold(id: ContentId, record: &ContentRecord, batch: &mut Batch, usage: &mut UsageChanges) {
    if record.holders == 0 {
        return delete(id, batch);
    }
    usage.came(id, record);
    batch.put(Table::Contents, content_key(id), encode(record));
}

async fn records_of<S: Store>(
    store: &S,
    ids: &[ContentId],
) -> Result<OrderedMap<ContentId, ContentRecord>, StoreError> {
    let mut records = OrderedMap::new();
    if !ids.is_empty() {
        let reads = ids.iter().map(|id| Read::Get(Table::Contents, content_key(*id))).collect();
        let mut answers = Answers::of(store, reads).await?;
        for id in ids {
            if let Some(record) = answers.value(Table::Contents)? {
                records.insert(*id, record);
            }
        }
    }
    Ok(records)
}

/// Deletes octets and their record.
fn delete(id: ContentId, batch: &mut Batch) {
    batch.delete(Table::Contents, content_key(id));
    batch.delete_prefix(Table::Bodies, content_key(id));
}

pub(crate) fn content_key(id: ContentId) -> Key {
    message_key(id.0)
}

/// The octets to which a key belongs.
pub(crate) fn id_of(key: &Key) -> Option<ContentId> {
    let part = |place| number(key, place).and_then(|number| u32::try_from(number).ok());
    let id = MessageId { account: part(0)?, mailbox: part(1)?, uidvalidity: part(2)?, uid: part(3)? };
    Some(ContentId(id))
}

/// Deletes all octets of a folder, by its key. Those of a folder that lives on the server bear its numbers.
pub(crate) fn delete_folder(folder: &Key, batch: &mut Batch) {
    for table in [Table::Contents, Table::Bodies, Table::Meta] {
        batch.delete_prefix(table, folder.clone());
    }
}

/// Stands while a large message arrives: whoever finds it later knows that it never did.
fn arriving_key(id: ContentId) -> Key {
    let Key(numbers) = content_key(id);
    let Key(mut parts) = account_key(id.0.account).with_text("arriving");
    parts.extend(numbers.into_iter().skip(1));
    Key(parts)
}

#[cfg(test)]
mod tests;
