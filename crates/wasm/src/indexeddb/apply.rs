//! The only writer: one batch is one transaction, which checks the lease before it commits.

use super::failure::Failure;
use super::key;
use super::lease::Lease;
use super::nodes::{Looking, Verdict, when_known};
use super::open::Database;
use super::range::prefixed;
use super::transaction::{Mode, Transaction};
use crate::points;
use js_sys::Array;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use waypost_store::pack::{Known, NodeWrite, Plan, Value};
use waypost_store::{Batch, Durability, Key, Table, Write};
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
    let verdict = match issue(&transaction, lease, batch, pace) {
        Ok(verdict) => verdict,
        Err(failure) => {
            transaction.abort();
            return Err(failure);
        }
    };
    let end = transaction.end().await;
    verdict.take()?;
    end?;
    reached(batch.durability, Point::AfterComplete);
    Ok(())
}

/// A point of a durable batch at which tests break it.
fn reached(durability: Durability, point: Point) {
    if durability == Durability::Strict {
        points::reached(point);
    }
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

/// Asks for the nodes of packed tables, then for the lease, whose answer decides whether the writes follow.
fn issue(transaction: &Transaction, lease: Lease, batch: &Rc<Batch>, pace: Pace) -> Result<Verdict, Failure> {
    let plans: Vec<Plan> = Table::ALL
        .into_iter()
        .filter_map(|of| Some(Plan::new(batch, of, of.packing().filter(|_| is_in(batch, of))?)))
        .collect();
    let looks = plans.iter().flat_map(Plan::looks).cloned();
    let looking = looks.map(|look| Looking::begin(transaction, look)).collect::<Result<Vec<_>, _>>()?;
    let stores = tables(batch).into_iter().map(|of| Ok((of, transaction.table(of)?)));
    let stores: Vec<(Table, IdbObjectStore)> = stores.collect::<Result<_, Failure>>()?;
    let verdict = Verdict::of(transaction);
    let (batch, then) = (Rc::clone(batch), verdict.clone());
    lease.guard(transaction, &verdict, move || {
        let next = then.clone();
        when_known(looking, &then, move |known| {
            let requests = requests(&batch, &plans, &known, &stores)?;
            match pace {
                Pace::Together => {
                    let issued = requests.iter().map(Request::issue).collect::<Result<Vec<_>, _>>()?;
                    reached(batch.durability, Point::AfterPut);
                    if let Some(last) = issued.last().filter(|_| cfg!(feature = "probe")) {
                        let durability = batch.durability;
                        next.after(last, move |_| {
                            reached(durability, Point::BeforeComplete);
                            Ok(())
                        });
                    }
                    // No more requests come, so that the commit need not wait for the answers.
                    next.end().commit();
                }
                Pace::OneByOne => step(&Rc::new(requests), 0, batch.durability, &next)?,
            }
            Ok(())
        })
    })?;
    Ok(verdict)
}

fn is_in(batch: &Batch, of: Table) -> bool {
    batch.writes.iter().any(|write| table(write) == of)
}

/// A request that is not made yet.
enum Request {
    Put(IdbObjectStore, JsValue, Array),
    Delete(IdbObjectStore, JsValue),
}

impl Request {
    fn issue(&self) -> Result<IdbRequest, Failure> {
        Ok(match self {
            Self::Put(store, value, name) => store.put_with_key(value, name)?,
            Self::Delete(store, what) => store.delete(what)?,
        })
    }
}

/// What a batch asks of the database, in order.
fn requests(
    batch: &Batch,
    plans: &[Plan],
    known: &[Known],
    stores: &[(Table, IdbObjectStore)],
) -> Result<Vec<Request>, Failure> {
    let store = |of: Table| {
        let found = stores.iter().find(|(table, _)| *table == of);
        found.map(|(_, store)| store.clone()).ok_or(Failure::Damaged(of.name()))
    };
    let put = |of, name: &Key, value: &Value<'_>| {
        Ok(Request::Put(store(of)?, key::stored_to_js(value), key::to_js(name)))
    };
    let delete = |of, name: &Key| Ok(Request::Delete(store(of)?, key::to_js(name).into()));
    let delete_prefix =
        |of, prefix: &Key| Ok(Request::Delete(store(of)?, key::range(&prefixed(prefix))?.into()));
    let plain =
        batch.writes.iter().filter(|write| table(write).packing().is_none()).map(|write| match write {
            Write::Put(of, name, value) => put(*of, name, &Value::Single(value)),
            Write::Delete(of, name) => delete(*of, name),
            Write::DeletePrefix(of, prefix) => delete_prefix(*of, prefix),
        });
    let mut requests = plain.collect::<Result<Vec<_>, Failure>>()?;
    let mut known = known;
    for plan in plans {
        let (own, rest) = known.split_at(plan.looks().count().min(known.len()));
        known = rest;
        for write in plan.writes(batch, own) {
            requests.push(match write {
                NodeWrite::Put(name, value) => put(plan.table(), &name, &value)?,
                NodeWrite::Delete(name) => delete(plan.table(), &name)?,
                NodeWrite::DeletePrefix(prefix) => delete_prefix(plan.table(), &prefix)?,
            });
        }
    }
    Ok(requests)
}

/// The requests of a batch, one after the other. The transaction commits when no more come.
fn step(
    requests: &Rc<Vec<Request>>,
    at: usize,
    durability: Durability,
    verdict: &Verdict,
) -> Result<(), Failure> {
    let Some(request) = requests.get(at) else {
        reached(durability, Point::AfterPut);
        // The last moment at which nothing of a batch has happened.
        reached(durability, Point::BeforeComplete);
        return Ok(());
    };
    let (rest, then) = (Rc::clone(requests), verdict.clone());
    verdict.after(&request.issue()?, move |_| step(&rest, at + 1, durability, &then));
    Ok(())
}
