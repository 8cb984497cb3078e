//! The store over IndexedDB, on web-sys itself.
//!
//! A transaction ends when control returns to the event loop and none of its requests is pending, so nothing foreign is
//! awaited inside one: all requests of a batch or of a list of reads are issued in one tick, or by the handler of a
//! request of the same transaction, and only the transaction's own end counts. [`apply`] is the only writer beside the
//! steps of [`schema`].

mod apply;
mod binding;
mod failure;
mod key;
mod open;
mod query;
mod range;
mod schema;
mod tail;
mod transaction;

use failure::Failure;
use open::Database;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use waypost_store::{Batch, Read, ReadResult, Store, StoreError};

/// One profile's database. Opened at the first use, and once more when the browser drops the connection.
#[derive(Debug)]
pub(crate) struct IndexedDb {
    name: String,
    open: RefCell<Option<Rc<Database>>>,
    /// Why it is never opened again, once that is so.
    over: Rc<Cell<Option<&'static str>>>,
}

impl IndexedDb {
    /// The database of a profile.
    pub(crate) fn new(profile: &str) -> Self {
        Self { name: format!("waypost:{profile}"), open: RefCell::default(), over: Rc::default() }
    }

    /// Opens the database now, to learn early whether that works.
    pub(crate) async fn prepare(&self) -> Result<(), StoreError> {
        self.database().await.map(drop).map_err(StoreError::from)
    }

    /// Closes the database for good. Closing twice is harmless.
    pub(crate) fn close(&self) {
        if self.over.get().is_none() {
            self.over.set(Some("it was closed"));
        }
        self.open.take();
    }

    async fn database(&self) -> Result<Rc<Database>, Failure> {
        if let Some(why) = self.over.get() {
            self.open.take();
            return Err(Failure::Unusable(why.to_owned()));
        }
        if let Some(database) = self.usable() {
            return Ok(database);
        }
        let opened = Rc::new(Database::open(&self.name, Rc::clone(&self.over)).await?);
        // Another caller may have opened it meanwhile; both connections work, and the last one stays.
        self.open.replace(Some(Rc::clone(&opened)));
        Ok(opened)
    }

    fn usable(&self) -> Option<Rc<Database>> {
        let database = self.open.borrow().clone()?;
        database.is_connected().then_some(database)
    }

    /// Forgets a connection that failed, so that the next use opens a new one.
    fn forget(&self, failed: &Rc<Database>) {
        let mut open = self.open.borrow_mut();
        if open.as_ref().is_some_and(|current| Rc::ptr_eq(current, failed)) {
            *open = None;
        }
    }

    /// Does something, and once more on a new connection if the first one was lost: nothing of a lost transaction was
    /// written, and a batch that is applied twice is the same as once.
    async fn attempt<T>(&self, act: impl AsyncFn(&Database) -> Result<T, Failure>) -> Result<T, StoreError> {
        let database = self.database().await?;
        match act(&database).await {
            Err(Failure::Lost(_)) => {
                self.forget(&database);
                let database = self.database().await?;
                act(&database).await.map_err(StoreError::from)
            }
            other => other.map_err(StoreError::from),
        }
    }
}

impl Store for IndexedDb {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.attempt(async |database| apply::apply(database, &batch).await).await
    }

    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError> {
        self.attempt(async |database| query::read(database, &reads).await).await
    }
}
