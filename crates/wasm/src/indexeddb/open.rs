//! One request to open the database, and the connection that comes of it.

use super::binding::{TransactingDatabase, TransactionOptions};
use super::failure::Failure;
use super::schema::{self, Fit};
use futures_channel::oneshot;
use js_sys::{Array, Object, Reflect};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbTransaction, IdbVersionChangeEvent};

/// How the browser took a connection away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// Without a reason.
    Closed,
    /// Another tab upgrades the database.
    Upgraded,
    /// The database is deleted.
    Deleted,
}

/// An open connection to the database, closed when dropped.
#[derive(Debug)]
pub(super) struct Database {
    raw: IdbDatabase,
    connected: Rc<Cell<bool>>,
    fit: Fit,
    _handlers: [Closure<dyn FnMut(Event)>; 2],
}

impl Database {
    /// `lost` is told once, when the browser ends the connection or another tab needs it to end.
    fn new(raw: IdbDatabase, lost: impl Fn(Loss) + 'static) -> Self {
        let connected = Rc::new(Cell::new(true));
        let lost = Rc::new(lost);
        let (closed, closed_lost) = (Rc::clone(&connected), Rc::clone(&lost));
        let (changed, closing) = (Rc::clone(&connected), raw.clone());
        let close = Closure::<dyn FnMut(Event)>::new(move |_| {
            if closed.replace(false) {
                closed_lost(Loss::Closed);
            }
        });
        let version_change = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            // Another tab waits for this connection to end. Work that is under way still completes.
            closing.close();
            if changed.replace(false) {
                let event: IdbVersionChangeEvent = event.unchecked_into();
                lost(if event.new_version().is_some() { Loss::Upgraded } else { Loss::Deleted });
            }
        });
        raw.set_onclose(Some(close.as_ref().unchecked_ref()));
        raw.set_onversionchange(Some(version_change.as_ref().unchecked_ref()));
        let fit = schema::fit(raw.version() as u32);
        Self { raw, connected, fit, _handlers: [close, version_change] }
    }

    /// Whether the browser has not closed it.
    pub(super) fn is_connected(&self) -> bool {
        self.connected.get()
    }

    /// What this code can do with it.
    pub(super) const fn fit(&self) -> Fit {
        self.fit
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

/// A database that was opened.
pub(super) struct Opened {
    raw: IdbDatabase,
    /// Whether there was none before.
    pub(super) created: bool,
}

impl Opened {
    /// Takes the connection into use; see [`Database::new`].
    pub(super) fn connect(self, lost: impl Fn(Loss) + 'static) -> Database {
        Database::new(self.raw, lost)
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

type Settle = Rc<RefCell<Option<oneshot::Sender<Result<Opened, Failure>>>>>;

/// A request to open that has not ended.
pub(super) struct Opening {
    /// Its end.
    pub(super) result: oneshot::Receiver<Result<Opened, Failure>>,
    /// That it waits for another tab to let go. It then still ends some time.
    pub(super) blocked: oneshot::Receiver<()>,
}

impl Opening {
    /// Asks for the database in this version, upgrading it where it is older; or for an existing one as it is.
    ///
    /// The handlers outlive this future: a database that opens after nobody waits any more must be closed, or it blocks
    /// every later upgrade. Those that are never called stay in memory, some octets for each time a database is opened.
    pub(super) fn begin(name: &str, version: Option<u32>) -> Result<Self, Failure> {
        let request = match version {
            Some(version) => factory()?.open_with_u32(name, version)?,
            None => factory()?.open(name)?,
        };
        let (sender, result) = oneshot::channel();
        let (told, blocked) = oneshot::channel();
        let settle: Settle = Rc::new(RefCell::new(Some(sender)));
        let created = Rc::new(Cell::new(false));
        request.set_onupgradeneeded(Some(&on_upgrade(&request, &settle, version.is_some(), &created)));
        request.set_onblocked(Some(&handler(move |_| {
            // Nobody listens any more if it was given up.
            let _ = told.send(());
        })));
        request.set_onsuccess(Some(&on_success(&request, &settle, created)));
        request.set_onerror(Some(&on_error(&request, &settle)));
        Ok(Self { result, blocked })
    }
}

/// In a box, so that what makes a function of a closure is there once.
fn handler(act: impl FnOnce(JsValue) + 'static) -> js_sys::Function {
    let act: Box<dyn FnOnce(JsValue)> = Box::new(act);
    Closure::once_into_js(act).unchecked_into()
}

fn finish(settle: &Settle, result: Result<Opened, Failure>) {
    let unwanted = match settle.take() {
        Some(sender) => sender.send(result).err(),
        None => Some(result),
    };
    if let Some(Ok(unwanted)) = unwanted {
        unwanted.raw.close();
    }
}

fn on_upgrade(
    request: &IdbOpenDbRequest,
    settle: &Settle,
    wanted: bool,
    created: &Rc<Cell<bool>>,
) -> js_sys::Function {
    let (request, settle, created) = (request.clone(), Rc::clone(settle), Rc::clone(created));
    handler(move |event| {
        let from = event.unchecked_into::<IdbVersionChangeEvent>().old_version() as u32;
        created.set(from == 0);
        let upgraded = if wanted {
            let opened = request.result().map_err(Failure::from);
            opened.and_then(|database| schema::upgrade(database.unchecked_ref(), from))
        } else {
            // It was to be opened as it is, and is gone.
            Err(Failure::Lost("it was removed".to_owned()))
        };
        if let Err(failure) = upgraded {
            if let Some(transaction) = request.transaction() {
                // Nothing of a step that failed stays.
                let _ = IdbTransaction::abort(&transaction);
            }
            finish(&settle, Err(failure));
        }
    })
}

fn on_success(request: &IdbOpenDbRequest, settle: &Settle, created: Rc<Cell<bool>>) -> js_sys::Function {
    let (request, settle) = (request.clone(), Rc::clone(settle));
    handler(move |_| {
        let opened = request.result().map(|raw| Opened { raw: raw.unchecked_into(), created: created.get() });
        finish(&settle, opened.map_err(Failure::from));
    })
}

fn on_error(request: &IdbOpenDbRequest, settle: &Settle) -> js_sys::Function {
    let (request, settle) = (request.clone(), Rc::clone(settle));
    handler(move |_| finish(&settle, Err(Failure::aborted(request.error().ok().flatten().as_ref()))))
}
