//! A transaction, and its end as a future.

use super::binding::CommittingTransaction;
use super::failure::Failure;
use super::open::Database;
use futures_channel::oneshot;
use js_sys::Array;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use waypost_store::{Durability, Table};
use web_sys::{Event, IdbObjectStore, IdbTransaction};

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write(Durability),
}

/// One transaction. Issue all its requests in one tick, then wait for [`Transaction::end`].
pub(super) struct Transaction {
    raw: IdbTransaction,
    end: oneshot::Receiver<Result<(), Failure>>,
    _handlers: [Closure<dyn FnMut(Event)>; 2],
}

impl Transaction {
    /// Begins one over some tables.
    pub(super) fn begin(database: &Database, tables: &[Table], mode: Mode) -> Result<Self, Failure> {
        let names: Array = tables.iter().map(|table| wasm_bindgen::JsValue::from_str(table.name())).collect();
        let (mode, durability) = match mode {
            Mode::Read => ("readonly", "default"),
            Mode::Write(Durability::Relaxed) => ("readwrite", "relaxed"),
            Mode::Write(Durability::Strict) => ("readwrite", "strict"),
        };
        let raw = database.transaction(&names, mode, durability)?;
        let (sender, end) = oneshot::channel();
        let sender = Rc::new(RefCell::new(Some(sender)));
        let completed = Rc::clone(&sender);
        let complete = Closure::<dyn FnMut(Event)>::new(move |_| send(&completed, Ok(())));
        let transaction = raw.clone();
        let abort = Closure::<dyn FnMut(Event)>::new(move |_| {
            send(&sender, Err(Failure::aborted(transaction.error().as_ref())));
        });
        raw.set_oncomplete(Some(complete.as_ref().unchecked_ref()));
        raw.set_onabort(Some(abort.as_ref().unchecked_ref()));
        Ok(Self { raw, end, _handlers: [complete, abort] })
    }

    pub(super) fn table(&self, table: Table) -> Result<IdbObjectStore, Failure> {
        Ok(self.raw.object_store(table.name())?)
    }

    /// What ends it, for the handler of a request.
    pub(super) fn ending(&self) -> Ending {
        Ending(self.raw.clone())
    }

    /// Undoes everything.
    pub(super) fn abort(&self) {
        self.ending().abort();
    }

    /// The only thing that counts: whether all of it happened.
    pub(super) async fn end(mut self) -> Result<(), Failure> {
        (&mut self.end).await.unwrap_or_else(|_| Err(Failure::Lost("the browser closed it".to_owned())))
    }
}

/// Ends a transaction before all its requests are answered.
pub(super) struct Ending(IdbTransaction);

impl Ending {
    /// Says that no more requests come, so that the commit need not wait for the answers.
    pub(super) fn commit(&self) {
        // It fails only if the transaction is aborted already, and then its end says so.
        let _ = self.0.unchecked_ref::<CommittingTransaction>().commit();
    }

    /// Undoes everything.
    pub(super) fn abort(&self) {
        // It fails only if the transaction has ended.
        let _ = self.0.abort();
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.raw.set_oncomplete(None);
        self.raw.set_onabort(None);
    }
}

type Sender = RefCell<Option<oneshot::Sender<Result<(), Failure>>>>;

fn send(sender: &Sender, result: Result<(), Failure>) {
    if let Some(sender) = sender.take() {
        // Nobody waits any more if the flow was dropped; the transaction ends as it does.
        let _ = sender.send(result);
    }
}
