//! The reference store: a map in memory, with the semantics that every store must have.

use crate::{Batch, Key, Read, ReadResult, Store, StoreError, Table, Write};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A store that forgets when dropped. For native tests and as the reference of [`Store`].
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: RefCell<BTreeMap<(Table, Key), Vec<u8>>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn matching(&self, table: Table, prefix: &Key) -> Vec<(Key, Vec<u8>)> {
        self.tables
            .borrow()
            .range((table, prefix.clone())..)
            .take_while(|((found, key), _)| *found == table && key.0.starts_with(&prefix.0))
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect()
    }

    fn answer(&self, read: Read) -> ReadResult {
        match read {
            Read::Get(table, key) => ReadResult::Value(self.tables.borrow().get(&(table, key)).cloned()),
            Read::Count(table, prefix) => ReadResult::Count(self.matching(table, &prefix).len() as u64),
            Read::Prefix { table, prefix, after, descending, limit } => {
                let mut entries = self.matching(table, &prefix);
                if descending {
                    entries.reverse();
                }
                if let Some(after) = after {
                    entries.retain(|(key, _)| if descending { *key < after } else { *key > after });
                }
                entries.truncate(limit.map_or(usize::MAX, |limit| limit as usize));
                ReadResult::Entries(entries)
            }
        }
    }
}

impl Store for MemoryStore {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        for write in batch.writes {
            match write {
                Write::Put(table, key, value) => {
                    self.tables.borrow_mut().insert((table, key), value);
                }
                Write::Delete(table, key) => {
                    self.tables.borrow_mut().remove(&(table, key));
                }
                Write::DeletePrefix(table, prefix) => {
                    for (key, _) in self.matching(table, &prefix) {
                        self.tables.borrow_mut().remove(&(table, key));
                    }
                }
            }
        }
        Ok(())
    }

    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError> {
        Ok(reads.into_iter().map(|read| self.answer(read)).collect())
    }
}
