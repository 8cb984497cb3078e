//! The only writer: one batch is one transaction.

use super::failure::Failure;
use super::key;
use super::open::Database;
use super::range::prefixed;
use super::transaction::{Mode, Transaction};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use waypost_store::{Batch, Table, Write};
use web_sys::IdbObjectStore;

/// Applies a batch. When it returns, the transaction is complete, as durable as the batch asks.
pub(super) async fn apply(database: &Database, batch: &Batch) -> Result<(), Failure> {
    let tables = tables(batch);
    if tables.is_empty() {
        return Ok(());
    }
    let transaction = Transaction::begin(database, &tables, Mode::Write(batch.durability))?;
    if let Err(failure) = issue(&transaction, batch) {
        transaction.abort();
        return Err(failure);
    }
    transaction.commit();
    transaction.end().await
}

fn tables(batch: &Batch) -> Vec<Table> {
    let mut tables: Vec<Table> = batch.writes.iter().map(table).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

fn table(write: &Write) -> Table {
    match write {
        Write::Put(table, ..) | Write::Delete(table, _) | Write::DeletePrefix(table, _) => *table,
    }
}

/// Issues all requests, in order. IndexedDB carries them out in that order.
fn issue(transaction: &Transaction, batch: &Batch) -> Result<(), Failure> {
    let mut stores: BTreeMap<Table, IdbObjectStore> = BTreeMap::new();
    for write in &batch.writes {
        let store = match stores.entry(table(write)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(transaction.table(table(write))?),
        };
        match write {
            Write::Put(_, name, value) => store.put_with_key(&key::value_to_js(value), &key::to_js(name))?,
            Write::Delete(_, name) => store.delete(&key::to_js(name))?,
            Write::DeletePrefix(_, prefix) => store.delete(key::range(&prefixed(prefix))?.as_ref())?,
        };
    }
    Ok(())
}
