//! The reference store: a map in memory, with the semantics that every store must have.

use crate::{Batch, Key, OrderedMap, Read, ReadResult, Store, StoreError, Table, Write};
use std::cell::RefCell;
use std::rc::Rc;

/// A store that forgets when dropped. For native tests and as the reference of [`Store`].
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: RefCell<Tables>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Store for MemoryStore {
    /// Atomic because nothing is awaited in it and nothing in it can fail.
    async fn commit(&self, batch: impl Into<Rc<Batch>>) -> Result<(), StoreError> {
        let mut tables = self.tables.borrow_mut();
        Rc::unwrap_or_clone(batch.into()).writes.into_iter().for_each(|write| tables.apply(write));
        Ok(())
    }

    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError> {
        let tables = self.tables.borrow();
        Ok(reads.into_iter().map(|read| tables.answer(read)).collect())
    }
}

#[derive(Debug, Default)]
struct Tables(OrderedMap<Table, OrderedMap<Key, Vec<u8>>>);

impl Tables {
    fn apply(&mut self, write: Write) {
        match write {
            Write::Put(table, key, value) => {
                self.0.entry(table).or_default().insert(key, value);
            }
            Write::Delete(table, key) => {
                self.0.entry(table).or_default().remove(&key);
            }
            Write::DeletePrefix(table, prefix) => {
                self.0.entry(table).or_default().retain(|key, _| !key.0.starts_with(&prefix.0));
            }
        }
    }

    fn answer(&self, read: Read) -> ReadResult {
        match read {
            Read::Get(table, key) => {
                ReadResult::Value(self.0.get(&table).and_then(|entries| entries.get(&key)).cloned())
            }
            Read::Count(table, prefix) => {
                ReadResult::Count(self.matching(table, &prefix, None, false, None).len() as u64)
            }
            Read::Keys { table, prefix, after, limit } => {
                let found = self.matching(table, &prefix, after.as_ref(), false, limit);
                ReadResult::Keys(found.into_iter().map(|(key, _)| key.clone()).collect())
            }
            Read::Prefix { table, prefix, after, descending, limit } => {
                let found = self.matching(table, &prefix, after.as_ref(), descending, limit);
                let cloned = |(key, value): (&Key, &Vec<u8>)| (key.clone(), value.clone());
                ReadResult::Entries(found.into_iter().map(cloned).collect())
            }
        }
    }

    /// The entries whose keys begin with `prefix` and lie beyond `after`, in order.
    fn matching(
        &self,
        table: Table,
        prefix: &Key,
        after: Option<&Key>,
        descending: bool,
        limit: Option<u32>,
    ) -> Vec<(&Key, &Vec<u8>)> {
        let mut found = Vec::new();
        let Some(entries) = self.0.get(&table) else { return found };
        for (key, value) in entries.starting_at(prefix) {
            if !key.0.starts_with(&prefix.0) {
                break;
            }
            if after.is_none_or(|after| if descending { key < after } else { key > after }) {
                found.push((key, value));
            }
        }
        if descending {
            found.reverse();
        }
        found.truncate(limit.map_or(usize::MAX, |limit| limit as usize));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    /// Nothing in this store ever waits.
    fn at_once<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("a store in memory waits for nothing"),
        }
    }

    fn filled() -> MemoryStore {
        let store = MemoryStore::new();
        let mut batch = Batch::default();
        for (account, uid) in [(1, 1), (1, 2), (1, 3), (2, 1), (11, 1)] {
            batch.put(Table::Rows, Key::numbers(&[account, uid]), vec![account as u8, uid as u8]);
        }
        batch.put(Table::Uidls, Key::numbers(&[1]).with_text("a"), b"text".to_vec());
        at_once(store.commit(batch)).expect("commits");
        store
    }

    fn keys(
        store: &MemoryStore,
        prefix: &[u64],
        after: Option<&[u64]>,
        descending: bool,
        limit: Option<u32>,
    ) -> Vec<Key> {
        let read = Read::Prefix {
            table: Table::Rows,
            prefix: Key::numbers(prefix),
            after: after.map(Key::numbers),
            descending,
            limit,
        };
        match at_once(store.read(vec![read])).expect("reads").remove(0) {
            ReadResult::Entries(entries) => entries.into_iter().map(|(key, _)| key).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_prefix_matches_whole_parts_and_pages_both_ways() {
        let store = filled();
        let key = |uid| Key::numbers(&[1, uid]);
        assert_eq!(keys(&store, &[1], None, false, None), [key(1), key(2), key(3)]);
        assert_eq!(keys(&store, &[1], None, true, Some(2)), [key(3), key(2)]);
        assert_eq!(keys(&store, &[1], Some(&[1, 2]), true, None), [key(1)]);
        assert_eq!(keys(&store, &[1], Some(&[1, 2]), false, None), [key(3)]);
        assert_eq!(keys(&store, &[], None, false, None).len(), 5);
        assert_eq!(keys(&store, &[3], None, false, None), []);
    }

    #[test]
    fn writes_of_a_batch_apply_in_order_and_prefixes_delete_only_their_own() {
        let store = filled();
        let mut batch = Batch::default();
        batch.delete_prefix(Table::Rows, Key::numbers(&[1]));
        batch.put(Table::Rows, Key::numbers(&[1, 9]), vec![9]);
        batch.delete(Table::Rows, Key::numbers(&[2, 1]));
        batch.delete(Table::Rows, Key::numbers(&[7, 7]));
        at_once(store.commit(batch)).expect("commits");
        assert_eq!(keys(&store, &[], None, false, None), [Key::numbers(&[1, 9]), Key::numbers(&[11, 1])]);
        let answers = at_once(store.read(vec![
            Read::Get(Table::Uidls, Key::numbers(&[1]).with_text("a")),
            Read::Get(Table::Uidls, Key::numbers(&[1])),
            Read::Count(Table::Uidls, Key::numbers(&[1])),
        ]));
        let expected =
            [ReadResult::Value(Some(b"text".to_vec())), ReadResult::Value(None), ReadResult::Count(1)];
        assert_eq!(answers.expect("reads"), expected);
    }
}
