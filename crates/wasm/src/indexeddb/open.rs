//! Opening the database.

use super::binding::{TransactingDatabase, TransactionOptions};
use super::failure::Failure;
use super::schema;
use crate::clock::BrowserClock;
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::{Array, Object, Reflect};
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use waypost_wire::Duration;
use web_sys::{Event, IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbTransaction, IdbVersionChangeEvent};

/// An open connection to the database, closed when dropped.
#[derive(Debug)]
pub(super) struct Database {
    raw: IdbDatabase,
    connected: Rc<Cell<bool>>,
    _handlers: [Closure<dyn FnMut(Event)>; 2],
}

impl Database {
    /// Opens it, upgrading the schema where needed. `over` is set when another tab needs it in a newer form or deletes it.
    pub(super) async fn open(name: &str, over: Rc<Cell<Option<&'static str>>>) -> Result<Self, Failure> {
        let request = factory()?.open_with_u32(name, schema::VERSION)?;
        let opening = Opening::new(&request);
        let late = pin!(BrowserClock.sleep(OPEN_TIME));
        let opened = match select(opening.result, late).await {
            Either::Left((result, _)) => {
                result.unwrap_or_else(|_| Err(Failure::Unusable("it did not open".to_owned())))
            }
            Either::Right(_) => {
                Err(Failure::Unusable("the browser does not open it; close other tabs and reload".to_owned()))
            }
        };
        opened.map(|raw| Self::new(raw, over))
    }

    fn new(raw: IdbDatabase, over: Rc<Cell<Option<&'static str>>>) -> Self {
        let connected = Rc::new(Cell::new(true));
        let (closed, changed, closing) = (Rc::clone(&connected), Rc::clone(&connected), raw.clone());
        let close = Closure::<dyn FnMut(Event)>::new(move |_| closed.set(false));
        let version_change = Closure::<dyn FnMut(Event)>::new(move |_| {
            // Another tab waits for this connection to end. Work that is under way still completes.
            changed.set(false);
            over.set(Some(
                "another tab has opened a newer version of this app, or deletes its data; reload the page",
            ));
            closing.close();
        });
        raw.set_onclose(Some(close.as_ref().unchecked_ref()));
        raw.set_onversionchange(Some(version_change.as_ref().unchecked_ref()));
        Self { raw, connected, _handlers: [close, version_change] }
    }

    /// Whether the browser has not closed it.
    pub(super) fn is_connected(&self) -> bool {
        self.connected.get()
    }

    /// Begins a transaction.
    pub(super) fn transaction(
        &self,
        tables: &Array,
        mode: &str,
        durability: &str,
    ) -> Result<IdbTransaction, Failure> {
        let options: TransactionOptions = Object::new().unchecked_into();
        options.set_durability(durability);
        Ok(self.raw.unchecked_ref::<TransactingDatabase>().transaction(tables, mode, &options)?)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.raw.set_onclose(None);
        self.raw.set_onversionchange(None);
        self.raw.close();
    }
}

fn factory() -> Result<IdbFactory, Failure> {
    // Where storage is forbidden, asking for it may throw, or there is none.
    let found = Reflect::get(&js_sys::global(), &JsValue::from_str("indexedDB")).unwrap_or(JsValue::NULL);
    found.dyn_into().map_err(|_| {
        Failure::Unusable(
            "this browser gives the page no storage; a private window may be the reason".to_owned(),
        )
    })
}

type Settle = Rc<RefCell<Option<oneshot::Sender<Result<IdbDatabase, Failure>>>>>;

/// A request to open that has not ended.
struct Opening {
    result: oneshot::Receiver<Result<IdbDatabase, Failure>>,
}

impl Opening {
    /// The handlers outlive this future: a database that opens after nobody waits any more must be closed, or it blocks
    /// every later upgrade. Those that are never called stay in memory, some octets for each time a database is opened.
    fn new(request: &IdbOpenDbRequest) -> Self {
        let (sender, result) = oneshot::channel();
        let settle: Settle = Rc::new(RefCell::new(Some(sender)));
        request.set_onupgradeneeded(Some(&on_upgrade(request, &settle)));
        request.set_onblocked(Some(&on_blocked(&settle)));
        request.set_onsuccess(Some(&on_success(request, &settle)));
        request.set_onerror(Some(&on_error(request, &settle)));
        Self { result }
    }
}

fn handler(act: impl FnOnce(JsValue) + 'static) -> js_sys::Function {
    Closure::once_into_js(act).unchecked_into()
}

fn finish(settle: &Settle, result: Result<IdbDatabase, Failure>) {
    let sender = settle.take();
    if let Err(Ok(unwanted)) = sender.map_or(Err(result.clone()), |sender| sender.send(result)) {
        unwanted.close();
    }
}

fn on_upgrade(request: &IdbOpenDbRequest, settle: &Settle) -> js_sys::Function {
    let (request, settle) = (request.clone(), Rc::clone(settle));
    handler(move |event| {
        let from = event.unchecked_into::<IdbVersionChangeEvent>().old_version() as u32;
        let upgraded = request
            .result()
            .map_err(Failure::from)
            .and_then(|database| schema::upgrade(database.unchecked_ref(), from));
        if let Err(failure) = upgraded {
            if let Some(transaction) = request.transaction() {
                // Nothing of a step that failed stays.
                let _ = transaction.abort();
            }
            finish(&settle, Err(failure));
        }
    })
}

fn on_blocked(settle: &Settle) -> js_sys::Function {
    let settle = Rc::clone(settle);
    handler(move |_| {
        let why = "another tab still uses an older version of this app; close that tab and reload this one";
        finish(&settle, Err(Failure::Unusable(why.to_owned())));
    })
}

fn on_success(request: &IdbOpenDbRequest, settle: &Settle) -> js_sys::Function {
    let (request, settle) = (request.clone(), Rc::clone(settle));
    handler(move |_| finish(&settle, request.result().map(JsCast::unchecked_into).map_err(Failure::from)))
}

fn on_error(request: &IdbOpenDbRequest, settle: &Settle) -> js_sys::Function {
    let (request, settle) = (request.clone(), Rc::clone(settle));
    handler(move |_| finish(&settle, Err(Failure::aborted(request.error().ok().flatten().as_ref()))))
}

/// A browser opens a database in milliseconds; one that has not done so after this long never will (seen in WebKit).
const OPEN_TIME: Duration = Duration::from_secs(10);
