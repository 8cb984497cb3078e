//! A store in memory that outlives its engine and can crash at a commit.

use std::cell::Cell;
use std::rc::Rc;
use waypost_store::{Batch, Read, ReadResult, Store, StoreError, Table, Write};
use waypost_testkit::platform::SharedStore;

/// What a device keeps. All clones are the same store.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    kept: SharedStore,
    crash: Rc<Cell<Option<Crash>>>,
    crashed: Rc<Cell<bool>>,
    loses_bodies: Rc<Cell<bool>>,
}

/// When a store crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crash {
    /// After so many commits.
    pub after: u32,
    /// Whether the commit at which it crashes is done, and only its acknowledgement lost.
    pub done: bool,
}

impl Memory {
    /// Crashes as said: from then on no commit is done.
    pub fn crash(&self, crash: Crash) {
        self.crash.set(Some(crash));
    }

    /// From now on, whether it says that octets of messages are stored and loses them.
    pub fn lose_bodies(&self, loses: bool) {
        self.loses_bodies.set(loses);
    }

    /// Whether it has crashed.
    #[must_use]
    pub fn has_crashed(&self) -> bool {
        self.crashed.get()
    }

    /// The same content, as it is after the device was started again.
    #[must_use]
    pub fn restarted(&self) -> Self {
        Self { kept: self.kept.clone(), ..Self::default() }
    }
}

impl Store for Memory {
    async fn commit(&self, batch: impl Into<Rc<Batch>>) -> Result<(), StoreError> {
        let mut batch = Rc::unwrap_or_clone(batch.into());
        if self.loses_bodies.get() {
            batch.writes.retain(|write| !matches!(write, Write::Put(Table::Bodies, ..)));
        }
        let Some(crash) = self.crash.get() else { return self.kept.commit(batch).await };
        if crash.after > 0 {
            self.crash.set(Some(Crash { after: crash.after - 1, ..crash }));
            return self.kept.commit(batch).await;
        }
        if crash.done && !self.crashed.get() {
            self.kept.commit(batch).await?;
        }
        self.crashed.set(true);
        Err(StoreError::Unavailable("it crashed".to_owned()))
    }

    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError> {
        self.kept.read(reads).await
    }
}
