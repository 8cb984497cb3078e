//! Where mail is kept: IndexedDB in a browser, memory where there is none.

use crate::indexeddb::IndexedDb;
use std::rc::Rc;
use waypost_store::{Batch, MemoryStore, Read, ReadResult, Store, StoreError};

/// One of the two, chosen when the core is opened.
#[derive(Debug, Clone)]
pub(crate) enum BrowserStore {
    /// It stays.
    Indexed(Rc<IndexedDb>),
    /// It goes with the core.
    Memory(Rc<MemoryStore>),
}

impl BrowserStore {
    /// Closes it for good. Closing twice is harmless.
    pub(crate) fn close(&self) {
        if let Self::Indexed(store) = self {
            store.close();
        }
    }

    /// Whether what is stored stays until the user removes it.
    pub(crate) async fn is_persistent(&self) -> bool {
        match self {
            Self::Indexed(_) => crate::persistence::is_persistent().await,
            Self::Memory(_) => false,
        }
    }
}

impl Store for BrowserStore {
    async fn commit(&self, batch: impl Into<Rc<Batch>>) -> Result<(), StoreError> {
        match self {
            Self::Indexed(store) => store.commit(batch).await,
            Self::Memory(store) => store.commit(batch).await,
        }
    }

    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError> {
        match self {
            Self::Indexed(store) => store.read(reads).await,
            Self::Memory(store) => store.read(reads).await,
        }
    }
}
