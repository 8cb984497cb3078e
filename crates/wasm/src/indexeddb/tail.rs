//! The last records of a range, where a browser can't list records from the end: a key cursor leaps from the highest key
//! over the page to its lowest, and the keys and values between the two come in one piece. Three answers of the
//! database, however long the range and the page are.

use super::failure::Failure;
use super::query::pairs;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, IdbCursor, IdbCursorDirection, IdbKeyRange, IdbObjectStore, IdbRequest};

type Found = Result<Option<(IdbRequest, IdbRequest)>, Failure>;

/// A page from the end of a range, on its way.
pub(super) struct Tail {
    found: Rc<RefCell<Found>>,
    request: IdbRequest,
    _handler: Closure<dyn FnMut(Event)>,
}

impl Tail {
    /// Asks for the last `limit` records of a range; `limit` is at least 1.
    pub(super) fn ask(store: IdbObjectStore, range: IdbKeyRange, limit: u32) -> Result<Self, Failure> {
        let request = store.open_key_cursor_with_range_and_direction(&range, IdbCursorDirection::Prev)?;
        let found: Rc<RefCell<Found>> = Rc::new(RefCell::new(Ok(None)));
        let (asked, answer) = (request.clone(), Rc::clone(&found));
        let mut leaps = limit.saturating_sub(1);
        let handler = Closure::<dyn FnMut(Event)>::new(move |_| {
            *answer.borrow_mut() = step(&store, &range, &asked, &mut leaps);
        });
        request.set_onsuccess(Some(handler.as_ref().unchecked_ref()));
        Ok(Self { found, request, _handler: handler })
    }

    /// The requests for keys and values, once the transaction is complete.
    pub(super) fn take(self) -> Found {
        self.found.replace(Ok(None))
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.request.set_onsuccess(None);
    }
}

/// Where the cursor stands: leaps once, then asks for all from there on. `None` while it leaps.
fn step(store: &IdbObjectStore, range: &IdbKeyRange, request: &IdbRequest, leaps: &mut u32) -> Found {
    let first = *leaps > 0;
    let cursor: Option<IdbCursor> = request.result()?.dyn_into().ok();
    match cursor {
        Some(cursor) if first => {
            cursor.advance(std::mem::take(leaps))?;
            Ok(None)
        }
        Some(cursor) => {
            let rest = IdbKeyRange::bound_with_lower_open_and_upper_open(
                &cursor.key()?,
                &range.upper()?,
                false,
                true,
            )?;
            Ok(Some(pairs(store, &rest, None)?))
        }
        // The page is larger than the range, or the range is empty: all of it.
        None => Ok(Some(pairs(store, range, None)?)),
    }
}
