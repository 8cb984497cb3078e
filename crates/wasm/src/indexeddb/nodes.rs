//! The nodes of packed tables inside a transaction: which there are where some keys would be, and what stands in them.
//!
//! Each step begins in the handler of a request of the same transaction, which so stays alive whoever waits for its end.

use super::failure::Failure;
use super::key;
use super::transaction::{Ending, Transaction};
use js_sys::Array;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use waypost_store::Key;
use waypost_store::pack::{Known, Look};
use web_sys::{IdbCursor, IdbCursorDirection, IdbKeyRange, IdbObjectStore, IdbRequest};

/// What went wrong in the handlers of a transaction, if anything did: then it is aborted.
#[derive(Clone)]
pub(super) struct Verdict {
    found: Rc<RefCell<Result<(), Failure>>>,
    end: Rc<Ending>,
}

impl Verdict {
    pub(super) fn of(transaction: &Transaction) -> Self {
        Self { found: Rc::new(RefCell::new(Ok(()))), end: Rc::new(transaction.ending()) }
    }

    pub(super) fn take(self) -> Result<(), Failure> {
        self.found.replace(Ok(()))
    }

    pub(super) fn end(&self) -> &Ending {
        &self.end
    }

    /// Does something when a request has succeeded, and so all that were made before it. It is done although nobody may wait any more.
    pub(super) fn after(
        &self,
        request: &IdbRequest,
        act: impl FnOnce(&IdbRequest) -> Result<(), Failure> + 'static,
    ) {
        let (verdict, answered) = (self.clone(), request.clone());
        // In a box, so that what makes a function of a closure is there once.
        let act: Box<dyn FnOnce()> = Box::new(move || {
            if let Err(failure) = act(&answered) {
                verdict.end.abort();
                *verdict.found.borrow_mut() = Err(failure);
            }
        });
        request.set_onsuccess(Some(Closure::once_into_js(act).unchecked_ref()));
    }
}

/// A look whose requests are issued.
pub(super) struct Looking {
    look: Look,
    store: IdbObjectStore,
    /// A key cursor at the node before all keys, or at the first of them.
    floor: IdbRequest,
    /// The keys of the nodes behind it.
    above: Option<IdbRequest>,
    keys: Vec<Key>,
    nodes: Vec<(Key, IdbRequest)>,
}

impl Looking {
    /// Asks for the keys of nodes.
    pub(super) fn begin(transaction: &Transaction, look: Look) -> Result<Self, Failure> {
        let store = transaction.table(look.table)?;
        let from = look.from();
        let range = key::between(&look.group, from)?;
        let floor = store.open_key_cursor_with_range_and_direction(&range, IdbCursorDirection::Prev)?;
        let (to, is_prefix) = look.to();
        let above = if is_prefix || to > from {
            let upper = key::to_js(to);
            if is_prefix {
                upper.push(&Array::new());
            }
            let range =
                IdbKeyRange::bound_with_lower_open_and_upper_open(&key::to_js(from), &upper, true, false)?;
            Some(store.get_all_keys_with_key(&range)?)
        } else {
            None
        };
        Ok(Self { look, store, floor, above, keys: Vec::new(), nodes: Vec::new() })
    }

    /// The request that is answered last.
    fn last(&self) -> &IdbRequest {
        self.nodes.last().map(|(_, request)| request).or(self.above.as_ref()).unwrap_or(&self.floor)
    }

    /// Asks for the nodes, now that their keys are known.
    fn touch(&mut self) -> Result<(), Failure> {
        let table = self.look.table;
        if let Ok(cursor) = self.floor.result()?.dyn_into::<IdbCursor>() {
            self.keys.push(key::from_js(table, &cursor.key()?)?);
        }
        if let Some(above) = &self.above {
            for name in above.result()?.unchecked_into::<Array>().iter() {
                self.keys.push(key::from_js(table, &name)?);
            }
        }
        for key in self.look.touched(&self.keys).into_iter().filter_map(|place| self.keys.get(place)) {
            self.nodes.push((key.clone(), self.store.get(&key::to_js(key))?));
        }
        Ok(())
    }

    fn known(self) -> Result<Known, Failure> {
        let table = self.look.table;
        let node =
            |(key, request): (Key, IdbRequest)| Ok((key, key::stored_from_js(table, &request.result()?)?));
        Ok((self.keys, self.nodes.into_iter().map(node).collect::<Result<_, Failure>>()?))
    }
}

/// The last request of some looks, if there is one.
pub(super) fn last(looking: &[Looking]) -> Option<IdbRequest> {
    looking.last().map(|looking| looking.last().clone())
}

/// Goes on when all is known that was asked for. The keys of the nodes are there already.
pub(super) fn when_known(
    mut looking: Vec<Looking>,
    verdict: &Verdict,
    go_on: impl FnOnce(Vec<Known>) -> Result<(), Failure> + 'static,
) -> Result<(), Failure> {
    looking.iter_mut().try_for_each(Looking::touch)?;
    let last = looking.iter().rev().find(|looking| !looking.nodes.is_empty());
    let last = last.map(|looking| looking.last().clone());
    let known =
        |looking: Vec<Looking>| looking.into_iter().map(Looking::known).collect::<Result<Vec<_>, Failure>>();
    match last {
        Some(last) => verdict.after(&last, move |_| go_on(known(looking)?)),
        None => go_on(known(looking)?)?,
    }
    Ok(())
}
