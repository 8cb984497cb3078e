//! The only writer: one batch is one transaction, which checks the lease before it commits.

use super::failure::Failure;
use super::key;
use super::lease::Lease;
use super::open::Database;
use super::range::prefixed;
use super::transaction::{Ending, Mode, Transaction};
use crate::points;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use waypost_store::{Batch, Durability, Table, Write};
use waypost_sync::Point;
use web_sys::{IdbObjectStore, IdbRequest};

/// How the writes of a batch are handed to the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// All in one tick.
    Together,
    /// Each when the one before has succeeded. Firefox does not undo what it was handed after a write that found no space.
    OneByOne,
}

/// Applies a batch. When it returns, the transaction is complete, as durable as the batch asks.
pub(super) async fn apply(
    database: &Database,
    lease: Lease,
    batch: &Rc<Batch>,
    pace: Pace,
) -> Result<(), Failure> {
    if batch.writes.is_empty() {
        return Ok(());
    }
    let transaction = Transaction::begin(database, &tables(batch), Mode::Write(batch.durability))?;
    let guard = match pace {
        Pace::Together => issue(&transaction, lease, batch),
        Pace::OneByOne => issue_one_by_one(&transaction, lease, batch),
    };
    let guard = match guard {
        Ok(guard) => guard,
        Err(failure) => {
            transaction.abort();
            return Err(failure);
        }
    };
    if batch.durability == Durability::Strict {
        points::reached(Point::AfterPut);
    }
    guard.end(transaction).await?;
    if batch.durability == Durability::Strict {
        points::reached(Point::AfterComplete);
    }
    Ok(())
}

/// The tables of a batch, and the one with the lease.
fn tables(batch: &Batch) -> Vec<Table> {
    let mut tables: Vec<Table> = batch.writes.iter().map(table).chain([Table::Meta]).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

fn table(write: &Write) -> Table {
    match write {
        Write::Put(table, ..) | Write::Delete(table, _) | Write::DeletePrefix(table, _) => *table,
    }
}

/// Issues all requests, in order, the lease first. IndexedDB carries them out in that order.
fn issue(transaction: &Transaction, lease: Lease, batch: &Batch) -> Result<Guard, Failure> {
    let (end, durability) = (transaction.ending(), batch.durability);
    let guard = lease.guard(transaction, move || {
        before_complete(durability);
        // No more requests come, so that the commit need not wait for the answers.
        end.commit();
        Ok(())
    })?;
    let mut current: Option<(Table, IdbObjectStore)> = None;
    for write in &batch.writes {
        let table = table(write);
        let store = match &current {
            Some((known, store)) if *known == table => store,
            _ => &current.insert((table, transaction.table(table)?)).1,
        };
        request(store, write)?;
    }
    Ok(guard)
}

fn issue_one_by_one(transaction: &Transaction, lease: Lease, batch: &Rc<Batch>) -> Result<Guard, Failure> {
    let stores =
        batch.writes.iter().map(|write| transaction.table(table(write))).collect::<Result<_, _>>()?;
    let chain = Rc::new(Chain { batch: Rc::clone(batch), stores, end: transaction.ending() });
    lease.guard(transaction, move || Chain::step(&chain, 0))
}

/// The writes of a batch, one after the other. The transaction commits when no more come.
struct Chain {
    batch: Rc<Batch>,
    /// Of each write.
    stores: Vec<IdbObjectStore>,
    end: Ending,
}

impl Chain {
    fn step(chain: &Rc<Self>, at: usize) -> Result<(), Failure> {
        let (Some(write), Some(store)) = (chain.batch.writes.get(at), chain.stores.get(at)) else {
            before_complete(chain.batch.durability);
            return Ok(());
        };
        let (request, rest) = (request(store, write)?, Rc::clone(chain));
        let handler = Closure::once_into_js(move || {
            if Self::step(&rest, at + 1).is_err() {
                rest.end.abort();
            }
        });
        request.set_onsuccess(Some(handler.unchecked_ref()));
        Ok(())
    }
}

fn request(store: &IdbObjectStore, write: &Write) -> Result<IdbRequest, Failure> {
    Ok(match write {
        Write::Put(_, name, value) => store.put_with_key(&key::value_to_js(value), &key::to_js(name))?,
        Write::Delete(_, name) => store.delete(&key::to_js(name))?,
        Write::DeletePrefix(_, prefix) => store.delete(key::range(&prefixed(prefix))?.as_ref())?,
    })
}

/// The last moment at which nothing of a batch has happened: its transaction has all requests, and goes on when this returns.
fn before_complete(durability: Durability) {
    if durability == Durability::Strict {
        points::reached(Point::BeforeComplete);
    }
}

/// A transaction that goes on or is aborted by the answer to one request.
pub(super) struct Guard {
    verdict: Rc<RefCell<Result<(), Failure>>>,
}

impl Guard {
    /// `judge` sees the request once it is answered, and may issue more. It does so although nobody may wait any more: a transaction
    /// that is left alone commits by itself.
    pub(super) fn ask(
        transaction: &Transaction,
        request: &IdbRequest,
        judge: impl FnOnce(&IdbRequest) -> Result<(), Failure> + 'static,
    ) -> Self {
        let verdict = Rc::new(RefCell::new(Ok(())));
        let (judged, answered, end) = (Rc::clone(&verdict), request.clone(), transaction.ending());
        let handler = Closure::once_into_js(move || {
            let found = judge(&answered);
            if found.is_err() {
                end.abort();
            }
            *judged.borrow_mut() = found;
        });
        request.set_onsuccess(Some(handler.unchecked_ref()));
        Self { verdict }
    }

    /// The end of the transaction; if it was aborted by the judge, for its reason.
    pub(super) async fn end(self, transaction: Transaction) -> Result<(), Failure> {
        let end = transaction.end().await;
        self.verdict.replace(Ok(()))?;
        end
    }
}
