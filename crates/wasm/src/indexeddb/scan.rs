//! The records of a packed table that begin alike, in order, some at a time.

use super::failure::Failure;
use super::key;
use super::nodes::Verdict;
use super::query::pairs;
use super::range::Bounds;
use super::transaction::Transaction;
use js_sys::Array;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use waypost_store::pack::{Opened, Packing};
use waypost_store::{Key, Table};
use web_sys::{IdbCursorDirection, IdbCursorWithValue, IdbObjectStore, IdbRequest};

/// A scan on its way.
pub(super) struct Scan(Rc<Walk>);

/// Where it goes, and what it found.
struct Walk {
    table: Table,
    packing: Packing,
    store: IdbObjectStore,
    bounds: Bounds,
    limit: usize,
    /// Whether the values are wanted.
    values: bool,
    found: RefCell<Vec<(Key, Vec<u8>)>>,
    verdict: Verdict,
}

impl Scan {
    /// Asks for the first records between two bounds, at most so many.
    pub(super) fn begin(
        transaction: &Transaction,
        verdict: &Verdict,
        (table, packing): (Table, Packing),
        bounds: Bounds,
        descending: bool,
        limit: Option<u32>,
        values: bool,
    ) -> Result<Self, Failure> {
        let (store, found) = (transaction.table(table)?, RefCell::default());
        let limit = limit.map_or(usize::MAX, |limit| limit as usize);
        let walk = Walk { table, packing, store, bounds, limit, values, found, verdict: verdict.clone() };
        let walk = Rc::new(walk);
        if descending {
            walk.descend()?
        } else {
            walk.ascend()?
        }
        Ok(Self(walk))
    }

    /// What was found, once the transaction is complete.
    pub(super) fn take(self) -> Vec<(Key, Vec<u8>)> {
        self.0.found.take()
    }
}

impl Walk {
    /// Takes the records of a node that are wanted; says whether more are.
    fn take(&self, name: &Key, value: &wasm_bindgen::JsValue, descending: bool) -> Result<bool, Failure> {
        let stored = key::stored_from_js(self.table, value)?;
        let node = Opened::new(self.packing, name, &stored);
        let mut found = self.found.borrow_mut();
        let room = self.limit.saturating_sub(found.len());
        let value = |value: &[u8]| if self.values { value.to_vec() } else { Vec::new() };
        let wanted = node.entries().filter(|(key, _)| self.bounds.contains(key));
        let wanted = wanted.map(|(key, octets)| (key.clone(), value(octets)));
        if descending {
            found.extend(wanted.rev().take(room));
        } else {
            found.extend(wanted.take(room));
        }
        Ok(found.len() < self.limit)
    }

    /// The node that reaches over the lower bound, with the first page of those behind it.
    fn ascend(self: &Rc<Self>) -> Result<(), Failure> {
        let Bounds { lower, lower_open, .. } = &self.bounds;
        let floor = if lower.0.len() > self.packing.shared {
            let range = key::between(&self.packing.group(lower), lower)?;
            Some(self.store.open_cursor_with_range_and_direction(&range, IdbCursorDirection::Prev)?)
        } else {
            None
        };
        let rest = Bounds { lower_open: *lower_open || floor.is_some(), ..self.bounds.clone() };
        self.page(rest, floor)
    }

    /// Some nodes, and then the next.
    fn page(self: &Rc<Self>, bounds: Bounds, floor: Option<IdbRequest>) -> Result<(), Failure> {
        let left = self.limit.saturating_sub(self.found.borrow().len());
        // A node of many small records holds some sixteen or more, half full.
        let nodes = if self.table == Table::Bodies { left } else { left / 16 + 1 }.min(MOST_NODES);
        let count = (self.limit < usize::MAX).then_some(nodes as u32);
        let (keys, values) = pairs(&self.store, key::range(&bounds)?.as_ref(), count)?;
        let walk = Rc::clone(self);
        self.verdict.after(&values, move |values| {
            if let Some(floor) = floor
                && let Ok(cursor) = floor.result()?.dyn_into::<IdbCursorWithValue>()
                && !walk.take(&key::from_js(walk.table, &cursor.key()?)?, &cursor.value()?, false)?
            {
                return Ok(());
            }
            let (keys, values): (Array, Array) =
                (keys.result()?.unchecked_into(), values.result()?.unchecked_into());
            let mut last = None;
            for (name, value) in keys.iter().zip(values.iter()) {
                let name = key::from_js(walk.table, &name)?;
                if !walk.take(&name, &value, false)? {
                    return Ok(());
                }
                last = Some(name);
            }
            match last {
                Some(lower) if count == Some(values.length()) => {
                    walk.page(Bounds { lower, lower_open: true, ..bounds }, None)
                }
                _ => Ok(()),
            }
        });
        Ok(())
    }

    /// From the last node downwards.
    fn descend(self: &Rc<Self>) -> Result<(), Failure> {
        let lower = if self.bounds.lower.0.len() > self.packing.shared {
            self.packing.group(&self.bounds.lower)
        } else {
            self.bounds.lower.clone()
        };
        let range = key::range(&Bounds { lower, lower_open: false, ..self.bounds.clone() })?;
        self.step(self.store.open_cursor_with_range_and_direction(&range, IdbCursorDirection::Prev)?);
        Ok(())
    }

    fn step(self: &Rc<Self>, request: IdbRequest) {
        let walk = Rc::clone(self);
        self.verdict.after(&request, move |request| {
            let Ok(cursor) = request.result()?.dyn_into::<IdbCursorWithValue>() else { return Ok(()) };
            let name = key::from_js(walk.table, &cursor.key()?)?;
            if walk.take(&name, &cursor.value()?, true)? && name > walk.bounds.lower {
                cursor.continue_()?;
                walk.step(request.clone());
            }
            Ok(())
        });
    }
}

/// At once in memory: of octets of messages four mebibytes.
const MOST_NODES: usize = 64;
