//! The store over IndexedDB, on web-sys itself. docs/STORE.md says what stands in it and what it promises.
//!
//! A transaction ends when control returns to the event loop and none of its requests is pending, so nothing foreign is
//! awaited inside one: all requests of a batch or of a list of reads are issued in one tick, or by the handler of a
//! request of the same transaction, and only the transaction's own end counts. [`apply`] is the only writer beside the
//! steps of [`schema`] and the [`lease`].

mod apply;
mod binding;
mod connection;
mod failure;
mod key;
mod lease;
mod nodes;
mod open;
mod query;
mod range;
mod scan;
mod schema;
mod state;
mod tail;
mod transaction;

use crate::clock::BrowserClock;
use crate::persistence::Estimate;
use apply::Pace;
pub(crate) use connection::Role;
use connection::{Connection, WAITS};
use failure::Failure;
use futures_channel::mpsc::UnboundedSender;
use open::Database;
use std::cell::Cell;
use std::rc::Rc;
use waypost_store::{Batch, Read, ReadResult, Store, StoreError, Write};
use waypost_sync::StorageState;

/// One profile's database. Opened at the first use, and again when the browser drops the connection.
#[derive(Debug)]
pub(crate) struct IndexedDb {
    connection: Rc<Connection>,
    /// Octets that there was still room for when the browser was asked, less what was written since.
    room: Cell<f64>,
}

impl IndexedDb {
    /// The database of a profile.
    pub(crate) fn new(profile: &str, role: Role) -> Self {
        Self { connection: Connection::new(format!("waypost:{profile}"), role), room: Cell::default() }
    }

    /// Tells what can be done with the store, each time that it changes.
    pub(crate) fn tell_to(&self, listener: UnboundedSender<StorageState>) {
        self.connection.teller.tell_to(listener);
    }

    /// Opens the database now, to learn early whether that works. A leader takes the lease with it: from then on whoever led before
    /// writes nothing more.
    ///
    /// A tab that keeps an older version open is no failure: the store works as soon as the tab lets go, and tells.
    pub(crate) async fn prepare(&self) -> Result<(), StoreError> {
        let opened = self.connection.patiently().await;
        self.connection.teller.note(opened.as_ref().map(|_| ()), false);
        match opened {
            Ok(_) | Err(Failure::Blocked) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Closes the database for good. Closing twice is harmless.
    pub(crate) fn close(&self) {
        self.connection.close();
    }

    /// Does something, and again on a new connection where one was lost: nothing of a lost transaction was written, and a batch that
    /// is applied twice is the same as once.
    async fn attempt<T>(&self, act: impl AsyncFn(&Database) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut waits = WAITS.into_iter();
        loop {
            let result = match self.connection.database().await {
                Ok(database) => {
                    let result = act(&database).await;
                    if matches!(result, Err(Failure::Lost(_) | Failure::Removed)) {
                        self.connection.forget(&database);
                    }
                    result
                }
                Err(failure) => Err(failure),
            };
            match (result, waits.next()) {
                (Err(Failure::Lost(_)), Some(wait)) => BrowserClock.sleep(wait).await,
                (result, _) => return result,
            }
        }
    }

    /// How to write a batch of so many octets: with care where there is little room.
    async fn pace(&self, octets: f64) -> Pace {
        let ample = 2.0 * octets + MARGIN;
        if self.room.get() < ample {
            // Where the browser does not say, nothing is known of little room.
            let room = Estimate::ask().await.map_or(f64::MAX, Estimate::room);
            self.room.set(room);
        }
        if self.room.get() < ample {
            return Pace::OneByOne;
        }
        self.room.set(self.room.get() - octets);
        Pace::Together
    }

    async fn write(&self, batch: &Rc<Batch>) -> Result<(), Failure> {
        let connection = &self.connection;
        let octets = octets(batch);
        let pace = self.pace(octets).await;
        let removals = connection.removals();
        let result = self
            .attempt(async |database| {
                if connection.removals() != removals {
                    // What the batch builds on is gone.
                    return Err(Failure::Removed);
                }
                apply::apply(database, connection.lease(database).await?, batch, pace).await
            })
            .await;
        match result {
            Err(Failure::Superseded) => connection.depose(),
            // The database was emptied under us: it is opened anew, and the lease taken anew.
            Err(Failure::Removed) => drop(connection.database().await),
            // Some browsers don't say that there is no space.
            Err(Failure::Lost(_)) => {
                let estimate = Estimate::ask().await;
                if estimate.is_some_and(|estimate| estimate.room() < octets) {
                    return Err(Failure::Full);
                }
            }
            _ => {}
        }
        result
    }

    /// Looks whether the database is still the one in which the lease was taken: no event tells that its tables were emptied. Then what
    /// was read is no answer on which a batch could build.
    async fn make_sure(&self) -> Result<(), Failure> {
        let connection = &self.connection;
        let looked = self
            .attempt(async |database| match connection.held() {
                Some(lease) => lease::look(database, lease).await,
                // Only who leads knows what must be there.
                None => Ok(()),
            })
            .await;
        match looked {
            Err(Failure::Removed) => {
                drop(connection.database().await);
                return Err(Failure::Removed);
            }
            Err(Failure::Superseded) => {
                connection.depose();
                connection.teller.note(Err(&Failure::Superseded), true);
            }
            // What else is wrong, the next use meets.
            _ => {}
        }
        Ok(())
    }
}

fn is_nothing(answer: &ReadResult) -> bool {
    match answer {
        ReadResult::Value(value) => value.is_none(),
        ReadResult::Count(count) => *count == 0,
        ReadResult::Keys(keys) => keys.is_empty(),
        ReadResult::Entries(entries) => entries.is_empty(),
    }
}

impl Store for IndexedDb {
    async fn commit(&self, batch: impl Into<Rc<Batch>>) -> Result<(), StoreError> {
        let result = self.write(&batch.into()).await;
        if !self.connection.is_reader() {
            self.connection.teller.note(result.as_ref().copied(), true);
        }
        result.map_err(StoreError::from)
    }

    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError> {
        let result = self.attempt(async |database| query::read(database, &reads).await).await;
        self.connection.teller.note(result.as_ref().map(|_| ()), false);
        let is_empty = |answers: &Vec<_>| !answers.is_empty() && answers.iter().all(is_nothing);
        if result.as_ref().is_ok_and(is_empty) {
            self.make_sure().await?;
        }
        result.map_err(StoreError::from)
    }
}

/// Octets that a batch takes at most, nearly.
fn octets(batch: &Batch) -> f64 {
    let size = |write: &Write| match write {
        Write::Put(_, _, value) => value.len() + 256,
        Write::Delete(..) | Write::DeletePrefix(..) => 0,
    };
    batch.writes.iter().map(size).sum::<usize>() as f64
}

/// What the browser itself may need beside what it is given.
const MARGIN: f64 = 16.0 * 1024.0 * 1024.0;
